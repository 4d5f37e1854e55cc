"""Pictures lose what cameras write into them, and show the same."""

import struct
import zlib
from pathlib import Path

import pytest

from audiera.manifest.bare import bare
from audiera.manifest.cover import read_cover

SECRET = b"52.5200 N, 13.4050 E"


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    parts = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def webp(flags: int, *chunks: tuple[bytes, bytes]) -> bytes:
    head = (b"VP8X", bytes([flags, 0, 0, 0]) + bytes(6))
    body = b"WEBP" + b"".join(
        struct.pack("<4sI", name, len(said)) + said + bytes(len(said) % 2) for name, said in (head, *chunks)
    )
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def segment(kind: int, body: bytes) -> bytes:
    return bytes([0xFF, kind]) + struct.pack(">H", len(body) + 2) + body


def exif(order: str, up: int, more: bytes = SECRET) -> bytes:
    mark = b"MM" if order == ">" else b"II"
    entries = struct.pack(f"{order}HHII", 0x010F, 2, len(more), 38) + struct.pack(f"{order}HHIHH", 0x0112, 3, 1, up, 0)
    return segment(0xE1, b"Exif\0\0" + mark + struct.pack(f"{order}HIH", 42, 8, 2) + entries + bytes(4) + more)


QUIET = png((b"IHDR", b"size"), (b"iCCP", b"colours"), (b"IDAT", b"picture"), (b"IEND", b""))
LOUD = png(
    (b"IHDR", b"size"),
    (b"tEXt", SECRET),
    (b"iCCP", b"colours"),
    (b"eXIf", SECRET),
    (b"IDAT", b"picture"),
    (b"IEND", b""),
)
START, SHOWN = b"\xff\xd8" + segment(0xE0, b"JFIF\0"), segment(0xE2, b"ICC_PROFILE\0colours") + segment(0xDB, b"tables")
SCANS = (
    segment(0xDA, b"scan")
    + b"\x01\xff\x00\x02\xff\xd0\x03"
    + segment(0xC4, b"more")
    + segment(0xDA, b"scan")
    + b"\x04\xff\xd9"
)
NOISE = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET) + segment(0xE2, b"MPF\0" + SECRET)
NOISE += segment(0xED, SECRET) + segment(0xFE, SECRET)


@pytest.mark.parametrize(
    ("media_type", "loud", "quiet"),
    [
        ("image/png", LOUD + SECRET, QUIET),
        (
            "image/webp",
            webp(0x2C, (b"VP8 ", b"odd"), (b"EXIF", SECRET), (b"XMP ", SECRET)),
            webp(0x20, (b"VP8 ", b"odd")),
        ),
        ("image/jpeg", START + exif("<", 1) + NOISE + SHOWN + SCANS + SECRET, START + SHOWN + SCANS),
    ],
    ids=["PNG", "WebP", "JPEG"],
)
def test_only_what_is_shown_is_left(media_type: str, loud: bytes, quiet: bytes) -> None:
    assert SECRET in loud
    assert bare(media_type, loud) == bare(media_type, quiet) == quiet


def test_a_cover_is_read_without_them(tmp_path: Path) -> None:
    (tmp_path / "front.png").write_bytes(LOUD)

    assert read_cover(tmp_path / "front.png").data == QUIET


@pytest.mark.parametrize("order", ["<", ">"])
def test_which_side_is_up_stays(order: str) -> None:
    found = bare("image/jpeg", START + exif(order, 6) + SHOWN + SCANS)

    assert SECRET not in found
    assert found.count(b"Exif\0\0") == 1
    assert bare("image/jpeg", found) == found
    assert struct.pack(">HHIH", 0x0112, 3, 1, 6) in found


@pytest.mark.parametrize(("media_type", "loud"), [("image/png", LOUD), ("image/jpeg", START + NOISE + SHOWN + SCANS)])
def test_what_ends_in_the_middle_stays_as_it_is_or_loses_what_can_be_read(media_type: str, loud: bytes) -> None:
    for cut in range(8, len(loud)):
        found = bare(media_type, loud[:cut])

        assert found == loud[:cut] or SECRET not in found

    assert bare("image/gif", b"GIF89a" + SECRET) == b"GIF89a" + SECRET
