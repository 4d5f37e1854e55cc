"""Everything that is owed to a payee, however many accounts it has to come through."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from eth_typing import ChecksumAddress

from audiera.client import Audiera, TxReceipt
from audiera.operations.flow import Flow
from audiera.protocol import WHOLE, Split, is_account

__all__ = ["ClaimStep", "plan_claims"]


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


def plan_claims(
    client: Audiera[TxReceipt], flow: Flow, payee: bytes, only: Collection[bytes] | None = None
) -> tuple[ClaimStep, ...]:
    """Return the claims that bring a payee all it is owed, in the order in which they must be made.

    First what is owed to accounts is forwarded down to the payee's splits, as the contract would (rounding down), then
    the payee claims. Where accounts go round in a circle each is forwarded once, and the rest is for the next claim.

    Args:
        client: reads the amounts.
        flow: the splits and accounts.
        payee: for whom.
        only: the splits to claim from; all of the payee's unless told.
    """
    wanted = [it for it in flow.shared_by(payee) if only is None or it in only]
    order = _upstream_first(flow, wanted)
    amounts = _Amounts(client)
    steps: list[ClaimStep] = []
    arriving: dict[bytes, dict[ChecksumAddress, None]] = {it: dict.fromkeys(flow.tokens.get(it, ())) for it in order}
    for split_id in order:
        for share in flow.splits[split_id].shares:
            to_split = flow.current(share.payee) if is_account(share.payee) else None
            if to_split is None or to_split not in arriving or share.payee == payee:
                continue
            for token in arriving[split_id]:
                if owed := amounts.take(split_id, token, share.payee, share.ppm):
                    steps.append(ClaimStep(split_id, flow.splits[split_id], token, share.payee, owed, to_split))
                    amounts.add(to_split, token, owed)
                    arriving[to_split][token] = None
    last = flow.current(payee) if is_account(payee) else None
    steps += [
        ClaimStep(split_id, flow.splits[split_id], token, payee, owed, last)
        for split_id in wanted
        for token in arriving[split_id]
        if (owed := amounts.take(split_id, token, payee, flow.splits[split_id].ppm_of(payee)))
    ]
    return tuple(steps)


@dataclass(slots=True)
class _Amounts:
    """What splits have received, as it will be when the steps so far are done."""

    client: Audiera[TxReceipt]
    received: dict[tuple[bytes, ChecksumAddress], int] = field(default_factory=dict)

    def take(self, split_id: bytes, token: ChecksumAddress, payee: bytes, ppm: int) -> int:
        claimed = self.client.royalty.claimed_of(split_id, token, payee)
        return max(self._received(split_id, token) * ppm // WHOLE - claimed, 0)

    def add(self, split_id: bytes, token: ChecksumAddress, amount: int) -> None:
        self.received[split_id, token] = self._received(split_id, token) + amount

    def _received(self, split_id: bytes, token: ChecksumAddress) -> int:
        if (split_id, token) not in self.received:
            self.received[split_id, token] = self.client.royalty.received_of(split_id, token)
        return self.received[split_id, token]


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
