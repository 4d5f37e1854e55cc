"""Keeps what no event tells beside the one who reads the chain: documents, what is searched in them, tokens' names."""

from __future__ import annotations

import time
from threading import Event
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from audiera.indexer.documents import Sources, fetch_due
from audiera.indexer.engine import batch
from audiera.indexer.follow import Wire
from audiera.indexer.search import refresh
from audiera.indexer.tokens import ask_tokens

__all__ = ["Librarian"]

_POLL: Final = 2.0  # seconds between looks at what is wanted


class Librarian:
    """Fetches documents and refreshes what is searched, in a thread of the process that writes the index.

    Reading the chain never waits for it: a store that is slow, a document that is wrong and a database that is away
    hold up documents alone.
    """

    def __init__(self, engine: Engine, sources: Sources, wire: Wire | None = None) -> None:
        """Keep an index.

        Args:
            engine: its database.
            sources: where documents are looked for.
            wire: a node, of which tokens are asked.
        """
        self._engine, self._sources, self._wire = engine, sources, wire

    def step(self) -> bool:
        """Fetch what is due, ask tokens and refresh what is stale; say whether there was anything to do."""
        now = int(time.time())
        done = fetch_due(lambda: batch(self._engine), self._sources, now)
        asked = ask_tokens(lambda: batch(self._engine), self._wire, now) if self._wire else 0
        with batch(self._engine) as connection:
            refreshed = refresh(connection, now)
        return done.tried > 0 or asked > 0 or refreshed > 0

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
