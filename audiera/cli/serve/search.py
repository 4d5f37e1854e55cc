"""`audiera search`: datasets that are what one looks for, from an index."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

import click

from audiera.cli.index.database import database_option, find_database
from audiera.cli.serve.tokens import token_option
from audiera.cli.terminal.documents import amount_json, rights_json
from audiera.cli.terminal.output import print_json, print_lines, print_table, say
from audiera.errors import InputError
from audiera.protocol import describe_rights, parse_kind, parse_meter, parse_rights, to_address
from audiera.quantities import (
    Amount,
    format_duration,
    format_length,
    parse_amount,
    parse_duration,
    parse_unit_price,
)
from audiera.text import Json

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from audiera.indexer.search import Facets, Hit, Listing, Query

__all__ = ["search"]

Tokens: TypeAlias = Mapping[str, tuple[str, int]]
"""Name and decimals by address."""

_BPM: Final = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?")
_ORDERS: Final = ("relevance", "newest", "price", "length", "name")


@click.command(short_help="Find datasets in an index.")
@click.argument("words", nargs=-1, metavar="[TEXT]")
@database_option
@click.option("--right", "rights", metavar="NAMES", help="Rights that one offer grants, such as Training,Commercial.")
@click.option(
    "--price-at-most",
    metavar="AMOUNT",
    help="Of a licence: '5 USDC', or '5 0x...' of any token; of a unit: '0.01 USDC/second'.",
)
@click.option("--meter", metavar="NAME", help="What a unit of use is: Call, Second or Megabyte.")
@click.option("--term", metavar="DURATION", help="How long a licence lasts at least: '1 year', or perpetual.")
@click.option("--kind", metavar="NAME", help="What it is: Recordings, Samples, Stems, Scores, Lyrics, Features, Model.")
@click.option("--genre", metavar="NAME", default="", help="The genre of any item, as tagged.")
@click.option("--bpm", metavar="FROM-TO", help="Beats per minute of any item, such as 90-120.")
@click.option("--key", metavar="KEY", default="", help="The musical key of any item, such as F#m.")
@click.option("--longer", metavar="DURATION", help="How long its items are together at least: '10 hours'.")
@click.option("--shorter", metavar="DURATION", help="How long at most.")
@click.option("--synthetic/--human", default=None, help="Only what a generative model made; or nothing that it did.")
@click.option("--creator", metavar="ADDRESS", help="Who registered it.")
@click.option("--catalogue", type=click.IntRange(1, 2**32 - 1), help="A catalogue that it is a member of.")
@click.option("--order", type=click.Choice(_ORDERS), help="What comes first; `price` needs --price-at-most.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 200), help="Datasets at most.")
@click.option("--after", metavar="CURSOR", default="", help="Go on where the page before ended.")
@click.option("--facets", is_flag=True, help="Count, too, how many are found, and of what; at most the newest 1,000.")
@token_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
def search(
    *,
    words: tuple[str, ...],
    database: str | None,
    facets: bool,
    as_json: bool,
    tokens: Tokens,
    **asked: str | int | None,
) -> None:
    """Find datasets by words in their names, people, tags and items, and by what they are offered for.

    It reads an index that `audiera index` keeps, and nothing else. What is asked of offers, one offer has to be all by
    itself. An offer is promised by the chain alone: see it there before you pay (`ape run license show dataset`).

    \b
    Example:
      audiera search harbour --right Training --price-at-most "5 USDC"
    """
    try:
        from audiera.indexer import answering, check_schema, open_index, well_known  # noqa: PLC0415  # of an extra
        from audiera.indexer.search import count_facets, find, match  # noqa: PLC0415
    except ImportError as error:
        raise InputError("Searching needs more than the package: pip install 'audiera[serve]'.") from error
    engine = open_index(find_database(database), begun=True)
    with answering(engine), engine.connect() as connection:
        check_schema(connection)
        known = {**well_known(connection), **tokens}
        query = _query(connection, " ".join(words), asked, known)
        now = int(time.time())
        matches = match(connection, query, now)
        found = find(connection, matches)
        counted = count_facets(connection, matches) if facets else None
        named = {it.token for hit in found.hits for it in hit.listings} | set(counted.tokens if counted else ())
        known = {**_called(connection, named), **known}
    if as_json:
        document: dict[str, Json] = {"datasets": [_document(it, known) for it in found.hits], "after": found.after}
        print_json(document | ({"facets": _facets(counted, known)} if counted else {}))
        return
    if not found.hits:
        print_lines("Nothing is found that fits all that was asked for; use fewer words, or ask for less.")
    else:
        rows = [row for hit in found.hits for row in _rows(hit, known)]
        columns = ("dataset", "name", "by", "kind", "items", "length", "offered")
        print_table(columns, rows, right=("dataset", "items", "length"), err=False)
    if counted is not None:
        print_lines(*_counted(counted, known))
    if found.after:
        say(f"There are more: add --after {found.after}")


def _called(connection: Connection, tokens: Iterable[str]) -> Tokens:
    """Return what tokens say of themselves, each name with the address behind it, since anybody may say anything."""
    from audiera.indexer import said_of  # noqa: PLC0415  # of an extra

    said = {it: said_of(connection, it) for it in tokens}
    return {token: (f"{it[0] or 'token'}({token})", it[1]) for token, it in said.items() if it is not None}


def _query(connection: Connection, text: str, asked: Mapping[str, str | int | None], known: Tokens) -> Query:
    from audiera.indexer import spelled  # noqa: PLC0415  # of an extra
    from audiera.indexer.search import Order, Query, parse_key  # noqa: PLC0415

    def said(name: str) -> str:
        return str(asked[name] or "")

    by_name = spelled(connection, said("price_at_most"), known)
    token, price, unit_price = None, None, None
    meter = parse_meter(said("meter")) if said("meter") else None
    if "/" in said("price_at_most"):
        each = parse_unit_price(said("price_at_most"), by_name)
        if meter not in (None, each.meter):
            raise InputError(f"--price-at-most is for each {each.meter.name}, and --meter another; leave one out.")
        token, unit_price, meter = each.amount.token, each.amount.value, each.meter
    elif said("price_at_most"):
        amount = parse_amount(said("price_at_most"), by_name)
        token, price = amount.token, amount.value
    low, high = _tempo(said("bpm"))
    catalogue, synthetic = asked["catalogue"], asked["synthetic"]
    return Query(
        text=text,
        rights=parse_rights(said("rights")) if said("rights") else 0,
        token=token,
        price_at_most=price,
        unit_price_at_most=unit_price,
        meter=meter,
        term_at_least=parse_duration(said("term")) if said("term") else None,
        kind=parse_kind(said("kind")) if said("kind") else None,
        synthetic=None if synthetic is None else bool(synthetic),
        longer_ms=parse_duration(said("longer")) * 1_000 if said("longer") else None,
        shorter_ms=parse_duration(said("shorter")) * 1_000 if said("shorter") else None,
        genre=said("genre"),
        bpm_from=low,
        bpm_to=high,
        key=parse_key(said("key")) if said("key") else "",
        creator=to_address(said("creator")) if said("creator") else None,
        catalogue=None if catalogue is None else int(catalogue),
        order=Order(said("order")) if said("order") else None,
        limit=int(asked["limit"] or 0),
        after=said("after"),
    )


def _tempo(text: str) -> tuple[int | None, int | None]:
    if not text:
        return None, None
    match = _BPM.fullmatch(text.strip())
    if match is None:
        raise InputError(f"{text!r} is no tempo; write beats per minute like 120, or 90-120.")
    return int(match[1]), int(match[2] or match[1])


def _amount(value: int, token: str, known: Tokens) -> Amount:
    symbol, decimals = known.get(token, (f"smallest units of {token}", 0))
    return Amount(value, to_address(token), symbol, decimals)


def _rows(hit: Hit, known: Tokens) -> list[tuple[str, ...]]:
    made = (str(hit.dataset), hit.name or "not described yet", ", ".join(hit.people), hit.kind.name)
    first = (*made, f"{hit.item_count:,}", format_length(hit.duration_ms) if hit.duration_ms else "")
    offered = [_sentence(hit, it, known) for it in hit.listings] or [""]
    return [(*(first if at == 0 else ("",) * len(first)), each) for at, each in enumerate(offered)]


def _sentence(hit: Hit, listing: Listing, known: Tokens) -> str:
    said = [str(_amount(listing.price, listing.token, known))]
    if listing.unit_price:
        said.append(f"{_amount(listing.unit_price, listing.token, known)}/{listing.meter.name.lower()}")
    said += [format_duration(listing.duration), describe_rights(listing.rights)]
    if listing.source != hit.dataset:
        named = f" ({listing.source_name})" if listing.source_name else ""
        said.append(f"through catalogue {listing.source}{named}")
    return "; ".join(said)


def _document(hit: Hit, known: Tokens) -> dict[str, Json]:
    low, high = hit.bpm or (None, None)
    return {
        "dataset": hit.dataset,
        "name": hit.name,
        "kind": hit.kind.name,
        "derived": hit.derived,
        "synthetic": hit.synthetic,
        "creator": hit.creator,
        "registeredAt": hit.registered_at,
        "version": hit.version,
        "people": list(hit.people),
        "itemCount": hit.item_count,
        "bytes": hit.bytes,
        "durationMs": hit.duration_ms,
        "bpmLow": low,
        "bpmHigh": high,
        "problem": hit.problem,
        "offers": [
            {
                "dataset": it.source,
                "termsId": it.terms,
                "rights": rights_json(it.rights),
                "price": amount_json(_amount(it.price, it.token, known)),
                "unitPrice": amount_json(_amount(it.unit_price, it.token, known)),
                "meter": it.meter.name,
                "duration": it.duration,
                "left": it.left,
            }
            for it in hit.listings
        ],
    }


def _facets(counted: Facets, known: Tokens) -> dict[str, Json]:
    return {
        "count": counted.total,
        "more": counted.more,
        "synthetic": counted.synthetic,
        **dict(_groups(counted, known)),
    }


def _groups(counted: Facets, known: Tokens) -> list[tuple[str, dict[str, Json]]]:
    return [
        ("kind", {it.name: count for it, count in counted.kinds.items()}),
        ("right", {str(it.name): count for it, count in counted.rights.items()}),
        ("meter", {it.name: count for it, count in counted.meters.items()}),
        ("token", {known[it][0] if it in known else str(it): count for it, count in counted.tokens.items()}),
        ("genre", dict(counted.genres.items())),
        ("key", dict(counted.keys.items())),
    ]


def _counted(counted: Facets, known: Tokens) -> list[str]:
    more = "+" if counted.more else ""
    lines = [f"{counted.total:,}{more} found, {counted.synthetic:,} of them synthetic"]
    for name, group in _groups(counted, known):
        if group:
            lines.append(f"  {name:<6} {', '.join(f'{value} {count}' for value, count in group.items())}")
    return lines
