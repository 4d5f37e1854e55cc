"""Full text in both databases: all words of what is typed, the last of them as a beginning, best where they stand.

How good a hit is, is where its words are: all in the name, in the name and the people, in those and the tags, or
anywhere. Both databases find that out by their index alone, however many datasets a word is in, and agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Integer, Select, literal, select, table
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.sql.expression import CTE, ColumnElement, cast, func, literal_column, union_all

from audiera.errors import InputError
from audiera.indexer.search.wording import words_of
from audiera.indexer.tables import TEXTS

__all__ = ["matches", "search_words", "vector_of"]

_COLUMNS: Final = ("name", "people", "tags", "rest")
_LETTERS: Final = 500
_WORDS: Final = 16
_BEGINNING: Final = 2  # letters that a beginning of a word has at least


def search_words(typed: str) -> tuple[str, ...]:
    """Return the words to search for.

    Raises:
        InputError: if there is none, or too much.
    """
    if len(typed) > _LETTERS:
        raise InputError(f"{len(typed):,} letters are too many to search for; write {_LETTERS} at most.")
    words = tuple(dict.fromkeys(words_of(typed)))
    if not words:
        raise InputError(f"{typed!r} has no word to search for; write letters or digits.")
    if len(words) > _WORDS:
        raise InputError(f"{len(words)} words are too many to search for; write {_WORDS} at most.")
    return words


def matches(words: Sequence[str], dialect: str) -> CTE:
    """Return a table of the datasets that have the words: `dataset`, and `score` from 1 to 4, where they stand."""
    tiers = range(1, len(_COLUMNS) + 1)
    one = _in_postgresql if dialect == "postgresql" else _in_sqlite
    every = union_all(*(one(words, tier) for tier in tiers)).subquery()
    return select(every.c.dataset, func.max(every.c.score).label("score")).group_by(every.c.dataset).cte("matches")


def vector_of(texts: Mapping[str, str]) -> str:
    """Return PostgreSQL's vector of a dataset's texts: each word marked by the first columns that have it."""
    found: dict[str, None] = {}
    for tier in range(1, len(_COLUMNS) + 1):
        for column in _COLUMNS[:tier]:
            found.update(dict.fromkeys(f"'{tier}{word}'" for word in texts[column].split()))
    return " ".join(found)


def _in_sqlite(words: Sequence[str], tier: int) -> Select[int, int]:
    listed = " AND ".join(f'"{word}"' for word in words)
    ending = "*" if len(words[-1]) >= _BEGINNING else ""
    expression = f"{{{' '.join(_COLUMNS[:tier])}}} : ({listed}{ending})"
    return (
        select(
            literal_column("rowid", Integer).label("dataset"), literal(len(_COLUMNS) + 1 - tier, Integer).label("score")
        )
        .select_from(table("texts_index"))
        .where(literal_column("texts_index").op("MATCH")(expression))
    )


def _in_postgresql(words: Sequence[str], tier: int) -> Select[int, int]:
    listed = " & ".join(f"'{tier}{word}'" for word in words)
    ending = ":*" if len(words[-1]) >= _BEGINNING else ""
    found = select(TEXTS.c.dataset, _score(tier))
    return found.where(TEXTS.c.vector.op("@@")(cast(f"{listed}{ending}", TSQUERY)))


def _score(tier: int) -> ColumnElement[int]:
    return literal(len(_COLUMNS) + 1 - tier, Integer).label("score")
