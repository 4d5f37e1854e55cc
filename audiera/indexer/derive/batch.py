"""What a handler of an event has at hand, and how handlers are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypedDict, TypeVar

from eth_typing import ChecksumAddress
from sqlalchemy import Column, Connection, func, select

from audiera.client.contracts.events import Event
from audiera.indexer.rows import GapError, Rows, Wanted

__all__ = ["Batch", "Here", "Rule", "Rules"]

E = TypeVar("E", bound=Event)


class Here(TypedDict):
    """Where on the chain an event is, as `at_log` has it."""

    block: int
    log_index: int
    at: int
    transaction: str


@dataclass(slots=True)
class Batch:
    """The rows of a batch, and which event it has come to."""

    rows: Rows
    registry: ChecksumAddress
    """The dataset registry: the controller of datasets' accounts."""
    connection: Connection
    here: Here = field(default_factory=lambda: Here(block=-1, log_index=-1, at=0, transaction=""))
    unassigned: set[int] = field(default_factory=set)
    """Datasets whose account is to be assigned before their transaction ends."""
    _last: dict[Column[int], int] = field(default_factory=dict)

    def count(self, column: Column[int], number: int) -> None:
        """Take note of a number that the contract counts up, by one each time.

        Raises:
            GapError: if it is not one more than the last.
        """
        if column not in self._last:
            self._last[column] = self.connection.scalar(select(func.max(column))) or 0
        if number != self._last[column] + 1:
            raise GapError(f"Number {number} in {column.table.name} comes after {self._last[column]}")
        self._last[column] = number


@dataclass(frozen=True, slots=True)
class Rule:
    """What an event changes, and which rows it is good to have read before."""

    apply: Callable[[Batch, Any], None]
    needs: Callable[[Any], Iterable[Wanted]]


class Rules:
    """The rules of one contract, by event."""

    def __init__(self, contract: str) -> None:
        self.contract: Final = contract
        self.by_event: dict[type[Event], Rule] = {}

    def on(
        self, kind: type[E], needs: Callable[[E], Iterable[Wanted]] = lambda _: ()
    ) -> Callable[[Callable[[Batch, E], None]], Callable[[Batch, E], None]]:
        """Return what makes a function the rule of an event."""

        def made(apply: Callable[[Batch, E], None]) -> Callable[[Batch, E], None]:
            self.by_event[kind] = Rule(apply, needs)
            return apply

        return made
