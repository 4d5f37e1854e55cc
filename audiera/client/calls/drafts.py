"""A transaction before it is sent: what it may take and cost, and its signature."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from eth_typing import HexStr
from web3.types import Nonce, TxParams, Wei

from audiera.client.accounts.signers import Signer
from audiera.client.chain.node import Message, Node, ether_text
from audiera.client.journal.entries import Entry
from audiera.errors import ChainError
from audiera.protocol import keccak

__all__ = ["MAX_GAS", "Draft", "checked_cost", "gas_limit", "most_of", "sign"]

MAX_GAS: Final = 1 << 24
"""The most gas one transaction may have on Ethereum (EIP-7825)."""

_HEADROOM: Final = 5  # an estimate is raised by a fifth: state may change before the transaction is mined


@dataclass(frozen=True, slots=True)
class Draft:
    """A transaction before it is signed."""

    message: Message
    title: str
    intent: bytes
    gas: int
    purpose: bytes = b""
    began: int = 0
    now: int = 0


def gas_limit(estimate: int) -> int:
    """Return the gas that a transaction is given: a fifth more than it would use, up to the most there may be."""
    return max(estimate, min(estimate + estimate // _HEADROOM, MAX_GAS))


def checked_cost(node: Node, gas: int, fees: TxParams) -> int:
    """Return what a transaction's gas costs at most, in wei.

    How much it needs, and for how much, is what the node says, so both are bounded.

    Raises:
        ChainError: if it is more gas than a transaction may have, or costs more than the user pays for one.
    """
    if gas > MAX_GAS:
        raise ChainError(
            f"The node says that this takes {gas:,} gas, and a transaction may have {MAX_GAS:,}; do less at once, or "
            "ask another node."
        )
    cost = gas * most_of(fees)
    if cost > node.max_fee:
        raise ChainError(
            f"The gas of this transaction would cost up to {ether_text(cost)}, as the node says, and at most "
            f"{ether_text(node.max_fee)} is paid for that. Wait until gas is cheaper, ask another node, or allow more "
            "with --max-fee."
        )
    return cost


def sign(signer: Signer, node: Node, draft: Draft, *, nonce: int, fees: TxParams, owner: str) -> Entry:
    """Sign a transaction and return what the journal is to have of it.

    Raises:
        ChainError: if its gas is more, or costs more, than it may.
    """
    checked_cost(node, draft.gas, fees)
    transaction: TxParams = {
        "chainId": node.chain_id,
        "nonce": Nonce(nonce),
        "to": draft.message.to,
        "value": Wei(draft.message.value),
        "data": HexStr("0x" + draft.message.data.hex()),
        "gas": draft.gas,
        **fees,
    }
    raw, second = signer.sign_transaction(transaction), int(time.time())
    tip = fees.get("maxPriorityFeePerGas")
    return Entry(
        hash=keccak(raw),
        nonce=nonce,
        intent=draft.intent,
        purpose=draft.purpose,
        began=draft.began or second,
        now=draft.now,
        title=draft.title,
        to=draft.message.to,
        value=draft.message.value,
        data=draft.message.data,
        gas=draft.gas,
        max_fee=most_of(fees),
        tip=None if tip is None else int(tip),
        raw=raw,
        signed_at=second,
        owner=owner,
    )


def most_of(fees: TxParams) -> int:
    """Return what each gas may cost at most, in wei."""
    return int(fees["maxFeePerGas"] if "maxFeePerGas" in fees else fees["gasPrice"])
