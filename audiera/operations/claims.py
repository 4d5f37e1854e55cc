"""Everything that is owed to a payee, however many accounts it has to come through."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, TypeAlias

from eth_typing import ChecksumAddress

from audiera.client import Audiera, TxReceipt
from audiera.operations.flow import Flow
from audiera.protocol import WHOLE, Share, Split, is_account

__all__ = ["ClaimPlan", "ClaimStep", "Claims", "Owed", "Reach", "Worth"]

Worth: TypeAlias = Callable[[ChecksumAddress, int, int], bool]
"""Says whether so much of a token is worth so many steps, all the way to the payee."""


@dataclass(frozen=True, slots=True)
class ClaimStep:
    """One call of `claim`: to the payee itself, or to the split that an account payee is assigned to."""

    split_id: bytes
    split: Split
    token: ChecksumAddress
    payee: bytes
    amount: int
    to_split: bytes | None
    """None where money leaves the splitter."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What of the money at a split is the payee's in the end."""

    split_id: bytes
    token: ChecksumAddress
    amount: int
    is_direct: bool
    """Whether the payee can claim it there; otherwise it comes through accounts."""


@dataclass(frozen=True, slots=True)
class ClaimPlan:
    """The claims to make, in the order in which they must be made."""

    steps: tuple[ClaimStep, ...]
    left: tuple[Owed, ...]
    """What is not worth its way."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How a split's money reaches the payee."""

    part: Fraction
    """How much of it does."""
    steps: int
    """How many claims and forwards that takes in all."""


_HERE: Final = Reach(Fraction(1), 0)


@dataclass(frozen=True, slots=True)
class Claims:
    """What is owed to a payee, as far as the contract was asked for it: no amount is asked for twice."""

    client: Audiera[TxReceipt]
    flow: Flow
    payee: bytes
    wanted: tuple[bytes, ...]
    """The splits that the payee itself claims from."""
    order: Mapping[bytes, int]
    """The places of these and of all whose money reaches them through accounts: sources before what they feed."""
    _received: dict[tuple[bytes, ChecksumAddress], int] = field(default_factory=dict, repr=False)
    _claimed: dict[tuple[bytes, ChecksumAddress, bytes], int] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, client: Audiera[TxReceipt], flow: Flow, payee: bytes, only: Collection[bytes] | None = None) -> Claims:
        """Return the claims of a payee.

        Args:
            client: reads the amounts.
            flow: the splits and accounts.
            payee: for whom.
            only: the splits to claim from; all of the payee's unless told.
        """
        wanted = tuple(it for it in flow.shared_by(payee) if only is None or it in only)
        upstream = _upstream_first(flow, wanted)
        return cls(client, flow, payee, wanted, {it: place for place, it in enumerate(upstream)})

    def plan(self, worth: Worth | None = None) -> ClaimPlan:
        """Return the claims that bring the payee all it is owed, or all that is worth its way.

        First what is owed to accounts is forwarded down to the payee's splits, as the contract would (rounding down),
        then the payee claims. Where accounts go round in a circle each is forwarded once, and the rest is for the next
        claim. Whatever is forwarded is worth all steps from there to the payee, so everything together is, too.
        """
        reach, draft = self.reach(), _Draft(self, worth)
        tokens = {it: dict.fromkeys(self.flow.tokens.get(it, ())) for it in self.order}
        for split_id in self.order:
            for share, to_split in self._onward(split_id):
                if worth and self.order[to_split] <= self.order[split_id]:
                    continue  # round in a circle, for the next claim
                for token in tokens[split_id]:
                    if draft.take(split_id, token, share, to_split, reach[to_split]):
                        tokens[to_split][token] = None
        last = self.flow.current(self.payee) if is_account(self.payee) else None
        for split_id in self.wanted:
            for token in tokens[split_id]:
                draft.take(split_id, token, self._own(split_id), last, _HERE)
        return ClaimPlan(tuple(draft.steps), tuple(draft.left))

    def waiting(self) -> Iterator[Owed]:
        """Yield what of the payee's lies where now, in the order in which it would be claimed."""
        reach = self.reach()
        for split_id in self.order:
            for token in self.flow.tokens.get(split_id, ()):
                if split_id in self.wanted and (now := self.owed(split_id, token, self._own(split_id))):
                    yield Owed(split_id, token, now, is_direct=True)
                parts = (self.owed(split_id, token, it) * reach[to].part for it, to in self._onward(split_id))
                if through := int(sum(parts)):
                    yield Owed(split_id, token, through, is_direct=False)

    def reach(self) -> dict[bytes, Reach]:
        """Return how much of each split's money reaches the payee, and how; circles are gone round once."""
        found: dict[bytes, Reach] = {}
        for split_id in reversed(tuple(self.order)):
            own = self._own(split_id).ppm if split_id in self.wanted else 0
            part, steps = Fraction(own, WHOLE), int(own > 0)
            for share, to_split in self._onward(split_id):
                if onward := found.get(to_split):
                    part += Fraction(share.ppm, WHOLE) * onward.part
                    steps += 1 + onward.steps
            found[split_id] = Reach(part, steps)
        return found

    def onward_of(self, split_id: bytes) -> Iterator[bytes]:
        """Yield the splits through which a split's money reaches the payee."""
        return (to_split for _, to_split in self._onward(split_id))

    def _onward(self, split_id: bytes) -> Iterator[tuple[Share, bytes]]:
        """Yield the shares of accounts through which money reaches the payee, and the splits behind them."""
        for share in self.flow.splits[split_id].shares:
            to_split = self.flow.current(share.payee) if is_account(share.payee) else None
            if to_split is not None and to_split in self.order and share.payee != self.payee:
                yield share, to_split

    def _own(self, split_id: bytes) -> Share:
        return Share(self.payee, self.flow.splits[split_id].ppm_of(self.payee))

    def owed(self, split_id: bytes, token: ChecksumAddress, share: Share, more: int = 0) -> int:
        """Return what a payee is owed once so much more has arrived at a split."""
        royalty = self.client.royalty
        if (split_id, token) not in self._received:
            self._received[split_id, token] = royalty.received_of(split_id, token)
        if (split_id, token, share.payee) not in self._claimed:
            self._claimed[split_id, token, share.payee] = royalty.claimed_of(split_id, token, share.payee)
        entitled = (self._received[split_id, token] + more) * share.ppm // WHOLE
        return max(entitled - self._claimed[split_id, token, share.payee], 0)


