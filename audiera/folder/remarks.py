"""What is worth knowing of the files of a folder and stops nothing."""

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from audiera.folder.intake import Taken
from audiera.folder.problems import Problem
from audiera.text import shown
from audiera.work import Repeats, Sorter

__all__ = ["remarks"]


_Listening: TypeAlias = Callable[[Sequence[int]], Callable[[Sequence[int]], bool]]

_Print: TypeAlias = tuple[int, str, bytes]
"""A length in milliseconds, a path, and a fingerprint, its numbers in 32 bits each."""

_MOST_PRINTS: Final = 1 << 14
"""Fingerprints kept in memory before they are compared, some 60 MB; nearly ten times that as Python's numbers."""

_SAME_LENGTH_MS: Final = 3_000
"""Encoders pad, players trim: recordings whose lengths differ by more are not compared by ear."""


def remarks(files: Iterable[Taken], listening: _Listening | None) -> tuple[Problem, ...]:
    """Return what there is to say, by path: what reading found odd, names that differ only in case, files
    that are the same recording, and such as are not and have one ISRC.

    Args:
        files: in order of their paths, each looked at once; none the same as another, byte for byte.
        listening: given a fingerprint, what says whether others are of the same recording; None: none are compared.
    """
    notes: list[Problem] = []
    names, sounds, codes, prints = Repeats(), Repeats(), Repeats(), Sorter[_Print](_MOST_PRINTS)
    for file in files:
        path, sound, isrc = file.row.metadata.path, file.sound, file.row.metadata.isrc
        notes += (Problem(path, note) for note in file.notes)
        names.add(path.casefold().encode(), path)
        if sound is not None:
            sounds.add(sound, path)
        if isrc:
            codes.add(isrc.encode(), path, sound or b"")
        if listening is not None and file.fingerprint:
            prints.add((file.row.item.duration_ms, path, array("I", file.fingerprint).tobytes()))
    notes += [*_case_twins(names), *_one_isrc(codes)]
    echoes = list(_echoes(sounds))
    if listening is not None:
        told = {echo.path for echo in echoes}
        notes += _alike((it for it in prints.drained() if it[1] not in told), listening)
    return tuple(sorted([*notes, *echoes]))


def _case_twins(names: Repeats) -> Iterator[Problem]:
    for it in names.later():
        yield Problem(it.name, f"differs from {shown(it.first)} only in the case of letters, which some systems ignore")


def _one_isrc(codes: Repeats) -> Iterator[Problem]:
    for it in codes.later():
        if it.more != it.first_more:
            isrc, named = it.key.decode(), shown(it.first)
            yield Problem(it.name, f"has the ISRC {isrc}, and so has {named}, which is not the same sample for sample")


def _echoes(sounds: Repeats) -> Iterator[Problem]:
    for it in sounds.later():
        yield Problem(it.name, f"is, sample for sample, the same recording as {shown(it.first)}")


def _alike(prints: Iterable[_Print], listening: _Listening) -> Iterator[Problem]:
    """Compare each file with those of nearly its length: not all with all, which for 100,000 never ends.

    Args:
        prints: in order of lengths and paths. Those that one is compared with are in memory, and no others.
        listening: see `remarks`.
    """
    said: set[str] = set()
    near: deque[tuple[int, str, array[int]]] = deque()

    def compared(most: int) -> Iterator[Problem]:
        """Compare those of up to some length with all that are at hand after them."""
        while near and near[0][0] <= most:
            _, path, fingerprint = near.popleft()
            is_alike = listening(fingerprint)
            for _, other, other_print in near:
                first, second = sorted((path, other))
                if second not in said and is_alike(other_print):
                    said.add(second)
                    yield Problem(second, f"sounds like the same recording as {shown(first)} in another encoding")

    for length, path, data in prints:
        yield from compared(length - _SAME_LENGTH_MS - 1)
        near.append((length, path, array("I", data)))
    if near:
        yield from compared(near[-1][0])
