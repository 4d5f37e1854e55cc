"""What commands print, and what strangers cannot make them print."""

from __future__ import annotations

import io
import json
import sys

import pytest
from click import unstyle

from audiera.cli.terminal.output import (
    ask,
    counting_bar,
    print_json,
    print_lines,
    print_table,
    progress_bar,
    say,
)
from audiera.text import is_plain
from tests.support.console import audiera

HOSTILE = "a\x1b[2J\x1b[8m\u202e\nDataset 1: verified\u2029"
ESCAPED = r"a\x1b[2J\x1b[8m\u202e\nDataset 1: verified\u2029"


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_one_long_name_widens_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    name, digest = "a" * 255, f"0x{'5f' * 32}"

    print_table(("whatever it is", "hash"), [(name, digest), ("b", digest)], err=False)

    head, *lines = capsys.readouterr().out.splitlines()
    assert max(map(len, (head, *lines))) <= 130 + 2 + len(digest)
    assert [digest in line for line in lines] == [True, False, True]
    assert lines[0].split()[0] + lines[1].removeprefix("| ") == name


@pytest.mark.parametrize("before", ["a" * 128, "a" * 130, "a" + " " * 129, "夜" * 64])
def test_a_long_name_adds_no_line_that_passes_for_one(before: str, capsys: pytest.CaptureFixture[str]) -> None:
    """AUD-T2: what a name has where it is folded reads as the end of the table."""
    forged = "1 item, 8,044 bytes; verified"

    print_table(("path", "size"), [(before + forged, "5")], err=False)

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 2
    assert all(line.startswith("| ") for line in lines[2:])
    assert "verified" in lines[-1]


def narrow_screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Have a screen of 40 columns for standard output."""
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("COLUMNS", "40")
    return screen


def test_a_table_is_written_row_by_row_where_its_words_do_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = narrow_screen(monkeypatch)
    heads = ("dataset", "name", "each use", "price")
    rows = [(1, "Kitchen Percussion", "0.0011 USDC/megabyte", "90 USDC"), (2, "Weather", "", "free")]

    print_table(heads, rows, title="Offered:", right=("dataset",), err=False)

    assert [line.rstrip() for line in unstyle(narrow.getvalue()).splitlines()] == [
        "Offered:",
        "  dataset   1",
        "  name      Kitchen Percussion",
        "  each use  0.0011 USDC/megabyte",
        "  price     90 USDC",
        "",
        "  dataset   2",
        "  name      Weather",
        "  price     free",
    ]


def test_one_long_word_is_folded_and_a_table_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = narrow_screen(monkeypatch)

    print_table(("path", "size"), [("a" * 60, "5"), ("b", "6")], err=False)

    head, *lines = unstyle(narrow.getvalue()).splitlines()
    assert head.split() == ["path", "size"]
    assert [line.split()[-1] for line in lines] == ["5", "a" * 28, "6"]


def test_a_name_adds_no_line_on_a_narrow_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """AUD-T2"""
    narrow = narrow_screen(monkeypatch)
    forged = "verified " * 9

    print_table(("name", "content root", "licensed by", "at"), [(forged, "0x" + "5f" * 32, HOSTILE, "")], err=False)

    lines = unstyle(narrow.getvalue()).splitlines()
    assert [line.split()[0] for line in lines if line[0] != " "] == ["name", "content", "licensed"]
    assert all(line.strip().startswith("| ") for line in lines if line[0] == " ")


def test_a_name_adds_no_line_and_acts_on_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """AUD-T1 and AUD-T2: a key of a table clears the screen, hides what follows, and prints that all is verified."""
    say(f"  note: {HOSTILE}", "an own line")
    print_lines(HOSTILE)
    print_table((HOSTILE,), [(HOSTILE,)], title=HOSTILE, err=True)

    printed = capsys.readouterr()
    assert printed.err.splitlines() == [f"  note: {ESCAPED}", "an own line", *[ESCAPED, f"  {ESCAPED}", f"  {ESCAPED}"]]
    assert printed.out == f"{ESCAPED}\n"


@pytest.mark.parametrize("name", ["Album {2021}", "{task.id}", "[bold]Album[/nothing]", ":bomb:", "%s {0} \\["])
def test_a_name_is_neither_markup_nor_a_format(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """AUD-T3"""
    screen = Screen()
    print_table(("name",), [(name,)], err=False)
    monkeypatch.setattr(sys, "stderr", screen)

    with progress_bar(f"Reading {name}"):
        pass
    with counting_bar(f"Collecting {name}", 2) as done:
        done(1)

    assert capsys.readouterr().out.splitlines()[1] == name
    assert f"Reading {name}" in screen.getvalue()
    assert f"Collecting {name}" in screen.getvalue()


def test_json_is_the_same_and_acts_on_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    unseen = HOSTILE + "\x7f\x9b2J\u200b\u2066\ue000\U000e0041\ud800\u034f\u3164 é 夜"

    print_json({unseen: [unseen]})

    printed = capsys.readouterr().out
    assert json.loads(printed) == {unseen: [unseen]}
    assert all(is_plain(line) for line in printed.splitlines())
    assert "é 夜" in printed


def test_a_question_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", Screen("y\n"))

    ask(f"Send it to {HOSTILE}?")

    assert capsys.readouterr().err.strip() == f"Send it to {ESCAPED}? [y/N]:"


def test_a_name_that_a_shell_wrote_for_a_star_is_escaped_in_what_click_says() -> None:
    done = audiera("scan", "a", HOSTILE)

    assert done.stderr.splitlines()[-1] == f"Error: Got unexpected extra argument ({ESCAPED})"


def test_what_nobody_reads_to_its_end_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """AUD-T2"""
    endless = "\x1b" * 1_000_000

    say(endless)
    print_lines(endless)
    print_table(("name",), [(endless,)], err=True)

    printed = capsys.readouterr()
    assert printed.out == r"\x1b" * 10_000 + "… (990,000 letters more)\n"
    assert len(printed.err) < 120_000
    assert is_plain(printed.err.replace("\n", ""))
