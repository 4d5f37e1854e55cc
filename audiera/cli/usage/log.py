"""`audiera usage log`: what was used, appended to a use log, counted and priced."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from pathlib import Path

import click

from audiera.cli.terminal.output import print_json, print_lines
from audiera.cli.terminal.parse import DATASET, parse_hash32, parse_whole
from audiera.cli.usage.items import find_items
from audiera.cli.usage.ledger import Asked, node_option, worth
from audiera.cli.usage.show import many
from audiera.client import Audiera, TxReceipt
from audiera.errors import AmountError, InputError
from audiera.metering import PricedUse, append_log, use_json
from audiera.operations import right_objection
from audiera.protocol import Meter, Use, parse_meter, parse_right, right_bit
from audiera.quantities import parse_unit_price
from audiera.text import shown

__all__ = ["log"]


@click.command(short_help="Append uses to a use log.")
@click.argument("log", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("items", nargs=-1, metavar="[ITEM]...")
@click.option("--license", "license_id", required=True, type=click.IntRange(1, 2**64 - 1), help="The licence used.")
@click.option("--dataset", required=True, type=DATASET, help="The dataset used.")
@click.option("--right", required=True, metavar="RIGHT", help="The one right exercised, such as Training.")
@click.option(
    "--version",
    type=click.IntRange(1, 2**16 - 1),
    help="The version used; the newest in the record that has the items, unless told.",
)
@click.option(
    "--unit-price",
    metavar="PRICE",
    help='What a unit costs: "1000/second" in the smallest unit of the token, or "0.000001 ETH/second".',
)
@node_option("A node of the chain, which knows the licence's meter and price, and what it allows.")
@click.option(
    "--units",
    type=click.IntRange(1, 2**64 - 1),
    help="Units of each use; by the meter and the item's length or size, unless told.",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    help="The record of the dataset's folder; the one beside a folder that holds the first ITEM, unless told.",
)
@click.option(
    "--items",
    "table",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The version's item table, items.json, where there is no record.",
)
@click.option(
    "--at", type=click.IntRange(0, 2**64 - 1), metavar="SECOND", help="When, as a Unix second; now unless told."
)
@click.option("--nonce", metavar="HASH", help="What makes equal uses differ: 32 bytes in hex; random unless told.")
@click.option("--json", "as_json", is_flag=True, help="Print what was appended as JSON.")
def log(
    log: Path,
    items: tuple[str, ...],
    *,
    license_id: int,
    dataset: int,
    right: str,
    version: int | None,
    unit_price: str | None,
    node: str | None,
    units: int | None,
    record: Path | None,
    table: Path | None,
    at: int | None,
    nonce: str | None,
    as_json: bool,
) -> None:
    """Append one use of each ITEM to a use LOG, or one of the whole dataset if no ITEM is named.

    An ITEM is a file of the dataset, the path of one in it, or an item's leaf. LOG is begun if it is not there. Several
    programs may append at once: each gets all of its uses in, or none.

    \b
    Example:
      audiera usage log uses.jsonl "Night Ferry/01 Cast Off.flac" --license 1 --dataset 1 --right Training \\
        --unit-price "0.000001 ETH/second"
    """
    bit, asked = right_bit(parse_right(right)), Asked.connect(node) if node else None
    rate = _rate(unit_price, asked, license_id)
    if asked and (refused := _objection(asked.client, license_id, dataset, bit)):
        raise InputError(refused)
    known = find_items(items, dataset, version, record=record, table=table, asked=asked)
    uses = [
        Use(
            license=license_id,
            dataset=dataset,
            version=known.version,
            item=item,
            right=bit,
            units=known.units(item, rate.meter) if units is None else units,
            at=int(time.time()) if at is None else at,
            nonce=each,
        )
        for item, each in zip(known.used, _nonces(nonce, len(known.used)), strict=True)
    ]
    priced = [PricedUse(use, use.units * rate.price) for use in uses]
    count = append_log(log, priced)
    total, counted = sum(it.price for it in priced), sum(it.units for it in uses)
    if as_json:
        print_json({"log": str(log), "logged": [use_json(it) for it in priced], "value": str(total), "useCount": count})
        return
    price = worth(asked, total, rate.token) if rate.token else f"{total} of the token's smallest unit"
    print_lines(
        f"Logged {many(len(uses), 'use')} of {many(counted, rate.meter.name.lower())} for {price}; "
        f"{shown(str(log))} has {many(count, 'use')} now."
    )


@dataclass(frozen=True, slots=True)
class _Rate:
    """What each unit costs."""

    meter: Meter
    price: int
    token: str | None
    """None if nobody said."""


def _rate(text: str | None, asked: Asked | None, license_id: int) -> _Rate:
    if asked:
        if text:
            raise InputError("The node knows what a unit costs; leave --unit-price out, or --node.")
        terms = asked.client.licenses.terms_of(asked.client.licenses.license_of(license_id).terms_id)
        return _Rate(terms.meter, terms.unit_price, terms.token)
    if text is None:
        raise InputError(
            'Say what a unit costs: with --unit-price, such as "1000/second" in the smallest unit of the token, or '
            "with --node URL, which knows the licence's terms."
        )
    amount, _, meter = (part.strip() for part in text.partition("/"))
    if (whole := parse_whole(amount)) is not None:
        return _Rate(parse_meter(meter), whole, None)
    if (name := amount.partition(" ")[2].strip()) and name.upper() != "ETH":
        raise AmountError(
            f"How many decimals {name} has, only its chain says; write the price in its smallest unit, such as "
            "1000/second, or name --node URL."
        )
    price = parse_unit_price(text, {})
    return _Rate(price.meter, price.amount.value, price.amount.token)


def _objection(client: Audiera[TxReceipt], license_id: int, dataset: int, bit: int) -> str:
    holder = client.licenses.license_of(license_id).holder
    return right_objection(client, holder, license_id, dataset, bit)


def _nonces(text: str | None, count: int) -> list[bytes]:
    if text is None:
        return [secrets.token_bytes(32) for _ in range(count)]
    if count > 1:
        raise InputError(f"One nonce is of one use, and these are {count}; name one ITEM, or leave --nonce out.")
    return [parse_hash32(text, "a nonce")]
