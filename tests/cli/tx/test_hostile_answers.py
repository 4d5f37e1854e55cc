"""Every command that sends or shows, with strangers' names around it, and with a node that answers in their words."""

from __future__ import annotations

import shlex
from itertools import cycle
from pathlib import Path
from typing import Final

import pytest
from click.testing import Result

from audiera.client.facades.erc20 import Token
from audiera.operations.names import Names
from tests.cli.hostile import FAULTS, HOSTILE, MEGABYTE, bad_lines
from tests.cli.tx.test_again import STORIES, Again, Step, again
from tests.client.proxy import behind

__all__ = ["again"]

SHOWING: Final = (
    "dataset list",
    "dataset show 1",
    "license list",
    "license offers",
    "license show license 1",
    "license show terms 1",
    "license show dataset 1",
    "royalty list",
    "royalty show 1",
    "usage list",
    "usage show dataset 1",
    "usage show license 1",
    "usage show channel {developer} {gateway} ETH",
    "incentive show",
    "incentive show 1",
    "tx list",
)
NUMBERS: Final = ("dataset show", "license show terms", "license show license", "royalty show", "usage show dataset")


@pytest.fixture
def named(again: Again, monkeypatch: pytest.MonkeyPatch) -> Again:
    """All datasets and tokens have names that strangers gave."""
    monkeypatch.setattr(Names, "name", lambda *_: HOSTILE)
    monkeypatch.setattr(Names, "by_manifest", lambda *_: HOSTILE)
    monkeypatch.setattr(Token, "symbol", lambda _: MEGABYTE)
    return again


def tried(again: Again, role: str, words: list[str], url: str) -> Result:
    """What a command shows on a node that may refuse it; nothing but a refusal ends it."""
    done = again.line.terminal.invoke(["ape", "run", *words, *again.net(role, url)])
    assert done.exception is None or isinstance(done.exception, SystemExit), (words, done.exception)
    return done


@pytest.mark.parametrize("story", STORIES)
def test_no_command_that_sends_lets_what_strangers_wrote_act_on_a_terminal(
    named: Again, anvil: str, story: str
) -> None:
    """AUD-T1, AUD-T2 and AUD-N8"""
    bad, faults, as_json = [], cycle(FAULTS.items()), cycle(([], ["--json"]))
    for step in STORIES[story]:
        if not isinstance(step, Step):
            step(named)
            continue
        words = shlex.split(step.words.format(**named.people))
        fault, rule = next(faults)
        with behind(anvil, rule) as url:
            done = tried(named, step.role, [*words, *next(as_json)], url)
        printed = "" if done.exit_code == 0 else named.line(step.role, *words)
        bad += [(fault, words, it) for it in bad_lines(done.output + printed)]

    assert bad == []


def test_no_command_that_shows_lets_what_strangers_wrote_act_on_a_terminal(named: Again, anvil: str) -> None:
    """AUD-T1, AUD-T2 and AUD-N8"""
    bad, faults = [], cycle(FAULTS.items())
    for step in STORIES["permits"]:
        step(named) if not isinstance(step, Step) else named.line(
            step.role, *shlex.split(step.words.format(**named.people))
        )
    Path("deployments", "tokens.json").unlink()  # the tokens have no other names than their own
    for shown in SHOWING:
        words = shlex.split(shown.format(**named.people))
        fault, rule = next(faults)
        printed = named.line("developer", *words)
        with behind(anvil, rule) as url:
            printed += tried(named, "developer", [*words, "--json"], url).output
        bad += [(fault, words, it) for it in bad_lines(printed)]

    assert bad == []


@pytest.mark.parametrize("digits", ["9" * 5_000, "²"])
def test_digits_that_are_no_number_end_a_command_in_a_sentence(named: Again, anvil: str, digits: str) -> None:
    for words in NUMBERS:
        done = tried(named, "developer", [*words.split(), digits], anvil)

        assert done.exit_code != 0
        assert done.output.splitlines()[-1].startswith("Error: ")
