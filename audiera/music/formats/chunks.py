"""Files made of chunks that state their sizes: WAV (RF64, BW64, RIFX), W64, AIFF, CAF and AU.

libsndfile decodes what is there and does not say when that is less than the file announces. Here every
chunk is held to the file's real size: a chunk that runs past the end means that the file breaks off. A size
of 0 or of all ones is how programs leave it that write to a pipe: then the sound goes on to the end of the
file, which cannot be told from one that breaks off, so a note says so. Nothing is allocated by these sizes.

Sources: Microsoft and IBM, RIFF MCI 1.0 (1991); EBU Tech 3306 (RF64); ITU-R BS.2088 (BW64); Apple, AIFF 1.3 and AIFF-C
(1991), CAF 1.0; Sony, W64 (2003); Sun, au(4).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from audiera.music.formats.bytesource import ByteSource
from audiera.music.sound.decoded import AudioError, breaks_off

__all__ = ["UNSTATED", "check_chunks", "needs_ffmpeg", "next_chunk"]


UNSTATED: Final = (
    "does not state the length of its sound, as happens when it is written to a pipe; it is taken to its end"
)
_OPEN_32: Final = frozenset({0xFFFFFFFF, 0x7FFFFFFF, 0x80000000})
_MAX_CHUNKS: Final = 1 << 16
_W64_HEADER: Final = 24
_PACKED: Final = frozenset({0x50, 0x55, 0x2000, 0xF1AC})  # WAVE_FORMAT of MPEG audio, MP3, AC-3 and FLAC
_CAF_SAMPLES: Final = frozenset({b"lpcm", b"ulaw", b"alaw"})
_PLAIN_SAMPLES: Final = frozenset({1, 3})  # WAVE_FORMAT_PCM, WAVE_FORMAT_IEEE_FLOAT


@dataclass(frozen=True, slots=True)
class _Chunk:
    name: bytes
    start: int
    """Of its content."""
    size: int
    """Of its content, as stated."""


def check_chunks(source: ByteSource) -> tuple[str, ...]:
    """Hold the stated sizes of a chunked file against its real size; returns notes on what is odd.

    Raises:
        AudioError: it breaks off, or its description of the samples contradicts itself.
        OSError: it cannot be read.
    """
    head = source.read(0, 40)
    if head[:4] in (b"RIFF", b"RF64", b"BW64", b"RIFX"):
        return _check_riff(source, ">" if head[:4] == b"RIFX" else "<")
    if head[:4] == b"FORM":
        return _check_parts(source, _walk(source, 12, ">4sI", 2), b"SSND", _stated(head, ">I", 4) + 8)
    if head[:4] == b"riff":
        chunks = (
            _Chunk(chunk.name, chunk.start, chunk.size - _W64_HEADER) for chunk in _walk(source, 40, "<4s12xQ", 8, 24)
        )
        return _check_parts(source, chunks, b"data", _stated(head, "<Q", 16))
    if head[:4] == b"caff":
        return _check_caf(source)
    return _check_au(source, head)


def needs_ffmpeg(source: ByteSource) -> bool:
    """Say whether libsndfile cannot read a chunked file: one of a codec's frames, as MP3 in WAV, or BW64."""
    head = source.read(0, 32)
    if head[:4] == b"caff":
        return head[28:32] not in _CAF_SAMPLES
    if head[:4] == b"BW64":
        return True  # libsndfile does not know it
    if head[:4] != b"RIFF":
        return False
    formats = (chunk for chunk in _walk(source, 12, "<4sI", 2) if chunk.name == b"fmt ")
    found = next(formats, None)
    return found is not None and int.from_bytes(source.read(found.start, 2), "little") in _PACKED


def _stated(head: bytes, form: str, at: int) -> int:
    end = at + struct.calcsize(form)
    if len(head) < end:
        raise AudioError("breaks off in its header; get a whole copy")
    return int(struct.unpack(form, head[at:end])[0])


def _bounded(chunks: Iterator[_Chunk]) -> Iterator[_Chunk]:
    for number, chunk in enumerate(chunks):
        if number == _MAX_CHUNKS:
            raise AudioError(f"has more than {_MAX_CHUNKS:,} chunks, as no file of sound has; get a whole copy")
        yield chunk


def _walk(source: ByteSource, first: int, form: str, align: int, counted: int = 0) -> Iterator[_Chunk]:
    """Yield the chunks from `first` on; `counted` is how much of its own header a chunk's size counts."""
    at, header = first, struct.calcsize(form)
    while len(data := source.read(at, header)) == header:
        name, size = struct.unpack(form, data)
        yield _Chunk(name, at + header, size)
        length = max(size - counted, 0)
        at += header + length + -(length + (header if counted else 0)) % align
        if not name.strip(b"\0"):
            return  # padding, not a chunk


