"""`--limit NAME=VALUE`: the bounds of a gateway, as its operator types them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Final, TypeAlias, TypeVar

import click

from audiera.errors import AmountError, InputError
from audiera.gateway import Limits, Relaying, Uploading
from audiera.interface import MOST_ITEMS
from audiera.quantities import parse_amount

__all__ = ["NAMES", "RANGES", "Bounds", "bounded", "check_bounds", "limit_option"]

Bounds: TypeAlias = Mapping[str, int | str]
"""By name."""

T = TypeVar("T", Limits, Relaying, Uploading)

_BEFORE: Final = {Limits: "", Relaying: "relay.", Uploading: "uploads."}
NAMES: Final = {
    before + it.name: (it.type, it.default)
    for place, before in _BEFORE.items()
    for it in fields(place)
    if it.type in {"int", "str"}
}
"""Of each, whether it is a number or, as text, a rate; and what it is unless told."""
RANGES: Final[Mapping[str, tuple[int, int | None]]] = {
    "items": (1, MOST_ITEMS),
    "body": (1 << 17, None),  # holds what a client asks of 1,000 items at once
    "restoration": (3 << 20, None),  # holds the 8,192 uses that a client has in one batch at most
    "clock": (10, None),
    "grant": (120, None),  # a client has one renewed that ends within a minute
    "renewal": (3_600, None),  # what was paid for and did not come is fetched meanwhile
    "nonce": (60, None),  # people sign by hand
    "session": (60, None),
    "uploads.open": (4, None),  # a client brings as many at once
    "uploads.expiry": (600, 10**9),
}
"""What numbers may be, from and to; others are anything above zero. Beyond, clients do not only wait, but fail."""
_LEAF: Final = 80  # bytes of one item in a request
_REQUEST: Final = 1 << 12  # of all else in it
_COINS: Final = {"relay.cost", "relay.budget"}
_WHOLE: Final = re.compile("[1-9][0-9]{0,17}")


def _read(
    context: click.Context,  # noqa: ARG001  # click's signature
    option: click.Parameter,  # noqa: ARG001
    said: tuple[str, ...],
) -> Bounds:
    found: dict[str, int | str] = {}
    for text in said:
        name, equals, value = text.partition("=")
        if not equals or name not in NAMES:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE with one of the names {', '.join(NAMES)}.")
        found[name] = _value(name, value)
    limits = bounded(Limits(), found)
    if limits.body < (least := _REQUEST + _LEAF * limits.items):
        raise click.BadParameter(
            f"body={limits.body} has no room for an access of {limits.items:,} items; give body={least} or more, or "
            "fewer items."
        )
    return found


def _value(name: str, text: str) -> int | str:
    if NAMES[name][0] == "str":
        return text  # the gateway refuses what is no rate
    if name in _COINS:
        try:
            return parse_amount(text, {}).value
        except AmountError as error:
            raise click.BadParameter(f"{name}: {error}") from error
    if not _WHOLE.fullmatch(text):
        raise click.BadParameter(f"{name} is a whole number above zero, and not {text!r}.")
    number, (least, most) = int(text), RANGES.get(name, (1, None))
    if number < least or (most is not None and number > most):
        may = f"{least} at least" if most is None else f"from {least} to {most}"
        raise click.BadParameter(f"{name} is {may}, and not {text}, or clients fail; docs/gateway.md says why.")
    return number


limit_option = click.option(
    "--limit",
    "limits",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_read,
    help="Move a bound: rate=60/minute, relay.budget='0.5 ETH'. May be repeated; docs/gateway.md has all of them.",
)
"""`limits`, by name."""


def bounded(what: T, limits: Bounds) -> T:
    """Return the limits, what is relayed, or what is brought, within the bounds that were typed for it."""
    before = _BEFORE[type(what)]
    told = {it.name: limits[before + it.name] for it in fields(what) if before + it.name in limits}
    return replace(what, **told)  # type: ignore[arg-type]  # each as its field is


def check_bounds(limits: Bounds, what: type[Relaying | Uploading], option: str) -> None:
    """Refuse bounds of what an option would have begun.

    Raises:
        InputError: there are some.
    """
    if found := [it for it in limits if it.startswith(_BEFORE[what])]:
        raise InputError(f"--limit {found[0]} bounds what {option} begins; give that option, too.")
