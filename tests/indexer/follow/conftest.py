"""A chain that is reorganised at will, and followers of it that never sleep."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select
from web3 import Web3
from web3.types import RPCEndpoint

from audiera.client import Audiera, KeySigner
from audiera.client.chain import connect
from audiera.client.deployment import Deployment, deploy
from audiera.indexer.engine import open_index
from audiera.indexer.follow import Figures, Follower, Keeper, Ours, Source, Wire
from audiera.indexer.rawlog import RawLog
from audiera.indexer.status import read_status
from audiera.indexer.tables import BLOCKS, LOGS
from tests.support.anvil import running_anvil
from tests.support.nodes import WrongNode, wrong_node

KEY = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
"""Anvil's second account."""


@dataclass(slots=True)
class World:
    """A chain with the suite on it."""

    url: str
    deployment: Deployment
    web3: Web3
    client: Audiera[Any]
    made: int = 0

    def rpc(self, method: str, *params: object) -> Any:  # noqa: ANN401  # whatever Anvil answers
        reply = self.web3.provider.make_request(RPCEndpoint(method), list(params))
        assert "error" not in reply, reply
        return reply["result"]

    def event(self, blocks: int = 1) -> None:
        """So many blocks with one log each, never the same one twice."""
        for _ in range(blocks):
            self.made += 1
            call = self.client.asking().royalty.set_recipient(f"0x{self.made:040x}")
            sender = self.client.account
            self.rpc(
                "eth_sendTransaction",
                {"from": sender, "to": call.contract.address, "data": f"0x{call.data.hex()}", "gas": "0x30000"},
            )
            self.rpc("evm_mine")

    def mine(self, blocks: int) -> None:
        self.rpc("anvil_mine", hex(blocks))

    def mark(self) -> str:
        return str(self.rpc("evm_snapshot"))

    def back(self, mark: str) -> None:
        assert self.rpc("evm_revert", mark) is True

    def logs(self) -> list[tuple[int, bytes, int]]:
        """What is on the chain: block, its hash, index."""
        found = self.web3.eth.get_logs({"fromBlock": 0, "address": list(self.deployment.addresses.values())})
        return [(it["blockNumber"], bytes(it["blockHash"]), it["logIndex"]) for it in found]

    @property
    def head(self) -> int:
        return self.web3.eth.block_number


class Nothing:
    """Derives no tables, and remembers what it was told."""

    def __init__(self) -> None:
        self.applied: list[RawLog] = []

    def apply(
        self, connection: Connection, logs: Sequence[RawLog], times: Mapping[int, int], keep_undo_from: int
    ) -> None:
        assert connection.in_transaction()
        assert keep_undo_from <= max(times)
        assert {it.block for it in logs} <= set(times)
        self.applied += logs
        places = [(it.block, it.index) for it in self.applied]
        assert places == sorted(set(places)), "logs in order, each once"

    def rewind(self, connection: Connection, to_block: int) -> None:
        assert connection.in_transaction()
        self.applied = [it for it in self.applied if it.block <= to_block]

    def prune(self, connection: Connection, below: int) -> None:
        """Keeps everything."""


@dataclass(slots=True)
class Index:
    """An index of the world, and what its followers said and how long they slept."""

    world: World
    engine: Engine
    derives: Nothing = field(default_factory=Nothing)
    said: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    sleep: Callable[[float], None] | None = None

    def follow(self, url: str, *, second: str | None = None, patience: float = 30, timeout: float = 10) -> Figures:
        """Follows to the head."""
        suite = self.world.client.suite
        ours = Ours(suite)
        source = Source(Wire(url, timeout=timeout), ours)
        keeper = Keeper(self.engine, self.derives)
        head = Source(Wire(self.world.url), ours).head()
        keeper.begin(head.chain_id, head.genesis, suite, 0)
        follower = Follower(
            source,
            keeper,
            second=Source(Wire(second), ours) if second else None,
            report=self.said.append,
            sleep=self.sleep or self.slept.append,
            patience=patience,
        )
        try:
            follower.run(once=True)
        finally:
            keeper.close()
        return follower.figures

    def logs(self, *, orphaned: bool = False) -> list[tuple[int, bytes, int]]:
        with self.engine.connect() as connection:
            rows = connection.execute(
                select(LOGS).where(LOGS.c.orphaned == orphaned).order_by(LOGS.c.block, LOGS.c.log_index)
            )
            found = [(it.block, bytes.fromhex(it.block_hash[2:]), it.log_index) for it in rows]
            status = read_status(connection)
        assert len(found) == (status.orphaned_logs if orphaned else status.logs)
        return found

    def blocks(self, *, orphaned: bool = False) -> list[int]:
        with self.engine.connect() as connection:
            return list(
                connection.execute(
                    select(BLOCKS.c.number).where(BLOCKS.c.orphaned == orphaned).order_by(BLOCKS.c.number)
                ).scalars()
            )

    def applied(self) -> list[tuple[int, bytes, int]]:
        return [(it.block, it.block_hash, it.index) for it in self.derives.applied]


@pytest.fixture(scope="session")
def _world(artifact: object) -> Iterator[World]:
    assert artifact
    with running_anvil("--order", "fifo") as url:
        web3 = Web3(Web3.HTTPProvider(url))
        deployment = deploy(connect(web3), KeySigner.from_key(KEY))
        world = World(url, deployment, web3, Audiera.connect(web3, KeySigner.from_key(KEY), deployment))
        world.rpc("evm_setAutomine", False)
        yield world


@pytest.fixture
def world(_world: World) -> Iterator[World]:
    mark = _world.mark()
    yield _world
    _world.back(mark)


@pytest.fixture
def index(world: World, empty_index: Path, tmp_path: Path) -> Iterator[Index]:
    path = shutil.copy(empty_index, tmp_path / "index.sqlite")
    engine = open_index(f"sqlite:///{path}")
    yield Index(world, engine)
    engine.dispose()


@pytest.fixture
def node(world: World) -> Iterator[WrongNode]:
    with wrong_node(world.url) as found:
        yield found
