import struct
from io import FileIO
from pathlib import Path

import pytest

from audiera.music.formats.bytesource import ByteSource
from audiera.music.formats.containers import check_parts, has_parts
from audiera.music.sound.decoded import AudioError

OPEN = "does not state where it ends, as happens when it is written to a pipe; it is taken to its end"
NOT_WHOLE = "breaks off: the part that describes it, or the one that holds it, is missing; get a whole copy"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a"


def notes(path: Path, data: bytes, demuxer: str) -> tuple[str, ...]:
    path.write_bytes(data)
    with FileIO(path) as file:
        return check_parts(ByteSource(file), demuxer)


def refusal(path: Path, data: bytes, demuxer: str) -> str:
    with pytest.raises(AudioError) as caught:
        notes(path, data, demuxer)
    return str(caught.value)


def box(name: bytes, content: bytes = b"", *, size: int | None = None) -> bytes:
    return struct.pack(">I4s", len(content) + 8 if size is None else size, name) + content


def large_box(name: bytes, content: bytes, *, size: int | None = None) -> bytes:
    return struct.pack(">I4sQ", 1, name, len(content) + 16 if size is None else size) + content


def part(name: bytes, content: bytes, *, size: int | None = None) -> bytes:
    """A part of Windows Media (names of 16 bytes) or DSF (of 4): its size is of all of it, the lowest byte first."""
    whole = len(name) + 8 + len(content)
    return name + struct.pack("<Q", whole if size is None else size) + content


def dff_part(name: bytes, content: bytes, *, size: int | None = None) -> bytes:
    return struct.pack(">4sQ", name, len(content) if size is None else size) + content


def element(name: str, size: str, content: bytes = b"") -> bytes:
    return bytes.fromhex(name) + bytes.fromhex(size) + content


def dsf(*parts: bytes, total: int | None = None) -> bytes:
    size = 28 + sum(map(len, parts))
    return struct.pack("<4sQQQ", b"DSD ", 28, size if total is None else total, 0) + b"".join(parts)


def dff(*parts: bytes, size: int | None = None) -> bytes:
    content = b"DSD " + b"".join(parts)
    return dff_part(b"FRM8", content, size=size)


FTYP, MOOV = box(b"ftyp", b"M4A "), box(b"moov", bytes(9))
EBML, SEGMENT = "1a45dfa3", "18538067"
WHOLE = {
    "mov": [
        FTYP + MOOV,
        FTYP + MOOV + box(b"mdat", bytes(3)),
        FTYP + large_box(b"mdat", bytes(5)) + MOOV,
        FTYP + MOOV + box(b"\xa9nam"),
        FTYP + MOOV + large_box(b"mdat", b""),
        FTYP + MOOV + box(b"mdat", b"to the end", size=0),
    ],
    "asf": [part(b"h" * 16, b""), part(b"h" * 16, bytes(7)) + part(b"d" * 16, bytes(30))],
    "matroska": [
        element(EBML, "82", b"ab") + element(SEGMENT, "4003", b"abc"),
        element(EBML, "80") + element(SEGMENT, "0100000000000002", b"ab"),
    ],
    "dsf": [
        dsf(part(b"fmt ", b""), part(b"data", bytes(4))),
        dsf(part(b"data", b""), total=0),
        dsf(part(b"data", bytes(4)), b"ID3\x04" + bytes(20)),
    ],
    "iff": [
        dff(dff_part(b"DSD ", bytes(4))),
        dff(dff_part(b"PROP", bytes(3)) + b"\0", dff_part(b"DSD ", b"")),
    ],
}


@pytest.mark.parametrize(("demuxer", "data"), [(name, data) for name, many in WHOLE.items() for data in many])
def test_a_whole_container_is_let_pass_without_a_word(path: Path, demuxer: str, data: bytes) -> None:
    assert has_parts(demuxer)
    assert notes(path, data, demuxer) == ()


@pytest.mark.parametrize(
    ("demuxer", "data"), [(name, data) for name, many in WHOLE.items() for data in many if b"to the end" not in data]
)
def test_a_container_without_its_last_byte_breaks_off(path: Path, demuxer: str, data: bytes) -> None:
    assert refusal(path, data[:-1], demuxer).startswith(("breaks off", "is damaged at byte"))


