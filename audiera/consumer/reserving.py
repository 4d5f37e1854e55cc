"""What of a channel the payer's own heads speak for: by the chain, and never by what a gateway says alone."""

from __future__ import annotations

from audiera.client import Audiera, TxReceipt
from audiera.consumer.keeping import Keeping
from audiera.errors import SignatureError
from audiera.interface import Channel, SignedHead
from audiera.protocol import SignerScope, recover

__all__ = ["spoken_for"]


def spoken_for(client: Audiera[TxReceipt], keeping: Keeping, told: Channel) -> int:
    """Return what may still be settled from a channel, fees included, in its token's smallest unit.

    It counts the heads that are written down, and those that the gateway shows, as pulls to other folders left them, if
    the payer signed them; both only where the chain has not settled their batch. A gateway that says that less is free
    has no more put there for it.

    Args:
        client: the connection.
        keeping: the payer's copies.
        told: the channel as the gateway has it.
    """
    worth: dict[bytes, int] = {}
    for head in (*keeping.heads().values(), *(it.head for it in told.batches)):
        of = head.voucher
        if (of.payer, of.gateway, of.token) != (told.payer, told.gateway, told.token):
            continue
        batch, value = of.voucher().batch_id(), of.amount + of.fee
        if value > worth.get(batch, 0) and _is_signed(client, head):
            worth[batch] = value
    return sum(value for batch, value in worth.items() if not client.usage.batch_of(batch).settled_at)


def _is_signed(client: Audiera[TxReceipt], head: SignedHead) -> bool:
    """Say whether the payer, or somebody who may pay for it, signed a head."""
    payer = head.voucher.payer
    try:
        signer = recover(client.domain("UsageLedger").digest(head.voucher.voucher()), head.signature)
    except SignatureError:
        return False
    return signer == payer or client.licenses.is_signer(payer, signer, SignerScope.Pay)
