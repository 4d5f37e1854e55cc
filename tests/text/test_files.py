"""Files within bounds, whole or not at all, and one writer at a time."""

import errno
import os
import resource
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from audiera.errors import InputError
from audiera.text.files import locked, read_file, read_text, replace_file


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may be longer than a hundred bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_is_read_if_it_is_as_long_as_may_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")

    assert read_file(tmp_path / "file", 5) == b"12345"


def test_a_file_that_is_longer_is_not_read(tmp_path: Path) -> None:
    """AUD-S4"""
    (tmp_path / "file").touch()
    os.truncate(tmp_path / "file", 1 << 40)  # a hole: reading it would take days

    with pytest.raises(OSError, match="File too large") as caught:
        read_file(tmp_path / "file", 5)

    assert caught.value.errno == errno.EFBIG


def test_a_file_that_grows_while_it_is_read_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AUD-S4"""
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    before = os.stat_result(path.stat())
    path.write_bytes(b"12345 and more")
    monkeypatch.setattr("os.fstat", lambda _: before)

    with pytest.raises(OSError, match="File too large"):
        read_file(path, 5)


@pytest.mark.timeout(20)
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """AUD-S3"""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(OSError, match="Not a file"):
        read_file(tmp_path / "pipe", 5)
    with pytest.raises(InputError) as refused:
        read_text(tmp_path / "pipe")

    assert str(refused.value) == "it is not a file; name the file itself."


def test_whoever_asks_for_a_lock_waits_until_it_is_free(tmp_path: Path) -> None:
    done: list[str] = []

    def write() -> None:
        with locked(tmp_path / "file"):
            done.append("other")

    other = threading.Thread(target=write)
    with locked(tmp_path / "file"):
        other.start()
        other.join(0.2)
        done.append("one")
    other.join()

    assert done == ["one", "other"]


def test_a_lock_that_is_a_link_is_refused(tmp_path: Path) -> None:
    """AUD-S1"""
    (tmp_path / ".file.lock").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(OSError, match="symbolic links"), locked(tmp_path / "file"):
        pass

    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.usefixtures("small_files")
def test_a_file_that_there_is_no_room_for_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "rows").write_bytes(b"before")

    with pytest.raises(OSError, match="File too large") as caught:
        replace_file(tmp_path / "rows", [bytes(1_000)])

    assert caught.value.filename == str(tmp_path / "rows")
    assert [it.read_bytes() for it in tmp_path.iterdir()] == [b"before"]
