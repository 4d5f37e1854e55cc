from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import pytest

from audiera.client.calls import following
from audiera.client.calls.following import await_receipt
from audiera.client.chain.node import Node
from audiera.errors import ChainError

HASH = bytes.fromhex("ab" * 32)
RECEIPT = {"status": 1}


@dataclass(slots=True)
class Slow:
    """A node that has a receipt after `after` questions, and a clock that only sleeping moves."""

    after: int
    asked: int = 0
    now: float = 5_000
    pauses: list[float] = field(default_factory=list)

    def receipt(self, transaction: bytes) -> object:
        assert transaction == HASH
        self.asked += 1
        return RECEIPT if self.asked > self.after else None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def awaited(monkeypatch: pytest.MonkeyPatch, slow: Slow, timeout: float) -> object:
    monkeypatch.setattr(following, "time", slow)
    return await_receipt(cast("Node", slow), HASH, timeout)


def test_a_transaction_that_is_mined_at_once_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(0)

    assert awaited(monkeypatch, slow, 0) is RECEIPT
    assert slow.pauses == []


def test_a_node_is_asked_ever_more_slowly_and_at_least_every_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(20)

    assert awaited(monkeypatch, slow, 600) is RECEIPT
    assert slow.pauses[:3] == pytest.approx([0.01, 0.015, 0.0225])
    assert slow.pauses[-1] == 2.0
    assert slow.pauses == sorted(slow.pauses)


@pytest.mark.parametrize(("timeout", "asked"), [(0.024, 2), (0.026, 3), (0.0, 1)])
def test_a_wait_ends_before_it_would_take_longer_than_it_may(
    monkeypatch: pytest.MonkeyPatch, timeout: float, asked: int
) -> None:
    slow = Slow(1_000)

    with pytest.raises(ChainError) as refused:
        awaited(monkeypatch, slow, timeout)

    assert (slow.asked, len(slow.pauses)) == (asked, asked - 1)
    assert sum(slow.pauses) <= timeout
    assert str(refused.value) == (
        f"Transaction 0x{HASH.hex()} is not mined after {timeout:g} seconds, and may still be: run "
        f"`ape run tx wait 0x{HASH.hex()}`, or the same once more, which sends nothing twice."
    )
