"""`audiera index`: the events of the suite in a database, kept up with the chain."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Final

import click

from audiera.errors import InputError

__all__ = ["index"]

_COMMANDS: Final = {
    "follow": "Read the chain into the database, and keep up with it.",
    "status": "Show how far the index has come, and how it goes.",
    "retry": "Name the documents that could not be had, and have them tried again.",
    "rebuild": "Make the tables anew from the logs that were read.",
}
"""Each command by its name, with how its help begins; imported only when it is run, since it needs an extra."""


class _Group(click.Group):
    """Commands of which `follow` need not be named."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Name the commands."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Import a command.

        Raises:
            InputError: if what it needs is not installed.
        """
        if cmd_name not in _COMMANDS:
            return None
        if find_spec("sqlalchemy") is None or find_spec("alembic") is None:
            raise InputError("The index needs more than the package: pip install 'audiera[serve]'.")
        command: click.Command = getattr(import_module(f"audiera.cli.index.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

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
