"""Claiming what a payee is owed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from sqlalchemy import select

from audiera.explorer.asked import Reading
from audiera.explorer.calling import ActView, contracts, name_of, payee_in, prepare
from audiera.explorer.commands import ape
from audiera.explorer.refusals import bad_request, not_found
from audiera.explorer.sharing import split_of
from audiera.explorer.strangers import cut
from audiera.indexer.tables import ACCOUNTS, CLAIMED, RECEIVED, RECIPIENTS
from audiera.protocol import ETHER, WHOLE, is_account, payee_address, to_address
from audiera.quantities import format_ppm
from audiera.text import hex_of

__all__ = ["ClaimView"]


@dataclass(frozen=True, slots=True)
class ClaimView(ActView):
    """What a split owes one of its payees in a token, paid out."""

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the claim, which anybody may send.

        Raises:
            RefusalError: there is no such split, the payee has no share of it, or nothing is owed.
        """
        asked, connection = reading.asked, reading.connection
        payee, token = payee_in(asked.part("payee")), _token(asked.part("token"))
        split = split_of(reading, asked.part("split").lower())
        split_id, ppm = split.id(), split.ppm_of(payee)
        shown = payee_address(payee) if not is_account(payee) else hex_of(payee)
        if not ppm:
            raise not_found(f"{shown} has no share in split {hex_of(split_id)}.")
        keyed = (hex_of(split_id), token, hex_of(payee))
        received = connection.execute(
            select(RECEIVED.c.amount).where(RECEIVED.c.split == keyed[0], RECEIVED.c.token == token)
        ).scalar()
        claimed = connection.execute(
            select(CLAIMED.c.amount).where(
                CLAIMED.c.split == keyed[0], CLAIMED.c.token == token, CLAIMED.c.payee == keyed[2]
            )
        ).scalar()
        owed = reading.tokens.money((received or 0) * ppm // WHOLE - (claimed or 0), token)
        if owed.amount == "0":
            raise not_found(
                f"Split {keyed[0]} owes {shown} nothing in {owed.unit} up to block {reading.index.block:,}."
            )
        proof = split.proof(payee)
        told = (
            (split_id, "the split that owes it"),
            (token, f"the token that is owed: {owed.unit}"),
            (payee, f"who is owed: {shown}"),
            (ppm, f"its share: {format_ppm(ppm)}"),
            (list(proof), "hashes that prove the share"),
        )
        datasets = connection.execute(select(ACCOUNTS.c.dataset).where(ACCOUNTS.c.split == keyed[0])).scalars().all()
        dataset = datasets[0] if len(datasets) == 1 else None
        return cls(
            index=reading.index,
            what="Claim what is owed",
            dataset=dataset,
            name=None if dataset is None else name_of(reading, dataset),
            account=None,
            command=ape(reading.index.chain_id, f"royalty claim {keyed[0]}", f"--payee {shown}", acts=True),
            calls=(prepare(f"Claim {owed}", contracts(reading)["RoyaltySplitter"], "claim", told),),
            costs="Nothing but gas. Anybody may send it for anybody.",
            effects=(
                _where(reading, payee, str(owed)),
                "What has come in since is paid along with it.",
            ),
        )


def _token(text: str) -> str:
    try:
        return to_address(text)
    except ValueError as error:
        raise bad_request(f"{cut(text, 50)} is not the address of a token; that of ETH is {ETHER}.") from error


def _where(reading: Reading, payee: bytes, owed: str) -> str:
    if is_account(payee):
        return f"{owed} go to the split that account {hex_of(payee)} is assigned to, and can be claimed from there."
    address = payee_address(payee)
    recipient = reading.connection.execute(select(RECIPIENTS.c.recipient).where(RECIPIENTS.c.payee == address)).scalar()
    if recipient in {None, ETHER, address}:
        return f"{owed} are paid to {address}, whoever signs."
    return f"{owed} are paid to {recipient}, where {address} chose to be paid, whoever signs."
