"""Buckets with what labels, consoles and other tools leave in them."""

import resource
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import s3fs

from audiera.folder import Duplicates, ScanOptions, scan
from audiera.spread import Part, Slice, Task, open_parts, scan_part
from audiera.spread.scanning import _here
from tests.support.console import audiera
from tests.support.music import write_tone

pytestmark = pytest.mark.heavy
LENIENT = ScanOptions(skip_bad=True, duplicates=Duplicates.KEEP_FIRST)
HELD_BY_NO_DISK = "in the bucket, which no disk could hold; rename it"
MIB = 1 << 20

Put = Callable[..., bytes]


@pytest.fixture
def put(tmp_path: Path, bucket: str, s3: s3fs.S3FileSystem) -> Put:
    """Puts a tone that no other call puts, or some bytes, where a key says."""
    heard = iter(range(300, 400))

    def put(key: str, data: bytes | None = None, **more: str) -> bytes:
        data = write_tone(tmp_path / "tone.wav", hertz=next(heard), frames=400).read_bytes() if data is None else data
        s3.call_s3("put_object", Bucket=bucket, Key=key, Body=data, **more)
        return data

    return put


def scanned(url: str, parts: Path, count: int = 1) -> list[str]:
    """What the command says of each part."""
    told = [audiera("scan", url, "--part", f"{number}/{count}", "--out", parts) for number in range(1, count + 1)]
    return [it.stdout.partition("\n")[0] or it.stderr for it in told]


def paths(parts: Path, url: str = "") -> list[str]:
    return [it.row.metadata.path for it in open_parts(parts).scan(Path("label"), LENIENT, url=url).files]


def test_a_prefix_is_the_same_with_a_slash_and_without(bucket: str, put: Put, tmp_path: Path) -> None:
    for key in ("music/a.wav", "music/b/c.wav", "music/d.wav", "musical.wav", "musical/e.wav", "music"):
        put(key)

    first = audiera("scan", f"s3://{bucket}/music", "--part", "1/2", "--out", tmp_path / "parts").stdout
    second = audiera("scan", f"s3://{bucket}/music/", "--part", "2/2", "--out", tmp_path / "parts").stdout

    assert first.startswith(f"Part 1/2 of s3://{bucket}/music is complete:")
    assert second.startswith(f"Part 2/2 of s3://{bucket}/music is complete:")
    assert paths(tmp_path / "parts") == ["a.wav", "b/c.wav", "d.wav"]
    assert paths(tmp_path / "parts", f"s3://{bucket}/music/b") == ["c.wav"]


def test_a_bucket_is_scanned_whole_without_a_prefix(bucket: str, put: Put, tmp_path: Path) -> None:
    for key in ("a.wav", "b/c.wav"):
        put(key)

    scanned(f"s3://{bucket}/", tmp_path / "parts", 3)

    assert paths(tmp_path / "parts") == ["a.wav", "b/c.wav"]


def test_a_prefix_with_nothing_below_it_is_refused_at_once(bucket: str, put: Put, tmp_path: Path) -> None:
    put("music/a.wav")
    put("covers/", b"")

    assert [scanned(f"s3://{bucket}/{prefix}", tmp_path / "parts") for prefix in ("musik", "covers")] == [
        [f"Error: There is nothing in s3://{bucket}/{prefix}; name the folder that holds the dataset.\n"]
        for prefix in ("musik", "covers")
    ]
    assert scanned("s3://", tmp_path / "parts") == [
        "Error: s3: names a bucket that cannot exist; write s3://BUCKET/PREFIX.\n"
    ]


def test_keys_that_only_show_folders_are_passed_over_and_those_with_bytes_are_told(
    bucket: str, put: Put, tmp_path: Path
) -> None:
    put("music/a.wav")
    put("music/", b"")
    put("music/covers/", b"")
    put("music/notes/", b"words")

    scanned(f"s3://{bucket}/music", tmp_path / "parts", 2)

    found = open_parts(tmp_path / "parts").scan(Path("label"), LENIENT)
    assert [str(it) for it in found.left_out] == [f"notes is notes/ {HELD_BY_NO_DISK}"]
    assert len(found.files) == 1


def test_keys_that_no_disk_could_hold_are_told_as_the_bucket_has_them(bucket: str, put: Put, tmp_path: Path) -> None:
    for key in ("//lead.wav", "/b/d.wav", "/b//d.wav", "/./dot.wav", "/up/../up.wav", "/.hidden/e.wav"):
        put(f"music{key}")

    scanned(f"s3://{bucket}/music", tmp_path / "parts", 2)

    found = open_parts(tmp_path / "parts").scan(Path("label"), LENIENT)
    assert [it.row.metadata.path for it in found.files] == ["b/d.wav"]
    assert [str(it) for it in found.left_out] == [
        f"/lead.wav is /lead.wav {HELD_BY_NO_DISK}",
        f"b/d.wav is b//d.wav {HELD_BY_NO_DISK}",
        f"dot.wav is ./dot.wav {HELD_BY_NO_DISK}",
        f"up/../up.wav is up/../up.wav {HELD_BY_NO_DISK}",
    ]


