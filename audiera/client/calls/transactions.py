"""Transactions: tried first, then signed, sent, awaited, and read."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final, TypeVar

from eth_typing import ChecksumAddress, HexStr
from web3.types import Nonce, TxParams, Wei
from web3.types import TxReceipt as RawReceipt

from audiera.client.accounts.signers import Signer
from audiera.client.chain.node import Message, Node
from audiera.client.contracts.events import Event, Log
from audiera.client.contracts.suite import Suite
from audiera.errors import ChainError
from audiera.protocol import to_address

__all__ = ["MAX_GAS", "TxReceipt", "await_receipt", "send"]

MAX_GAS: Final = 1 << 24
"""The most gas one transaction may have on Ethereum (EIP-7825)."""

_HEADROOM: Final = 5  # an estimate is raised by a fifth: state may change before the transaction is mined
_FIRST_POLL: Final = 0.01  # seconds; a local chain has mined by then
_LAST_POLL: Final = 2.0  # seconds; public chains take several

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class TxReceipt:
    """A transaction that was mined and succeeded."""

    transaction: bytes
    """Its hash."""
    sender: ChecksumAddress
    to: ChecksumAddress
    block: int
    gas_used: int
    gas_price: int
    """wei for each gas, as paid."""
    logs: tuple[Log[Event], ...]
    """The events of the suite, in order."""

    @property
    def fee(self) -> int:
        """What the sender paid for gas, in wei."""
        return self.gas_used * self.gas_price

    def events(self, kind: type[E]) -> tuple[E, ...]:
        """Return the events of one type, in order."""
        return tuple(it.event for it in self.logs if isinstance(it.event, kind))

    def event(self, kind: type[E]) -> E:
        """Return the only event of its type.

        Raises:
            ChainError: if there is none, or more than one.
        """
        found = self.events(kind)
        if len(found) != 1:
            raise ChainError(
                f"Transaction 0x{self.transaction.hex()} has {len(found)} events {kind.__name__}, not one."
            )
        return found[0]

    @classmethod
    def of(cls, raw: RawReceipt, suite: Suite | None) -> TxReceipt:
        """Read a receipt; without a suite it has no events."""
        return cls(
            transaction=bytes(raw["transactionHash"]),
            sender=to_address(raw["from"]),
            to=to_address(raw["to"]),
            block=raw["blockNumber"],
            gas_used=raw["gasUsed"],
            gas_price=raw.get("effectiveGasPrice", 0),
            logs=tuple(suite.read_logs(raw["logs"])) if suite else (),
        )


def send(node: Node, signer: Signer, message: Message, *, timeout: float, suite: Suite | None = None) -> TxReceipt:
    """Carry out a call as a transaction of the signer's and wait until it is mined.

    It is tried first: what would revert is never sent.

    Raises:
        RevertError: as the contract refuses.
        ChainError: if the node refuses, or the transaction is not mined within `timeout` seconds.
    """
    message = Message(message.to, message.data, signer.address, message.value)
    gas = node.estimate(message)
    transaction: TxParams = {
        "chainId": node.chain_id,
        "nonce": Nonce(node.nonce(signer.address)),
        "to": message.to,
        "value": Wei(message.value),
        "data": HexStr("0x" + message.data.hex()),
        "gas": max(gas, min(gas + gas // _HEADROOM, MAX_GAS)),
        **node.fees(),
    }
    sent = node.send_raw(signer.sign_transaction(transaction))
    receipt = await_receipt(node, sent, timeout)
    if receipt["status"] != 1:
        node.call(message, block=receipt["blockNumber"])  # says why, if the reason still stands
        raise ChainError(
            f"Transaction 0x{sent.hex()} failed in block {receipt['blockNumber']} although it was fine when tried; "
            "something it relies on changed meanwhile: look at it and try again."
        )
    return TxReceipt.of(receipt, suite)


def await_receipt(node: Node, transaction: bytes, timeout: float) -> RawReceipt:
    """Wait until a transaction is mined: asking at once, then ever more slowly.

    Raises:
        ChainError: if it is not within `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    pause = _FIRST_POLL
    while True:
        if (receipt := node.receipt(transaction)) is not None:
            return receipt
        if time.monotonic() + pause > deadline:
            raise ChainError(
                f"Transaction 0x{transaction.hex()} is not mined after {timeout:g} seconds, and may still be: "
                "look it up before sending it again."
            )
        time.sleep(pause)
        pause = min(pause * 1.5, _LAST_POLL)
