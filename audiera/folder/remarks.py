"""What is worth knowing of the files of a folder and stops nothing."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from audiera.folder.intake import Taken
from audiera.folder.problems import Problem
from audiera.text import shown

__all__ = ["remarks"]


_Similar: TypeAlias = Callable[[tuple[int, ...], tuple[int, ...]], bool]

_SAME_LENGTH_MS: Final = 3_000
"""Encoders pad, players trim: recordings whose lengths differ by more are not compared by ear."""


def remarks(files: Sequence[Taken], similar: _Similar | None) -> tuple[Problem, ...]:
    """Return what there is to say, by path: what reading found odd, names that differ only in case, files
    that are the same recording, and such as are not and have one ISRC.

    Args:
        files: in order of their paths; none the same as another, byte for byte.
        similar: says whether two fingerprints are of one recording, if they are to be compared.
    """
    notes = [*_as_read(files), *_case_twins(files), *_echoes(files, similar), *_one_isrc(files)]
    return tuple(sorted(notes))


def _as_read(files: Sequence[Taken]) -> Iterator[Problem]:
    for file in files:
        yield from (Problem(file.row.metadata.path, note) for note in file.notes)


def _case_twins(files: Sequence[Taken]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for file in files:
        path = file.row.metadata.path
        if (other := first.setdefault(path.casefold(), path)) != path:
            yield Problem(path, f"differs from {shown(other)} only in the case of letters, which some systems ignore")


def _one_isrc(files: Sequence[Taken]) -> Iterator[Problem]:
    first: dict[str, Taken] = {}
    for file in files:
        path, isrc = file.row.metadata.path, file.row.metadata.isrc
        if isrc and (other := first.setdefault(isrc, file)).sound != file.sound:
            named = shown(other.row.metadata.path)
            yield Problem(path, f"has the ISRC {isrc}, and so has {named}, which is not the same sample for sample")


def _echoes(files: Sequence[Taken], similar: _Similar | None) -> Iterator[Problem]:
    first: dict[bytes, str] = {}
    single: list[Taken] = []
    for file in files:
        sound, path = file.sound, file.row.metadata.path
        if sound is None or (other := first.setdefault(sound, path)) == path:
            single.append(file)
        else:
            yield Problem(path, f"is, sample for sample, the same recording as {shown(other)}")
    if similar is not None:
        yield from _alike(single, similar)


def _alike(files: Sequence[Taken], similar: _Similar) -> Iterator[Problem]:
    """Compare each file with those of nearly its length: not all with all, which for 100,000 never ends."""
    prints = [(file.row.item.duration_ms, file.row.metadata.path, file.fingerprint) for file in files]
    ordered = sorted((each for each in prints if each[2]), key=lambda each: each[:2])
    said: set[str] = set()
    for index, (length, path, fingerprint) in enumerate(ordered):
        for other_length, other, other_print in ordered[index + 1 :]:
            if other_length - length > _SAME_LENGTH_MS:
                break
            first, second = sorted((path, other))
            if second not in said and fingerprint and other_print and similar(fingerprint, other_print):
                said.add(second)
                yield Problem(second, f"sounds like the same recording as {shown(first)} in another encoding")
