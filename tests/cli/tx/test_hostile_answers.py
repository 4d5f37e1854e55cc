"""Every command that shows, with strangers' names around it, and with a node that answers in their words.

Those that send are tried so in `test_again.py`.
"""

from __future__ import annotations

import shlex
from itertools import cycle
from pathlib import Path
from typing import Final

import pytest

from tests.cli.hostile import FAULTS, bad_lines
from tests.cli.tx.test_again import STORIES, Again, Step, again, named
from tests.client.proxy import behind

__all__ = ["again", "named"]

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
            printed += named.tried("developer", [*words, "--json"], url).output
        bad += [(fault, words, it) for it in bad_lines(printed)]

    assert bad == []


@pytest.mark.parametrize("digits", ["9" * 5_000, "²"])
def test_digits_that_are_no_number_end_a_command_in_a_sentence(named: Again, anvil: str, digits: str) -> None:
    for words in NUMBERS:
        done = named.tried("developer", [*words.split(), digits], anvil)

        assert done.exit_code != 0
        assert done.output.splitlines()[-1].startswith("Error: ")
