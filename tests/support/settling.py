"""A gateway's settling, as tests step through it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, select, update

from audiera.gateway import Rules, Settler, Told, settling
from audiera.gateway.tables import BATCHES, CHANNELS, LINES
from tests.support.gateway import Venue

__all__ = ["AT_ONCE", "Books", "books", "changed", "settler_of"]

AT_ONCE = Rules(age=0)
"""Every batch is due."""


@dataclass(frozen=True, slots=True)
class Books:
    """What a journal says of its batches."""

    states: list[str]
    settled_at: list[int]
    held: list[int]
    counted: list[bool]


def books(journal: Path | str) -> Books:
    """What the journal at a path says, batches in the order of their numbers."""
    engine = create_engine(f"sqlite:///{journal}" if isinstance(journal, Path) else journal)
    with engine.connect() as connection:
        batches = connection.execute(select(BATCHES).order_by(BATCHES.c.number)).all()
        held = connection.execute(select(CHANNELS.c.held)).scalars().all()
        counted = connection.execute(select(LINES.c.counted)).scalars().all()
    engine.dispose()
    return Books([it.state for it in batches], [it.settled_at for it in batches], list(held), list(counted))


def changed(journal: Path, **values: int) -> None:
    """Have the journal say otherwise of its batches."""
    engine = create_engine(f"sqlite:///{journal}")
    with engine.begin() as connection:
        connection.execute(update(BATCHES).values(values))
    engine.dispose()


@contextmanager
def settler_of(
    venue: Venue, journal: Path | str, rules: Rules = AT_ONCE, *, role: str = "gateway"
) -> Iterator[tuple[Settler, list[Told]]]:
    """Who settles for the venue's gateway, and what he says."""
    said: list[Told] = []
    with settling(
        venue.as_(role),
        index=venue.index,
        journal=f"sqlite:///{journal}" if isinstance(journal, Path) else journal,
        gateway=venue.as_("gateway").account,
        rules=rules,
        tell=said.append,
    ) as settler:
        yield settler, said
