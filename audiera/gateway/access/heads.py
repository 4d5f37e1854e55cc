"""The head that uses make, and the voucher that somebody signed for one."""

from __future__ import annotations

from dataclasses import replace

from audiera.errors import InputError, SignatureError
from audiera.gateway.access.asked import Asked
from audiera.gateway.batches import BatchState, Held
from audiera.gateway.problems import Code, Problem
from audiera.gateway.settings import Settings
from audiera.interface import Head, SignedHead
from audiera.metering import Batch, fee_of
from audiera.protocol import Domain, Receipt, Struct, Voucher, recover
from audiera.text import Json

__all__ = ["added", "closed", "countersigned", "extended", "signed_head", "signer_of", "unlike"]


def extended(settings: Settings, asked: Asked, held: Held | None, number: int) -> tuple[Batch, Voucher]:
    """Return a batch with the uses that are asked for, and its head.

    Args:
        settings: of the gateway, whose fee and limits hold.
        asked: the uses.
        held: the batch so far; none: it begins.
        number: of the batch.

    Raises:
        Problem: it takes no more.
    """
    if number < asked.fresh if held is None else held.state is not BatchState.OPEN:
        raise closed(number)
    try:
        uses = asked.uses
        batch = (Batch() if held is None else held.batch).grow(uses.line, uses.units, uses.leaves())
        bare = batch.voucher(payer=asked.payer, gateway=asked.gateway, token=asked.token, batch=number)
        voucher = replace(bare, fee=fee_of(bare.amount, settings.fee_ppm))
        voucher.struct_hash()  # refuses sums that do not fit
    except InputError as error:
        raise Problem(Code.BATCH_FULL, f"Batch {number} takes no more ({error}); begin another.") from error
    if voucher.statements > settings.limits.statements:
        raise Problem(Code.BATCH_FULL, f"Batch {number} has as many statements as it may; begin another.")
    return batch, voucher


def closed(number: int) -> Problem:
    """Return the refusal of a batch that takes nothing more."""
    return Problem(Code.BATCH_CLOSED, f"Batch {number} is closed; begin another.", more={"batch": str(number)})


def signer_of(domain: Domain, signed: Struct, signature: bytes) -> str:
    """Return who signed a voucher, or the receipt for one.

    Raises:
        Problem: nobody did, in the one form that the ledger takes.
    """
    try:
        return recover(domain.digest(signed), signature)
    except SignatureError as error:
        raise Problem(Code.SIGNATURE_WRONG, str(error)) from error


def countersigned(settings: Settings, domain: Domain, batch: Batch, voucher: Voucher, signature: bytes) -> Held:
    """Return a batch under a voucher, which the gateway signs as well."""
    receipt = settings.signer.sign_struct(domain, Receipt(voucher.struct_hash()))
    return Held(batch, voucher, signature, receipt, BatchState.OPEN)


def unlike(held: Held | None, voucher: Voucher, told: Voucher) -> Problem:
    """Return why a voucher that was told is not for the head that the uses make, to somebody who signed it.

    Args:
        held: the batch that the uses would extend.
        voucher: for the head that they make.
        told: what was signed.
    """
    if told.fee < voucher.fee and replace(told, fee=voucher.fee) == voucher:
        detail = f"The fee of this batch is {voucher.fee} and not {told.fee}; sign again."
        return Problem(Code.FEE_TOO_SMALL, detail, more={"fee": str(voucher.fee)})
    more: dict[str, Json] = {"expected": Head.of(voucher).model_dump(mode="json"), "head": None}
    if held is not None:
        more["head"] = signed_head(held).model_dump(mode="json")
    if told.calls == voucher.calls:
        return Problem(
            Code.HEAD_WRONG,
            "The voucher is not for the head that these uses make; compute it from the head that is held, and sign.",
            more=more,
        )
    calls = 0 if held is None else held.voucher.calls
    return Problem(
        Code.HEAD_MOVED,
        f"Batch {told.batch} is at {calls} calls here; extend that head, and sign again.",
        more=more,
    )


def added(settings: Settings, asked: Asked, held: Held | None) -> int:
    """Return what the head with the uses speaks for beyond the one before it, fee included."""
    amount, fee = (0, 0) if held is None else (held.voucher.amount, held.voucher.fee)
    return asked.uses.price + fee_of(amount + asked.uses.price, settings.fee_ppm) - fee


def signed_head(held: Held) -> SignedHead:
    """Return a head with both signatures, as it travels."""
    return SignedHead(voucher=Head.of(held.voucher), signature=held.signature, receipt=held.receipt)