def test_a_key_that_is_a_file_and_a_folder_is_left_out_and_nothing_else_is(
    bucket: str, put: Put, tmp_path: Path
) -> None:
    same = put("music/a.wav")
    for key in ("a.wav!", "a.wav/in.wav", "a.wav/in.wav/deep.wav", "a/b.wav", "b.wav"):
        put(f"music/{key}", same if key == "b.wav" else None)

    scanned(f"s3://{bucket}/music", tmp_path / "parts", 2)

    found = open_parts(tmp_path / "parts").scan(Path("label"), LENIENT)
    assert [it.row.metadata.path for it in found.files] == ["a.wav!", "a.wav/in.wav/deep.wav", "a/b.wav", "b.wav"]
    assert [str(it) for it in found.left_out] == [
        f"{name} is the name of a file and of a folder; rename one of them" for name in ("a.wav", "a.wav/in.wav")
    ]


def test_names_that_are_one_in_nfc_are_found_in_a_bucket(bucket: str, put: Put, tmp_path: Path) -> None:
    for name in ("\u00c9.wav", "E\u0301.wav", "E.wav"):
        put(f"music/{name}")

    scanned(f"s3://{bucket}/music", tmp_path / "parts", 3)

    found = open_parts(tmp_path / "parts").scan(Path("label"), LENIENT)
    assert [it.row.metadata.path for it in found.files] == ["E.wav"]
    assert [str(it) for it in found.left_out] == [
        "\u00c9.wav is the name of 2 files, coded in different ways; rename all but one"
    ]


def test_an_object_that_was_sent_in_parts_is_read_like_another(
    bucket: str, s3: s3fs.S3FileSystem, put: Put, tmp_path: Path
) -> None:
    folder = tmp_path / "label"
    data = write_tone(folder / "long.wav", frames=6 * MIB).read_bytes()
    (folder / "short.wav").write_bytes(put("music/short.wav"))
    where = {"Bucket": bucket, "Key": "music/long.wav"}
    upload = s3.call_s3("create_multipart_upload", **where)["UploadId"]
    sent = []
    for number, start in enumerate(range(0, len(data), 5 * MIB), start=1):
        body = data[start : start + 5 * MIB]
        tag = s3.call_s3("upload_part", **where, UploadId=upload, PartNumber=number, Body=body)["ETag"]
        sent.append({"ETag": tag, "PartNumber": number})
    tag = s3.call_s3("complete_multipart_upload", **where, UploadId=upload, MultipartUpload={"Parts": sent})["ETag"]

    scanned(f"s3://{bucket}/music", tmp_path / "parts", 2)

    assert tag.endswith('-3"')
    assert open_parts(tmp_path / "parts").scan(Path("label"), LENIENT).files == scan(folder).files


def test_an_object_in_an_archive_stops_nothing_and_is_read_when_it_was_restored(
    bucket: str, put: Put, tmp_path: Path
) -> None:
    put("music/a.wav")
    cold = put("music/cold.wav", StorageClass="GLACIER")
    put("music/cold without suffix", StorageClass="GLACIER")
    task, parts = Task(f"s3://{bucket}/music"), tmp_path / "parts"

    first = scan_part(task, Part(1, 1), parts)
    told = [str(it) for it in open_parts(parts).scan(Path("label"), LENIENT).left_out]
    again = scan_part(task, Part(1, 1), parts)
    put("music/cold.wav", cold)
    restored = scan_part(task, Part(1, 1), parts)

    assert (first.items, first.problems) == (1, 2)
    assert told == [
        f"{name} is in an archive of the bucket; restore it from there" for name in ("cold without suffix", "cold.wav")
    ]
    assert again.reused == 0
    assert (restored.items, restored.problems) == (2, 1)


def test_an_object_that_there_is_no_room_for_ends_its_part_and_is_none_of_its_problems(
    bucket: str, put: Put, tmp_path: Path
) -> None:
    put("music/a", bytes(60_000))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        told = scanned(f"s3://{bucket}/music", tmp_path / "parts")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert told[0] == (
        f"Error: {tempfile.gettempdir()} cannot take 4,096 bytes of an object (File too large); make room there, or "
        "name another folder as TMPDIR.\n"
    )


def test_objects_that_change_or_go_while_a_part_is_read_are_problems(
    bucket: str, s3: s3fs.S3FileSystem, put: Put, tmp_path: Path
) -> None:
    for name in ("gone.wav", "larger.wav", "other", "shorter.wav", "steady.wav"):
        put(f"music/{name}")

    def changing(task: Task, slices: Sequence[Slice]) -> Iterator[tuple[Slice, bytes]]:
        s3.call_s3("delete_object", Bucket=bucket, Key="music/gone.wav")
        put("music/other")
        put("music/larger.wav", bytes(5_000))
        put("music/shorter.wav", bytes(5))
        return _here(None, task, slices)

    scan_part(Task(f"s3://{bucket}/music"), Part(1, 1), tmp_path / "parts", run=changing)

    found = open_parts(tmp_path / "parts").scan(Path("label"), LENIENT)
    assert [it.row.metadata.path for it in found.files] == ["steady.wav"]
    assert [str(it) for it in found.left_out] == [
        f"{name} changed since it was listed; scan again when nothing writes to it"
        for name in ("gone.wav", "larger.wav", "other", "shorter.wav")
    ]
