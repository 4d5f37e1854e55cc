"""Where what is fetched may land."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiera.protocol import Metadata
from audiera.storage.landing import landing
from audiera.storage.objects import ObjectError

HONEST = [
    *("a.flac", "side 2/c.wav", "Who? What!.wav", "Side A: Intro.flac", "Contact.mp3", "com10.wav", "Nul and void.ogg"),
    *(" first.wav", "a..b.wav", "夜/\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.ogg"),
]
MARKED = ["a\u200e.wav", "\u200fa.wav", "x/\u061c", "\ufeffa.wav", "a\u202egpj.wav", "\u2066a\u2069/b.wav"]
ELSEWHERE = [
    "con",
    "x/NUL.wav",
    "aux.tar.gz",
    "COM1",
    "lpt\u00b9.ogg",
    "CONIN$",
    "nul .wav",
    "a.",
    "b /c.wav",
    "C:a.wav",
    "d:",
]
CLIMBING = ["", "/etc/passwd", "../a", "a/../b", ".ssh/config", "a//b", "a/", "a\\b", "a\nb", "a\u2028b", "a\x9b"]


@pytest.mark.parametrize("path", HONEST)
def test_what_is_a_name_everywhere_lands_where_it_says(path: str, tmp_path: Path) -> None:
    assert landing(tmp_path, path) == tmp_path / path


@pytest.mark.parametrize(
    ("paths", "why"),
    [
        (MARKED, "has a mark of direction or a letter that is not seen"),
        (ELSEWHERE, "is no name on Windows, or another one there"),
        (CLIMBING, "is not a path of plain names below a folder"),
    ],
    ids=["marked", "elsewhere", "climbing"],
)
def test_no_file_is_written_that_would_act_or_pass_for_another(paths: list[str], why: str, tmp_path: Path) -> None:
    """AUD-S14"""
    for path in paths:
        with pytest.raises(ObjectError) as caught:
            landing(tmp_path, path)

        assert str(caught.value) == (
            f"{path!r} {why}, so it is not written; fetch it by its hash, to a file that you name."
        )


@pytest.mark.parametrize("path", [*MARKED[:4], *ELSEWHERE])
def test_a_table_may_have_such_a_path_all_the_same(path: str) -> None:
    assert Metadata(path=path, media_type="audio/wav").path == path
