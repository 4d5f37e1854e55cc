"""What nodes answer, read strictly: of the right form, and about what was asked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from eth_typing import ChecksumAddress

from audiera.client.contracts import Suite
from audiera.indexer.follow.refusals import OddError, RetryError
from audiera.indexer.rawlog import Block, RawLog
from audiera.protocol import keccak

__all__ = ["Header", "Ours", "header_of", "logs_of", "number_of", "receipts_of"]

_QUANTITY: Final = re.compile(r"0x[0-9a-fA-F]{1,16}")
_HEX: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_LARGEST: Final = (1 << 63) - 1  # what a column of the tables holds
_LAST_INDEX: Final = (1 << 31) - 1
_FULL: Final = 1_024  # bits set of 2,048: beyond these a bloom says yes to nearly anything


class Ours:
    """Which logs are asked for: all of the suite's contracts, whose code emits no other than the suite's events."""

    def __init__(self, suite: Suite) -> None:
        self.addresses: Mapping[str, ChecksumAddress] = {
            it.address.lower(): it.address for it in suite.contracts.values()
        }
        self._topics = {it.address: frozenset(it.artifact.events) for it in suite.contracts.values()}
        self._bits = {
            it.address: (_bits(bytes.fromhex(it.address[2:])), tuple(map(_bits, it.artifact.events)))
            for it in suite.contracts.values()
        }

    def emits(self, address: ChecksumAddress, topic: bytes) -> bool:
        """Say whether a contract has an event of that topic."""
        return topic in self._topics[address]

    def may_be_in(self, header: Header) -> set[ChecksumAddress]:
        """Return the contracts whose events a block's bloom says to be in it; of a full bloom, which says so of
        all, none.
        """
        bloom = header.bloom
        if not bloom or bloom.bit_count() > _FULL:
            return set()
        return {
            address
            for address, (mine, topics) in self._bits.items()
            if bloom & mine == mine and any(bloom & it == it for it in topics)
        }


@dataclass(frozen=True, slots=True)
class Header:
    """A block, and what its logs are said to have."""

    block: Block
    bloom: int


def number_of(value: object, most: int = _LARGEST) -> int:
    """Return a quantity of JSON-RPC.

    Raises:
        RetryError: if it is none.
    """
    if isinstance(value, str) and _QUANTITY.fullmatch(value) and (number := int(value, 16)) <= most:
        return number
    raise _unusable("a number", value)


def header_of(value: object) -> Header | None:
    """Return a block's header; None if the node has no such block.

    Raises:
        RetryError: if it is none.
    """
    if value is None:
        return None
    fields = _object(value)
    block = Block(
        number_of(fields.get("number")),
        _bytes(fields.get("hash"), 32),
        _bytes(fields.get("parentHash"), 32),
        number_of(fields.get("timestamp")),
    )
    bloom = fields.get("logsBloom")  # which some chains do not have
    return Header(block, 0 if bloom is None else int.from_bytes(_bytes(bloom), "big"))


def logs_of(value: object, ours: Ours, blocks: range, hashes: Collection[bytes] | None = None) -> list[RawLog]:
    """Return logs in their order on the chain, each once.

    Args:
        value: what the node answered.
        ours: which were asked for.
        blocks: in which blocks.
        hashes: those blocks' hashes, if they were asked for.

    Raises:
        RetryError: if the answer has another form.
        OddError: if a log was not asked for, contradicts another, or is said to be removed.
    """
    if not isinstance(value, list):
        raise _unusable("logs", value)
    found: dict[tuple[int, int], RawLog] = {}
    hash_at: dict[int, bytes] = {}
    for each in value:
        fields = _object(each)
        log = _log(fields, ours)
        if log.block not in blocks or (hashes is not None and log.block_hash not in hashes):
            raise OddError(f"gave a log of block {log.block:,}, which was not asked for")
        if fields.get("removed", False) is not False:
            raise OddError(f"gave a log of block {log.block:,} that it says to be removed")
        if hash_at.setdefault(log.block, log.block_hash) != log.block_hash:
            raise OddError(f"gave logs of two blocks of number {log.block:,}")
        if found.setdefault((log.block, log.index), log) != log:
            raise OddError(f"gave two logs at place {log.index:,} of block {log.block:,}")
    return [found[key] for key in sorted(found)]


def receipts_of(value: object, ours: Ours, block: Block) -> list[RawLog]:
    """Return our logs among a block's receipts.

    Raises:
        RetryError: if the answer has another form.
        OddError: as of `logs_of`.
    """
    logs: list[object] = []
    for receipt in _list(value):
        logs += [
            it
            for it in _list(_object(receipt).get("logs"))
            if isinstance(it, dict) and str(it.get("address")).lower() in ours.addresses
        ]
    return logs_of(logs, ours, range(block.number, block.number + 1), {block.hash})


def _log(fields: Mapping[str, object], ours: Ours) -> RawLog:
    block = number_of(fields.get("blockNumber"))
    address = ours.addresses.get(str(fields.get("address")).lower())
    if address is None:
        raise OddError(f"gave a log of a contract in block {block:,} that was not asked for")
    topics = tuple(_bytes(it, 32) for it in _list(fields.get("topics")))
    if not 1 <= len(topics) <= 4 or not ours.emits(address, topics[0]):
        raise OddError(f"gave a log in block {block:,} that its contract cannot have written")
    return RawLog(
        block,
        _bytes(fields.get("blockHash"), 32),
        number_of(fields.get("logIndex"), _LAST_INDEX),
        _bytes(fields.get("transactionHash"), 32),
        address,
        topics,
        _bytes(fields.get("data")),
    )


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _unusable("an object", value)
    return value


def _list(value: object) -> Iterable[object]:
    if not isinstance(value, list):
        raise _unusable("a list", value)
    return value


def _bytes(value: object, size: int | None = None) -> bytes:
    if isinstance(value, str) and _HEX.fullmatch(value) and size in {None, len(value) // 2 - 1}:
        return bytes.fromhex(value[2:])
    raise _unusable("hex" if size is None else f"hex of length {2 * size}", value)


def _unusable(due: str, value: object) -> RetryError:
    return RetryError(f"answered {str(value)[:40]!r} where {due} was due")


def _bits(entry: bytes) -> int:
    """Return the three bits that an address or a topic sets in a bloom (Yellow Paper, 4.3.1)."""
    digest = keccak(entry)
    return sum({1 << (int.from_bytes(digest[at : at + 2], "big") & 2_047) for at in (0, 2, 4)})
