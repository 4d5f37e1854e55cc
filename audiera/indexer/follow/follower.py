"""Following a chain: what is old in ranges, what is young block by block, and young blocks a second time.

Young blocks are read by their hashes, and each has to be the child of the one that was read before it: so a
reorganisation is seen at the next block, and what it orphaned is taken back. A node that lags or hides answers like one
that has nothing to tell, so an answer counts only together with a header that proves how far the node has come, blooms
are held against what came, and the window is read again by ranges.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final, NoReturn

from sqlalchemy.exc import DBAPIError

from audiera.errors import ChainError
from audiera.indexer.follow.deriving import WINDOW
from audiera.indexer.follow.figures import Figures
from audiera.indexer.follow.keeper import Keeper
from audiera.indexer.follow.pace import Pace
from audiera.indexer.follow.refusals import DeepError, HiddenError, OddError, RetryError, StoppedError, TooMuchError
from audiera.indexer.follow.source import Head, Source, Stretch
from audiera.indexer.rawlog import Block, RawLog
from audiera.indexer.rows import GapError

__all__ = ["Follower"]

_AT_ONCE: Final = 64  # young blocks
_ODD: Final = 6  # odd answers in a row, after which a node is not asked again
_SAID_EVERY: Final = 60.0  # seconds between lines that say that something still fails
_AGAIN_EVERY: Final = 30.0  # seconds after which the window is read again, if there are new blocks
_NOTED_EVERY: Final = 10.0  # seconds between notes of how it goes, while there is nothing to read
_PATIENCE: Final = 120.0  # seconds without any success, where following is to end
_POLL: Final = 2.0  # seconds between looks at the head

_WRONG: Final = (
    f"It was asked {_ODD} times, so it is not believed; go on with another node (--node). Nothing that was read is "
    f"lost."
)
_DEEP: Final = (
    "If it is right, the chain was reorganised deeper than is taken back by itself: run `audiera index rebuild` with "
    "that --node, then go on. Nothing that was read is lost."
)
_HIDDEN: Final = (
    f"It was asked {_ODD} times, and for all blocks again; go on with another node, `audiera index follow --node URL`: "
    "what is missing is taken from that one. Nothing that was read is lost."
)

_ADVICE: Final = {DeepError: _DEEP, HiddenError: _HIDDEN}

Read = Callable[[Source], Stretch]


class Follower:
    """Brings an index up to the head of a chain, and keeps it there."""

    def __init__(
        self,
        source: Source,
        keeper: Keeper,
        *,
        second: Source | None = None,
        report: Callable[[str], None] = lambda _: None,
        watch: Callable[[Figures], None] = lambda _: None,
        poll: float = _POLL,
        patience: float = _PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Follow with a node.

        Args:
            source: the node.
            keeper: the index, begun.
            second: a node that has to say the same.
            report: told in a sentence of what people may have to know.
            watch: told how it goes after each step.
            poll: seconds between looks at the head.
            patience: seconds without success after which following `once` gives up.
            sleep: waits for so many seconds.
        """
        self._source, self._second, self._keeper = source, second, keeper
        self._report, self._watch, self._sleep = report, watch, sleep
        self._poll, self._patience = poll, patience
        self._pace = Pace()
        self._chain: tuple[int, bytes] | None = None
        self._odd = 0
        self._once = False
        self._at_head = False
        self._read_again: float | None = None
        self._noted = 0.0
        self._last_success = self._last_said = time.monotonic()
        self.figures = Figures(start=keeper.next_block, next_block=keeper.next_block)

    def run(self, *, once: bool = False) -> None:
        """Follow for ever, or until the head is reached.

        Raises:
            StoppedError: if that cannot go on without people.
            ChainError: if `once` and the node does not answer for long.
        """
        self._once = once
        while True:
            try:
                at_head = self._step()
                self._tell(at_head=at_head)
            except DBAPIError as error:
                self._await_database(error)
                continue
            except RetryError as error:
                self._again(error)
                continue
            self._odd = self._pace.failures = 0
            self._last_success = time.monotonic()
            if at_head and once:
                return
            if at_head:
                self._sleep(self._poll)

    def _step(self) -> bool:
        """Do the next thing that is to be done; say whether the head is reached."""
        head = self._head()
        self.figures.head = head.block.number
        last, upto = self._keeper.last, head.block.number
        if last is not None and upto <= last.number:
            known = self._keeper.window.get(upto)
            if known is not None and known.hash != head.block.hash:
                self._reorganise()
                return False
            if upto < last.number:
                raise RetryError(
                    f"{self._source.name} has come to block {upto:,} only, and block {last.number:,} was read already."
                )
            return not self._look_again()
        if upto < self._keeper.next_block:
            raise RetryError(f"{self._source.name} has not come to block {self._keeper.next_block:,}.")
        begun = time.monotonic()
        first = self._keeper.next_block
        stretch: Stretch | None
        if upto - first >= WINDOW + _AT_ONCE:
            stretch = self._past(first, min(first + self._pace.blocks - 1, upto - WINDOW))
        else:
            stretch = self._recent(first, min(first + _AT_ONCE - 1, upto))
            if stretch is None:
                return False
        self._append(stretch)
        self.figures.busy += time.monotonic() - begun
        return False

    def _head(self) -> Head:
        head = self._source.head()
        chain = (head.chain_id, head.genesis)
        if self._chain is None:
            self._chain = chain
        if chain != self._chain:
            raise OddError(
                f"{self._source.name} is on another chain than before: number {head.chain_id}, which begins with "
                f"block 0x{head.genesis.hex()[:8]}…."
            )
        return head

    def _past(self, first: int, last: int) -> Stretch:
        before = self._keeper.last
        try:
            stretch = self._agreed(lambda it: it.past(first, last, before.hash if before else None))
        except TooMuchError:
            raise
        except RetryError:
            if before is not None:
                self._check_chain(before.number, before.hash)
            raise
        self._pace.answered(last - first + 1, len(stretch.logs))
        return stretch

    def _recent(self, first: int, last: int) -> Stretch | None:
        """Return young blocks; None if they do not follow on what was read, which is taken back then."""
        stretch = self._agreed(lambda it: it.recent(first, last))
        before = self._keeper.last
        if before is not None and stretch.blocks[0].parent != before.hash:
            self._reorganise()
            return None
        return stretch

    def _agreed(self, read: Read) -> Stretch:
        """Return what a node says, if the second one says the same.

        Raises:
            OddError: if they differ.
        """
        found = read(self._source)
        if self._second is None:
            return found
        other = read(self._second)
        last = min(found.last, other.last)
        mine, theirs = _upto(found, last), _upto(other, last)
        if mine != theirs:
            raise OddError(
                f"{self._source.name} and the second, {self._second.name[0].lower()}{self._second.name[1:]}, differ: "
                f"{_difference(mine, theirs)}."
            )
        return mine

    def _append(self, stretch: Stretch) -> None:
        self.figures.requests = self._source.wire.requests
        self.figures.last_time = stretch.blocks[-1].time
        self.figures.events += len(stretch.logs)
        self.figures.blocks += stretch.last - stretch.first + 1
        try:
            self._keeper.append(stretch, self.figures)
        except GapError as error:
            self.figures.events -= len(stretch.logs)
            self.figures.blocks -= stretch.last - stretch.first + 1
            self._fill_gap(error)
        self.figures.next_block = self._keeper.next_block

    def _reorganise(self) -> None:
        """Take back what is not on the node's chain any more.

        Raises:
            OddError: if that is more than can be taken back.
        """
        window = self._keeper.window
        headers = self._source.headers(sorted(window, reverse=True))
        common = [it for it in headers if headers[it].block.hash == window[it].hash]
        if not common:
            raise DeepError(
                f"{self._source.name} has none of the newest blocks that were read, from block {min(window):,} on."
            )
        if max(common) == self._keeper.next_block - 1:
            return  # the node is of two minds
        count = self._keeper.rewind(max(common), self.figures)
        self.figures.next_block = self._keeper.next_block
        self._at_head, self._read_again = False, None
        self._report(f"The chain was reorganised after block {max(common):,}; {_counted(count, 'block')} taken back.")

    def _check_chain(self, number: int, digest: bytes) -> None:
        found = self._source.header(number)
        if found is not None and found.hash != digest:
            self._reorganise()

    def _look_again(self) -> bool:
        """Read the window by ranges, if it was not for a while; say whether logs came that were missing."""
        last, now = self._keeper.last, time.monotonic()
        if last is None or (self._read_again is not None and now < self._read_again):
            return False
        self._read_again = now + _AGAIN_EVERY
        logs = self._source.again(self._keeper.lowest, last)
        if self._second is not None:
            logs += self._second.again(self._keeper.lowest, last)
        missing = sorted(set(self._keeper.unknown(logs)), key=lambda it: (it.block, it.index))
        if not missing:
            return False
        numbers = sorted({it.block for it in missing})
        headers = self._source.headers(numbers)
        if any(it.block not in headers or headers[it.block].block.hash != it.block_hash for it in missing):
            raise RetryError(f"{self._source.name} gave logs of blocks that its chain does not have.")
        self._keeper.insert([headers[it].block for it in numbers], missing, self.figures)
        self._report(
            f"{self._source.name} had kept back {_counted(len(missing), 'log')} of blocks {numbers[0]:,} to "
            f"{numbers[-1]:,}; they are in now."
        )
        return True

    def _fill_gap(self, error: GapError) -> NoReturn:
        """Read again what lies before a log that cannot follow on what was read: the window, and if that was in vain
        already, all below it.

        Raises:
            HiddenError: always; what cannot follow may do so now.
        """
        self._read_again = None
        with suppress(GapError):
            if not self._look_again() and self._odd == 1:
                self._look_deeper()
        raise HiddenError(f"{self._source.name} has kept back a log: {str(error).partition(';')[0]}.") from error

    def _look_deeper(self) -> None:
        """Read ever older blocks again, until what was missing of them makes the tables whole."""
        blocks: dict[int, Block] = {}
        missing: set[RawLog] = set()
        last = self._keeper.next_block - 1
        self._report(f"A log is missing; reading the blocks up to {last:,} again.")
        while last >= self._keeper.start:
            first = max(last - self._pace.blocks + 1, self._keeper.start)
            try:
                new = self._missing(first, last, blocks)
            except RetryError as error:
                self._again(error)
                continue
            self._pace.failures, self._last_success, last = 0, time.monotonic(), first - 1
            if not new:
                continue
            missing |= new
            logs = sorted(missing, key=lambda it: (it.block, it.index))
            numbers = sorted({it.block for it in logs})
            with suppress(GapError):
                self._keeper.restore([blocks[it] for it in numbers], logs, self.figures)
                self._report(
                    f"{self._source.name} had kept back {_counted(len(logs), 'log')} of blocks {numbers[0]:,} to "
                    f"{numbers[-1]:,}; the tables are made anew with what was missing."
                )
                return

    def _missing(self, first: int, last: int, blocks: dict[int, Block]) -> set[RawLog]:
        """Return the logs of a range that were never read; put their blocks with the others."""
        found: set[RawLog] = set()
        for source in filter(None, (self._source, self._second)):
            stretch = source.past(first, last, None)
            if any(it.hash != self._keeper.window.get(it.number, it).hash for it in stretch.blocks):
                raise RetryError(f"{source.name} has other blocks than those that were read.")
            found |= {*self._keeper.unknown(stretch.logs)}
            blocks |= {it.number: it for it in stretch.blocks}
        return found

    def _again(self, error: RetryError) -> None:
        """Wait, and ask for less, as an error wants it."""
        self.figures.retries += 1
        if isinstance(error, OddError):
            self._odd += 1
            if self._odd >= _ODD:
                raise StoppedError(f"{error} {_ADVICE.get(type(error), _WRONG)}") from error
        if isinstance(error, TooMuchError) and self._pace.refused():
            return
        now = time.monotonic()
        if self._once and now - self._last_success > self._patience:
            raise ChainError(str(error)) from error
        pause = self._pace.pause(error.pause)
        if self._pace.failures > 2 and (self._pace.failures == 3 or now - self._last_said > _SAID_EVERY):
            self._last_said = now
            self._report(f"{error} Asking again in {pause:g} seconds.")
        self._sleep(pause)

    def _await_database(self, error: DBAPIError) -> None:
        """Wait until the database answers, and find out what it has."""
        self.figures.waits += 1
        gone = time.monotonic()
        reason = " ".join(str(error.orig).split())[:200]
        self._report(f"The database does not answer ({reason}); waiting for it.")
        said, pauses = gone, Pace()
        while True:
            now = time.monotonic()
            if self._once and now - gone > self._patience:
                raise StoppedError(f"The database does not answer ({reason}); see to that and start again.") from error
            self._sleep(min(pauses.pause(None), 5.0))
            try:
                self._keeper.reopen()
                self._keeper.note(self.figures)
            except DBAPIError:
                if now - said > _SAID_EVERY:
                    said = now
                    self._report(f"The database has not answered for {now - gone:.0f} seconds; still waiting.")
                continue
            break
        self._last_success = time.monotonic()
        self.figures.next_block = self._keeper.next_block
        self._report(f"The database answers again after {time.monotonic() - gone:.0f} seconds.")

    def _tell(self, *, at_head: bool) -> None:
        self.figures.requests = self._source.wire.requests
        self._watch(self.figures)
        if at_head and not self._at_head:
            self._report(f"At the head, block {self.figures.head:,}.")
        if at_head and (not self._at_head or time.monotonic() - self._noted > _NOTED_EVERY):
            self._noted = time.monotonic()
            self._keeper.note(self.figures)
        self._at_head = at_head or self._at_head


def _upto(stretch: Stretch, last: int) -> Stretch:
    if stretch.last == last:
        return stretch
    return replace(
        stretch,
        last=last,
        blocks=tuple(it for it in stretch.blocks if it.number <= last),
        logs=tuple(it for it in stretch.logs if it.block <= last),
    )


def _difference(mine: Stretch, theirs: Stretch) -> str:
    """Say in which block two answers differ first."""
    for one, other in zip(mine.blocks, theirs.blocks, strict=False):
        if one.number == other.number and one != other:
            return f"block {one.number:,} is 0x{one.hash.hex()[:8]}… on one and 0x{other.hash.hex()[:8]}… on the other"
    block = min(it.block for it in {*mine.logs} ^ {*theirs.logs})
    counts = [sum(it.block == block for it in stretch.logs) for stretch in (mine, theirs)]
    return f"block {block:,} has {_counted(counts[0], 'log')} on one and {counts[1]:,} on the other"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
