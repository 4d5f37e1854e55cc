"""What is asked for, as far as the chain allows it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from audiera.gateway.chain import (
    Conditions,
    Moment,
    Object,
    balance_of,
    conditions_of,
    items_of,
    moment_of,
    next_batch,
    signer_problem,
    units_for,
    used_of,
)
from audiera.gateway.looking import Index
from audiera.gateway.problems import Code, Problem
from audiera.gateway.settings import Settings
from audiera.interface import Invocation, QuoteRequest
from audiera.metering import AccessUses
from audiera.protocol import ZERO_WORD, Meter, batch_id, channel_id, to_address

__all__ = ["Asked", "ask"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that the chain allows, with what it comes to."""

    payer: str
    gateway: str
    token: str
    terms: Conditions
    objects: tuple[Object, ...]
    whole: bool
    uses: AccessUses
    at: int
    nonce: bytes
    moment: Moment
    balance: int
    """Of the channel, less what is being withdrawn."""
    used: int
    """Units of the licence that the chain has counted, if it has a quota."""
    fresh: int
    """The first number of a batch above those that the chain has settled."""

    def batch_id(self, number: int) -> bytes:
        """Return the id of a batch of the channel.

        Raises:
            Problem: the number does not fit.
        """
        if number >= 1 << 64:
            raise Problem(Code.MALFORMED, "The number of a batch is below 2^64.")
        return batch_id(channel_id(self.payer, self.gateway, self.token), number)


def ask(
    index: Index, settings: Settings, request: QuoteRequest, weigh: Callable[[int], None], signer: str | None = None
) -> Asked:
    """Return what a request comes to.

    Args:
        index: what the chain says.
        settings: of the gateway.
        request: who wants to use what.
        weigh: is told of how many items it is, before they are looked for.
        signer: who signed for it; none: nobody yet.

    Raises:
        Problem: why the chain does not allow it, or the gateway does not serve it; of two reasons what is found out
            with less work.
    """
    leaves = None if request.items == "all" else request.items
    if leaves is not None and len(leaves) > settings.limits.items:
        raise Problem(Code.TOO_LARGE, f"An access is of {settings.limits.items:,} items at most; ask for fewer.")
    payer, gateway = to_address(request.payer), to_address(settings.gateway)
    moment = moment_of(index, settings)
    terms = conditions_of(index, moment, (request.license, request.dataset, request.right), payer)
    if signer is not None and (why := signer_problem(index, moment, payer, signer)):
        raise Problem(Code.SIGNER_NOT_ALLOWED, why)
    at = _time_of(request, settings, moment)
    objects = items_of(index, moment, terms, request.dataset, request.version, leaves, weigh)
    nonce = secrets.token_bytes(32) if request.nonce is None else request.nonce
    uses = AccessUses(
        items=_units(request, objects, terms.meter),
        license=request.license,
        dataset=request.dataset,
        version=request.version,
        right=request.right,
        at=at,
        nonce=nonce,
        unit_price=terms.unit_price,
    )
    return Asked(
        payer=payer,
        gateway=gateway,
        token=terms.token,
        terms=terms,
        objects=objects,
        whole=leaves is None,
        uses=uses,
        at=at,
        nonce=nonce,
        moment=moment,
        balance=balance_of(index, moment, payer, gateway, terms.token),
        used=used_of(index, request.license) if terms.max_units else 0,
        fresh=next_batch(index, payer, gateway, terms.token),
    )


def _units(request: QuoteRequest, objects: Sequence[Object], meter: Meter) -> list[tuple[bytes, int]]:
    if not isinstance(request, Invocation):
        return units_for(objects, meter, whole=request.items == "all")
    if meter is Meter.Megabyte:
        raise Problem(Code.NOT_COVERED, f"Licence {request.license} is by the megabyte; no model is called by that.")
    if (request.seconds is not None) != (meter is Meter.Second):
        says = "say in `seconds` how many are wanted" if meter is Meter.Second else "leave out `seconds`"
        raise Problem(Code.MALFORMED, f"Licence {request.license} is by the {meter.name.lower()}; {says}.")
    return [(ZERO_WORD, 1 if request.seconds is None else request.seconds)]


def _time_of(request: QuoteRequest, settings: Settings, moment: Moment) -> int:
    # The chain's clock counts where it is ahead of this machine's, as on a chain for trying things.
    newest = moment.now - settings.ahead
    at = newest if request.at is None else request.at
    if min(abs(at - newest), abs(at - int(time.time()))) > settings.limits.clock:
        detail = f"The uses are of second {at} and the gateway's clock says {newest}; set the clock, or ask again."
        raise Problem(Code.TIME_OFF, detail, more={"now": str(newest)})
    return at
