"""`--help` of the commands about licences, use and rewards, as a terminal shows it."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from scripts.incentive import cli as incentive_cli
from scripts.license import cli as license_cli
from scripts.usage import cli as usage_cli

ALL = [
    (cli, words)
    for cli in (license_cli, usage_cli, incentive_cli)
    for name, command in cli.commands.items()
    for words in ([[name, it] for it in command.commands] if isinstance(command, click.Group) else [[name]])
]


@pytest.mark.parametrize(("cli", "words"), ALL, ids=[f"{cli.name}-{'-'.join(words)}" for cli, words in ALL])
def test_an_example_stands_on_lines_of_its_own(cli: click.Group, words: list[str]) -> None:
    shown = CliRunner().invoke(cli, [*words, "--help"], terminal_width=200)

    assert shown.exit_code == 0, shown.output
    assert "\\b" not in shown.output
    assert "\n  Example:\n    ape run " in shown.output
