"""The gateway of the story: over an index of its chain, and asked over HTTP like any other."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from audiera.client import TxReceipt
from audiera.demo.chain import PASSES
from audiera.demo.stage import Stage
from audiera.gateway import Limits, Rules, Settings, Told, create_app, settling
from audiera.indexer import Deriver, Follower, Keeper, Librarian, Ours, Source, Sources, Wire, open_index
from audiera.text import as_hash

__all__ = ["Venue", "open_venue"]

_FEE_PPM: Final = 20_000
_POLL: Final = 0.01  # seconds


@dataclass(frozen=True, slots=True)
class Venue:
    """The gateway while it is open."""

    stage: Stage
    node: str
    url: str
    index: str
    journal: str

    def read(self) -> None:
        """Bring the index up to the chain, with every document that the chain names."""
        stage, engine = self.stage, open_index(self.index)
        keeper = Keeper(engine, Deriver(stage.client.suite))
        try:
            source = Source(Wire(self.node), Ours(stage.client.suite))
            head = source.head()
            keeper.begin(head.chain_id, head.genesis, stage.client.suite, stage.client.start)
            Follower(source, keeper, report=lambda _: None).run(once=True)
            Librarian(engine, Sources([stage.store])).finish()
        finally:
            keeper.close()
            engine.dispose()

    def settle(self, told: Callable[[str, TxReceipt], object]) -> None:
        """Close what is open, settle it, collect every statement, release the fee.

        Args:
            told: of `settled`, `collected` and `fee_released`, each as it was mined.
        """
        client = self.stage.acting(self.stage.cast.gateway)

        def tell(it: Told) -> None:
            if (transaction := it.more.get("transaction")) is not None:
                raw = client.node.receipt(as_hash(transaction))
                assert raw is not None  # it was mined, or it would not be told
                told(it.event, TxReceipt.of(raw, client.suite))

        rules = Rules(amounts={self.stage.usdc: 1})
        with settling(
            client, index=self.index, journal=self.journal, gateway=client.account, rules=rules, tell=tell
        ) as settler:
            settler.run(once=True)


@contextmanager
def open_venue(stage: Stage, node: str) -> Iterator[Venue]:
    """Serve from the stage's store until the block ends.

    Args:
        stage: the stage.
        node: URL of its chain.
    """
    index, journal = (f"sqlite:///{stage.folder / name}" for name in ("gateway-index.db", "gateway-journal.db"))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        venue = Venue(stage, node, f"http://127.0.0.1:{listener.getsockname()[1]}", index, journal)
        venue.read()
        gateway = stage.cast.gateway
        settings = Settings(
            index=index,
            journal=journal,
            store=str(stage.folder / "store"),
            signer=gateway.signer,
            gateway=gateway.address,
            creators=frozenset(it.address for it in stage.cast),
            fee_ppm=_FEE_PPM,
            explorer=False,
            limits=Limits(clock=2 * PASSES),  # its own clock is this machine's, and the story's is behind
        )
        with _serving(create_app(settings), listener):
            yield venue


@contextmanager
def _serving(app: ASGIApp, listener: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            time.sleep(_POLL)
        yield
    finally:
        server.should_exit = True
        thread.join()
