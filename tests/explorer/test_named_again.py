"""A stranger settles a batch's root, or registers a dataset's split, again: no page of the first says anything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_typing import ChecksumAddress
from web3 import Web3

from audiera.client import Content
from audiera.explorer import Settings, create_app
from audiera.indexer import batch, open_index, retry
from audiera.metering import Batch, PricedUse, log_name, write_log
from audiera.protocol import WHOLE, Kind, Split, Statement, Voucher, address_word
from audiera.text import hex_of
from tests.support.artifacts import Artifact
from tests.support.audit import Market
from tests.support.explorer import Explorer, serving
from tests.support.gateway import PRICE

Json = Any
_MOMENTS = {"at", "block", "transaction", "settled_at", "collected_at", "registered_at", "last_at", "last_used_at"}
"""What says when something was, as of which block."""


@pytest.fixture
def new_index(request: pytest.FixtureRequest, dialect: str, tmp_path: Path) -> Callable[[], str]:
    """Returns the URL of a database with nothing in it."""
    if dialect == "postgres":
        create: Callable[[], str] = request.getfixturevalue("new_postgres")
        return create
    return lambda: f"sqlite:///{tmp_path / f'index {len(list(tmp_path.iterdir()))}.db'}"


class Reader:
    """What an index and its pages have of a market's first batch."""

    def __init__(self, market: Market, index: str, voucher: Voucher) -> None:
        self.market, self.index, self.voucher = market, index, voucher

    @contextmanager
    def explorer(self) -> Iterator[Explorer]:
        """The pages, once the index is up to the chain."""
        self.market.venue.read(self.index, str(self.market.logs), str(self.market.folder / "stranger"))
        with serving(create_app(Settings(database=self.index))) as running:
            yield running

    def look_again(self) -> None:
        """Have what could not be had looked for at once."""
        engine = open_index(self.index)
        with batch(engine) as connection:
            assert retry(connection)
        engine.dispose()

    def pages(self) -> dict[str, Json]:
        """All pages that tell of the batch, without what others paid in tokens of their own."""
        venue, path = self.market.venue, f"/batches/{hex_of(self.voucher.batch_id())}"
        accounts = (venue.as_(it).account for it in ("payer", "gateway", "creator"))
        paths = [path, f"{path}/statements/0", f"/datasets/{venue.dataset}", f"/licences/{venue.license}"]
        with self.explorer() as explorer:
            found = {it: explorer.json(f"{it}.json") for it in (*paths, *(f"/accounts/{it}" for it in accounts))}
            for it in (f"{path}/open", f"{path}/statements/0/uses", f"/datasets/{venue.dataset}/uses"):
                found[it] = explorer.page(f"{it}.csv")
        licence = found[f"/licences/{venue.license}"]
        licence["statements"] = [it for it in licence["statements"] if it["counted"]]
        return {path: self.own(it) for path, it in found.items()}

    def own(self, said: Json) -> Json:
        """What is of the batch, whenever it was."""
        if isinstance(said, Mapping):
            return {k: self.own(v) for k, v in said.items() if k not in {*_MOMENTS, "index"}}
        if isinstance(said, Sequence) and not isinstance(said, str):
            return [self.own(it) for it in said if not self._is_foreign(it)]
        return said

    def _is_foreign(self, said: Json) -> bool:
        amounts = [it for it in said.values() if isinstance(it, Mapping)] if isinstance(said, Mapping) else []
        return any(it.get("token", self.voucher.token) != self.voucher.token for it in amounts)


@pytest.fixture
def worthless(
    market: Market, w3: Web3, artifact: Callable[[str], Artifact], deploy_mock: Callable[..., ChecksumAddress]
) -> ChecksumAddress:
    """A token of the stranger's, of which he has what he likes."""
    stranger, token = market.venue.as_("stranger"), deploy_mock("MockToken", "NIL", 6)
    minting = w3.eth.contract(token, abi=artifact("MockToken").abi).functions.mint(stranger.account, 10**9)
    w3.eth.wait_for_transaction_receipt(minting.transact({"from": w3.eth.accounts[0]}), poll_latency=0.01)
    stranger.approve("UsageLedger", token, 10**9)
    return token


def statement_of(uses: Sequence[PricedUse]) -> Statement:
    return Batch().extend(uses).statements()[0].statement


def publish_own(market: Market, voucher: Voucher, uses: Sequence[PricedUse], price: int) -> None:
    """Has the stranger publish the uses at a price of his own."""
    path = market.folder / "stranger" / log_name(voucher.root)
    path.parent.mkdir(parents=True)
    write_log(path, [replace(it, price=price) for it in uses])


