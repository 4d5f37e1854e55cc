"""Keeps what is not on the chain beside the one who reads the chain: documents, and what is searched in them."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from audiera.indexer.documents import Sources, fetch_due
from audiera.indexer.engine import batch
from audiera.indexer.search import refresh

__all__ = ["Librarian"]

_POLL: Final = 2.0  # seconds between looks at what is wanted


class Librarian:
    """Fetches documents and refreshes what is searched, in a thread of the process that writes the index.

    Reading the chain never waits for it: a store that is slow, a document that is wrong and a database that is away
    hold up documents alone.
    """

    def __init__(self, engine: Engine, sources: Sources, clock: Callable[[], float] = time.time) -> None:
        self._engine, self._sources, self._clock = engine, sources, clock

    def step(self) -> bool:
        """Fetch what is due and refresh what is stale; say whether anything was."""
        now = int(self._clock())
        done = fetch_due(lambda: batch(self._engine), self._sources, now)
        with batch(self._engine) as connection:
            refreshed = refresh(connection, now)
        return done.tried > 0 or refreshed > 0

    def finish(self) -> None:
        """Do all that is to be done now."""
        while self.step():
            pass

    def run(self, stop: Event) -> None:
        """Go on until told to stop. A database that is away is tried again: who reads the chain says so."""
        while not stop.is_set():
            try:
                if self.step():
                    continue
            except DBAPIError:
                pass
            stop.wait(_POLL)
