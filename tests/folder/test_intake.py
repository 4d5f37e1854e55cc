import hashlib
import os
import struct
from collections.abc import Callable
from io import FileIO
from pathlib import Path

import pytest

from audiera.folder import examine
from audiera.folder.examine import sha256_of
from audiera.folder.intake import take
from audiera.music.decode import AudioError
from audiera.music.reading import Reading, read
from tests.support.music import write_tone
from tests.support.permissions import forbidden

CHANGED = "changed while it was being read; wait until nothing writes to it"


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Lets something be done to the file after it was opened and before it is read."""

    def prepare(act: Callable[[], object]) -> None:
        def act_and_read(file: FileIO, name: str, *, fingerprint: bool) -> Reading:
            act()
            return read(file, name, fingerprint=fingerprint)

        monkeypatch.setattr(examine, "read", act_and_read)

    return prepare


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\0\0")


def test_a_file_is_hashed_in_one_pass_wherever_it_was_left(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10_000
    path = tmp_path / "large.bin"
    path.write_bytes(data)

    with FileIO(path) as file:
        file.seek(77)

        assert sha256_of(file) == hashlib.sha256(data).digest()


def test_a_file_that_grows_as_fast_as_it_is_read_is_hashed_up_to_its_size_at_first(tmp_path: Path) -> None:
    path = tmp_path / "log.bin"
    path.write_bytes(b"seven b")
    pieces: list[int] = []

    class Growing(FileIO):
        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what it is given here
            grow(path)
            pieces.append(count := super().readinto(buffer) or 0)
            return count

    with Growing(path) as file:
        assert sha256_of(file) == hashlib.sha256(b"seven b").digest()

    assert pieces == [7]


def test_a_file_that_grows_while_it_is_read_is_refused(
    tmp_path: Path, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    path = write_tone(tmp_path / "tone.wav")
    meanwhile(lambda: grow(path))

    with pytest.raises(AudioError) as caught:
        take(tmp_path, Path("tone.wav"))

    assert str(caught.value) == CHANGED


def test_a_file_that_is_replaced_while_it_is_read_is_refused(
    tmp_path: Path, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    path = write_tone(tmp_path / "tone.wav")
    other = write_tone(tmp_path / "other.wav", hertz=550)
    times = path.stat()
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    meanwhile(lambda: other.replace(path))

    with pytest.raises(AudioError) as caught:
        take(tmp_path, Path("tone.wav"))

    assert str(caught.value) == CHANGED


def test_a_file_that_breaks_because_it_changed_is_said_to_have_changed(
    tmp_path: Path, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    path = write_tone(tmp_path / "tone.flac")
    meanwhile(lambda: os.truncate(path, 200))

    with pytest.raises(AudioError) as caught:
        take(tmp_path, Path("tone.flac"))

    assert str(caught.value) == CHANGED


def test_a_file_that_vanishes_while_it_is_read_is_said_to_be_gone(
    tmp_path: Path, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    path = write_tone(tmp_path / "tone.flac")
    meanwhile(path.unlink)

    with pytest.raises(AudioError) as caught:
        take(tmp_path, Path("tone.flac"))

    assert str(caught.value) == "cannot be read (No such file or directory); it is gone, so read the folder again"


def test_a_reader_that_fails_in_its_own_way_is_no_traceback(
    tmp_path: Path, meanwhile: Callable[[Callable[[], object]], None]
) -> None:
    write_tone(tmp_path / "tone.flac")
    meanwhile(lambda: struct.unpack(">I", b"\0"))

    with pytest.raises(AudioError) as caught:
        take(tmp_path, Path("tone.flac"))

    assert str(caught.value) == ("cannot be read (error: unpack requires a buffer of 4 bytes); restore it from a copy")


@pytest.mark.parametrize("everything", [False, True])
def test_a_file_that_is_gone_is_said_to_be_gone(tmp_path: Path, everything: bool) -> None:
    with pytest.raises(AudioError) as caught:
        take(tmp_path, Path("gone.wav"), everything=everything)

    assert str(caught.value) == ("cannot be read (No such file or directory); it is gone, so read the folder again")


def test_a_file_that_may_not_be_read_is_said_to_be_so(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "tone.wav")

    with forbidden(path), pytest.raises(AudioError) as caught:
        take(tmp_path, Path("tone.wav"))

    assert str(caught.value) == "cannot be read (Permission denied); make it readable"


def test_a_file_that_became_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "tone.wav")

    with pytest.raises(AudioError) as caught:
        take(tmp_path, Path("tone.wav"))

    assert str(caught.value) == "cannot be read (not a regular file); see to that and try again"


def test_a_file_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    write_tone(tmp_path / "other.wav")
    (tmp_path / "tone.wav").symlink_to("other.wav")

    with pytest.raises(AudioError) as caught:
        take(tmp_path, Path("tone.wav"))

    assert str(caught.value) == (
        "cannot be read (Too many levels of symbolic links); it has become a link, so read the folder again"
    )


@pytest.mark.parametrize("everything", [False, True])
def test_a_terabyte_of_holes_is_refused_at_once(tmp_path: Path, everything: bool) -> None:
    """AUD-A49"""
    path = write_tone(tmp_path / "giant.wav")
    on_disk = path.stat().st_blocks * 512
    os.truncate(path, 10**12)

    with pytest.raises(AudioError) as caught:
        take(tmp_path, Path("giant.wav"), everything=everything)

    assert str(caught.value) == (
        f"claims 1,000,000,000,000 bytes of which {on_disk:,} are on the disk, the rest being holes; "
        "restore it from a copy"
    )


def test_a_file_of_a_few_holes_is_read(tmp_path: Path) -> None:
    with (tmp_path / "sparse.bin").open("wb") as file:
        file.seek(1 << 20)
        file.write(b"end")

    found = take(tmp_path, Path("sparse.bin"), everything=True)

    assert found.row.item.size == (1 << 20) + 3
