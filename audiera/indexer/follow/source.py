"""What a node says of a chain: blocks with their logs, believed only with what proves that the node has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

from audiera.indexer.follow.answers import Header, Ours, header_of, logs_of, number_of, receipts_of
from audiera.indexer.follow.refusals import OddError, RetryError
from audiera.indexer.follow.wire import Call, Wire
from audiera.indexer.rawlog import Block, RawLog

__all__ = ["Head", "Source", "Stretch"]


@dataclass(frozen=True, slots=True)
class Head:
    """Where a node's chain ends, and which chain it is."""

    chain_id: int
    genesis: bytes
    block: Block


@dataclass(frozen=True, slots=True)
class Stretch:
    """What lies in a range of blocks."""

    first: int
    last: int
    blocks: tuple[Block, ...]
    """All of them, or those that have logs and the last."""
    logs: tuple[RawLog, ...]
    """In their order on the chain."""


class Source:
    """A node that is asked for the logs of a suite."""

    def __init__(self, wire: Wire, ours: Ours) -> None:
        self.wire, self._ours = wire, ours
        self.asked_again = 0
        """How many blocks were asked for a second time because their bloom spoke of logs that did not come."""

    @property
    def name(self) -> str:
        """The node, as sentences begin with it."""
        return self.wire.name

    def head(self) -> Head:
        """Return where the node's chain ends.

        Raises:
            RetryError: as every method here, if the node does not answer, or not with what was asked for.
        """
        chain, genesis, newest = self.wire.ask([("eth_chainId", []), _block(0), _block("latest")])
        with self._reading():
            first, last = header_of(genesis), header_of(newest)
            if first is None or last is None:
                raise RetryError("has no blocks")
            return Head(number_of(chain), first.block.hash, last.block)

    def header(self, number: int) -> Block | None:
        """Return a block of the node's chain; None if it has none of that number."""
        found = self.headers([number]).get(number)
        return found.block if found else None

    def headers(self, numbers: Sequence[int]) -> dict[int, Header]:
        """Return those of some blocks that the node has, by number."""
        answers = self.wire.ask([_block(it) for it in numbers])
        found: dict[int, Header] = {}
        with self._reading():
            for number, answer in zip(numbers, answers, strict=True):
                header = header_of(answer)
                if header is None:
                    continue
                if header.block.number != number:
                    raise OddError(f"gave block {header.block.number:,} for block {number:,}")
                found[number] = header
        return found

    def past(self, first: int, last: int, before: bytes | None) -> Stretch:
        """Return the logs of a range of blocks that are old enough to stay.

        Args:
            first: the first block.
            last: the last one.
            before: the hash of the block before the first, on the chain that is read; None if there is none.

        Raises:
            RetryError: also if the node has not come as far as `last`, or is on another chain than `before`.
        """
        calls = [_logs({"fromBlock": hex(first), "toBlock": hex(last), **self._wanted()}), _block(last)]
        answers = self.wire.ask(calls if before is None else [*calls, _block(first - 1)])
        with self._reading():
            end = header_of(answers[1])
            if end is None or end.block.number != last:
                raise RetryError(f"has not come to block {last:,}, though it said so")
            if before is not None:
                previous = header_of(answers[2])
                if previous is None or previous.block.hash != before:
                    raise RetryError(f"has another block before block {first:,} than the one that was read")
            logs = logs_of(answers[0], self._ours, range(first, last + 1))
        named = {it.block: it.block_hash for it in logs}
        blocks = {last: end.block}
        blocks |= {number: it.block for number, it in self.headers([it for it in named if it != last]).items()}
        for number, digest in named.items():
            if number not in blocks or blocks[number].hash != digest:
                raise RetryError(f"{self.name} gave logs of another block {number:,} than its chain has.")
        return Stretch(first, last, tuple(blocks[it] for it in sorted(blocks)), tuple(logs))

    def recent(self, first: int, last: int) -> Stretch:
        """Return the blocks of a range, each the child of the one before it, and their logs by the blocks' hashes.

        What the node does not have yet is left out.
        """
        headers = self.headers(range(first, last + 1))
        some: list[Header] = []
        for number in range(first, last + 1):
            if number not in headers:
                break
            some.append(headers[number])
        if not some:
            raise RetryError(f"{self.name} has not come to block {first:,}, though it said so.")
        for above, below in pairwise(some):
            if below.block.parent != above.block.hash:
                raise RetryError(f"{self.name} gave a block {below.block.number:,} that does not follow on the others.")
        logs = self._logs_in(some)
        missing = [it for it in some if self._lacks(it, logs[it.block.hash])]
        if missing:
            self.asked_again += len(missing)
            logs |= self._logs_in(missing)
        for header in missing:
            if self._lacks(header, logs[header.block.hash]):
                logs[header.block.hash] = self._by_receipts(header.block) or logs[header.block.hash]
        found = [log for it in some for log in logs[it.block.hash]]
        return Stretch(first, some[-1].block.number, tuple(it.block for it in some), tuple(found))

    def again(self, first: int, last: Block) -> list[RawLog]:
        """Return the logs of a range of blocks that was read before.

        Raises:
            RetryError: also if the node's chain has another block than `last` there.
        """
        answers = self.wire.ask(
            [_logs({"fromBlock": hex(first), "toBlock": hex(last.number), **self._wanted()}), _block(last.number)]
        )
        with self._reading():
            end = header_of(answers[1])
            if end is None or end.block.hash != last.hash:
                raise RetryError(f"has another block {last.number:,} than the one that was read")
            return logs_of(answers[0], self._ours, range(first, last.number + 1))

    def _logs_in(self, headers: Sequence[Header]) -> dict[bytes, list[RawLog]]:
        answers = self.wire.ask([_logs({"blockHash": _hex(it.block.hash), **self._wanted()}) for it in headers])
        with self._reading():
            return {
                it.block.hash: logs_of(answer, self._ours, _only(it.block), {it.block.hash})
                for it, answer in zip(headers, answers, strict=True)
            }

    def _lacks(self, header: Header, logs: Sequence[RawLog]) -> bool:
        """Say whether a block's bloom speaks of events of a contract of which none came."""
        return not self._ours.may_be_in(header) <= {it.address for it in logs}

    def _by_receipts(self, block: Block) -> list[RawLog]:
        """Return a block's logs as its receipts have them; none if the node does not give receipts."""
        try:
            (answer,) = self.wire.ask([("eth_getBlockReceipts", [_hex(block.hash)])])
            with self._reading():
                return receipts_of(answer, self._ours, block)
        except OddError:
            raise
        except RetryError:  # many nodes do not have that method, and a bloom may speak of what is not there
            return []

    def _wanted(self) -> Mapping[str, object]:
        return {"address": list(self._ours.addresses.values())}

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Name the node in what is found to be wrong with its answer."""
        try:
            yield
        except RetryError as error:
            raise type(error)(f"{self.name} {error}.") from error


def _block(which: int | str) -> Call:
    return "eth_getBlockByNumber", [hex(which) if isinstance(which, int) else which, False]


def _logs(wanted: Mapping[str, object]) -> Call:
    return "eth_getLogs", [dict(wanted)]


def _only(block: Block) -> range:
    return range(block.number, block.number + 1)


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"
