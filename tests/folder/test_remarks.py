from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from audiera.folder.examine import Found
from audiera.folder.intake import Stamp, Taken
from audiera.folder.remarks import remarks
from audiera.music.reading import Reading

STAMP = Stamp(size=5, modified=0, changed=0, inode=1)
RINGING = (1, 2, 3)


def file(
    path: str, media_type: str = "audio/flac", *, length: int = 1_000, isrc: str | None = None, **found: object
) -> Taken:
    reading = Reading({"media_type": media_type, "duration_ms": length, **({"isrc": isrc} if isrc else {})}, None)
    return Taken.of(Path(path), Found(bytes(32), replace(reading, **found)), STAMP)  # type: ignore[arg-type]  # its fields


def said(*files: Taken, by_ear: bool = False) -> list[str]:
    listening = (lambda one: one.__eq__) if by_ear else None
    return [str(note) for note in remarks(files, listening)]


def test_what_reading_found_odd_is_passed_on() -> None:
    assert said(file("a.flac", notes=("has junk", "is loud"))) == ["a.flac has junk", "a.flac is loud"]


def test_names_that_differ_only_in_case_are_noted_once_each() -> None:
    assert said(file("A.flac"), file("a.flac"), file("b.flac")) == [
        "a.flac differs from A.flac only in the case of letters, which some systems ignore"
    ]


def test_the_same_samples_are_the_same_recording() -> None:
    files = [file("a.flac", sound=b"1"), file("b.flac", sound=b"1"), file("c.flac", sound=b"2"), file("d.flac")]

    assert said(*files, file("e.flac")) == ["b.flac is, sample for sample, the same recording as a.flac"]


def test_recordings_that_sound_alike_are_noted_if_that_was_asked_for() -> None:
    files = [
        file("b.flac", sound=b"1", fingerprint=RINGING),
        file("a.ogg", "audio/ogg", sound=b"2", fingerprint=RINGING, length=3_999),
        file("c.flac", sound=b"3", fingerprint=(9, 9)),
        file("d.flac", sound=b"4", fingerprint=RINGING, length=9_000),
    ]

    assert said(*files) == []
    assert said(*files, by_ear=True) == ["b.flac sounds like the same recording as a.ogg in another encoding"]


def test_files_that_sound_alike_are_told_the_same_however_many_fit_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = [
        file(f"{number:02}.flac", sound=b"%d" % number, fingerprint=(number % 5, 7), length=1 + number * 997 % 13_000)
        for number in range(60)
    ]
    expected = said(*files, by_ear=True)

    monkeypatch.setattr(import_module("audiera.folder.remarks"), "_MOST_PRINTS", 7)

    assert said(*files, by_ear=True) == expected
    assert len(expected) == len({told(files, it) for it in files} - {None})


def told(files: list[Taken], one: Taken) -> str | None:
    """The path of a file, if another before it by path, of nearly its length, has its fingerprint."""
    others = [it for it in files if it.source < one.source and it.fingerprint == one.fingerprint]
    near = [it for it in others if abs(it.row.item.duration_ms - one.row.item.duration_ms) <= 3_000]
    return str(one.source) if near else None


def test_the_same_samples_are_not_compared_by_ear_as_well() -> None:
    files = [file(path, sound=b"1", fingerprint=RINGING) for path in ("a.flac", "b.flac")]

    assert said(*files, by_ear=True) == ["b.flac is, sample for sample, the same recording as a.flac"]


def test_other_files_are_quoted_as_they_can_be_shown() -> None:
    files = [file("a\u200f.flac", sound=b"1"), file("b.flac", sound=b"1")]

    assert said(*files) == [r"b.flac is, sample for sample, the same recording as 'a\u200f.flac'"]


def test_one_isrc_on_two_recordings_is_noted() -> None:
    first = file("a.flac", isrc="XXAUD2600004", sound=b"1")
    same, other = file("b.flac", isrc="XXAUD2600004", sound=b"1"), file("c.flac", isrc="XXAUD2600004", sound=b"2")

    assert said(first, same, other, file("d.flac", isrc="XXAUD2600005", sound=b"3")) == [
        "b.flac is, sample for sample, the same recording as a.flac",
        "c.flac has the ISRC XXAUD2600004, and so has a.flac, which is not the same sample for sample",
    ]
