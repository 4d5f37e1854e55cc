"""`--help` of the commands about licences, use and rewards, as a terminal shows it."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from scripts.incentive import cli as incentive_cli
from scripts.license import cli as license_cli
from scripts.usage import cli as usage_cli

ALL = [(cli, name) for cli in (license_cli, usage_cli, incentive_cli) for name in cli.commands]


@pytest.mark.parametrize(("cli", "name"), ALL, ids=[f"{cli.name}-{name}" for cli, name in ALL])
def test_an_example_stands_on_lines_of_its_own(cli: click.Group, name: str) -> None:
    shown = CliRunner().invoke(cli, [name, "--help"], terminal_width=200)

    assert shown.exit_code == 0, shown.output
    assert "\\b" not in shown.output
    assert "\n  Example:\n    ape run " in shown.output
