"""Remittances of real batches: exact to the last unit, and verified again by the command."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from audiera.audit import remit, remit_all
from audiera.client import Content, events
from audiera.errors import InputError
from audiera.protocol import Kind, Split, address_word
from audiera.text import hex_of
from tests.support.audit import IPI, ISRC, ISWC, Market, run_audit
from tests.support.gateway import PRICE
from tests.support.studio import some_terms

SHARES = (333_333, 333_333, 333_334)


@pytest.fixture
def run(market: Market, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    return run_audit(market, monkeypatch)


def share_out(market: Market, payees: Sequence[bytes], *, price: int) -> None:
    """Register the album again for several payees, and have the payer hold a licence of that."""
    venue, creator = market.venue, market.venue.as_("creator")
    split = Split.of(dict(zip(sorted(payees), SHARES, strict=True)))
    first = creator.datasets.content_of(venue.dataset, 1)
    content = Content(Kind.Recordings, 0, len(venue.rows), *first)
    venue.dataset = creator.datasets.register(content, split).event(events.DatasetRegistered).id
    market.sell(some_terms(unit_price=price, token=venue.usdc))


def rows_of(table: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.decode(), newline="")))


def test_the_rows_come_to_the_batch_to_the_last_unit(market: Market) -> None:
    payees = [address_word(market.venue.as_(it).account) for it in ("ada", "bob", "cy")]
    share_out(market, payees, price=PRICE + 1)
    voucher = market.settle(market.uses([0, 0, 1], price=PRICE + 1))

    with market.history() as history:
        made = remit(history, [hex_of(voucher.batch_id())])

    rows = rows_of(made.table)
    assert sum(int(it["amount"]) for it in rows) == voucher.amount
    by_item = {leaf: [it for it in rows if it["item"] == hex_of(leaf)] for leaf in map(market.venue.leaf, (0, 1))}
    twice, once = by_item.values()
    assert [(int(it["uses"]), int(it["amount"])) for it in twice] == [(2, 667), (2, 667), (2, 668)]
    assert sorted(int(it["amount"]) for it in once) == [333, 334, 334]
    assert [it["share_ppm"] for it in once] == [str(it) for it in SHARES]


@pytest.mark.heavy
def test_a_use_of_the_whole_dataset_is_divided_among_its_items(market: Market) -> None:
    (use,) = market.uses([0])
    voucher = market.settle([replace(use, use=replace(use.use, item=bytes(32)))])

    with market.history() as history:
        rows = rows_of(remit(history, [hex_of(voucher.batch_id())]).table)

    assert sorted(int(it["amount"]) for it in rows) == [333, 333, 334]
    assert {it["item"] for it in rows} == {hex_of(market.venue.leaf(it)) for it in range(3)}
    isrcs = {it.metadata.isrc or "" for it in market.venue.rows}
    assert {it["isrc"] for it in rows} == isrcs


@pytest.mark.heavy
def test_what_is_not_known_or_not_credited_is_not_remitted(market: Market) -> None:
    hidden = market.settle(market.uses([0]), published=False)
    waiting = market.settle(market.uses([1]), collected=False)

    with market.history() as history:
        with pytest.raises(InputError, match="is not here, so its uses are not known"):
            remit(history, [hex_of(hidden.batch_id())])
        with pytest.raises(InputError, match="1 statements wait"):
            remit(history, [hex_of(waiting.batch_id())])
        with pytest.raises(InputError, match="no such settled batch"):
            remit(history, [hex_of(bytes(32))])


@pytest.mark.heavy
def test_a_batch_is_remitted_whoever_else_settles_its_root(market: Market) -> None:
    voucher = market.settle(market.uses([0]))
    copy = market.settle_copy(voucher)

    with market.history() as history:
        made = remit_all(history, [hex_of(it.batch_id()) for it in (voucher, copy)])

    assert sum(int(it["amount"]) for it in rows_of(made.table)) == voucher.amount
    assert [it.id for it in made.batches] == [hex_of(voucher.batch_id())]


@pytest.mark.heavy
def test_a_whole_dataset_is_divided_equally_under_a_licence_that_there_is_not(market: Market) -> None:
    (use,) = market.uses([0], license=market.venue.license + 50)
    voucher = market.settle([replace(use, use=replace(use.use, item=bytes(32)))])

    with market.history() as history:
        rows = rows_of(remit(history, [hex_of(voucher.batch_id())]).table)

    assert sorted(int(it["amount"]) for it in rows) == [333, 333, 334]


@pytest.mark.heavy
def test_the_command_writes_a_remittance_and_finds_a_changed_one(
    market: Market, run: Callable[..., Result], tmp_path: Path
) -> None:
    voucher = market.settle(market.uses([0, 1]))
    file = tmp_path / "remittance.csv"
    written = json.loads(run("--remittance", str(file), "--batch", hex_of(voucher.batch_id()), "--json").stdout)

    same = run("--verify", str(file))
    file.write_bytes(file.read_bytes().replace(f",{PRICE},".encode(), f",{PRICE + 1},".encode(), 1))
    changed = run("--verify", str(file))

    assert [(it["root"], it["amount"]) for it in written["batches"]] == [(hex_of(voucher.root), str(2 * PRICE))]
    assert (same.exit_code, changed.exit_code) == (0, 1)
    assert f"sha-256 {written['sha256']}" in same.stdout
    assert "it differs in line 2" in changed.stdout
    assert written["sha256"] != hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.heavy
def test_days_name_the_batches_that_were_settled_in_them(
    market: Market, run: Callable[..., Result], tmp_path: Path
) -> None:
    market.settle(market.uses([0]))
    hidden = market.settle(market.uses([1]), published=False)
    file = str(tmp_path / "remittance.csv")

    found = run("--remittance", file, "--since", "2020-01-01", "--json")
    none = run("--remittance", file, "--until", "2020-01-01")
    unclear = run("--remittance", file)

    document = json.loads(found.stdout)
    assert (len(document["batches"]), [it["batch"] for it in document["leftOut"]]) == (1, [hex_of(hidden.batch_id())])
    assert "is not here, so its uses are not known" in document["leftOut"][0]["why"]
    assert (none.exit_code, unclear.exit_code) == (3, 3)
    assert "--batch ID, or the days" in unclear.stderr


@pytest.mark.heavy
def test_works_and_people_are_named_by_their_numbers(market: Market) -> None:
    market.tag()
    voucher = market.settle(market.uses([0]))

    with market.history() as history:
        (row,) = rows_of(remit(history, [hex_of(voucher.batch_id())]).table)

    assert (row["isrc"], row["iswc"], row["ipi"]) == (ISRC, ISWC, IPI)
    assert (row["share_ppm"], row["amount"]) == ("1000000", str(PRICE))