@dataclass(slots=True)
class _Draft:
    """A plan in the making."""

    claims: Claims
    worth: Worth | None
    steps: list[ClaimStep] = field(default_factory=list)
    left: list[Owed] = field(default_factory=list)
    arrived: defaultdict[tuple[bytes | None, ChecksumAddress], int] = field(default_factory=lambda: defaultdict(int))
    """What the steps so far bring to a split."""

    def take(
        self, split_id: bytes, token: ChecksumAddress, share: Share, to_split: bytes | None, onward: Reach
    ) -> bool:
        """Take what a share is owed, if it is worth its way, and say whether anything moves.

        Where something has arrived, its way on was counted already.
        """
        more, is_mine = self.arrived[split_id, token], share.payee == self.claims.payee
        owed = self.claims.owed(split_id, token, share, more)
        mine = int(owed * onward.part)
        if owed and self.worth and not more and not self.worth(token, mine, 1 + onward.steps):
            self.left.append(Owed(split_id, token, mine, is_mine))
            return False
        if owed:
            self.steps.append(
                ClaimStep(split_id, self.claims.flow.splits[split_id], token, share.payee, owed, to_split)
            )
            self.arrived[None if is_mine else to_split, token] += owed
        return owed > 0


def _upstream_first(flow: Flow, wanted: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the wanted splits and all whose money reaches them through accounts: sources before what they feed."""
    done: dict[bytes, None] = {}
    seen: set[bytes] = set()
    stack: list[tuple[bytes, Iterator[bytes]]] = []  # depth first, without Python's limit on depth
    for first in wanted:
        if first not in seen:
            seen.add(first)
            stack.append((first, _sources(flow, first)))
        while stack:
            split_id, sources = stack[-1]
            for source in sources:
                if source not in seen:
                    seen.add(source)
                    stack.append((source, _sources(flow, source)))
                    break
            else:
                done[split_id] = None
                stack.pop()
    return tuple(done)


def _sources(flow: Flow, split_id: bytes) -> Iterator[bytes]:
    for account in flow.accounts_of(split_id):
        yield from flow.shared_by(account)