def _check_riff(source: ByteSource, order: str) -> tuple[str, ...]:
    head = source.read(0, 12)
    large: dict[bytes, int] = {}
    chunks: list[_Chunk] = []
    for chunk in _bounded(_walk_riff(source, order, large)):
        if chunk.name == b"fmt ":
            _check_format(source.read(chunk.start, 16), order)
        chunks.append(chunk)
    total = large.get(b"RF64", _stated(head, order + "I", 4)) + 8
    return _check_parts(source, iter(chunks), b"data", total)


def _walk_riff(source: ByteSource, order: str, large: dict[bytes, int]) -> Iterator[_Chunk]:
    """Yield the chunks of a RIFF file, with RF64's 64-bit sizes in place of the 32-bit ones."""
    at = 12
    while len(data := source.read(at, 8)) == 8:
        name, size = struct.unpack(order + "4sI", data)
        if name == b"ds64" and len(sizes := source.read(at + 8, 16)) == 16:
            large[b"RF64"], large[b"data"] = struct.unpack("<QQ", sizes)
        if size == 0xFFFFFFFF and name in large:
            size = large[name]
        yield _Chunk(name, at + 8, size)
        if name == b"data" and (size == 0 or size in _OPEN_32) and at + 8 + size != source.size:
            return
        at = next_chunk(source, at + 8, size, order)


def next_chunk(source: ByteSource, start: int, size: int, order: str = "<") -> int:
    """Return where the RIFF chunk begins that follows the one whose content begins at `start`.

    That is at an even distance; but some programs do not write the byte that evens an odd chunk.
    """
    end = start + size
    evened = end + size % 2
    return end if _fits(source, end, order) and not _fits(source, evened, order) else evened


def _fits(source: ByteSource, at: int, order: str) -> bool:
    head = source.read(at, 8)
    return len(head) == 8 and _is_name(head[:4]) and struct.unpack(order + "I", head[4:])[0] <= source.size - at - 8


def _check_format(data: bytes, order: str) -> None:
    if len(data) < 16:
        raise AudioError("breaks off in its header; get a whole copy")
    tag, channels, _, _, frame_bytes, bits = struct.unpack(order + "HHIIHH", data)
    if tag in _PLAIN_SAMPLES and frame_bytes != channels * -(-bits // 8):
        raise AudioError(
            f"contradicts itself: {channels} channels of {bits} bits in frames of {frame_bytes:,} bytes; export it anew"
        )


def _check_parts(source: ByteSource, chunks: Iterator[_Chunk], sound: bytes, total: int) -> tuple[str, ...]:
    end, odd = 0, False
    for chunk in _bounded(chunks):
        there = max(source.size - chunk.start, 0)
        if chunk.name == sound and (chunk.size == 0 or chunk.size in _OPEN_32) and there != chunk.size:
            return (UNSTATED,)
        if not _is_name(chunk.name):
            return (f"has {source.size - end:,} bytes after its end that are no part of it",) if end else ()
        if chunk.size > there:
            part = "sound" if chunk.name == sound else f"its {chunk.name.decode('ascii').strip()} chunk"
            raise AudioError(
                f"breaks off: it announces {chunk.size:,} bytes of {part} and has {there:,}; get a whole copy"
            )
        end, odd = chunk.start + chunk.size, bool(chunk.size % 2)
    stated = 0 if total - 8 in _OPEN_32 or total == 8 else total
    if stated > source.size + odd:  # some programs count the byte that evens the last chunk and do not write it
        raise breaks_off(f"{stated:,} bytes", source.size)
    return ()


def _is_name(name: bytes) -> bool:
    return all(32 <= letter < 127 for letter in name)


def _check_caf(source: ByteSource) -> tuple[str, ...]:
    chunks: list[_Chunk] = []
    for chunk in _bounded(_walk(source, 8, ">4sq", 1)):
        if chunk.name == b"data" and chunk.size == -1:
            return (UNSTATED,)
        chunks.append(chunk)
        if chunk.size < 0:
            raise AudioError("states a negative size; get a whole copy")
    return _check_parts(source, iter(chunks), b"data", 0)


def _check_au(source: ByteSource, head: bytes) -> tuple[str, ...]:
    order = "<" if head[:4] == b"dns." else ">"
    start, size = _stated(head, order + "I", 4), _stated(head, order + "I", 8)
    if size == 0xFFFFFFFF:
        return (UNSTATED,)
    return _check_parts(source, iter([_Chunk(b"data", start, size)]), b"data", 0)
