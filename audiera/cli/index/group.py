"""`audiera index`: the events of the suite in a database, kept up with the chain."""

from __future__ import annotations

from typing import ClassVar

import click

from audiera.cli.terminal.groups import LazyGroup

__all__ = ["index"]


class _Group(LazyGroup):
    """Commands of which `follow` need not be named."""

    WHAT = "The index"
    NEEDS = ("sqlalchemy", "alembic")
    PACKAGE = "audiera.cli.index"
    COMMANDS: ClassVar = {
        "follow": "Read the chain into the database, and keep up with it.",
        "status": "Show how far the index has come, and how it goes.",
        "retry": "Name the documents that could not be had, and have them tried again.",
        "rebuild": "Make the tables anew from the logs that were read.",
    }

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words of the command line; options that stand first are those of `follow`."""
        if args and args[0].startswith("-") and args[0] not in ctx.help_option_names:
            args = ["follow", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Group)
def index() -> None:
    """Keep the events of the contracts in a database, for search and pages.

    Any node will do, and SQLite unless told otherwise. `follow` need not be named.

    \b
    Example:
      audiera index --node http://127.0.0.1:8545
    """
