"""`audiera gateway`: serve licensed data, and have its use on the record."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Final

import click

from audiera.errors import InputError

__all__ = ["gateway"]

_COMMANDS: Final = {
    "serve": "Grant accesses against licences and vouchers, over HTTP.",
    "settle": "Close, settle and collect what the gateway is owed.",
    "block": "Serve a dataset, or one item of it, no more.",
    "unblock": "Serve again what was blocked.",
    "blocked": "List what is not served, and why.",
    "complaints": "List what people objected to.",
}
"""Each command by its name, with how its help begins; imported only when it is run, since it needs an extra."""


_PLACES: Final = {"unblock": "block", "blocked": "block", "complaints": "block"}
"""The modules of commands that share one."""


class _Group(click.Group):
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
        if find_spec("fastapi") is None or find_spec("sqlalchemy") is None:
            raise InputError("The gateway needs more than the package: pip install 'audiera[serve]'.")
        module = import_module(f"audiera.cli.gateway.{_PLACES.get(cmd_name, cmd_name)}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Group)
def gateway() -> None:
    """Serve licensed data: every access is checked, paid by voucher, granted, and on the record."""
