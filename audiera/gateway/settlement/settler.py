"""Who settles for a gateway: a pass over its batches, again and again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert
from sqlalchemy.exc import DBAPIError

from audiera.client import Audiera, NoSignerError, TxReceipt
from audiera.errors import AudieraError, ChainError, InputError, RevertError
from audiera.gateway.journal import Journal
from audiera.gateway.problems import Problem
from audiera.gateway.record import name_uses
from audiera.gateway.settings import Rules
from audiera.gateway.settlement.asking import Asked
from audiera.gateway.settlement.booking import book
from audiera.gateway.settlement.closing import close, due
from audiera.gateway.settlement.dropping import drop, empty, small
from audiera.gateway.settlement.office import Office, Told, named
from audiera.gateway.settlement.sending import advance, begun, settle
from audiera.gateway.settlement.together import collect_together, settle_together
from audiera.gateway.tables import SMALLEST
from audiera.gateway.whose import ledger_of
from audiera.indexer import open_reader, writing
from audiera.protocol import SignerScope, to_address

__all__ = ["Settler", "settling", "unanswered"]

_DAY: Final = 86_400
_IN_A_ROW: Final = 3  # failures, after which the node is asked again at the next pass


@dataclass(slots=True)
class Settler:
    """Settles the batches of one gateway. Make it with `settling`."""

    office: Office
    _failing: dict[str, str] = field(default_factory=dict)
    """What was said last of batches that could not be settled."""
    _looked: bool = False
    """Whether all that is done was compared with the index."""

    def run(self, *, once: bool = False, poll: float = 15.0, sleep: Callable[[float], None] = time.sleep) -> None:
        """Settle for ever, a pass at a time; or once.

        Args:
            once: do one pass.
            poll: seconds between passes.
            sleep: waits for so many seconds.

        Raises:
            ChainError: if `once`, and something could not be settled.
            Problem: if `once`, and the journal does not answer.
            DBAPIError: if `once`, and the index does not.
        """
        while True:
            try:
                failures = self.step()
            except (AudieraError, Problem, DBAPIError) as error:
                if once:
                    raise
                failures = 0
                why = str(error) if isinstance(error, AudieraError) else f"{unanswered(error)}."
                again = f"Nothing can be done now; it is tried again in {poll:g} seconds."
                self.office.tell(Told("waiting", None, f"{again} {' '.join(why.split())}"))
            if once:
                if failures:
                    raise ChainError(f"{failures} of the batches could not be settled; see above, and run it again.")
                return
            sleep(poll)

    def step(self) -> int:
        """Do one pass; return how many batches could not be settled."""
        office = self.office
        for row, why in due(office):
            close(office, row, why)
        for row in small(office):
            drop(office, row)
        failures, stopped = 0, None
        try:
            failures = self._send(begun(office, self._failing))
        except AudieraError as error:  # what the index shows meanwhile is written down all the same
            stopped = error
        book(office, since=int(time.time()) - _DAY if self._looked else 0)
        self._looked = True
        name_uses(office.journal)
        empty(office)
        if stopped is not None:
            raise stopped
        return failures

    def _send(self, rows: Sequence[Row[Any]]) -> int:
        """Settle and collect; return how many batches could not be.

        Raises:
            ChainError: if it cannot be told what became of many of them.
        """
        office, before = self.office, set(self._failing)
        asked = Asked(office.client, office.gateway)
        settle_together(office, asked, rows, before)
        rows, unsettled = self._each(rows, partial(settle, office, asked))
        done = collect_together(office, asked, rows, before)
        _, stuck = self._each([it for it in rows if it.id not in done], partial(self._advance, asked))
        return unsettled + stuck

    def _advance(self, asked: Asked, row: Row[Any]) -> None:
        advance(self.office, asked, row)
        self._failing.pop(row.id, None)

    def _each(self, rows: Sequence[Row[Any]], do: Callable[[Row[Any]], None]) -> tuple[list[Row[Any]], int]:
        """Do something with each batch; return those with which it is done, and with how many it failed."""
        done, failed, in_a_row = list[Row[Any]](), 0, 0
        for row in rows:
            try:
                do(row)
            except AudieraError as error:
                failed += 1
                in_a_row = 0 if isinstance(error, RevertError | InputError) else in_a_row + 1
                self._fail(row, str(error))
                if in_a_row == _IN_A_ROW:
                    break
            else:
                done.append(row)
                in_a_row = 0
        return done, failed

    def _fail(self, row: Row[Any], why: str) -> None:
        if self._failing.get(row.id) != why:
            self._failing[row.id] = why
            self.office.tell(Told("failed", row, f"Not settled, {named(row)}: {why}"))


@contextmanager
def settling(
    client: Audiera[TxReceipt],
    *,
    index: str,
    journal: str,
    gateway: str,
    rules: Rules,
    tell: Callable[[Told], object],
    worth: Callable[[int, str], str] = lambda value, token: f"{value} of {token}",
) -> Iterator[Settler]:
    """Yield the one who settles for a gateway; there is one for each journal.

    Args:
        client: who signs.
        index: its URL; it is only read.
        journal: likewise, the gateway's own.
        gateway: whose account it is.
        rules: when and what.
        tell: told what is done.
        worth: writes an amount of a token.

    Raises:
        InputError: if the index is of another chain, the journal another gateway's, or somebody settles already.
        NoSignerError: if the client's account may not settle for the gateway.
    """
    account, domain = to_address(gateway), client.domain("UsageLedger")
    if (found := ledger_of(index)) != domain:
        raise InputError(
            f"The index is of the ledger {found.contract} on chain {found.chain_id}, and the node's is "
            f"{domain.contract} on chain {domain.chain_id}; name the index of that chain."
        )
    if client.account != account and not client.licenses.is_signer(account, client.account, SignerScope.Settle):
        raise NoSignerError(
            f"{client.account} signs, which may not settle for {account}; sign with the gateway's key, or let it by "
            "`setSigner` with the scope settle."
        )
    with ExitStack() as held:
        reader = open_reader(index, 30.0)
        held.callback(reader.dispose)
        opened = Journal(journal, chain_id=domain.chain_id, ledger=domain.contract, gateway=account)
        held.callback(opened.close)
        try:
            held.enter_context(writing(opened.engine, "settle"))
        except InputError as error:
            raise InputError(
                "Another process settles from this journal already; stop it first, or leave settling to it."
            ) from error
        opened.write((), lambda journal: _announce(journal, rules.smallest))
        yield Settler(Office(client, account, opened, reader, rules, tell, worth))


def unanswered(error: Problem | DBAPIError) -> str:
    """Say which database does not answer, and why, to who settles; a `Problem` is worded for clients of the server."""
    cause = error.__cause__ if isinstance(error, Problem) else error
    which = "journal" if isinstance(error, Problem) else "index"
    said = str(cause.orig if isinstance(cause, DBAPIError) else cause or "it is being ended")
    return f"The {which} does not answer ({' '.join(said.split())})"


def _announce(journal: Connection, smallest: Mapping[str, int]) -> None:
    """Have the servers know what is waited for."""
    journal.execute(delete(SMALLEST))
    if smallest:
        journal.execute(insert(SMALLEST), [{"token": token, "amount": least} for token, least in smallest.items()])
