"""Files that once cost more than they were, or made a reader fall over: each by how it is made, none from anybody."""

import struct
import zipfile
import zlib
from collections.abc import Sequence
from functools import cache
from io import BytesIO

from tests.support.scores import CONTAINER, midi
from tests.support.silence import ape

__all__ = ["FINDS", "flac_with", "id3", "mp3", "text_frame", "wav_with"]


def mp3(frames: int = 8) -> bytes:
    """Silence."""
    return (bytes.fromhex("fffb9064") + bytes(413)) * frames


def id3(frames: bytes, version: int = 4) -> bytes:
    """A tag."""
    return b"ID3" + bytes([version, 0, 0]) + _safe(len(frames)) + frames


def text_frame(name: bytes, content: bytes, flags: bytes = b"\0\0") -> bytes:
    """A frame of the fourth version."""
    return name + _safe(len(content)) + flags + content


def _safe(size: int) -> bytes:
    return bytes(size >> shift & 127 for shift in (21, 14, 7, 0))


def wav_with(name: bytes, content: bytes) -> bytes:
    """A second of silence, and a chunk behind it."""
    chunks = (
        (b"fmt ", struct.pack("<HHIIHH", 1, 1, 8_000, 16_000, 2, 16)),
        (b"data", bytes(16_000)),
        (name, content + bytes(len(content) % 2)),
    )
    body = b"WAVE" + b"".join(name + struct.pack("<I", len(data)) + data for name, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def flac_with(comments: Sequence[bytes]) -> bytes:
    """A description of sound, and comments; there is no sound."""
    info = struct.pack(">HH", 4_096, 4_096) + bytes(6) + (44_100 << 44 | 15 << 36).to_bytes(8, "big") + bytes(16)
    written = b"".join(struct.pack("<I", len(each)) + each for each in comments)
    block = struct.pack("<II", 0, len(comments)) + written
    return b"fLaC\0" + len(info).to_bytes(3, "big") + info + b"\x84" + len(block).to_bytes(3, "big") + block


@cache
def _packed_title() -> bytes:
    text = zlib.compress(b"\3" + b"a" * 100_000_000, 9)
    return id3(text_frame(b"TIT2", _safe(100_000_001) + text, b"\0\x09"))


def _nested(name: bytes, depth: int) -> bytes:
    sizes = range(8 * depth, 0, -8)
    return b"".join(struct.pack(">I4s", size, b"moov" if size == 8 * depth else name) for size in sizes)


def _mxl(score: bytes, method: int) -> bytes:
    data = BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("score.musicxml", score)
    return data.getvalue()


def _mxl_before() -> bytes:
    """The place of the list of what is in an archive is said to be further behind than it is."""
    data = bytearray(_mxl(b"<score-partwise/>", zipfile.ZIP_STORED))
    data[-6:-2] = (int.from_bytes(data[-6:-2], "little") + 18).to_bytes(4, "little")
    return bytes(data)


def _long_ape() -> bytes:
    """As many samples as 135 bytes can claim: seconds of decoding, and a gigabyte."""
    data = bytearray(ape((1_000,), md5=bytes(16)))
    data[60:64] = (0x04000064).to_bytes(4, "little")  # samples of the last frame
    return bytes(data)


_ELEMENTS = b"<score-partwise>" + b"<a/>" * 1_000_000 + b"</score-partwise>"
_MANY_NOTES = b"\0\x90\x40\x40" + b"\0\x40\x40" * 12_000

FINDS: dict[str, tuple[str, bytes]] = {
    "a frame of Monkey's Audio that is longer than any": ("a.ape", _long_ape()),
    "very many comments": ("a.flac", flac_with([b"%x=" % number for number in range(20_000)])),
    "very many comments of one name": ("a.flac", flac_with([b"artist=%x" % number for number in range(20_000)])),
    "a text frame of zeros": ("a.mp3", id3(text_frame(b"TIT2", b"\3" + bytes(1_000_000))) + mp3()),
    "a text frame of zeros in pairs": ("a.mp3", id3(text_frame(b"TPE1", b"\1" + bytes(1_000_000))) + mp3()),
    "very many frames of names that are none": ("a.mp3", id3(text_frame(b"abcd", b"") * 200_000) + mp3()),
    "packed text in MP3": ("a.mp3", _packed_title() + mp3()),
    "packed text in WAV": ("a.wav", wav_with(b"id3 ", _packed_title())),
    "very many tags of lyrics": ("a.mp3", mp3() + b"000000LYRICS200" * 70_000),
    "very many tags in front": ("a.mp3", id3(b"") * 100_000 + mp3()),
    "very many elements in few bytes": ("a.mxl", _mxl(_ELEMENTS, zipfile.ZIP_DEFLATED)),
    "a score that is packed like no other": ("a.mxl", _mxl(_ELEMENTS, zipfile.ZIP_LZMA)),
    "a score whose archive begins before its file": ("a.mxl", _mxl_before()),
    "very many chunks of text": ("a.wav", wav_with(b"LIST", b"INFO" + b"INAM\2\0\0\0a\0" * 100_000)),
    "very many notes": ("a.mid", midi([_MANY_NOTES])),
    "as many notes as a file may hold": ("a.mid", midi([b"\0\x90\x40\x40" + b"\1\x40\0" * 349_000])),
    "a number without end": ("a.mid", midi([b"\xff" * 1_000_000])),
    "a time without end": ("a.mid", midi([b"\x81" * 1_000_000])),
    "very many tracks": ("a.mid", b"MThd" + struct.pack(">IHHH", 6, 1, 65_535, 480) + b"MTrk\0\0\0\0" * 65_535),
    "boxes within boxes": ("a.m4a", struct.pack(">I4s4s", 12, b"ftyp", b"M4A ") + _nested(b"udta", 5_000)),
}
"""A name for people; what the file is called, and its bytes."""
