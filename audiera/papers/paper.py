"""What a paper says: chapters of sentences, each with where it comes from, and of tables. No markup, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Chapter", "Paper", "Sentence", "Source", "Table"]


class Source(StrEnum):
    """Where a sentence comes from."""

    CHAIN = "chain"
    """The chain says so: a node has to be asked to see it again."""
    FOLDER = "folder"
    """Files that lie beside the paper show it."""
    STATED = "stated"
    """Somebody says so, and nothing shows it."""
    MISSING = "missing"
    """Nobody said."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, or a few, and what proves them."""

    text: str
    source: Source
    proofs: tuple[str, ...] = ()
    """Ids, hashes, transactions, names of files."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns, all text."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A heading and what is below it."""

    title: str
    level: int = 1
    """1: a chapter; 2 and 3: within."""
    sentences: tuple[Sentence, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole paper."""

    title: str
    under: str
    """What stands below the title."""
    chapters: tuple[Chapter, ...]
    words: dict[Source, str]
    """How the paper calls each source."""
