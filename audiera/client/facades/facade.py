"""What the facades of all contracts share: views, sending, batches, relayed calls, events.

Every method is the Solidity function of the same name in snake case. Those that change something answer whatever the
facade's sender makes of a call: a receipt, a signed call, bytes for a multicall, or a preview.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from eth_typing import ChecksumAddress

from audiera.client.calls.senders import Sender
from audiera.client.chain.logs import read_pages
from audiera.client.chain.node import Message, Node
from audiera.client.contracts.codec import decode_outputs, encode_topic, expect, snake
from audiera.client.contracts.events import Event, Log
from audiera.client.contracts.suite import Contract, Suite
from audiera.errors import ChainError, InputError
from audiera.protocol import ETHER, to_address

__all__ = ["Context", "Facade", "ether"]

R = TypeVar("R")
T = TypeVar("T")
U = TypeVar("U")
E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Context(Generic[R]):
    """What a facade works with."""

    node: Node
    suite: Suite
    sender: Sender[R]
    account: ChecksumAddress | None
    """Who acts; None if nobody does."""
    start: int
    """The block that the suite was deployed in: no event is older."""
    block: int | None = None
    """As of which block views answer; the newest unless told."""


class Facade(Generic[R]):
    """One contract. Subclasses set `NAME`."""

    NAME: str

    def __init__(self, context: Context[R]) -> None:
        self._context = context
        self.contract: Contract = context.suite[self.NAME]
        self.address = self.contract.address

    def multicall(self, calls: Sequence[bytes]) -> R:
        """Carry out several calls of this contract as one; `Audiera.encoding` makes them. All succeed, or none."""
        return self._send("multicall", list(calls))

    def cancel(self, nonces: Sequence[int]) -> R:
        """Void what the account signed, or will sign, under these nonces."""
        return self._send("cancel", list(nonces))

    def is_nonce_used(self, account: str, nonce: int) -> bool:
        """Say whether a nonce is used or cancelled."""
        return self._view(bool, "isNonceUsed", to_address(account), nonce)

    def logs(
        self, kind: type[E], *, first: int | None = None, last: int | None = None, **arguments: object
    ) -> Iterator[Log[E]]:
        """Yield this contract's events of one type, oldest first.

        Args:
            kind: the type of event.
            first: the first block; the deployment's unless told.
            last: the last block; the newest unless told.
            arguments: values of indexed arguments, by their Python names: only such events are yielded.

        Raises:
            InputError: if an argument is not an indexed one of the event.
            ChainError: if the node refuses even small ranges of blocks.
        """
        yield from self._read(kind, first, last, arguments)

    def _read(
        self, kind: type[E], first: int | None, last: int | None, arguments: dict[str, object]
    ) -> Iterator[Log[E]]:
        entry = self.contract.event(kind)
        topics: list[bytes | None] = [entry.hash]
        for param in entry.inputs:
            if param.indexed:
                value = arguments.pop(snake(param.name), None)
                topics.append(None if value is None else encode_topic(param, value))
        if arguments:
            raise InputError(f"{kind.__name__} has no indexed {', '.join(arguments)}; filter the events yourself.")
        start = self._context.start if first is None else first
        node, suite = self._context.node, self._context.suite
        for page in read_pages(node, [self.address], topics, start, node.block_number() if last is None else last):
            for log in suite.read_logs(page):
                yield Log(expect(kind, log.event), log.contract, log.block, log.transaction, log.index)

    def _one(self, kind: type[E], what: str, **arguments: object) -> E:
        """Return the first event that fits; refuse in the words of `what` if there is none."""
        for log in self._read(kind, None, None, arguments):
            return log.event
        raise ChainError(f"There is no {what} on chain {self.contract.chain_id}; check the number and the network.")

    def _send(self, function: str, *arguments: object, value: int = 0) -> R:
        return self._context.sender.send(self.contract.request(function, *arguments, value=value))

    def _outputs(self, function: str, *arguments: object) -> tuple[object, ...]:
        request = self.contract.request(function, *arguments)
        message = Message(self.address, request.data)
        return decode_outputs(request.function, self._context.node.call(message, self._context.block))

    def _view(self, kind: type[T], function: str, *arguments: object) -> T:
        (found,) = self._outputs(function, *arguments)
        return expect(kind, found)

    def _pair(self, first: type[T], second: type[U], function: str, *arguments: object) -> tuple[T, U]:
        one, two = self._outputs(function, *arguments)
        return expect(first, one), expect(second, two)


def ether(token: str, amount: int) -> int:
    """Return the wei that go along when `amount` of `token` is paid."""
    return amount if to_address(token) == ETHER else 0
