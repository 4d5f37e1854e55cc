"""A fork has its chain's number, first block and accounts, but not its money: neither is taken for the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from web3.types import RPCEndpoint

from audiera.client import KeySigner, Run, TxReceipt
from audiera.client.calls import resume
from audiera.client.calls.transactions import send
from audiera.client.chain import Message, Node, connect
from audiera.client.journal import Entry, SentJournal
from audiera.errors import ChainError
from audiera.protocol import to_address
from tests.client.conftest import StartAnvil

SIGNER = KeySigner.from_key("0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d")
"""Anvil's second account, which everybody knows."""
WALLET = to_address("0x" + "11" * 20)
PURPOSE = b"pays"


@dataclass(frozen=True, slots=True)
class Side:
    """A chain, or a fork of it."""

    node: Node

    def mine(self, *, always: bool) -> None:
        """Makes a block, and from then on one for each transaction, or none."""
        self.node.web3.provider.make_request(RPCEndpoint("evm_setAutomine"), [always])
        self.node.web3.provider.make_request(RPCEndpoint("evm_mine"), [])

    def pay(self, wei: int, run: Run | None = None, timeout: float = 10) -> TxReceipt:
        return send(self.node, SIGNER, Message(WALLET, b"", value=wei), timeout=timeout, run=run)

    def lose(self, wei: int) -> None:
        """Pays, and gives up before it is mined."""
        self.mine(always=False)
        with pytest.raises(ChainError, match="is not mined after"):
            self.pay(wei, timeout=0.2)

    def paid(self) -> int:
        return self.node.balance(WALLET)

    def entries(self) -> list[Entry]:
        return SentJournal.of(self.node, SIGNER.address).entries()


@pytest.fixture
def start(start_anvil: StartAnvil, tmp_path: Path) -> Callable[..., Side]:
    def started(*arguments: str) -> Side:
        return Side(connect(start_anvil(*arguments), state=tmp_path))

    return started


@pytest.fixture
def chain(start: Callable[..., Side]) -> Side:
    return start("--chain-id", "1")


@pytest.fixture
def fork(start: Callable[..., Side], chain: Side) -> Side:
    return start("--fork-url", str(chain.node.web3.provider.endpoint_uri))  # type: ignore[attr-defined]  # has one


def test_what_a_fork_never_mined_is_not_sent_along_on_its_chain(chain: Side, fork: Side) -> None:
    fork.lose(5)

    chain.pay(7)

    assert (chain.paid(), fork.paid()) == (7, 0)
    assert [it.nonce for it in chain.entries()] == [0]


def test_what_a_command_sent_on_a_fork_is_not_found_on_its_chain(chain: Side, fork: Side) -> None:
    told = list[str]()
    fork.pay(5, Run(PURPOSE))  # whose outcome nobody tells
    run = Run(PURPOSE, report=told.append)

    found = resume(chain.node, SIGNER.address, run, timeout=10)
    paid = chain.paid()
    receipt = chain.pay(5, run)

    assert (found, paid) == ((), 0)
    assert told == [f"Sending transaction 0x{receipt.transaction.hex()}."]
    assert chain.paid() == 5


def test_what_a_fork_mined_does_not_count_on_its_chain(chain: Side, fork: Side) -> None:
    chain.lose(5)
    fork.pay(5)
    chain.mine(always=True)

    receipt = chain.pay(5)

    assert [it.hash for it in chain.entries()] == [receipt.transaction]
    assert chain.paid() == 5


def test_every_fork_has_a_journal_of_its_own_and_every_node_of_a_chain_the_same(
    start: Callable[..., Side], chain: Side, fork: Side
) -> None:
    url = str(chain.node.web3.provider.endpoint_uri)  # type: ignore[attr-defined]  # has one
    sides = chain, Side(connect(url, state=chain.node.state)), fork, start("--fork-url", url)

    one, same, other, another = (SentJournal.of(it.node, SIGNER.address).path for it in sides)

    assert one == same
    assert len({one, other, another}) == 3
    assert {it.parent.name.split("-fork-")[0] for it in (one, other, another)} == {one.parent.name}
