"""Acting without the chain's coin: the gateway carries out what an account signed, and pays the gas.

What is signed is written down first and handed over until the chain has it or its time is over, so that of a licence,
a deposit or an offer there is one, whatever ends the command and whatever the gateway says: what became of it is read
from the chain.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from audiera.client import Audiera, Facade, SignedCall, TxReceipt
from audiera.client.contracts.events import CallRelayed, NonceCancelled
from audiera.consumer.keeping import Keeping, Signed
from audiera.errors import AudieraError, GatewayError, StorageError
from audiera.interface import Relayed
from audiera.protocol import check_signer
from audiera.remote import RELAY_PATIENCE, Remote, outcome, submit
from audiera.text import shown

__all__ = ["CARRIED_FOR", "carry", "carry_on", "carry_out", "see_through"]

CARRIED_FOR: Final = 600
"""Seconds for which what is handed over is good."""

_POLL: Final = 0.5
_PAID_BY: Final = {"LicenseRegistry", "UsageLedger"}


def carry(client: Audiera[TxReceipt], remote: Remote, keeping: Keeping, signed: SignedCall) -> TxReceipt:
    """Have a gateway carry out a call, and return its receipt, as the chain has it.

    It stays written down until `keeping.carried`, which is for whoever has noted what came of it.

    Raises:
        GatewayError: it is not carried out; the same is handed over again by the next run, until its time is over.
        StorageError: the gateway cannot be reached.
    """
    keeping.hand_over(Signed(call=signed.to_json(), block=client.node.block_number()))
    receipt = carry_on(client, remote, keeping)
    if receipt is None:
        raise GatewayError("What was signed was cancelled, or its time is over; run it again.")
    return receipt


def carry_on(client: Audiera[TxReceipt], remote: Remote, keeping: Keeping) -> TxReceipt | None:
    """Return the receipt of what an earlier run handed over, as the chain has it; None: there was nothing, or it never
    will be carried out.

    Raises:
        GatewayError: it is not carried out yet.
        StorageError: the gateway cannot be reached.
    """
    kept = keeping.handed_over()
    if kept is None:
        return None
    signed = SignedCall.from_json(kept.call)
    is_over = client.node.timestamp() > signed.call.deadline  # first: a block after it is one that nothing changes
    if not _is_used(client, signed):
        if is_over:
            keeping.carried()
            return None
        _await(client, remote, signed)
    receipt = _receipt(client, signed, kept.block)
    if receipt is None:
        keeping.carried()
    return receipt


def carry_out(client: Audiera[TxReceipt], remote: Remote, signed: SignedCall) -> TxReceipt | None:
    """Have a gateway carry out what anybody signed, and return its receipt, as the chain has it; None: it was carried
    out before, or cancelled.

    Raises:
        GatewayError: it is not carried out; the same may be handed over again.
        StorageError: the gateway cannot be reached.
    """
    if _is_used(client, signed):
        return None
    first = client.node.block_number()
    _await(client, remote, signed)
    return _receipt(client, signed, first)


def see_through(client: Audiera[TxReceipt], remote: Remote, keeping: Keeping, report: Callable[[str], None]) -> None:
    """Return once what a pull to another folder handed over is carried out, or never will be.

    Till then nobody can tell what the account holds. Whoever carries such a call out, its own pull finds it there.

    Args:
        client: of the account.
        remote: a gateway that may carry it out; where it does not, another may.
        keeping: of the other pull.
        report: is told what is waited for.

    Raises:
        GatewayError: its time is over, and the chain does not tell.
    """
    signed = _signed_in(client, keeping)
    if signed is None:
        return

    def is_open() -> bool:
        return client.node.timestamp() <= signed.call.deadline and not _is_used(client, signed)

    if not is_open():
        return
    other = shown(str(keeping.folder.parent))
    ends = time.monotonic() + CARRIED_FOR + RELAY_PATIENCE
    with suppress(GatewayError, StorageError):  # whatever it says: others may carry it out
        _await(client, remote, signed)
    if is_open():
        minutes = (signed.call.deadline - client.node.timestamp()) // 60 + 1
        report(f"Waiting, {minutes} minutes at most, for what the pull to {other} signed: it may be carried out yet.")
    while is_open():
        if time.monotonic() > ends:
            raise GatewayError(
                f"What the pull to {other} signed may be carried out yet, and the chain has no block late enough to "
                "tell; run it again later, or go on with that pull first."
            )
        time.sleep(_POLL)


def _signed_in(client: Audiera[TxReceipt], keeping: Keeping) -> SignedCall | None:
    """Return what the account signed for a gateway, as another pull has it; None: nothing that concerns this one.

    Others may write beside this folder, so what they put there is passed over, and so is what is damaged.
    """
    try:
        kept = keeping.handed_over() if keeping.is_own() else None
        if kept is None:
            return None
        signed = SignedCall.from_json(kept.call)
        signed.check_for(client.suite)
        check_signer(client.suite[signed.contract].domain.digest(signed.call), signed.signature, client.account)
    except AudieraError:
        return None
    return signed if signed.call.account == client.account and signed.contract in _PAID_BY else None


def _await(client: Audiera[TxReceipt], remote: Remote, signed: SignedCall) -> None:
    """Hand a call over, and return once the chain has it."""
    answer, ends = submit(remote, signed), time.monotonic() + RELAY_PATIENCE
    if answer.status != 200:
        raise GatewayError(f"{remote.url} does not carry out what was signed: {answer.problem()}. {_again(signed)}")
    found = remote.read(Relayed, answer)
    while not _is_used(client, signed):
        if found.state == "failed" or time.monotonic() > ends:
            raise GatewayError(f"{remote.url} has not carried out what was signed. {_again(signed)}")
        time.sleep(_POLL)
        if found.state == "sent":
            found = outcome(remote, found)


def _again(signed: SignedCall) -> str:
    left = max(int(signed.call.deadline - time.time()), 0) // 60 + 1
    return (
        "Run it again: the same is handed over, and nothing is done twice; or in "
        f"{left} minutes, when what was signed is good no more."
    )


def _is_used(client: Audiera[TxReceipt], signed: SignedCall) -> bool:
    return _facade(client, signed).is_nonce_used(signed.call.account, signed.call.nonce)


def _receipt(client: Audiera[TxReceipt], signed: SignedCall, first: int) -> TxReceipt | None:
    """Return the receipt of a call whose nonce is used since a block; None: it was cancelled."""
    call, facade = signed.call, _facade(client, signed)
    for log in facade.logs(CallRelayed, account=call.account, nonce=call.nonce, first=first):
        if (raw := client.node.receipt(log.transaction)) is not None:
            return TxReceipt.of(raw, client.suite)
    if any(facade.logs(NonceCancelled, account=call.account, nonce=call.nonce, first=first)):
        return None
    raise GatewayError("The node does not know yet what the chain has; run it again.")


def _facade(client: Audiera[TxReceipt], signed: SignedCall) -> Facade[TxReceipt]:
    facades = (client.royalty, client.datasets, client.licenses, client.usage, client.incentives)
    return next(it for it in facades if it.contract.name == signed.contract)
