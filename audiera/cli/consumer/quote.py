"""`audiera quote`: what it would take to use datasets, before anything is signed."""

from __future__ import annotations

import click

from audiera.cli.consumer.options import connected, gateway_of, wanting
from audiera.cli.consumer.plan import plan_json, show_plan
from audiera.cli.terminal.output import print_json, print_lines
from audiera.consumer import Need, make_plan, read_about, read_version
from audiera.protocol import ETHER, parse_right

__all__ = ["quote"]


@click.command(short_help="What it would cost to use datasets.")
@wanting
@click.option("--in", "token", default="ETH", show_default=True, metavar="TOKEN", help="What would be paid in.")
@click.option("--for", "payer", metavar="ADDRESS", help="Who would pay, whose licences count and offers stand.")
def quote(
    *,
    datasets: tuple[int, ...],
    right_name: str,
    url: str | None,
    node: str,
    tokens: tuple[str, ...],
    token: str,
    payer: str | None,
    as_json: bool,
) -> None:
    """Say what it takes to use datasets: licences, uses, and what they come to. Nothing is signed.

    Each DATASET is used whole, under the licences that cost least: those that are held, and those on offer.

    \b
    Example:
      audiera quote 1 3 --right training --in USDC --from https://music.example --node http://127.0.0.1:8545
    """
    who = payer or ETHER
    session = connected(node, who, tokens, as_json=as_json)
    remote = gateway_of(session, url, datasets[0])
    paid_in = session.book.address(token)
    about = read_about(session.client, remote)
    versions = (read_version(session.client, remote, it) for it in dict.fromkeys(datasets))
    plan = make_plan(
        session.client,
        session.book,
        [Need(it, it.rows) for it in versions],
        parse_right(right_name),
        url=remote.url,
        about=about,
        payer=session.me,
        token=paid_in,
    )
    if as_json:
        print_json(plan_json(session, plan))
        return
    show_plan(session, plan)
    print_lines(f"In all {session.book.of_value(plan.total, plan.token)}.")
