"""One sentence for whatever a disk, a network or a server refuses."""

import errno
import os
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from audiera.errors import StorageError
from audiera.storage import Store, upload
from audiera.storage.backend import telling
from audiera.storage.sealing import WrongKeyError
from tests.support.permissions import forbidden
from tests.support.storage import noise, stored


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Lets this process write no file beyond a size: to it, a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def refusal_of(url: str) -> str:
    with pytest.raises(StorageError) as caught:
        upload(Store.open(url), [stored(b"sound")])
    return str(caught.value)


def test_a_full_disk_is_told_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    root = tmp_path / "store"

    with files_of_at_most(1 << 20), pytest.raises(StorageError) as caught:
        upload(Store.open(str(root)), [stored(noise(100)), stored(noise(2 << 20))], workers=1)

    assert str(caught.value) == f"{root} has no room for more; make some and run this again: what is stored stays."
    assert [path.stat().st_size for path in root.rglob("*") if path.is_file()] == [100]


def test_a_full_disk_is_told_by_a_fetch_and_the_beginning_kept(tmp_path: Path) -> None:
    store, thing = Store.open(str(tmp_path / "store")), stored(noise(2 << 20))
    store.put(thing)
    to = tmp_path / "song.wav"

    with files_of_at_most(1 << 20), pytest.raises(StorageError) as caught:
        store.fetch(thing.sha256, thing.size, to)

    assert (
        str(caught.value) == f"{tmp_path / 'song.wav'} cannot be written (File too large); mend this and run it again."
    )
    assert not (tmp_path / "song.wav").exists()
    store.fetch(thing.sha256, thing.size, tmp_path / "song.wav")
    assert (tmp_path / "song.wav").read_bytes() == noise(2 << 20)


def test_a_folder_without_permission_is_told(tmp_path: Path) -> None:
    root = tmp_path / "store"
    root.mkdir()

    with forbidden(root):
        told = refusal_of(str(root))

    assert told == f"{root} refuses (Permission denied); ask whoever runs it for access, or mend its permissions."


def test_a_file_where_the_store_should_be_is_told(tmp_path: Path) -> None:
    root = tmp_path / "store"
    root.write_text("not a folder")

    assert refusal_of(str(root)) == f"{root} is not a folder; name another place to store."


FULL = "has no room for more; make some and run this again: what is stored stays"
AWAY = "cannot be reached; check the address and the network, and run this again: what is stored stays"
NO_FOLDER = "is not a folder; name another place to store"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        *((OSError(it, os.strerror(it)), FULL) for it in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)),
        (ConnectionResetError(), AWAY),
        (TimeoutError(), AWAY),
        (NotADirectoryError(), NO_FOLDER),
        (FileExistsError(), NO_FOLDER),
        (PermissionError(), "refuses (PermissionError); ask whoever runs it for access, or mend its permissions"),
        (
            OSError(errno.EROFS, "Read-only file system"),
            "refuses (Read-only file system); ask whoever runs it for access, or mend its permissions",
        ),
        (OSError(errno.EIO, "Input/output error"), "failed (Input/output error); run this again: what is stored stays"),
        (ValueError("no such thing"), "failed (no such thing); run this again: what is stored stays"),
    ],
    ids=repr,
)
def test_every_failure_has_its_sentence(error: Exception, told: str) -> None:
    with pytest.raises(StorageError) as caught, telling("/music"):
        raise error

    assert str(caught.value) == f"/music {told}."
    assert caught.value.__cause__ is error


def test_what_was_told_already_is_told_as_it_was() -> None:
    known = WrongKeyError("The key is another one.")

    with pytest.raises(WrongKeyError) as caught, telling("/music"):
        raise known

    assert caught.value is known


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_does_not_exist_is_told() -> None:
    message = "s3://no-such-bucket/label names a bucket that does not exist; create it, or name another."

    with pytest.raises(StorageError) as caught:
        Store.open("s3://no-such-bucket/label").get(bytes(32), 5)

    assert str(caught.value) == message
    assert refusal_of("s3://no-such-bucket/label") == message


@pytest.mark.usefixtures("s3")
def test_a_name_that_no_bucket_can_have_is_told() -> None:
    assert refusal_of("s3://My_Music!/label") == (
        "s3://My_Music!/label names a bucket that cannot exist; write s3://BUCKET/PREFIX."
    )


@pytest.mark.usefixtures("s3")
def test_missing_credentials_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")

    assert refusal_of("s3://music/label") == (
        "s3://music/label needs credentials, and there are none; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
    )


@pytest.mark.usefixtures("s3")
def test_a_server_that_is_down_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{probe.getsockname()[1]}")  # bound, not listening

        told = refusal_of("s3://music/label")

    assert told == (
        "s3://music/label cannot be reached; check the address and the network, and run this again: "
        "what is stored stays."
    )
