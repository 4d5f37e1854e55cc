"""Every command, given a stranger's words wherever words are typed: a shell writes names of files for `*`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from audiera.cli.main import main
from tests.cli.hostile import HOSTILE, bad_lines
from tests.support.places import ROOT


def leaves(words: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield each command below a command by the words that name it; itself if it has none."""
    if not isinstance(command, click.Group):
        yield words, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below is not None
        yield from leaves((*words, name), below)


def groups() -> dict[str, click.Command]:
    """Return the program without Ape and every script of Ape's, by name: whatever is added to them is tried."""
    scripts = sorted(it.stem for it in (ROOT / "scripts").glob("[!_]*.py"))
    return {"audiera": main} | {it: import_module(f"scripts.{it}").cli for it in scripts}


def refused(command: click.Command, words: list[str]) -> str:
    """Return what a command that is refused prints, on both streams."""
    done = CliRunner().invoke(command, words)
    assert done.exit_code != 0, words
    assert done.exception is None or isinstance(done.exception, SystemExit), (words, done.exception)
    return done.output


def typed(command: click.Command) -> Iterator[list[str]]:
    """Yield command lines with those words in one place each; Ape's networks are refused, so that none is asked."""
    place = ["--network", HOSTILE] if any(it.name == "network" for it in command.params) else []
    yield [f"--{HOSTILE}"]
    yield [HOSTILE] * 9
    for param in command.params:
        if isinstance(param, click.Option) and param.name != "network" and not param.is_flag:
            yield [param.opts[0], *[HOSTILE] * param.nargs, *place]
    if place:
        yield place


@pytest.mark.parametrize("group", groups())
def test_no_command_lets_words_that_are_typed_act_on_a_terminal(
    group: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AUD-T1 and AUD-T2"""
    monkeypatch.chdir(tmp_path)
    root = groups()[group]
    bad = [
        (words, line)
        for path, command in leaves((), root)
        for words in typed(command)
        for line in bad_lines(refused(root, [*path, *words]))
    ]

    assert bad == []
