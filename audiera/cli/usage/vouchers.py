"""`audiera usage`: use logs and the vouchers for them, on either side of a channel."""

from __future__ import annotations

import click

from audiera.cli.terminal.groups import InOrder
from audiera.cli.usage.check import check
from audiera.cli.usage.head import head
from audiera.cli.usage.log import log
from audiera.cli.usage.sign import sign

__all__ = ["usage"]


@click.group(cls=InOrder)
def usage() -> None:
    """Log uses, and sign and check vouchers for them.

    The gateway and the payer each keep a LOG of the uses; the payer signs the HEAD that sums it up, which makes it a
    VOUCHER; the gateway checks it, and settles it with `ape run usage`. All three are files, which docs/formats.md has.
    """


for _each in (log, head, sign, check):
    usage.add_command(_each)