@pytest.mark.parametrize("count", [1, 3], ids=["one use", "three uses"])
@pytest.mark.parametrize("amount", [0, PRICE], ids=["for nothing", "for as much"])
def test_who_settles_a_root_again_later_changes_no_page_of_its_batch(
    market: Market, new_index: Callable[[], str], worthless: str, count: int, amount: int
) -> None:
    """AUD-I1"""
    uses = market.uses([0] * count)
    reader = Reader(market, new_index(), market.settle(uses))
    before = reader.pages()

    copy = market.settle_copy(reader.voucher, token=worthless, amount=amount * count, statement=statement_of(uses))
    publish_own(market, copy, uses, amount)

    assert reader.pages() == before
    (day,) = before[f"/datasets/{market.venue.dataset}"]["uses"]
    assert (day["right"], day["calls"], day["amount"]["amount"]) == ("Training", count, str(count * PRICE))
    assert len(before[f"/batches/{hex_of(reader.voucher.batch_id())}/statements/0"]["uses"]) == count


@pytest.mark.parametrize("count", [1, 3], ids=["one use", "three uses"])
def test_who_settles_a_root_first_changes_no_page_of_its_batch(
    market: Market,
    new_index: Callable[[], str],
    isolate: Callable[[], AbstractContextManager[None]],
    worthless: str,
    count: int,
) -> None:
    """AUD-I1"""
    uses = market.uses([0] * count)
    with isolate():
        reader = Reader(market, new_index(), market.settle(uses, published=False))
        market.publish(reader.voucher, uses)
        before = reader.pages()
        market.numbers.clear()

    copy = market.settle_copy(reader.voucher, token=worthless, amount=0, statement=statement_of(uses))
    publish_own(market, copy, uses, 0)
    reader = Reader(market, new_index(), market.settle(uses))

    assert reader.pages() == before


def test_what_is_open_of_a_batch_stays_open_whoever_collects_its_root_elsewhere(
    market: Market, new_index: Callable[[], str], worthless: str
) -> None:
    """AUD-I1"""
    uses = market.uses([0])
    reader = Reader(market, new_index(), market.settle(uses, collected=False))
    market.settle_copy(reader.voucher, token=worthless, amount=0, statement=statement_of(uses))

    with reader.explorer() as explorer:
        found = explorer.json(f"/batches/{hex_of(reader.voucher.batch_id())}.json")

    assert (found["is_published"], found["collected"], found["open_amount"]["amount"]) == (True, 0, str(PRICE))
    assert [(it["calls"], it["amount"]["amount"]) for it in found["open"]] == [(1, str(PRICE))]


def test_another_head_of_a_batch_that_the_chain_took_back_shows_no_use_of_the_first(
    market: Market, new_index: Callable[[], str], isolate: Callable[[], AbstractContextManager[None]]
) -> None:
    """AUD-I2"""
    index, uses = new_index(), market.uses([0, 1, 2])
    with isolate():
        first = Reader(market, index, market.settle(uses[:2]))
        before = first.pages()
        market.numbers.clear()
    market.wait(1)
    second = Reader(market, index, market.settle(uses, published=False))
    hidden = second.pages()
    market.publish(second.voucher, uses)
    second.look_again()
    shown = second.pages()

    path = f"/batches/{hex_of(second.voucher.batch_id())}"
    assert first.voucher.batch_id() == second.voucher.batch_id()
    assert [len(it[f"{path}/statements/0"]["uses"]) for it in (before, hidden, shown)] == [2, 0, 3]
    assert [it[path]["is_published"] for it in (before, hidden, shown)] == [True, False, True]
    calls = [[it["calls"] for it in them[f"/datasets/{market.venue.dataset}"]["uses"]] for them in (hidden, shown)]
    assert calls == [[3], [3]]


def test_who_registers_a_dataset_under_a_split_that_is_there_takes_the_name_of_no_income(
    market: Market, new_index: Callable[[], str]
) -> None:
    """AUD-I4"""
    venue, creator = market.venue, market.venue.as_("creator")
    reader = Reader(market, new_index(), market.settle(market.uses([0])))
    before = reader.pages()

    content = Content(Kind.Samples, 0, 1, b"\x01" * 32, b"\x02" * 32)
    venue.as_("stranger").datasets.register(content, Split.of({address_word(creator.account): WHOLE}))

    assert reader.pages() == before
    (income,) = before[f"/accounts/{creator.account}"]["income"]
    assert (income["dataset"]["id"], income["is_current"], income["due"]["amount"]) == (venue.dataset, True, str(PRICE))
