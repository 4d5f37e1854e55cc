"""The text chunks of WAV (LIST INFO) and AIFF (NAME, AUTH, (c)), under the names of Vorbis comments.

They do not say how their text is coded. A CSET chunk may name a Windows code page; else UTF-8 is taken where
the bytes are UTF-8, and otherwise what the systems used that made such files: Windows-1252, Mac Roman.

Source: Microsoft and IBM, RIFF MCI 1.0 (1991), INFO list and CSET chunk; Apple, AIFF 1.3, text chunks.
"""

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Final

from audiera.music.formats.bytesource import ByteSource
from audiera.music.formats.chunks import next_chunk

__all__ = ["text_chunks"]


_INFO: Final = {
    b"INAM": "title",
    b"IART": "artist",
    b"IPRD": "album",
    b"ITRK": "tracknumber",
    b"IPRT": "tracknumber",
    b"ICRD": "date",
    b"IGNR": "genre",
    b"ICOP": "copyright",
    b"ISRC": "isrc",
}
_AIFF: Final = {b"NAME": "title", b"AUTH": "artist", b"(c) ": "copyright"}
_MAX_BYTES: Final = 1 << 20
_MAX_CHUNKS: Final = 1 << 16
_MAX_TEXTS: Final = 1 << 10


def text_chunks(source: ByteSource) -> dict[str, list[str]]:
    """Return the text chunks of a WAV or AIFF file by name; of any other file, none.

    Raises:
        OSError: it cannot be read.
    """
    head = source.read(0, 12)
    if head[:4] == b"FORM":
        texts = ((_AIFF[name], data) for name, data in _chunks(source, 12, source.size, ">4sI") if name in _AIFF)
        return _decoded(list(islice(texts, _MAX_TEXTS)), "mac_roman")
    if head[:4] not in (b"RIFF", b"RF64", b"BW64"):
        return {}
    found: list[tuple[str, bytes]] = []
    page = "cp1252"
    for name, data in _chunks(source, 12, source.size, "<4sI"):
        if name == b"CSET" and len(data) >= 2:
            page = f"cp{int.from_bytes(data[:2], 'little')}"
        if name == b"LIST" and data[:4] == b"INFO":
            texts = ((_INFO[key], text) for key, text in _within(data[4:]) if key in _INFO)
            found += islice(texts, _MAX_TEXTS - len(found))
    return _decoded(found, page)


def _chunks(source: ByteSource, at: int, end: int, form: str) -> Iterator[tuple[bytes, bytes]]:
    """Yield each chunk with its content; that of a large one is sound, and empty here."""
    for _ in range(_MAX_CHUNKS):
        if not (at + 8 <= end and len(head := source.read(at, 8)) == 8):
            break
        name, size = struct.unpack(form, head)
        yield name, source.read(at + 8, size) if size <= _MAX_BYTES else b""
        at = next_chunk(source, at + 8, size, form[0])


def _within(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        name, size = struct.unpack("<4sI", data[at : at + 8])
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _decoded(found: list[tuple[str, bytes]], page: str) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, data in found:
        values.setdefault(name, []).append(_text(data.split(b"\0", 1)[0], page))
    return values


def _text(data: bytes, page: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return data.decode(page, "replace")
        except LookupError:  # a code page that Python does not know
            return data.decode("cp1252", "replace")
