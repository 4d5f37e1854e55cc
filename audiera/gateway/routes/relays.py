"""`/v1/relay`: signed calls, carried out by the gateway."""

from __future__ import annotations

from fastapi import APIRouter, Request

from audiera.client import SignedCall
from audiera.gateway.routes.shared import OurRelay
from audiera.interface import CallToRelay, Hash, Relayed, RelayOffer
from audiera.protocol import Call, to_address

__all__ = ["carry_out", "offered", "outcome", "relays"]

relays = APIRouter(prefix="/v1/relay", tags=["relay"])


@relays.get("", summary="What is carried out here")
def offered(relay: OurRelay) -> RelayOffer:
    """Answer which functions are carried out, and who pays the gas."""
    return relay.offer()


@relays.post("", summary="Carry out a signed call")
def carry_out(body: CallToRelay, request: Request, relay: OurRelay) -> Relayed:
    """Try the call, send it, and answer the hash at once. The same call again gets the same answer."""
    call = Call(account=to_address(body.account), data=body.data, nonce=body.nonce, deadline=body.deadline)
    signed = SignedCall(
        chain_id=body.chainId,
        contract=body.contract,
        address=to_address(body.address),
        call=call,
        signature=body.signature,
    )
    return relay.submit(signed, request.state.address)


@relays.get("/{transaction}", summary="What became of a call")
def outcome(transaction: Hash, relay: OurRelay) -> Relayed:
    """Answer whether a call is mined, and what happened then."""
    return relay.outcome(transaction)
