"""The day on which a command began, of which what it signs may speak."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import click

__all__ = ["note_beginning", "today"]

_KEY: Final = "audiera.began"


def note_beginning(second: int) -> None:
    """Note when the command began, in Unix seconds: as the earlier run did that it goes on with."""
    click.get_current_context().meta[_KEY] = second


def today() -> str:
    """Return the day on which the command began, as options write it: YYYY-MM-DD, in UTC."""
    context = click.get_current_context(silent=True)
    second = context.meta.get(_KEY) if context else None
    began = datetime.now(UTC) if second is None else datetime.fromtimestamp(second, UTC)
    return f"{began:%Y-%m-%d}"
