"""What every command under Ape has in common."""

from __future__ import annotations

import pytest

from audiera.errors import InputError
from tests.cli.commands import CommandLine


def test_what_would_act_on_a_terminal_is_escaped_in_errors(line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """AUD-T1 and AUD-T2: a token or a node answers with escape sequences, and an error takes them to a terminal."""

    def refuse(*_: object) -> bytes:
        raise InputError("\x1b[2Jall is well\nsecond line\u202e", "a thing\n  another")

    monkeypatch.setattr("scripts.license.terms_id_of", refuse)

    printed = line("label", "license", "show", "terms", "1", fails=True)

    assert printed == "Error: \\x1b[2Jall is well\\nsecond line\\u202e\n  a thing\\n  another\n"
