"""What `quote` and `pull` have in common: what is wanted, from where, and the connection to the chain."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import click

from audiera.cli.terminal.output import say
from audiera.cli.terminal.session import Session
from audiera.client import Audiera, KeySigner, ReadOnly, Run
from audiera.client.chain import MAX_FEE
from audiera.consumer import place_of
from audiera.errors import InputError
from audiera.operations import TokenBook, hold_to_chain
from audiera.protocol import to_address
from audiera.remote import Remote

__all__ = ["connected", "gateway_of", "wanting"]

F = TypeVar("F", bound=Callable[..., object])

_OPTIONS = (
    click.argument("datasets", nargs=-1, type=click.IntRange(1), metavar="[DATASET]..."),
    click.option("--right", "right_name", required=True, metavar="NAME", help="How it is used, such as training."),
    click.option(
        "--from",
        "url",
        metavar="URL",
        help="The gateway that serves it; unless told, the one that the dataset's owner names on the chain.",
    ),
    click.option("--node", required=True, envvar="AUDIERA_NODE", metavar="URL", help="A node of the chain."),
    click.option(
        "--token",
        "tokens",
        multiple=True,
        metavar="NAME=ADDRESS",
        help="Name a token, to write amounts in. May be repeated.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output."),
)


def wanting(function: F) -> F:
    """Give a command the options that say what is wanted."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def gateway_of(session: Session, url: str | None, dataset: int | None, signer: KeySigner | None = None) -> Remote:
    """Return the gateway at a URL, or else the one that a dataset's owner names on the chain: at a public address.

    Raises:
        InputError: it is no gateway's URL, the owner names none, or neither URL nor dataset is named.
    """
    if url is not None:
        return Remote(url, signer)
    if dataset is None:
        raise InputError("Name the gateway that serves what is found with --from.")
    return Remote(place_of(session.client, dataset), signer, public=True)


def connected(
    node: str,
    signer: KeySigner | str,
    tokens: Sequence[str],
    *,
    as_json: bool,
    yes: bool = False,
    purpose: Sequence[object] = (),
    max_fee: int = MAX_FEE,
) -> Session:
    """Return a session with a node, for who signs or for an account that only looks.

    Args:
        node: its URL.
        signer: who acts, or who looks.
        tokens: names of tokens.
        as_json: whether the result is for programs.
        yes: whether nobody is asked.
        purpose: what the command is for, so that the same again finds what was sent.
        max_fee: wei; what the gas of one transaction may cost at most.
    """
    acting = signer if isinstance(signer, KeySigner) else ReadOnly(to_address(signer))
    client = Audiera.connect(node, acting, max_fee=max_fee)
    hold_to_chain(client.node)
    digest = hashlib.sha256(json.dumps([str(it) for it in purpose]).encode()).digest() if purpose else b""

    def unlock() -> KeySigner:
        if isinstance(signer, str):
            raise InputError("Nobody signs here.")
        return signer

    session = Session(
        client,
        TokenBook.of(client, tokens),
        unlock,
        as_json=as_json,
        yes=yes,
        run=Run(digest, int(time.time()), report=say),
    )
    if isinstance(signer, KeySigner):
        session.go_on()
    return session
