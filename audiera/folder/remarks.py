"""What is worth knowing of the files of a folder and stops nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeAlias

from audiera.folder.intake import Taken
from audiera.folder.problems import Problem
from audiera.text import shown
from audiera.work import Repeats

__all__ = ["remarks"]


_Similar: TypeAlias = Callable[[tuple[int, ...], tuple[int, ...]], bool]

_Print: TypeAlias = tuple[int, str, tuple[int, ...]]
"""A length in milliseconds, a path, and a fingerprint."""

_SAME_LENGTH_MS: Final = 3_000
"""Encoders pad, players trim: recordings whose lengths differ by more are not compared by ear."""


def remarks(files: Iterable[Taken], similar: _Similar | None) -> tuple[Problem, ...]:
    """Return what there is to say, by path: what reading found odd, names that differ only in case, files
    that are the same recording, and such as are not and have one ISRC.

    Args:
        files: in order of their paths, each looked at once; none the same as another, byte for byte.
        similar: says whether two fingerprints are of one recording, if they are to be compared.
    """
    notes: list[Problem] = []
    names, sounds, codes, prints = Repeats(), Repeats(), Repeats(), list[_Print]()
    for file in files:
        path, sound, isrc = file.row.metadata.path, file.sound, file.row.metadata.isrc
        notes += (Problem(path, note) for note in file.notes)
        names.add(path.casefold().encode(), path)
        if sound is not None:
            sounds.add(sound, path)
        if isrc:
            codes.add(isrc.encode(), path, sound or b"")
        if similar is not None and file.fingerprint:
            prints.append((file.row.item.duration_ms, path, file.fingerprint))
    notes += [*_case_twins(names), *_one_isrc(codes)]
    echoes = list(_echoes(sounds))
    if similar is not None:
        told = {echo.path for echo in echoes}
        notes += _alike([it for it in prints if it[1] not in told], similar)
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


def _alike(prints: Sequence[_Print], similar: _Similar) -> Iterator[Problem]:
    """Compare each file with those of nearly its length: not all with all, which for 100,000 never ends."""
    ordered = sorted(prints, key=lambda each: each[:2])
    said: set[str] = set()
    for index, (length, path, fingerprint) in enumerate(ordered):
        for other_length, other, other_print in ordered[index + 1 :]:
            if other_length - length > _SAME_LENGTH_MS:
                break
            first, second = sorted((path, other))
            if second not in said and similar(fingerprint, other_print):
                said.add(second)
                yield Problem(second, f"sounds like the same recording as {shown(first)} in another encoding")
