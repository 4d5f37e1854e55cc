"""The contracts of a deployment: where they are, what they sign, how their logs read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from eth_typing import ChecksumAddress
from web3.types import LogReceipt

from audiera.client.contracts import events
from audiera.client.contracts.artifacts import Artifact, Entry, artifact
from audiera.client.contracts.codec import decode_log, encode_call
from audiera.client.contracts.events import Event, Log
from audiera.errors import InputError
from audiera.protocol import CONTRACTS, Domain, to_address

__all__ = ["Contract", "Request", "Suite"]

_EVENTS: Final[Mapping[str, type[Event]]] = {
    name: kind
    for name, kind in vars(events).items()
    if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
}


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract at its address on one chain."""

    artifact: Artifact
    address: ChecksumAddress
    chain_id: int

    @property
    def name(self) -> str:
        """As the source calls it."""
        return self.artifact.name

    @property
    def domain(self) -> Domain:
        """What its signatures are good for."""
        return Domain(self.name, self.chain_id, self.address)

    def request(self, function: str, *arguments: object, value: int = 0) -> Request:
        """Return a call of a function, encoded.

        Raises:
            InputError: if there is no such function, or an argument does not fit.
        """
        entry = self.artifact.function(function, len(arguments))
        return Request(self, entry, encode_call(entry, arguments), value)

    def event(self, kind: type[Event]) -> Entry:
        """Return the ABI of an event.

        Raises:
            InputError: if this contract has no such event.
        """
        for entry in self.artifact.events.values():
            if entry.name == kind.__name__:
                return entry
        raise InputError(f"{self.name} has no event {kind.__name__}; see docs/reference.")


@dataclass(frozen=True, slots=True)
class Request:
    """A call of a contract, ready to be sent, signed or tried."""

    contract: Contract
    function: Entry
    data: bytes
    value: int
    """wei sent along."""


@dataclass(frozen=True, slots=True)
class Suite:
    """The contracts of one deployment."""

    contracts: Mapping[str, Contract]

    @classmethod
    def at(cls, chain_id: int, addresses: Mapping[str, str]) -> Suite:
        """Return the suite at these addresses.

        Raises:
            InputError: if one is missing or is not an address.
        """
        if missing := [name for name in CONTRACTS if name not in addresses]:
            raise InputError(f"The deployment names no {', '.join(missing)}; deploy again to complete it.")
        return cls({name: Contract(artifact(name), to_address(addresses[name]), chain_id) for name in CONTRACTS})

    def __getitem__(self, name: str) -> Contract:
        """Return a contract by name.

        Raises:
            InputError: if there is none.
        """
        if name not in self.contracts:
            raise InputError(f"{name!r} is not a contract of the suite; choose from {', '.join(self.contracts)}.")
        return self.contracts[name]

    def read_logs(self, receipts: Iterable[LogReceipt]) -> Iterator[Log[Event]]:
        """Yield the events among some logs; those of other contracts are passed over."""
        by_address = {it.address: it for it in self.contracts.values()}
        for receipt in receipts:
            contract = by_address.get(receipt["address"])
            topics = [bytes(it) for it in receipt["topics"]]
            entry = contract.artifact.events.get(topics[0]) if contract and topics else None
            if contract is None or entry is None:
                continue
            fields = decode_log(entry, topics, bytes(receipt["data"]))
            yield Log(
                event=_EVENTS[entry.name](**fields),
                contract=contract.name,
                block=receipt["blockNumber"],
                transaction=bytes(receipt["transactionHash"]),
                index=receipt["logIndex"],
            )
