from pathlib import Path

import pytest

from audiera.folder.names import composed, is_hidden, judge_name
from audiera.folder.problems import FolderError, Problem, unreadable


@pytest.mark.parametrize("letter", [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))], ids=ascii)
def test_every_letter_that_turns_the_direction_of_writing_is_refused(letter: str) -> None:
    reason = judge_name(f"a{letter}b.wav")

    assert reason == "has a name that turns the direction of writing, so that it reads as what it is not; rename it"


@pytest.mark.parametrize("letter", ["\0", "\n", "\x7f", "\x85", "\u2028", "\u2029", "\\"], ids=ascii)
def test_every_letter_that_breaks_a_line_or_a_path_is_refused(letter: str) -> None:
    assert judge_name(f"a{letter}b.wav") == "has a control character or a backslash in its name; rename it"


def test_a_name_with_piled_marks_is_refused_and_not_put_in_order() -> None:
    name = "a" + "\u0301\u0316" * 16 + ".wav"

    assert judge_name(name) == "has a name with more than 30 marks in a row; rename it"
    assert composed(Path(name)) == name


def test_a_name_of_nothing_is_refused() -> None:
    assert judge_name(" \u3000") == "has a name of nothing but spaces; rename it"


@pytest.mark.parametrize("letter", ["\u200e", "\u200f", "\u200d", "\ufeff", "\u061c", "\u00ad"], ids=ascii)
def test_letters_that_are_merely_invisible_are_not_refused(letter: str) -> None:
    assert judge_name(f"a{letter}b.wav") is None


@pytest.mark.parametrize("name", [".x", "THUMBS.DB", "Icon\r", "@eaDir", "Night Ferry.audiera", "$RECYCLE.BIN"])
def test_litter_is_known_in_any_case(name: str) -> None:
    assert is_hidden(name)


@pytest.mark.parametrize("name", ["x", "thumbs.dbx", "Icon", "audiera"])
def test_other_names_are_not_litter(name: str) -> None:
    assert not is_hidden(name)


def test_a_path_has_one_spelling() -> None:
    assert composed(Path("E\u0301", "a.wav")) == "\u00c9/a.wav"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied"), "cannot be read (Permission denied); make it readable"),
        (OSError(5, "Input/output error"), "cannot be read (Input/output error); look after the disk"),
        (OSError(107, "Not connected"), "cannot be read (Not connected); see to that and try again"),
        (OSError("strange"), "cannot be read (strange); see to that and try again"),
    ],
)
def test_a_refusal_of_the_system_says_what_to_do(error: OSError, said: str) -> None:
    assert unreadable(error) == said


def test_a_problem_is_printable_whatever_it_quotes() -> None:
    assert str(Problem("a\nb.wav", "is titled \x1b[2J")) == r"'a\nb.wav' is titled \x1b[2J"


def test_the_error_of_a_folder_lists_every_problem_by_path() -> None:
    error = FolderError(Path("music\n"), [Problem("z.wav", "is empty"), Problem("a.wav", "is AAC")])

    assert str(error) == (
        "'music\\n': 2 files cannot be taken; mend them, move them out, or see --skip-bad and --duplicates.\n"
        "  a.wav is AAC.\n  z.wav is empty."
    )
    assert [problem.path for problem in error.problems] == ["a.wav", "z.wav"]
