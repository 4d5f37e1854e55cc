"""What becomes of a call: it is sent, signed for somebody else to send, encoded, or only tried.

Every sending method of the facade hands its request to one of these, so each method is written once.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Protocol, TypeVar

from eth_typing import ChecksumAddress

from audiera.client.accounts.signers import Signer, who_signs
from audiera.client.calls.intents import title_of
from audiera.client.calls.receipts import TxReceipt
from audiera.client.calls.relay import SignedCall
from audiera.client.calls.runs import Run
from audiera.client.calls.transactions import send
from audiera.client.chain.node import Message, Node
from audiera.client.contracts.codec import decode_outputs
from audiera.client.contracts.suite import Contract, Request, Suite
from audiera.errors import InputError
from audiera.protocol import Call

__all__ = ["Asker", "Encoder", "Preview", "Previewer", "RelaySigner", "Sender", "Transactor", "submit"]

R_co = TypeVar("R_co", covariant=True)


class Sender(Protocol[R_co]):
    """Takes the requests of a facade."""

    def send(self, request: Request) -> R_co:
        """Do with the request what this sender is for."""
        ...


@dataclass(frozen=True, slots=True)
class Transactor:
    """Sends each request as a transaction of its own and waits for it."""

    node: Node
    suite: Suite
    signer: Signer | None
    timeout: float
    run: Run | None = None
    """What the transactions are part of, if what comes of them is told later than each returns."""

    def send(self, request: Request) -> TxReceipt:
        """Try, sign, send, await; or await what was sent for the same and never told.

        Raises:
            NoSignerError: if nobody can sign.
            RevertError: as the contract refuses; then nothing is sent.
            ChainError: if the node refuses or takes too long.
            StorageError: if what is sent cannot be written down first.
        """
        return send(
            self.node,
            who_signs(self.signer),
            _message(request),
            timeout=self.timeout,
            title=title_of(_message(request), request.contract.name),
            suite=self.suite,
            run=self.run,
        )


@dataclass(frozen=True, slots=True)
class Encoder:
    """Returns each request as bytes for `multicall`."""

    def send(self, request: Request) -> bytes:
        """Return selector and arguments.

        Raises:
            InputError: if ETH would have to go along, which a part of a multicall cannot.
        """
        if request.value:
            raise InputError(
                f"{request.function.name} needs {request.value} wei along; it cannot be part of a multicall."
            )
        return request.data


@dataclass(frozen=True, slots=True)
class Asker:
    """Returns each request as it is."""

    def send(self, request: Request) -> Request:
        """Do nothing with it."""
        return request


@dataclass(frozen=True, slots=True)
class Preview:
    """What a call would do."""

    outputs: tuple[object, ...]
    """What it would return."""
    gas: int
    """What it would use, as estimated."""
    value: int
    """wei it would send along."""


@dataclass(frozen=True, slots=True)
class Previewer:
    """Tries each request and sends nothing."""

    node: Node
    account: ChecksumAddress

    def send(self, request: Request) -> Preview:
        """Try it.

        Raises:
            RevertError: as the contract would refuse.
        """
        message = Message(request.contract.address, request.data, self.account, request.value)
        outputs = decode_outputs(request.function, self.node.call(message))
        return Preview(outputs, self.node.estimate(message), request.value)


@dataclass(frozen=True, slots=True)
class RelaySigner:
    """Signs each request for somebody else to carry out."""

    node: Node
    signer: Signer | None
    nonce: int | None
    """Fixed, or random for each call."""
    deadline: int | None
    """Unix seconds, or a while from now."""
    lifetime: int
    """Seconds until the deadline, where none is fixed."""

    def send(self, request: Request) -> SignedCall:
        """Try the call as the account, sign it, and try the signed call.

        Raises:
            NoSignerError: if nobody can sign.
            InputError: if ETH would have to go along.
            RevertError: as the contract would refuse.
        """
        signer = who_signs(self.signer)
        if request.value:
            raise InputError(
                f"{request.function.name} needs {request.value} wei along, which a signed call cannot carry; "
                "send it from the account, or pay in a token."
            )
        contract = request.contract
        self.node.call(Message(contract.address, request.data, signer.address))
        call = Call(
            account=signer.address,
            data=request.data,
            nonce=secrets.randbits(256) if self.nonce is None else self.nonce,
            deadline=self.node.timestamp() + self.lifetime if self.deadline is None else self.deadline,
        )
        signature = signer.sign_struct(contract.domain, call)
        signed = SignedCall(
            chain_id=contract.chain_id,
            contract=contract.name,
            address=contract.address,
            call=call,
            signature=signature,
        )
        self.node.call(Message(contract.address, _outer(contract, signed).data, signer.address))
        return signed


def submit(sender: Sender[R_co], suite: Suite, signed: SignedCall) -> R_co:
    """Carry out somebody's signed call.

    Raises:
        InputError: if it is for another chain or deployment.
        RevertError: as the contract refuses, as if the account had called it.
    """
    signed.check_for(suite)
    return sender.send(_outer(suite[signed.contract], signed))


def _outer(contract: Contract, signed: SignedCall) -> Request:
    call = signed.call
    return contract.request("callFor", call.account, call.data, call.nonce, call.deadline, signed.signature)


def _message(request: Request) -> Message:
    return Message(request.contract.address, request.data, value=request.value)
