"""`audiera gateway`: serve licensed data, and have its use on the record."""

from __future__ import annotations

from typing import ClassVar

import click

from audiera.cli.terminal.groups import LazyGroup

__all__ = ["gateway"]


class _Group(LazyGroup):
    WHAT = "The gateway"
    NEEDS = ("fastapi", "sqlalchemy")
    PACKAGE = "audiera.cli.gateway"
    COMMANDS: ClassVar = {
        "serve": "Grant accesses against licences and vouchers, over HTTP.",
        "settle": "Close, settle and collect what the gateway is owed.",
        "backup": "Copy the journal while it is served.",
        "block": "Serve a dataset, or one item of it, no more.",
        "unblock": "Serve again what was blocked.",
        "blocked": "List what is not served, and why.",
        "complaints": "List what people objected to.",
    }
    PLACES: ClassVar = {"unblock": "block", "blocked": "block", "complaints": "block"}


@click.group(cls=_Group)
def gateway() -> None:
    """Serve licensed data: every access is checked, paid by voucher, granted, and on the record."""