@pytest.mark.parametrize(
    ("demuxer", "data"),
    [
        ("mov", FTYP + box(b"mdat")),
        ("matroska", element(EBML, "80")),
        ("dsf", dsf(part(b"fmt ", b""))),
        ("iff", dff(dff_part(b"PROP", b""))),
    ],
)
def test_a_container_without_the_part_that_it_needs_breaks_off(path: Path, demuxer: str, data: bytes) -> None:
    assert refusal(path, data, demuxer) == NOT_WHOLE


@pytest.mark.parametrize("size", ["ff", "7fff", "01ffffffffffffff"])
def test_matroska_of_unknown_size_is_taken_to_its_end_with_a_note(path: Path, size: str) -> None:
    assert notes(path, element(EBML, "80") + element(SEGMENT, size, b"abc"), "matroska") == (OPEN,)


@pytest.mark.parametrize(
    ("demuxer", "data", "announced", "there"),
    [
        ("mov", FTYP + box(b"moov", size=9), 21, 20),
        ("mov", FTYP + large_box(b"mdat", b"", size=17), 29, 28),
        ("asf", part(b"h" * 16, b"", size=25), 25, 24),
        ("matroska", element(EBML, "81"), 6, 5),
        ("matroska", element(SEGMENT, "4001"), 7, 6),
        ("dsf", dsf(part(b"data", b"", size=13)), 41, 40),
        ("dsf", dsf(part(b"data", b""), total=41), 41, 40),
        ("iff", dff(dff_part(b"DSD ", b""), size=17), 29, 28),
        ("iff", dff(dff_part(b"DSD ", b"", size=1)), 30, 28),
    ],
)
def test_a_part_that_runs_past_the_end_breaks_off(
    path: Path, demuxer: str, data: bytes, announced: int, there: int
) -> None:
    message = f"breaks off: it announces {announced} bytes and has {there}; get a whole copy"

    assert refusal(path, data, demuxer) == message


@pytest.mark.parametrize(
    ("demuxer", "data", "reason"),
    [
        ("mov", FTYP + b"\0\0\0\x08mo", "is damaged at byte 12: no part of it begins there"),
        ("mov", FTYP + box(b"mo\x1fv"), "is damaged at byte 12: no part of it begins there"),
        ("mov", FTYP + box(b"mo\x7fv"), "is damaged at byte 12: no part of it begins there"),
        ("mov", FTYP + box(b"moov", size=7), "is damaged at byte 12: a part of 7 bytes"),
        ("mov", FTYP + large_box(b"moov", b"", size=15), "is damaged at byte 12: a part of 15 bytes"),
        ("mov", FTYP + large_box(b"moov", b"")[:-1], "breaks off at byte 27"),
        ("asf", part(b"h" * 16, b"", size=23), "is damaged at byte 0: a part of 23 bytes"),
        ("asf", part(b"h" * 16, b"")[:-1], "breaks off at byte 23"),
        ("dsf", dsf(part(b"data", b"", size=11)), "is damaged at byte 28: a part of 11 bytes"),
        ("matroska", b"\x08\0\0\0\0" + b"\x81" * 15, "is damaged at byte 0: no part of it begins there"),
        ("matroska", b"\0" + bytes(20), "is damaged at byte 0: no part of it begins there"),
        ("matroska", bytes.fromhex(EBML), "is damaged at byte 0: no part of it begins there"),
        ("matroska", element(EBML, "00") + bytes(20), "is damaged at byte 0: no part of it begins there"),
        ("matroska", element(EBML, "40"), "is damaged at byte 0: no part of it begins there"),
    ],
)
def test_what_is_no_part_is_damage(path: Path, demuxer: str, data: bytes, reason: str) -> None:
    assert refusal(path, data, demuxer) == f"{reason}; get a whole copy"


def test_a_second_head_within_a_file_is_a_part_like_any_other(path: Path) -> None:
    """Only at its beginning does the head of DSF and DFF state the size of the file."""
    again = dsf(part(b"data", b""), struct.pack("<4sQQQ", b"DSD ", 28, 1_000, 0))
    form = dff(dff_part(b"DSD ", b""), dff_part(b"FRM8", bytes(4)))

    assert notes(path, again, "dsf") == notes(path, form, "iff") == ()


def test_other_files_have_no_parts() -> None:
    assert not has_parts("wv")
