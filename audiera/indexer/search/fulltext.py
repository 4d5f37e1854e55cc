"""Full text in both databases: all words of what is typed, the last of them as a beginning, best where they stand.

How good a hit is, is where its words are: all in the name, in the name and the people, in those and the tags, or
anywhere. Both databases find that out by their index alone, one place after another, and agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Integer, Select, select, table
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.sql.expression import cast, literal_column

from audiera.errors import InputError
from audiera.indexer.search.wording import words_of
from audiera.indexer.tables import TEXTS

__all__ = ["BEST", "having_words", "search_words", "vector_of"]

_COLUMNS: Final = ("name", "people", "tags", "rest")
BEST: Final = len(_COLUMNS)
"""The score of what has all words in its name."""
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


def having_words(words: Sequence[str], dialect: str, score: int | None = None) -> Select[int]:
    """Return the datasets that have the words: anywhere, or where a score from `BEST` to 1 says and nowhere better."""
    tier = len(_COLUMNS) if score is None else BEST + 1 - score
    better = score is not None and tier > 1
    if dialect == "postgresql":
        tsquery = _in_vector(words, tier) + (f" & !({_in_vector(words, tier - 1)})" if better else "")
        return select(TEXTS.c.dataset).where(TEXTS.c.vector.op("@@")(cast(tsquery, TSQUERY)))
    expression = _in_columns(words, tier) + (f" NOT {_in_columns(words, tier - 1)}" if better else "")
    matched = literal_column("texts_index").op("MATCH")(expression)
    return select(literal_column("rowid", Integer).label("dataset")).select_from(table("texts_index")).where(matched)


def vector_of(texts: Mapping[str, str]) -> str:
    """Return PostgreSQL's vector of a dataset's texts: each word marked by the first columns that have it."""
    found: dict[str, None] = {}
    for tier in range(1, len(_COLUMNS) + 1):
        for column in _COLUMNS[:tier]:
            found.update(dict.fromkeys(f"'{tier}{word}'" for word in texts[column].split()))
    return " ".join(found)


def _in_columns(words: Sequence[str], tier: int) -> str:
    listed = " AND ".join(f'"{word}"' for word in words)
    ending = "*" if len(words[-1]) >= _BEGINNING else ""
    return f"({{{' '.join(_COLUMNS[:tier])}}} : ({listed}{ending}))"


def _in_vector(words: Sequence[str], tier: int) -> str:
    listed = " & ".join(f"'{tier}{word}'" for word in words)
    ending = ":*" if len(words[-1]) >= _BEGINNING else ""
    return f"{listed}{ending}"
