"""Logs as events, several times as fast as `Suite.read_logs`: a reader for each event, made once from its ABI.

What strangers may put into an event reads always: a text that is no UTF-8 has replacement characters in it, and a NUL,
which databases do not take, is one, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, TypeAlias

from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from audiera.client import Campaign, Content, events
from audiera.client.contracts import Entry, Param, Suite, snake
from audiera.client.contracts.events import Event
from audiera.errors import ChainError
from audiera.indexer.rawlog import RawLog
from audiera.protocol import Kind, Meter, Parent, Share, Terms

__all__ = ["Decoder"]

Read: TypeAlias = Callable[[bytes, int, int], object]
"""Reads a value of some data: where the offsets in it count from, and where its head is."""

_WORD: Final = 32
_STRUCTS: Final[Mapping[str, Callable[..., object]]] = {
    f"struct {it.__name__}": it for it in (Campaign, Content, Parent, Share, Terms)
}
_ENUMS: Final[Mapping[str, Callable[[int], object]]] = {"enum Kind": Kind, "enum Meter": Meter}


class Decoder:
    """Reads the logs of one deployment."""

    def __init__(self, suite: Suite) -> None:
        self._readers = {
            (contract.address, topic): _Reader.of(contract.name, entry)
            for contract in suite.contracts.values()
            for topic, entry in contract.artifact.events.items()
        }

    def decode(self, log: RawLog) -> tuple[str, Event] | None:
        """Return the contract's name and the event; none if no contract of the suite has such a one.

        Raises:
            ChainError: if topics and data are not such an event's.
        """
        reader = self._readers.get((log.address, log.topics[0])) if log.topics else None
        return None if reader is None else (reader.contract, reader.read(log))


@dataclass(frozen=True, slots=True)
class _Reader:
    contract: str
    kind: Callable[..., Event]
    steps: Sequence[tuple[int, int, Read]]
    """For each argument: which topic it is, or 0 for the data; where in that it starts; how it reads."""
    topics: int
    head: int
    """The bytes that the data has at least."""

    @classmethod
    def of(cls, contract: str, entry: Entry) -> _Reader:
        steps: list[tuple[int, int, Read]] = []
        topics, head = 1, 0
        for param in entry.inputs:
            size, read = _read(param)
            if param.indexed:
                steps.append((topics, 0, read))
                topics += 1
            else:
                steps.append((0, head, read))
                head += size
        return cls(contract, getattr(events, entry.name), steps, topics, head)

    def read(self, log: RawLog) -> Event:
        if len(log.topics) != self.topics or len(log.data) < self.head:
            raise _unreadable(log)
        parts = (log.data, *log.topics[1:])
        try:
            return self.kind(*[read(parts[part], 0, at) for part, at, read in self.steps])
        except ValueError as error:
            raise _unreadable(log) from error


def _unreadable(log: RawLog) -> ChainError:
    return ChainError(
        f"Log {log.index} of block {log.block} does not read as an event of {log.address}; check that the node is "
        "on the right chain."
    )


def _read(param: Param) -> tuple[int, Read]:
    """Return how many bytes of head a parameter has, and what reads it."""
    if param.type.endswith("[]"):
        return _WORD, _list(replace(param, type=param.type.removesuffix("[]")))
    if param.components:
        return _struct(param)
    return _WORD, _FIXED.get(param.type) or _whole(param)


def _whole(param: Param) -> Read:
    bits = int(param.type.removeprefix("uint"))
    enum = _ENUMS.get(param.origin, int)
    if enum is int:
        return lambda data, _, at: _number(data, at, bits)
    return lambda data, _, at: enum(_number(data, at, bits))


def _struct(param: Param) -> tuple[int, Read]:
    build, parts, size = _STRUCTS[param.origin], [], 0
    for each in param.components:
        width, read = _read(each)
        parts.append((snake(each.name), size, read))
        size += width
    dynamic = "[]" in param.type

    def read_struct(data: bytes, base: int, at: int) -> object:
        if dynamic:
            base = at = base + _offset(data, at)
        if at + size > len(data):
            raise ValueError("it is cut off")
        return build(**{name: read(data, base, at + place) for name, place, read in parts})

    return (_WORD if dynamic else size), read_struct


def _list(param: Param) -> Read:
    size, read = _read(param)

    def read_list(data: bytes, base: int, at: int) -> object:
        at = base + _offset(data, at)
        count = _offset(data, at)
        first = at + _WORD
        if first + count * size > len(data):
            raise ValueError("it is cut off")
        return tuple([read(data, first, first + place * size) for place in range(count)])

    return read_list


def _text(data: bytes, base: int, at: int) -> str:
    at = base + _offset(data, at)
    size = _offset(data, at)
    return data[at + _WORD : at + _WORD + size].decode("utf-8", "replace").replace("\0", "\ufffd")


def _offset(data: bytes, at: int) -> int:
    if at + _WORD > len(data):
        raise ValueError("it is cut off")
    return _number(data, at, 63)


def _number(data: bytes, at: int, bits: int) -> int:
    value = int.from_bytes(data[at : at + _WORD], "big")
    if value >> bits:
        raise ValueError(f"{value} has more than {bits} bits")
    return value


@lru_cache(maxsize=1 << 16)
def _address(digits: bytes) -> ChecksumAddress:
    return to_checksum_address(digits)


_FIXED: Final[Mapping[str, Read]] = {
    "string": _text,
    "address": lambda data, _, at: _address(data[at + 12 : at + _WORD]),
    "bytes32": lambda data, _, at: data[at : at + _WORD],
    "bool": lambda data, _, at: bool(_number(data, at, 1)),
}
"""What is not a number, by type."""
