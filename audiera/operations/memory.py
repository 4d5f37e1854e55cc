"""What this user has seen before: what manifests call their datasets, and what tokens said of themselves.

It lies beside the journals, in a file of SQLite. It helps to read and to notice; where it cannot be read or written,
nothing is known, and nothing fails.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Final

from audiera.client.chain import Node
from audiera.client.journal import state_folder
from audiera.errors import ChainError

__all__ = ["LOCAL", "Fact", "Memory", "hold_to_chain"]

LOCAL: Final = (1_337, 31_337)
"""Chains of nobody but oneself, which are started anew with other tokens. The number is all of a chain that a node
cannot lie about: it is signed.
"""

_FILE: Final = "seen.sqlite"
_PATIENCE: Final = 5.0  # seconds for other processes to write
_SCHEMA: Final = "CREATE TABLE IF NOT EXISTS seen (fact TEXT, of TEXT, value TEXT, PRIMARY KEY (fact, of))"


class Fact(StrEnum):
    """What is remembered."""

    NAME = "name"
    """Of a dataset, by the sha-256 of its manifest."""
    TOKEN = "token"
    """The address of a token that the user named, by chain and name."""
    SYMBOL = "symbol"
    """Of a token, by chain and address."""
    DECIMALS = "decimals"
    """Of a token, by chain and address."""
    CHAIN = "chain"
    """The number of a node's chain, by the sha-256 of its URL, in which there may be a key."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Facts that do not change: the first answer stays."""

    path: Path

    @classmethod
    def of(cls, node: Node) -> Memory:
        """Return the memory of whoever uses a node."""
        return cls((node.state or state_folder()) / _FILE)

    def get(self, fact: Fact, of: str) -> str | None:
        """Return what was seen; None if it never was."""
        with suppress(OSError, sqlite3.Error), self._open() as connection:
            found = connection.execute("SELECT value FROM seen WHERE fact = ? AND of = ?", [fact, of]).fetchone()
            return str(found[0]) if found else None
        return None

    def all(self, fact: Fact) -> dict[str, str]:
        """Return everything of a kind that was seen."""
        with suppress(OSError, sqlite3.Error), self._open() as connection:
            return dict(connection.execute("SELECT of, value FROM seen WHERE fact = ?", [fact]))
        return {}

    def keep(self, fact: Fact, of: str, value: str) -> None:
        """Remember it, unless something else was seen before."""
        with suppress(OSError, sqlite3.Error):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._open() as connection:
                connection.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", [fact, of, value])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)) as connection:
            connection.execute(_SCHEMA)
            yield connection


def hold_to_chain(node: Node) -> None:
    """Return if a node is on the chain that it was on when its URL was first used from here.

    Where nobody has said which chain is meant, the node alone says it, and what is signed is good there. What is signed
    for a chain of one's own is good nowhere else, so those may come and go.

    Raises:
        ChainError: if it is on another.
    """
    if node.chain_id in LOCAL or not node.url:
        return
    memory, of, found = Memory.of(node), sha256(node.url.encode()).hexdigest(), str(node.chain_id)
    memory.keep(Fact.CHAIN, of, found)
    if (before := memory.get(Fact.CHAIN, of) or found) != found:
        raise ChainError(
            f"{node.name} was on chain {before} when it was first used from here, and says that it is on {found} now, "
            "so nothing is signed. Ask another node, or name the chain that you mean, as `--network "
            "ethereum:mainnet:URL` does."
        )
