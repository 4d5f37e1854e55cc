"""What every command under Ape has in common."""

from __future__ import annotations

from importlib import import_module

import pytest
from click.testing import CliRunner

from audiera.errors import InputError
from tests.cli.commands import CommandLine
from tests.support.console import audiera


def test_what_would_act_on_a_terminal_is_escaped_in_errors(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """AUD-T1 and AUD-T2: a token or a node answers with escape sequences, and an error takes them to a terminal."""

    def refuse(*_: object) -> bytes:
        raise InputError("\x1b[2Jall is well\nsecond line\u202e", "a thing\n  another")

    monkeypatch.setattr("scripts.license.terms_id_of", refuse)

    printed = line("label", "license", "show", "terms", "1", fails=True)

    assert printed == "Error: \\x1b[2Jall is well\\nsecond line\\u202e\n  a thing\\n  another\n"


@pytest.mark.parametrize("script", ["dataset", "incentive", "license", "royalty", "tx", "usage"])
def test_what_would_act_on_a_terminal_is_escaped_in_options_before_a_command(script: str) -> None:
    """AUD-T1: a shell writes the names of files for `*`."""
    refused = CliRunner(mix_stderr=False).invoke(import_module(f"scripts.{script}").cli, ["--b\u202ead"])

    assert (refused.exit_code, refused.stderr.splitlines()[-1]) == (2, "Error: No such option: --b\\u202ead")


def test_it_is_escaped_in_options_of_the_program_without_ape_too() -> None:
    """AUD-T1"""
    refused = audiera("--b\u202ead")

    assert (refused.exit_code, refused.stderr.splitlines()[-1]) == (2, "Error: No such option: --b\\u202ead")
