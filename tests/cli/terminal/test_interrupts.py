"""Ctrl-C: the terminal's line ends, what was sent is said, and the exit code is the one that shells know it by."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
import pytest
from ape.cli import ConnectedProviderCommand

from audiera.cli.main import main
from audiera.cli.terminal.interrupts import interruptible
from audiera.cli.terminal.output import ask, progress_bar
from scripts._command import SuiteCommand
from tests.cli.conftest import Sessions

Out = pytest.CaptureFixture[str]

WALLET = "0x" + "11" * 20


class Interrupted(io.StringIO):
    """A terminal at which Ctrl-C is typed."""

    def isatty(self) -> bool:
        return True

    def readline(self, _: int | None = -1, /) -> str:  # type: ignore[override]  # as of StringIO
        return interrupt()


@contextmanager
def interrupted() -> Iterator[None]:
    """Runs what Ctrl-C ends."""
    with pytest.raises(click.exceptions.Exit), interruptible():
        yield


def interrupt(*_: object, **__: object) -> str:
    signal.raise_signal(signal.SIGINT)
    return ""


@pytest.fixture(autouse=True)
def ape_has_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ape ends its process at Ctrl-C, as soon as it is imported."""
    monkeypatch.setattr(sys, "stdin", Interrupted())
    signal.signal(signal.SIGINT, lambda *_: sys.exit(130))


def test_a_question_under_ape_ends_its_line_and_says_that_nothing_was_sent(
    monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.setattr(ConnectedProviderCommand, "invoke", lambda *_: ask("Send it?"))
    command = SuiteCommand("send")  # type: ignore[no-untyped-call]  # Ape has no types

    code = command.main([], standalone_mode=False)

    assert (code, capsys.readouterr().err) == (130, "Send it? [y/N]:\nNothing was sent.\n")


def test_work_on_a_folder_ends_its_line(monkeypatch: pytest.MonkeyPatch, capsys: Out, tmp_path: Path) -> None:
    monkeypatch.setattr("audiera.cli.folder.scan.read_folder", interrupt)

    code = main.main(["scan", str(tmp_path)], standalone_mode=False)

    assert (code, capsys.readouterr().err) == (130, "Ending what is under way.\n\n")


@pytest.mark.parametrize(
    ("goes_on", "told"),
    [
        (True, "Ending what is under way; run it again to go on from there.\n"),
        (False, "Ending what is under way.\n"),
    ],
    ids=["of what goes on", "of what begins anew"],
)
def test_what_takes_a_while_to_end_says_so_at_once_and_once(capsys: Out, told: str, *, goes_on: bool) -> None:
    seen = []

    with interrupted(), progress_bar("Fetching", goes_on=goes_on):
        try:
            interrupt()
        finally:
            seen.append(capsys.readouterr().err)  # while what is under way is waited for
            with suppress(KeyboardInterrupt):
                interrupt()

    assert seen == [told]
    assert capsys.readouterr().err == "\n"


def test_nobody_is_told_that_nothing_was_sent_where_something_was(session: Sessions, capsys: Out) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ada = session("ada")
    ada.act(lambda client: client.royalty.set_recipient(WALLET))
    ada.yes = False

    with pytest.raises(click.exceptions.Exit):
        ada.confirm("Send the other one?")

    assert capsys.readouterr().err.endswith("\nNothing more was sent; run it again to go on from what was.\n")
