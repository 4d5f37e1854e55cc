"""Telling accounts of requests and answers: written down with what they are of, and tried until they are taken.

A notice is taken by moving its next try, so of several processes one tries it; whoever dies meanwhile has left it for
then. It may come twice, under the same id, and after a dozen tries it is given up: the request itself stays.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from audiera.gateway.access import Desk
from audiera.gateway.sending import UnsentError, post, send_mail
from audiera.gateway.settings import Noticing, Receiver
from audiera.gateway.tables import NOTICES
from audiera.interface import KeptRequest

__all__ = ["By", "Notices", "What"]

_LOG: Final = logging.getLogger("audiera.gateway")
_TRIES: Final = 12
_FIRST: Final = 30  # seconds until the second try; then twice as long each time
_LONGEST: Final = 6 * 3_600
_POLL: Final = 10.0  # seconds between looks
_END: Final = 5.0  # seconds that the end waits for what is being sent


class By(StrEnum):
    """How somebody is told."""

    WEBHOOK = "webhook"
    MAIL = "mail"


class What(StrEnum):
    """What somebody is told."""

    ASKED = "asked"
    ANSWERED = "answered"


class Notices:
    """Tells accounts whom the operator named; nobody else. `start` and `close` it."""

    def __init__(self, desk: Desk, noticing: Noticing | None) -> None:
        self._journal, self._noticing, self._public_url = desk.journal, noticing, desk.settings.public_url
        self._wake, self._ended = threading.Event(), threading.Event()
        self._find: Callable[[int], KeptRequest] | None = None
        self._thread = threading.Thread(target=self._see_to_all, name="notices", daemon=True)

    def start(self, find: Callable[[int], KeptRequest]) -> None:
        """Send what is written down, from now on; `find` returns a request by its number."""
        self._find = find
        if self._noticing is not None:
            self._thread.start()

    def close(self) -> None:
        """End, and leave what is not sent to the next one."""
        self._ended.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(_END)

    def wake(self) -> None:
        """Look now."""
        self._wake.set()

    def add(self, journal: Connection, request: int, account: str, what: What) -> None:
        """Write down that an account is to be told, if the operator named where."""
        receiver = self._receiver(account)
        ways = [*([By.WEBHOOK] if receiver.webhook else []), *([By.MAIL] if receiver.mail else [])]
        for by in ways:
            row = {"request": request, "account": account, "by": by.value, "what": what.value, "tries": 0}
            journal.execute(insert(NOTICES).values({**row, "due": int(time.time())}))

    def _receiver(self, account: str) -> Receiver:
        return Receiver() if self._noticing is None else self._noticing.receivers.get(account, Receiver())

    def _see_to_all(self) -> None:
        while not self._ended.is_set():
            try:
                self._see_to_some()
            except Exception:  # noqa: BLE001  # the next look may do better, and nobody else looks
                _LOG.exception("notices cannot be seen to")
            self._wake.wait(_POLL)
            self._wake.clear()

    def _see_to_some(self) -> None:
        with self._journal.reading() as journal:
            due = NOTICES.c.due <= int(time.time())
            rows = journal.execute(select(NOTICES).where(due).order_by(NOTICES.c.due).limit(100)).all()
        for row in rows:
            if self._ended.is_set():
                break
            try:
                if not self._journal.write(("notices",), partial(_taken, row)):
                    continue
                self._send(row)
            except Exception as error:  # noqa: BLE001  # whatever it is, the others are still to be told
                last = row.tries + 1 >= _TRIES
                told = "is given up" if last else "is tried again"
                _LOG.warning("notice %s of request %s to %s %s: %s", row.number, row.request, row.account, told, error)
                if not last:
                    continue
            self._forget(row)

    def _send(self, row: Row[Any]) -> None:
        noticing, receiver = self._noticing, self._receiver(row.account)
        assert noticing is not None
        assert self._find is not None
        asked = self._find(row.request)
        if row.by == By.WEBHOOK.value and receiver.webhook:
            post(receiver, f"{asked.id.hex()}-{row.what}", row.what, asked, public=not noticing.inside)
        elif row.by == By.MAIL.value and receiver.mail and noticing.smtp is not None:
            send_mail(noticing.smtp, receiver.mail, row.what, asked, self._public_url)
        else:
            raise UnsentError("nothing is said here of where to")

    def _forget(self, row: Row[Any]) -> None:
        query = delete(NOTICES).where(NOTICES.c.number == row.number)
        self._journal.write(("notices",), lambda journal: journal.execute(query))


def _taken(row: Row[Any], journal: Connection) -> bool:
    """Move the next try of a notice, and return whether nobody else has."""
    wait = min(_FIRST << min(row.tries, 16), _LONGEST)
    query = update(NOTICES).where(NOTICES.c.number == row.number, NOTICES.c.tries == row.tries)
    values = {"tries": row.tries + 1, "due": int(time.time()) + wait}
    return journal.execute(query.values(values)).rowcount > 0
