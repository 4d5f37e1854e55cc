"""A run: one undertaking of somebody's that may take several transactions, from its start to its result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from audiera.client.journal.entries import Entry
from audiera.client.journal.journal import SentJournal
from audiera.errors import ChainError

__all__ = ["Run"]


def _refuse(told: str) -> None:
    raise ChainError(f"{told} Look with `ape run tx list`; to send it once more, make the call in a Run that agrees.")


@dataclass(slots=True)
class Run:
    """What the transactions of a command have in common.

    Their outcome is told when the command's result is (`tell`). Until then, a run for the same purpose finds them.
    """

    purpose: bytes = b""
    """The same whenever the same is asked for; empty if only the calls themselves tell."""
    began: int = 0
    """When it began, in Unix seconds: as the earlier run did that it goes on with."""
    now: int = 0
    """The chain's time then."""
    report: Callable[[str], object] = lambda _: None
    """Told in a sentence of each transaction: before it is sent, while it is waited for, and if it was sent before."""
    again: Callable[[str], object] = _refuse
    """Told in a sentence what was given up and may still be mined, before the same is sent once more: it raises unless
    that is wanted."""
    used: set[bytes] = field(default_factory=set)
    """Transactions whose outcome this run has taken: the same call again is another one."""
    found: set[bytes] = field(default_factory=set)
    """Those of them that an earlier run had sent."""
    _held: dict[bytes, SentJournal] = field(default_factory=dict)
    _given_up: dict[bytes, SentJournal] = field(default_factory=dict)

    @property
    def has_sent(self) -> bool:
        """Whether anything was sent that is not told yet, by this run or by an earlier one for the same purpose."""
        return bool(self._held)

    def hold(self, journal: SentJournal, transaction: bytes) -> None:
        """Keep in mind that the outcome of a transaction is this run's, and not told yet."""
        self._held[transaction] = journal

    def find(self, journal: SentJournal, entry: Entry) -> None:
        """Say that an earlier run sent it, once."""
        if entry.hash not in self.found:
            self.report(f"Found: already sent as 0x{entry.hash.hex()} by an earlier run; not sent again.")
            self.found.add(entry.hash)
        self.hold(journal, entry.hash)

    def go_without(self, journal: SentJournal, entry: Entry) -> None:
        """Go on without a transaction that was given up, if that is wanted, once.

        Raises:
            ChainError: if it is not, or whatever else `again` raises then.
        """
        if entry.hash not in self.used:
            self.again(f"0x{entry.hash.hex()} ({entry.title}) was given up, and may still be mined.")
            self.used.add(entry.hash)
            self._given_up[entry.hash] = journal

    def tell(self) -> None:
        """Note that the outcome of all that was sent is told now."""
        for transaction, journal in (self._held | self._given_up).items():
            journal.tell([transaction])
        self._held.clear()
        self._given_up.clear()
