"""Files as somebody would write them who wants to harm their reader: real ones, with their structure bent."""

from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path
from typing import TypeAlias

from hypothesis import strategies as st

from audiera.music.formats.bytesource import ByteSource

__all__ = ["Counting", "bent", "bent_text"]


_Bend: TypeAlias = Callable[[bytearray], None]

_EDGES = (0, 1, 7, 8, 127, 128, 255, *(edge + it for edge in (1 << 15, 1 << 31, 1 << 63) for it in (-1, 0)), 2**64 - 1)
_SOUND = (b"ID3\4\0\0\0\0\0\n", b"TAG", b"APETAGEX", b"000000LYRICS200", b"OggS", b"RIFF", b"data", b"moov", bytes(64))
_TEXT = (
    *(b"[", b"{", b"]", b"}", b'"', b"\\", b"\\u0000", b"\\ud800", b'"a":', b'"a":1,', b"[{}],", b"true", b"null"),
    *(b",", b":", b";", b"\t", b"\n", b"\r", b" ", b"  ", b"\0", b"\x1b", b"'", b"#", b"%", b"/", b"@", b"\xff"),
    *(b"-1", b"1" * 90, b"1e999", b"0.5", b"NaN", b"0x", b"- ", b"? ", b"a: ", b"&a ", b"*a ", b"!!int ", b"--- "),
    *(
        it.encode()
        for it in ("|\n", "a\n", "sep=", "\ufeff", "\u202e", "\u2028", "\u0661", "e\u0301", "../", "1" * 5_000)
    ),
)


@st.composite
def _number(draw: st.DrawFn) -> _Bend:
    """Puts a number at the edge of its kind, or near what is left of the file, where a field may be."""
    place = draw(st.integers(0, 95) | st.integers(0, 1 << 16))
    width, order = draw(st.sampled_from((1, 2, 3, 4, 8))), draw(st.sampled_from(("big", "little")))
    value, near = draw(st.sampled_from(_EDGES)), draw(st.none() | st.integers(-16, 16))

    def bend(data: bytearray) -> None:
        at = place % max(len(data), 1)
        number = value if near is None else max(0, len(data) - at + near)
        data[at : at + width] = (number % (1 << 8 * width)).to_bytes(width, order)  # type: ignore[arg-type]  # big or little

    return bend


@st.composite
def _stretch(draw: st.DrawFn) -> _Bend:
    """Leaves a stretch out, repeats it many times, or puts it elsewhere."""
    place, length, to = draw(st.integers(0, 1 << 16)), draw(st.integers(1, 64)), draw(st.integers(0, 1 << 16))
    times = draw(st.sampled_from((0, 2, 3, 300)))

    def bend(data: bytearray) -> None:
        at = place % max(len(data), 1)
        part = data[at : at + length]
        if times:
            target = to % max(len(data), 1)
            data[target:target] = part * times
        else:
            del data[at : at + length]

    return bend


@st.composite
def _mark(draw: st.DrawFn, marks: Sequence[bytes]) -> _Bend:
    """Puts the mark of another part in, at the ends or between."""
    mark, place = draw(st.sampled_from(marks)), draw(st.sampled_from((0, -1)) | st.integers(0, 1 << 16))
    times = draw(st.sampled_from((1, 1, 100)))

    def bend(data: bytearray) -> None:
        at = len(data) if place < 0 else place % max(len(data), 1)
        data[at:at] = mark * times

    return bend


@st.composite
def _cut(draw: st.DrawFn) -> _Bend:
    """Ends the file early."""
    place = draw(st.integers(0, 1 << 16))

    def bend(data: bytearray) -> None:
        del data[place % max(len(data), 1) :]

    return bend


def bent(wholes: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Return files like these, each bent in up to six places."""
    return _bent(wholes, _number() | _stretch() | _mark(_SOUND) | _cut())


def bent_text(wholes: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Return documents like these, likewise: what is put in are marks that mean something in JSON, YAML or CSV."""
    return _bent(wholes, _stretch() | _mark(_TEXT) | _mark(_TEXT) | _cut())


def _bent(wholes: Sequence[bytes], one: st.SearchStrategy[_Bend]) -> st.SearchStrategy[bytes]:
    bends = st.lists(one, min_size=1, max_size=6)

    def apply(whole: bytes, bends: list[_Bend]) -> bytes:
        data = bytearray(whole)
        for bend in bends:
            bend(data)
        return bytes(data)

    return st.builds(apply, st.sampled_from(wholes), bends)


class Counting(ByteSource):
    """Counts what it is asked for: a reader that is linear asks for a few times the file, however it is bent."""

    def __init__(self, path: Path) -> None:
        self.opened = FileIO(path)
        super().__init__(self.opened)
        self.asked = self.reads = 0

    def read(self, offset: int, count: int) -> bytes:
        data = super().read(offset, count)
        self.reads += 1
        self.asked += len(data)
        return data
