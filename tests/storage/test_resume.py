"""What is left when a process is killed, and what the next one makes of it."""

import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import TypeAlias

import pytest
import s3fs

from audiera.errors import StorageError
from audiera.storage import ObjectError, Store, begun, upload
from audiera.storage.bucket import AT_ONCE, PART, Bucket
from audiera.storage.objects import object_name
from audiera.storage.sealing import CHUNK
from audiera.work.progress import Progress
from tests.support.places import ROOT
from tests.support.storage import noise, stored

Open: TypeAlias = Callable[[bytes | None], Store]

UPLOADER = """
import sys, time
from pathlib import Path
from audiera.storage import ObjectError, Store, upload
from tests.support.storage import stored

url, key, stop, *paths = sys.argv[1:]

def wait_to_be_killed(now):
    if now.bytes >= int(stop):
        print("far enough", flush=True)
        time.sleep(60)

store = Store.open(url, bytes.fromhex(key) or None)
upload(store, [stored(Path(path)) for path in paths], progress=wait_to_be_killed, workers=1)
"""


def kill_uploading(url: str, key: bytes | None, paths: list[Path], *, after: int) -> None:
    """Starts a process that uploads files and kills it when it has read so many bytes of them."""
    command = [sys.executable, "-c", UPLOADER, url, (key or b"").hex(), str(after), *map(str, paths)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    assert process.stdout.readline() == b"far enough\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def write(path: Path, size: int, seed: int = 0) -> Path:
    path.write_bytes(noise(size, seed))
    return path


@pytest.mark.heavy
def test_a_killed_upload_leaves_whole_objects_and_litter_that_later_runs_remove(tmp_path: Path) -> None:
    root = tmp_path / "store"
    paths = [write(tmp_path / f"{it}.wav", 3 << 20, it) for it in range(3)]
    objects = [stored(path) for path in paths]
    kill_uploading(str(root), None, paths, after=4 << 20)
    left = [path.name for path in (root / "sha256").rglob("*") if path.is_file()]
    (litter,) = (root / "partial").iterdir()
    store = Store.open(str(root))

    done = upload(store, objects)
    young = litter.exists()
    long_ago = time.time() - 3_700
    os.utime(litter, (long_ago, long_ago))
    upload(store, objects)

    assert left == [objects[0].sha256.hex()]
    assert (done.sent, done.present) == (2, 1)
    assert [store.get(it.sha256, it.size) for it in objects] == [path.read_bytes() for path in paths]
    assert young is True  # somebody may be writing it
    assert list((root / "partial").iterdir()) == []


@pytest.mark.heavy
def test_a_killed_upload_to_s3_sends_neither_objects_nor_parts_again(
    bucket: str, s3: s3fs.S3FileSystem, tmp_path: Path
) -> None:
    url, paths = f"s3://{bucket}/label", [write(tmp_path / "a.wav", 1 << 20), write(tmp_path / "b.wav", 2 * PART + 5)]
    kill_uploading(url, None, paths, after=(1 << 20) + PART + (2 << 20))
    (unfinished,) = s3.call_s3("list_multipart_uploads", Bucket=bucket)["Uploads"]
    there = s3.call_s3("list_parts", Bucket=bucket, Key=unfinished["Key"], UploadId=unfinished["UploadId"])["Parts"]
    store = Store.open(url)
    sent: list[int] = []
    store.backend.files.s3.meta.events.register(  # type: ignore[attr-defined]  # the S3 store's own client
        "before-call.s3.UploadPart", lambda params, **_: sent.append(params["query_string"]["partNumber"])
    )

    done = upload(store, [stored(path) for path in paths])

    assert [it["PartNumber"] for it in there] == [1]
    assert (done.sent, done.present, sent) == (1, 1, [2, 3])
    assert store.get(stored(paths[1]).sha256, 2 * PART + 5) == paths[1].read_bytes()
    assert "Uploads" not in s3.call_s3("list_multipart_uploads", Bucket=bucket)


@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
def test_parts_of_other_bytes_are_not_used_and_removed(
    bucket: str, s3: s3fs.S3FileSystem, key: bytes, *, sealed: bool
) -> None:
    store, thing = Store.open(f"s3://{bucket}", key if sealed else None), stored(noise(AT_ONCE + 5))
    begun: list[str] = []
    store.backend.files.s3.meta.events.register(  # type: ignore[attr-defined]  # the S3 store's own client
        "before-call.s3.CreateMultipartUpload", lambda params, **_: begun.append(params["url_path"])
    )
    name = object_name(thing.sha256, sealed=sealed)
    started = s3.call_s3("create_multipart_upload", Bucket=bucket, Key=name)["UploadId"]
    s3.call_s3("upload_part", Bucket=bucket, Key=name, UploadId=started, PartNumber=1, Body=noise(PART, 9))

    upload(store, [thing])

    assert store.get(thing.sha256, thing.size) == noise(AT_ONCE + 5)
    assert len(begun) == int(sealed)  # two sealings must never share an upload: their parts would mix
    assert "Uploads" not in s3.call_s3("list_multipart_uploads", Bucket=bucket)


@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
def test_a_writer_that_another_overtakes_ends_with_the_object(
    bucket: str, s3: s3fs.S3FileSystem, key: bytes, *, sealed: bool
) -> None:
    one, other = (Store.open(f"s3://{bucket}", key if sealed else None) for _ in range(2))
    thing = stored(noise(AT_ONCE + 5))
    overtaken: list[Progress] = []

    def overtake(now: Progress) -> None:
        if now.bytes > PART and not overtaken:
            overtaken.append(now)
            upload(other, [thing])

    upload(one, [thing], progress=overtake)

    assert len(overtaken) == 1
    assert one.get(thing.sha256, thing.size) == noise(AT_ONCE + 5)
    assert "Uploads" not in s3.call_s3("list_multipart_uploads", Bucket=bucket)


@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
def test_an_interrupted_fetch_reads_only_the_rest(
    open_store: Open, key: bytes, tmp_path: Path, *, sealed: bool
) -> None:
    store, thing = open_store(key if sealed else None), stored(noise(9 << 20))
    store.put(thing)
    to = tmp_path / "song.wav"
    with pytest.raises(KeyboardInterrupt):
        store.fetch(thing.sha256, thing.size, to, report=interrupted)
    (partial,) = tmp_path.glob(".*.partial")
    left, rest = partial.stat().st_size, list[int]()
    told = begun(thing.sha256, thing.size, to), begun(bytes(32), thing.size, to)
    before = to.exists()
    store.fetch(thing.sha256, thing.size, to, report=rest.append)

    assert before is False
    assert left > 0
    assert told == (left // CHUNK * CHUNK, 0)
    assert sum(rest) == thing.size - told[0]
    assert to.read_bytes() == noise(9 << 20)
    assert list(tmp_path.glob(".*.partial")) == []


@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
def test_what_is_read_again_counts_once(open_store: Open, key: bytes, tmp_path: Path, *, sealed: bool) -> None:
    store, thing = open_store(key if sealed else None), stored(noise(9 << 20))
    store.put(thing)
    to, told = tmp_path / "song.wav", list[int]()
    with pytest.raises(KeyboardInterrupt):
        store.fetch(thing.sha256, thing.size, to, report=interrupted)
    (partial,) = tmp_path.glob(".*.partial")
    partial.write_bytes(bytes(5 << 20))

    store.fetch(thing.sha256, thing.size, to, report=told.append)

    assert max(accumulate(told)) == sum(told) == thing.size
    assert to.read_bytes() == noise(9 << 20)


def interrupted(count: int) -> None:
    if count:
        raise KeyboardInterrupt


@pytest.mark.usefixtures("in_a_folder")
@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
def test_a_beginning_that_is_not_the_objects_is_discarded(
    open_store: Open, key: bytes, tmp_path: Path, *, sealed: bool
) -> None:
    store, thing = open_store(key if sealed else None), stored(noise(4 * CHUNK))
    store.put(thing)
    to = tmp_path / "song.wav"
    mark = hashlib.sha256(thing.sha256 + b"song.wav").hexdigest()[:32]
    (tmp_path / f".{mark}.partial").write_bytes(noise(5 * CHUNK, 1))

    store.fetch(thing.sha256, thing.size, to)

    assert to.read_bytes() == noise(4 * CHUNK)


@pytest.mark.usefixtures("in_a_folder")
@pytest.mark.parametrize("kind", ["link", "second name", "pipe"])
@pytest.mark.timeout(20)
def test_a_beginning_that_leads_elsewhere_is_not_written_to(store: Store, tmp_path: Path, kind: str) -> None:
    """AUD-S1"""
    thing, elsewhere = stored(noise(100)), tmp_path / "thesis.odt"
    store.put(thing)
    elsewhere.write_text("precious")
    mark = hashlib.sha256(thing.sha256 + b"song.wav").hexdigest()[:32]
    partial = tmp_path / f".{mark}.partial"
    if kind == "link":
        partial.symlink_to(elsewhere)
    elif kind == "second name":
        partial.hardlink_to(elsewhere)
    else:
        os.mkfifo(partial)

    with pytest.raises(StorageError) as caught:
        store.fetch(thing.sha256, thing.size, tmp_path / "song.wav")

    told = str(caught.value)
    if kind == "link":
        assert told.startswith(f"{tmp_path / 'song.wav'} cannot be written (Too many levels of symbolic links)")
    else:
        assert told == f"{partial} is not what an earlier run left; remove it, or fetch to another folder."
    assert elsewhere.read_text() == "precious"


@pytest.mark.usefixtures("in_a_folder")
def test_two_cannot_fetch_to_one_file_at_once(store: Store, tmp_path: Path) -> None:
    thing, to = stored(noise(100)), tmp_path / "song.wav"
    store.put(thing)
    mark = hashlib.sha256(thing.sha256 + b"song.wav").hexdigest()[:32]

    with (tmp_path / f".{mark}.partial").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(ObjectError) as caught:
            store.fetch(thing.sha256, thing.size, to)

    assert str(caught.value) == f"{to} is being fetched by another process; wait for it."
    store.fetch(thing.sha256, thing.size, to)
    assert to.read_bytes() == noise(100)


@pytest.mark.parametrize(
    ("stays", "begun"), [(True, 1), (False, 3)], ids=["the next run goes on", "taken away each time"]
)
def test_an_upload_that_breaks_off_is_never_taken_for_done(
    monkeypatch: pytest.MonkeyPatch, s3: s3fs.S3FileSystem, bucket: str, stays: bool, begun: int
) -> None:
    uploads: list[str] = []

    def begin(*_: object) -> str:
        uploads.append(f"upload {len(uploads)}")
        return uploads[-1]

    def send(*arguments: object) -> None:
        assert arguments[-1] == uploads[-1]
        raise ConnectionResetError

    monkeypatch.setattr(Bucket, "_begin", begin)
    monkeypatch.setattr(Bucket, "_send", send)
    monkeypatch.setattr(Bucket, "_unfinished", lambda *_: uploads if stays else [])

    with pytest.raises(StorageError, match="cannot be reached"):
        Bucket(f"s3://{bucket}", s3, bucket).write("ab/cd", AT_ONCE + 5, lambda: iter(()), steady=False)

    assert len(uploads) == begun
