"""`audiera gateway block`, `unblock`, `blocked`, `complaints`: what is not served, and what people object to."""

from __future__ import annotations

import datetime as dt
from typing import Final

import click

from audiera.cli.gateway.options import journal_option
from audiera.cli.terminal.output import print_json, print_lines, print_table, say
from audiera.cli.terminal.parse import parse_hash32
from audiera.errors import InputError
from audiera.gateway import block_item, blocked_after, complaints_after, editing_journal, unblock_item
from audiera.protocol import ZERO_WORD
from audiera.text import as_hash, hex_of, shown

__all__ = ["block", "blocked", "complaints", "unblock"]

_MOST: Final = 10_000  # rows of a list

_dataset = click.argument("dataset", type=click.IntRange(1, 2**63 - 1))
_item = click.option("--item", metavar="LEAF", help="One item, by its leaf hash; unless told, all of the dataset.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")


@click.command()
@_dataset
@_item
@click.option("--reason", required=True, metavar="TEXT", help="Why: everybody reads it, at /v1/blocked.")
@journal_option
@_json
def block(*, dataset: int, item: str | None, reason: str, journal: str, as_json: bool) -> None:
    """Serve a dataset, or one item of it, no more: from this second, whoever was granted it before.

    \b
    Example:
      audiera gateway block 7 --reason "Its owner does not own it." --journal sqlite:///gateway.db
    """
    leaf = _leaf(item)
    with editing_journal(journal) as connection:
        block_item(connection, dataset, leaf, reason)
    if as_json:
        print_json(_row(dataset, hex_of(leaf), reason))
        return
    say(f"Blocked {_what(dataset, hex_of(leaf))}.")


@click.command()
@_dataset
@_item
@journal_option
@_json
def unblock(*, dataset: int, item: str | None, journal: str, as_json: bool) -> None:
    """Serve again what was blocked.

    \b
    Example:
      audiera gateway unblock 7 --journal sqlite:///gateway.db
    """
    leaf = _leaf(item)
    with editing_journal(journal) as connection:
        was = unblock_item(connection, dataset, leaf)
    if not was:
        raise InputError(f"{_what(dataset, hex_of(leaf)).capitalize()} is not blocked; see `audiera gateway blocked`.")
    if as_json:
        print_json({"dataset": dataset, "leaf": _item_of(hex_of(leaf))})
        return
    say(f"Serving {_what(dataset, hex_of(leaf))} again.")


@click.command()
@journal_option
@_json
def blocked(*, journal: str, as_json: bool) -> None:
    """List what is not served, and why.

    \b
    Example:
      audiera gateway blocked --journal sqlite:///gateway.db
    """
    with editing_journal(journal) as connection:
        rows = blocked_after(connection, 0, "", _MOST)
    if as_json:
        print_json({"blocked": [_row(it.dataset, it.item, it.reason) | {"at": it.at} for it in rows]})
    elif not rows:
        print_lines("Nothing is blocked.")
    else:
        told = [(it.dataset, _item_of(it.item) or "all", _day(it.at), shown(it.reason)) for it in rows]
        print_table(("dataset", "item", "since", "reason"), told, right=("dataset",), err=False)


@click.command()
@click.option("--after", default=0, type=click.IntRange(0), help="Those with a higher number than this.")
@journal_option
@_json
def complaints(*, after: int, journal: str, as_json: bool) -> None:
    """List what people objected to, at /v1/complaints; answer them yourself, and block what has to be.

    \b
    Example:
      audiera gateway complaints --after 12 --journal sqlite:///gateway.db
    """
    with editing_journal(journal) as connection:
        rows = complaints_after(connection, after, _MOST)
    if as_json:
        told = [{"number": it.number, "at": it.at, "who": it.who, "what": it.what, "why": it.why} for it in rows]
        print_json({"complaints": [dict(it) for it in told]})
    elif not rows:
        print_lines("Nobody has complained.")
    for it in () if as_json else rows:
        print_lines(f"{it.number}  {_day(it.at)}  {shown(it.who)}", f"  {shown(it.what)}", f"  {shown(it.why)}")


def _leaf(item: str | None) -> bytes:
    return ZERO_WORD if item is None else parse_hash32(item, "item")


def _item_of(item: str) -> str | None:
    return None if as_hash(item) == ZERO_WORD else item


def _what(dataset: int, item: str) -> str:
    named = _item_of(item)
    return f"item {named} of dataset {dataset}" if named else f"dataset {dataset}"


def _row(dataset: int, item: str, reason: str) -> dict[str, str | int | None]:
    return {"dataset": dataset, "leaf": _item_of(item), "reason": reason}


def _day(second: int) -> str:
    return dt.datetime.fromtimestamp(second, dt.UTC).strftime("%Y-%m-%d")
