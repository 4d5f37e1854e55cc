"""What the gas of a transaction may cost, as people say it; without Ape, for commands that are not its own."""

from __future__ import annotations

import click

from audiera.client.chain import MAX_FEE, ether_text
from audiera.errors import AmountError
from audiera.quantities import parse_amount

__all__ = ["max_fee_option"]


def _in_wei(context: click.Context, option: click.Parameter, text: str) -> int:  # noqa: ARG001  # click's signature
    try:
        return parse_amount(text, {}).value
    except AmountError as error:
        raise click.BadParameter(str(error)) from error


max_fee_option = click.option(
    "--max-fee",
    metavar="AMOUNT",
    default=ether_text(MAX_FEE),
    show_default=True,
    callback=_in_wei,
    help="What the gas of one transaction may cost at most.",
)
"""`max_fee`, in wei."""
