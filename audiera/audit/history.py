"""The history that an audit is of: an index of its own, straight from the auditor's node, up to one block.

Nothing of any gateway's or stranger's index is believed. Documents and logs are taken from wherever they lie, and held
to what the chain names them by.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, delete, select

from audiera.audit.granted import read_grants
from audiera.audit.heads import SignedHead, read_heads
from audiera.audit.logs import Near, Unlogged, bring_logs
from audiera.audit.parties import Parties
from audiera.audit.report import Place, Subject
from audiera.audit.scope import scope_of
from audiera.audit.tokens import Worth
from audiera.audit.works import Works
from audiera.client import Audiera, TxReceipt
from audiera.client.contracts import Suite
from audiera.errors import InputError
from audiera.indexer import (
    Deriver,
    Follower,
    Head,
    Keeper,
    Librarian,
    Ours,
    Source,
    Sources,
    Wire,
    batch,
    open_index,
    retry,
    symbol_of,
)
from audiera.indexer.documents import Paper
from audiera.indexer.tables import BLOCKS, CHAIN, WANTED
from audiera.storage import Store

__all__ = ["History", "Places", "rebuilt"]

_TOKENS: Final = 10.0  # seconds that a token has for its answer
_LEFT_OUT: Final = (Paper.LOG, Paper.PEAKS, Paper.PREVIEWS)  # logs are brought apart, and nobody listens here


@dataclass(frozen=True, slots=True)
class Places:
    """Where documents and logs are looked for, beside the gateways that the chain names."""

    stores: Sequence[Store] = ()
    logs: Sequence[Path] = ()
    """Folders of logs; the heads beside them are read, too."""
    heads: Sequence[Path] = ()
    """Files and folders of heads that payer and gateway both signed."""


@dataclass(frozen=True, slots=True)
class History:
    """All that is known up to the audited block."""

    connection: Connection
    """To the index, read only."""
    wire: Wire
    """The auditor's node."""
    suite: Suite
    place: Place
    stores: Sequence[Store]
    unlogged: Mapping[str, Unlogged]
    """Settled batches whose log is not to be had, by their ids."""
    worth: Worth
    heads: Sequence[SignedHead] = ()


@contextmanager
def rebuilt(
    client: Audiera[TxReceipt],
    node: str,
    work: Path,
    places: Places,
    subject: Subject | None = None,
    *,
    block: int | None = None,
    report: Callable[[str], None] = lambda _: None,
) -> Iterator[History]:
    """Yield the history up to a block, built in a folder, or gone on with from what an earlier audit built there.

    Args:
        client: of the chain; only its contracts' addresses are taken.
        node: the URL that everything is read from.
        work: the folder, made if it is not there.
        places: where documents and logs are looked for.
        subject: of whose batches gateways are asked; everybody unless told.
        block: the last block; the node's newest unless told.
        report: told in sentences how it goes.

    Raises:
        InputError: if an earlier audit has read beyond the block, or the node has not come to it, a file is no head, or
            there is no such subject.
        ChainError: if the node does not answer, or contradicts itself.
        StorageError: if a folder of logs or of heads cannot be read.
    """
    heads = read_heads((*places.heads, *places.logs), client.domain("UsageLedger"))
    work.mkdir(parents=True, exist_ok=True)
    engine = open_index(f"sqlite:///{work / f'{client.chain_id}.sqlite'}")
    with ExitStack() as held:
        held.callback(engine.dispose)
        keeper = Keeper(engine, Deriver(client.suite))
        held.callback(keeper.close)
        wire = Wire(node)
        source = _Upto(wire, Ours(client.suite), block)
        head = source.head()
        keeper.begin(head.chain_id, head.genesis, client.suite, client.start)
        if keeper.next_block > head.block.number + 1:
            raise InputError(
                f"An earlier audit in {work} has read up to block {keeper.next_block - 1:,}; name a later --block than "
                f"{head.block.number:,}, or another --work."
            )
        Follower(source, keeper, report=report).run(once=True)
        asks = Wire(node, timeout=_TOKENS, most=1 << 16)
        _bring_documents(engine, places.stores, asks)
        near_to = partial(_near_to, client.suite, subject or Subject("all", ("all",)))
        spool = work / "fetched.jsonl"
        unlogged = bring_logs(engine, places.logs, places.stores, spool, int(time.time()), near_to)
        with engine.connect() as connection:
            place = _place(connection, head.block.number)
            worth = Worth.read(connection, partial(symbol_of, asks))
            yield History(connection, wire, client.suite, place, places.stores, unlogged, worth, heads)


class _Upto(Source):
    """A node whose chain ends at one block."""

    def __init__(self, wire: Wire, ours: Ours, block: int | None) -> None:
        super().__init__(wire, ours)
        self._upto = block

    def head(self) -> Head:
        """Return the block that is audited, as the end of the chain."""
        head = super().head()
        if self._upto is None:
            self._upto = head.block.number
        if self._upto == head.block.number:
            return head
        block = self.header(self._upto)
        if block is None:
            raise InputError(f"{self.name} has come to block {head.block.number:,} only; name that --block or wait.")
        return replace(head, block=block)


def _near_to(suite: Suite, subject: Subject, connection: Connection) -> Near:
    scope = scope_of(connection, Works(connection), subject)
    return Parties(connection, suite, scope, read_grants(connection, suite)).near


def _bring_documents(engine: Engine, stores: Sequence[Store], wire: Wire) -> None:
    librarian = Librarian(engine, Sources(stores), wire)
    with batch(engine) as connection:
        retry(connection)
    is_left = True
    while is_left:
        with batch(engine) as connection:
            connection.execute(delete(WANTED).where(WANTED.c.kind.in_(_LEFT_OUT)))
        is_left = librarian.step()


def _place(connection: Connection, block: int) -> Place:
    chain = connection.execute(select(CHAIN)).one()
    row = connection.execute(select(BLOCKS).where(BLOCKS.c.number == block, ~BLOCKS.c.orphaned)).one()
    return Place(chain.chain_id, chain.genesis, block, row.hash, row.time, json.loads(chain.suite))
