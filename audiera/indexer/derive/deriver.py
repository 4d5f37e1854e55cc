"""Logs in, derived rows out; and back, to how they were some blocks ago."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, delete

from audiera.client.contracts import Suite
from audiera.client.contracts.events import Event
from audiera.indexer.derive import catalogues, datasets, incentives, licenses, royalty, usage
from audiera.indexer.derive.batch import Batch, Here, Rule, Rules
from audiera.indexer.derive.decode import Decoder
from audiera.indexer.rawlog import RawLog
from audiera.indexer.rows import GapError, Rows, rewind_rows
from audiera.indexer.tables import UNDO
from audiera.text import hex_of

__all__ = ["EDITION", "Deriver"]

EDITION: Final = 1
"""Of the rules: one more whenever other rows follow from the same logs."""

_RULES: Sequence[Rules] = (royalty.RULES, datasets.RULES, catalogues.RULES, usage.RULES, incentives.RULES)
assert catalogues.RULES is licenses.RULES


class Deriver:
    """Derives the tables of one deployment, which follow from the logs and the times of blocks alone."""

    def __init__(self, suite: Suite) -> None:
        self._registry = suite["DatasetRegistry"].address
        self._decoder = Decoder(suite)
        self._rules = {(it.contract, event): rule for it in _RULES for event, rule in it.by_event.items()}

    def apply(
        self, connection: Connection, logs: Iterable[RawLog], times: Mapping[int, int], keep_undo_from: int
    ) -> None:
        """Derive from the logs that come next, in order, of whole blocks.

        Args:
            connection: in a transaction, which the caller ends.
            logs: those of other contracts are passed over.
            times: of blocks, by number, in Unix seconds.
            keep_undo_from: the first block that may yet be reorganised.

        Raises:
            GapError: if a log is missing before one of these; then nothing is written.
            ChainError: if one is not an event's.
        """
        found = [(log, *it) for log in logs if (it := self._read(log)) is not None]
        batch = Batch(Rows(connection, keep_undo_from), self._registry, connection)
        batch.rows.load(wanted for _, event, rule in found for wanted in rule.needs(event))
        transaction = b""
        for log, event, rule in found:
            if log.transaction != transaction:
                _check_assigned(batch)
                transaction = log.transaction
            batch.rows.block = log.block
            batch.here = Here(
                block=log.block, log_index=log.index, at=times[log.block], transaction=hex_of(log.transaction)
            )
            rule.apply(batch, event)
        _check_assigned(batch)
        batch.rows.write()

    def rewind(self, connection: Connection, to_block: int) -> None:
        """Make the tables as they were when `to_block` was the last block.

        `to_block` is at least the block before the first that undo was kept from.
        """
        rewind_rows(connection, to_block)

    def prune(self, connection: Connection, below: int) -> None:
        """Forget how rows were before blocks that nothing reorganises any more."""
        connection.execute(delete(UNDO).where(UNDO.c.block < below))

    def _read(self, log: RawLog) -> tuple[Event, Rule] | None:
        read = self._decoder.decode(log)
        if read is None:
            return None
        contract, event = read
        rule = self._rules.get((contract, type(event)))
        return None if rule is None else (event, rule)


def _check_assigned(batch: Batch) -> None:
    if batch.unassigned:
        raise GapError(f"Dataset {min(batch.unassigned)} is registered, and its account assigned to no split")
