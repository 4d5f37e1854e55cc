"""Connections of a database that threads hand on: a pool takes as long over each as SQLite takes for four queries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection

__all__ = ["Connections"]

_MOST: Final = 4  # of the pool's fifteen, which others have to find free
_FRESH: Final = 1.0  # seconds for which nobody asks whether a connection that nobody uses still lives


class Connections:
    """Those of one database and one kind. Threads share it; `close` it."""

    def __init__(self, connect: Callable[[], Connection]) -> None:
        """Keep what a pool gives.

        Args:
            connect: asks the pool for another one, without a transaction.
        """
        self._connect = connect
        self._kept: list[tuple[Connection, float]] = []

    @contextmanager
    def one(self) -> Iterator[Connection]:
        """Yield a connection without a transaction, for one thread.

        Raises:
            TimeoutError: of `sqlalchemy.exc`: as many as there may be are in use.
            DBAPIError: the database cannot be reached.
        """
        connection = self._take()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if connection.in_transaction() or connection.invalidated or len(self._kept) >= _MOST:
            connection.close()  # of what goes with a transaction, the pool takes leave
            return
        driver: Any = connection.connection.driver_connection
        try:
            driver.rollback()  # what a driver began by itself
        except connection.dialect.loaded_dbapi.Error:  # it is broken, and what was asked is answered
            connection.invalidate()
            connection.close()
            return
        self._kept.append((connection, time.monotonic()))

    def close(self) -> None:
        """Give those back to the pool that nobody uses."""
        while self._kept:
            self._kept.pop()[0].close()

    def _take(self) -> Connection:
        while self._kept:
            try:
                connection, since = self._kept.pop()
            except IndexError:  # another thread was quicker
                break
            if time.monotonic() < since + _FRESH:
                return connection
            connection.close()
        return self._connect()
