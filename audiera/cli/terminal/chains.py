"""Which chain a command is for, where only the URL of a node was given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import click

from audiera.client.chain import Node
from audiera.operations import hold_to_chain

__all__ = ["expect_chain", "note_network"]

_KEY: Final = "audiera.bare"
_OPTION: Final = "--network"
_URL: Final = re.compile(r"\w+://")  # a network has its names, with a colon between, in front of a URL


def note_network(context: click.Context, words: Sequence[str]) -> None:
    """Note whether a command line names a network by a URL alone: Ape calls it as the node says, whatever that is."""
    after = [following for word, following in pairwise(words) if word == _OPTION]
    after += [word.removeprefix(f"{_OPTION}=") for word in words if word.startswith(f"{_OPTION}=")]
    context.meta[_KEY] = any(_URL.match(it) for it in after)


def expect_chain(node: Node) -> None:
    """Return if a node that was named by a URL alone is on the chain that it was on; of a network, Ape expects its own.

    Raises:
        ChainError: if it is on another.
    """
    if click.get_current_context().meta.get(_KEY):
        hold_to_chain(node)
