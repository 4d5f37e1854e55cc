"""Every command says what it does, with an example that its own parser accepts."""

from __future__ import annotations

import shlex
from importlib import import_module

import click
import pytest

from audiera.cli.main import main

SCRIPTS = ("dataset", "incentive", "license", "relay", "royalty", "usage")


def commands(typed: str, command: click.Command) -> list[tuple[str, click.Command]]:
    """What can be typed, with what it runs."""
    if not isinstance(command, click.Group):
        return [(typed, command)]
    context = click.Context(command)
    parts = ((name, command.get_command(context, name)) for name in command.list_commands(context))
    return [pair for name, part in parts if part is not None for pair in commands(f"{typed} {name}", part)]


ALL = [
    *commands("audiera", main),
    *(pair for script in SCRIPTS for pair in commands(f"ape run {script}", import_module(f"scripts.{script}").cli)),
]

ENDLESS = {"audiera explorer", "audiera gateway serve", "audiera index follow", "audiera mcp", "audiera up"}
"""What runs until it is stopped has no result."""


@pytest.mark.parametrize(("name", "command"), ALL, ids=[name for name, _ in ALL])
def test_a_command_has_a_sentence_and_an_example_of_itself(name: str, command: click.Command) -> None:
    told = command.help or ""

    assert told.split("\n")[0].endswith((".", ":", ","))
    assert f"{name} " in told.partition("Example")[2] + " "


@pytest.mark.parametrize(("name", "command"), ALL, ids=[name for name, _ in ALL])
def test_the_options_of_an_example_exist(name: str, command: click.Command) -> None:
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    example = (command.help or "").partition("Example")[2].replace("\\\n", " ")

    used = {
        word.partition("=")[0]
        for line in example.splitlines()
        if line.strip().startswith(f"{name} ")
        for word in shlex.split(line)
        if word.startswith("--")
    }

    assert used <= known, used - known


@pytest.mark.parametrize(("name", "command"), ALL, ids=[name for name, _ in ALL])
def test_every_option_has_a_word_of_help_and_json_is_everywhere(name: str, command: click.Command) -> None:
    assert name
    silent = [it.opts[0] for it in command.params if isinstance(it, click.Option) and not it.help]

    assert silent == []
    assert any("--json" in it.opts for it in command.params) or name in ENDLESS


@pytest.mark.parametrize(("name", "command"), ALL, ids=[name for name, _ in ALL])
def test_no_two_parameters_take_the_same_value(name: str, command: click.Command) -> None:
    """An argument named like a shared option would be taken for it."""
    assert name
    names = [it.name for it in command.params]

    assert [it for it in names if names.count(it) > 1] == []
