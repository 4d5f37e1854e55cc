"""A gateway that lost what it took, since an old copy of its journal was restored: the payer's copy mends it.

Without that it could not settle what it served, and the payer could not fetch what he paid for.
"""

from __future__ import annotations

from collections.abc import Sequence

from audiera.client import Audiera, TxReceipt
from audiera.consumer.keeping import Granted, Keeping
from audiera.errors import GatewayError
from audiera.interface import Access, Channel, LoggedUse, Restoration, Restored, SignedHead
from audiera.metering import PricedUse
from audiera.remote import Remote

__all__ = ["mend"]


def mend(client: Audiera[TxReceipt], remote: Remote, keeping: Keeping, channel: Channel) -> int:
    """Bring back what a gateway has lost of batches that the chain has not settled; return how many uses that were.

    Args:
        client: the connection.
        remote: the gateway.
        keeping: the payer's copies.
        channel: as the gateway has it.

    Raises:
        GatewayError: it does not take back what it signed.
    """
    known = {it.head.voucher.batch: it.head.voucher.calls for it in channel.batches}
    count = 0
    for number, head in keeping.heads().items():
        voucher = head.voucher
        if voucher.token != channel.token or known.get(number, 0) >= voucher.calls:
            continue
        if client.usage.batch_of(voucher.voucher().batch_id()).settled_at:
            continue
        count += _bring_back(remote, keeping, head, keeping.uses(number), known.get(number, 0))
    return count


def _bring_back(remote: Remote, keeping: Keeping, head: SignedHead, uses: Sequence[PricedUse], position: int) -> int:
    lost = uses[position:]
    told = [LoggedUse.model_validate({**it.use.abi(), "price": it.price}) for it in lost]
    body = Restoration(head=head, position=position, uses=told)
    answer = remote.ask_openly("POST", "/v1/restore", body.model_dump_json().encode())
    if answer.status != 200:
        raise GatewayError(
            f"{remote.url} has lost {len(lost):,} uses that it signed for, and does not take them back "
            f"({answer.problem()}); tell its operator."
        )
    restored = remote.read(Restored, answer)
    if restored.head.voucher != head.voucher:
        raise GatewayError(f"{remote.url} took back another head than it was given; tell its operator.")
    for access in restored.accesses:
        granted = _granted(head.voucher.batch, access, uses)
        if granted is not None:
            keeping.renew(granted)
    return len(lost)


def _granted(batch: int, access: Access, uses: Sequence[PricedUse]) -> Granted | None:
    """Return what an access grants by uses that were brought back, paid long ago; None: it is of none of them."""
    of = [it.use for it in uses[access.position : access.position + access.calls]]
    if not of:
        return None
    items = [it.item for it in of if any(it.item)]
    return Granted(
        name=f"restored-{batch}-{access.position}",
        dataset=of[0].dataset,
        version=of[0].version,
        items=items or None,
        value=0,
        delivered=True,
        answer=access,
    )
