"""`audiera quote`: what it would take to use datasets, before anything is signed."""

from __future__ import annotations

import os
from typing import Final

import click

from audiera.cli.consumer.options import connected, gateway_of, wanting
from audiera.cli.consumer.plan import Deposit, plan_json, show_plan
from audiera.cli.consumer.seeking import Seeking, seeking
from audiera.cli.terminal.output import print_json, print_lines
from audiera.client import KeySigner
from audiera.consumer import Need, make_plan, read_about, read_version
from audiera.errors import InputError
from audiera.protocol import ETHER, parse_right

__all__ = ["quote"]

_KEY: Final = "AUDIERA_PRIVATE_KEY"


@click.command(short_help="What it would cost to use datasets.")
@wanting
@seeking
@click.option(
    "--in", "token", metavar="TOKEN", help="What would be paid in; unless told, the only one that pays for all."
)
@click.option(
    "--for",
    "payer",
    metavar="ADDRESS",
    help="Who would pay, whose licences count and offers stand. Unless told, the account of the key in "
    f"{_KEY}, if there is one.",
)
def quote(
    *,
    datasets: tuple[int, ...],
    right_name: str,
    url: str | None,
    node: str,
    tokens: tuple[str, ...],
    token: str | None,
    payer: str | None,
    as_json: bool,
    words: str | None,
    hours: float | None,
    kind: str | None,
    genre: str,
    bpm: str | None,
    index: str | None,
) -> None:
    """Say what it takes to use datasets: licences, uses, and what they come to. Nothing is signed.

    Each DATASET is used whole, under the licences that cost least: those that are held, and those on offer. With
    --hours, of what is named or found, the items that come to so much for least.

    \b
    Example:
      audiera quote 1 3 --right training --in USDC --from https://music.example --node http://127.0.0.1:8545
    """
    if payer is None and os.environ.get(_KEY, "").strip():
        payer = KeySigner.from_env().address
    session = connected(node, payer or ETHER, tokens, as_json=as_json)
    right = parse_right(right_name)
    sought = Seeking.of(datasets, right, words=words, hours=hours, kind=kind, genre=genre, bpm=bpm, index=index)
    remote = gateway_of(session, url, sought.first)
    paid_in = session.book.address(token) if token else None
    about = read_about(session.client, remote)
    if hours is None:
        versions = (read_version(session.client, remote, it) for it in sought.datasets)
        needs = tuple(Need(it, it.rows) for it in versions)
    else:
        if paid_in is None:
            raise InputError("Say with --in what would be paid in: what is found is chosen by it.")
        needs = sought.find(session, remote, paid_in)
    plan = make_plan(
        session.client,
        session.book,
        needs,
        right,
        url=remote.url,
        about=about,
        payer=session.me,
        token=paid_in,
    )
    deposit = None
    if payer:
        channel = session.client.usage.channel_of(session.me, about.account, plan.token)
        deposit = Deposit(channel.balance - min(channel.thawing, channel.balance), 0)
    if as_json:
        print_json(plan_json(session, plan, deposit))
        return
    show_plan(session, plan, deposit)
    print_lines(f"In all {session.book.of_value(plan.total, plan.token)}.")
