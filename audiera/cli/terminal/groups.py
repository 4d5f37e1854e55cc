"""Groups of commands: in the order in which they are used, and imported only when they are run."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import ClassVar

import click

from audiera.errors import InputError

__all__ = ["InOrder", "LazyGroup"]


class InOrder(click.Group):
    """Commands in the order in which they are used, which is that in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Name the commands."""
        return list(self.commands)


class LazyGroup(click.Group):
    """Commands that need the extra `serve`, imported only when they are run. A subclass says which."""

    WHAT: ClassVar[str]
    """What needs the extra, as a sentence begins."""
    NEEDS: ClassVar[tuple[str, ...]]
    """Packages of the extra that have to be there."""
    PACKAGE: ClassVar[str]
    """Where the modules are, each with the name of its command."""
    COMMANDS: ClassVar[dict[str, str]]
    """Each command by its name, with how its help begins."""
    PLACES: ClassVar[dict[str, str]] = {}
    """The modules of commands that share one."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Name the commands."""
        return list(self.COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Import a command.

        Raises:
            InputError: if what it needs is not installed.
        """
        if cmd_name not in self.COMMANDS:
            return None
        if any(find_spec(it) is None for it in self.NEEDS):
            raise InputError(f"{self.WHAT} needs more than the package: pip install 'audiera[serve]'.")
        module = import_module(f"{self.PACKAGE}.{self.PLACES.get(cmd_name, cmd_name)}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.COMMANDS.items()))
