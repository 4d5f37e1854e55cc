"""Sending is safe to repeat, whatever a node answers and whenever a process ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.types import RPCEndpoint

from audiera.client import Audiera, KeySigner, Run, TxReceipt
from audiera.client.calls import Following, cancel, finish, follow, raised_fees, refresh, speed_up, transactions
from audiera.client.chain.node import FundsError
from audiera.client.contracts.events import Credited
from audiera.client.deployment.deployments import Deployment
from audiera.client.journal import Entry, SentJournal, State
from audiera.errors import ChainError, StorageError
from audiera.protocol.ids import ETHER
from audiera.protocol.splits import Split, payee_of
from tests.support.anvil import mine_again
from tests.support.lossy import Mode, lossy_node
from tests.support.places import ROOT

WALLET = "0x" + "11" * 20
PATIENCE = 30.0  # seconds

Client = Audiera[TxReceipt]
Connect = Callable[..., Client]


@pytest.fixture
def payer(new_account: Callable[[str], LocalAccount]) -> LocalAccount:
    return new_account("payer who is patient")


@pytest.fixture
def client(w3: Web3, anvil: str, deployment: Deployment, payer: LocalAccount, tmp_path: Path) -> Connect:
    """`client()`: the payer's, with a journal of this test's own; through another node if one is given."""
    assert w3.is_connected()  # asked for, so that what is done is undone

    def connected(url: str = anvil, timeout: float = PATIENCE) -> Client:
        return Audiera.connect(url, KeySigner(payer), deployment, timeout=timeout, state=tmp_path)

    return connected


@pytest.fixture
def account(client: Connect) -> bytes:
    """An account that pays one wallet, and that the payer may pay."""
    split = Split.of({payee_of(WALLET): 1_000_000})
    client().royalty.create_split(split)
    return split.id()


def entries(client: Client) -> list[Entry]:
    return SentJournal.of(client.node, client.account).entries()


def paid(client: Client, account: bytes) -> list[int]:
    """The payments that the chain has seen."""
    return [log.event.amount for log in client.royalty.logs(Credited, account=account)]


@pytest.mark.parametrize(
    "mode", [Mode.ALREADY, Mode.RESET, Mode.GATEWAY, Mode.HANG, Mode.INDEXING, Mode.STALE, Mode.LOSES_FIRST]
)
def test_an_answer_that_is_lost_is_not_a_payment_that_is_lost(
    anvil: str, client: Connect, account: bytes, mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiera.client.chain.node._HURRY", 1)  # second, which is long for a node that is near

    with lossy_node(anvil, mode) as node:
        receipt = client(node.url).royalty.pay(account, ETHER, 5)

    assert receipt.event(Credited).amount == 5
    assert paid(client(), account) == [5]
    assert [it.state for it in entries(client()) if it.value][-1] is State.MINED


def test_two_payments_in_a_row_are_two(client: Connect, account: bytes) -> None:
    first = client().royalty.pay(account, ETHER, 5)
    second = client().royalty.pay(account, ETHER, 5)

    assert first.transaction != second.transaction
    assert paid(client(), account) == [5, 5]


def test_a_payment_whose_receipt_never_came_is_found_when_made_again(
    anvil: str, client: Connect, account: bytes
) -> None:
    with lossy_node(anvil, Mode.NEVER) as node, pytest.raises(ChainError) as refused:
        client(node.url, timeout=1.5).royalty.pay(account, ETHER, 5)
    sent = entries(client())[-1].hash

    receipt = client().royalty.pay(account, ETHER, 5)

    assert str(refused.value) == (
        f"Transaction 0x{sent.hex()} is not mined after 1.5 seconds, and may still be: run "
        f"`ape run tx wait 0x{sent.hex()}`, or the same once more, which sends nothing twice."
    )
    assert receipt.transaction == sent
    assert paid(client(), account) == [5]


def test_another_payment_is_not_taken_for_one_that_was_lost(anvil: str, client: Connect, account: bytes) -> None:
    with lossy_node(anvil, Mode.NEVER) as node, pytest.raises(ChainError, match="is not mined after"):
        client(node.url, timeout=0.5).royalty.pay(account, ETHER, 5)

    client().royalty.pay(account, ETHER, 6)

    assert paid(client(), account) == [5, 6]


def test_a_payment_that_the_node_lost_is_sent_again_with_the_same_bytes(
    anvil: str, client: Connect, account: bytes
) -> None:
    with lossy_node(anvil, Mode.LOSES) as node, pytest.raises(ChainError, match="is not mined after"):
        client(node.url, timeout=0.5).royalty.pay(account, ETHER, 5)
    lost = entries(client())[-1]

    receipt = client().royalty.pay(account, ETHER, 5)

    assert (lost.state, receipt.transaction) == (State.SIGNED, lost.hash)
    assert paid(client(), account) == [5]


def test_what_comes_after_a_lost_payment_takes_it_along(anvil: str, client: Connect, account: bytes) -> None:
    with lossy_node(anvil, Mode.LOSES) as node, pytest.raises(ChainError, match="is not mined after"):
        client(node.url, timeout=0.5).royalty.pay(account, ETHER, 5)

    client().royalty.pay(account, ETHER, 6)

    assert paid(client(), account) == [5, 6]
    assert [it.nonce for it in entries(client())[-2:]] == [entries(client())[-2].nonce, entries(client())[-2].nonce + 1]


def test_a_refusal_that_is_final_leaves_nothing_to_wait_for(
    client: Connect, account: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "gas_limit", lambda _: 1_000)  # less than any transaction takes

    with pytest.raises(ChainError, match="refused eth_sendRawTransaction: intrinsic gas too low"):
        client().royalty.pay(account, ETHER, 5)

    assert entries(client())[-1].state is State.DROPPED
    monkeypatch.undo()
    client().royalty.pay(account, ETHER, 5)
    assert paid(client(), account) == [5]


def test_too_little_ether_is_said_before_anything_is_written_down(client: Connect, account: bytes) -> None:
    before = len(entries(client()))

    with pytest.raises(FundsError, match="too little ETH"):
        client().royalty.pay(account, ETHER, 10**30)

    assert len(entries(client())) == before


def test_nothing_is_sent_that_cannot_be_written_down(client: Connect, account: bytes) -> None:
    me = client()
    before = me.node.nonce(me.account)
    SentJournal.of(me.node, me.account).path.write_text("Dear diary, " * 900)

    with pytest.raises(StorageError, match="file is not a database"):
        me.royalty.pay(account, ETHER, 5)

    assert me.node.nonce(me.account) == before
    assert paid(me, account) == []


CHILD = """
import os, signal, sys
from pathlib import Path
from audiera.client import Audiera, KeySigner
from audiera.client.calls import transactions
from audiera.client.deployment import Deployment
from audiera.protocol import ETHER

url, key, deployment, state, account, step = sys.argv[1:7]

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

if step == "signed":
    transactions.hand_over = die
elif step == "sent":
    transactions.follow = die
elif step == "mined":
    transactions._Sending.end = die
client = Audiera.connect(url, KeySigner.from_key(key), Deployment.read(Path(deployment)),
                         state=Path(state))
for amount in map(int, sys.argv[7:]):
    client.royalty.pay(bytes.fromhex(account), ETHER, amount)
"""


@pytest.fixture
def child(
    anvil: str, deployment: Deployment, payer: LocalAccount, tmp_path: Path, account: bytes
) -> Callable[..., subprocess.Popen[bytes]]:
    """`child("sent", 5, 6)`: a process that pays 5 and 6, and is killed when the first is sent."""
    path = deployment.write(tmp_path / "deployments")

    def start(step: str, *amounts: int, url: str = anvil) -> subprocess.Popen[bytes]:
        told = [url, payer.key.hex(), str(path), str(tmp_path), account.hex(), step, *map(str, amounts)]
        return subprocess.Popen(
            [sys.executable, "-c", CHILD, *told], cwd=ROOT, env=dict(os.environ), stderr=subprocess.PIPE
        )

    return start


@pytest.mark.heavy
@pytest.mark.parametrize(("step", "seen"), [("signed", []), ("sent", [5]), ("mined", [5])])
def test_a_process_that_is_killed_at_any_step_is_gone_on_with(
    client: Connect, account: bytes, child: Callable[..., subprocess.Popen[bytes]], step: str, seen: list[int]
) -> None:
    killed = child(step, 5)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert paid(client(), account) == seen
    sent = entries(client())[-1].hash

    receipt = client().royalty.pay(account, ETHER, 5)

    assert receipt.transaction == sent
    assert paid(client(), account) == [5]
    client().royalty.pay(account, ETHER, 5)
    assert paid(client(), account) == [5, 5]


@pytest.mark.heavy
def test_two_processes_that_pay_at_once_lose_nothing(
    client: Connect, account: bytes, child: Callable[..., subprocess.Popen[bytes]]
) -> None:
    both = [child("", *([7] * 4)) for _ in range(2)]

    ended = [(it.communicate()[1], it.returncode) for it in both]

    assert [code for _, code in ended] == [0, 0], ended
    assert paid(client(), account) == [7] * 8
    nonces = [it.nonce for it in entries(client()) if it.value == 7]
    assert nonces == list(range(nonces[0], nonces[0] + 8))


def pending(client: Connect, account: bytes, w3: Web3) -> Entry:
    """A payment of 5 that waits in the pool, since nothing is mined."""
    w3.provider.make_request(RPCEndpoint("evm_setAutomine"), [False])
    with pytest.raises(ChainError, match="is not mined after"):
        client(timeout=0.3).royalty.pay(account, ETHER, 5)
    return entries(client())[-1]


@pytest.fixture
def mine(w3: Web3) -> Iterator[Callable[[], None]]:
    def block() -> None:
        w3.provider.make_request(RPCEndpoint("evm_mine"), [])

    yield block
    mine_again(w3)


def test_a_payment_that_was_sped_up_is_found_by_either(
    w3: Web3, client: Connect, account: bytes, mine: Callable[[], None]
) -> None:
    first, me = pending(client, account, w3), client()
    assert me.signer
    faster = speed_up(me.node, me.signer, first, fees=raised_fees(me.node, first), report=lambda _: None)
    mine()

    receipt = me.royalty.pay(account, ETHER, 5)

    assert receipt.transaction == faster.hash != first.hash
    assert faster.max_fee * 8 >= first.max_fee * 9
    assert paid(me, account) == [5]
    assert {it.hash: it.state for it in entries(me)}[first.hash] is State.REPLACED


def test_a_payment_that_was_cancelled_is_made_anew(
    w3: Web3, client: Connect, account: bytes, mine: Callable[[], None]
) -> None:
    first, me = pending(client, account, w3), client()
    assert me.signer
    void = cancel(me.node, me.signer, first, fees=raised_fees(me.node, first), report=lambda _: None)
    mine()
    following = Following(me.node, SentJournal.of(me.node, me.account), me.account, PATIENCE)
    mined, raw = follow(following, first)
    finish(following.journal, mined, raw, told=True)
    w3.provider.make_request(RPCEndpoint("evm_setAutomine"), [True])

    me.royalty.pay(account, ETHER, 5)

    assert mined.hash == void.hash
    assert paid(me, account) == [5]


def test_a_payment_whose_nonce_somebody_else_used_is_made_anew(
    anvil: str, w3: Web3, client: Connect, account: bytes, payer: LocalAccount
) -> None:
    with lossy_node(anvil, Mode.LOSES) as node, pytest.raises(ChainError, match="is not mined after"):
        client(node.url, timeout=0.3).royalty.pay(account, ETHER, 5)
    lost, told = entries(client())[-1], list[str]()
    other = {"to": WALLET, "value": 1, "nonce": lost.nonce, "gas": 21_000, "gasPrice": 10**10, "chainId": 31337}
    w3.eth.send_raw_transaction(payer.sign_transaction(other).raw_transaction)  # type: ignore[arg-type]  # plain ints
    me = client()
    assert me.signer

    me.acting_as(me.signer, Run(report=told.append)).royalty.pay(account, ETHER, 5)

    assert paid(client(), account) == [5]
    assert told[1] == (
        f"Transaction 0x{lost.hash.hex()} never took effect: another one of {payer.address} has its nonce "
        f"{lost.nonce}. Send it again if it is still wanted."
    )
    assert {it.hash: it.state for it in entries(client())}[lost.hash] is State.REPLACED


def test_what_a_reorganisation_undid_is_sent_again(w3: Web3, client: Connect, account: bytes) -> None:
    me = client()
    assert me.signer
    snapshot = w3.provider.make_request(RPCEndpoint("evm_snapshot"), [])["result"]
    sent = me.acting_as(me.signer, Run()).royalty.pay(account, ETHER, 5).transaction  # whose outcome nobody tells
    w3.provider.make_request(RPCEndpoint("evm_revert"), [snapshot])
    following = Following(me.node, SentJournal.of(me.node, me.account), me.account, PATIENCE)

    undone = [it.state for it in refresh(following) if it.hash == sent]
    receipt = me.royalty.pay(account, ETHER, 5)

    assert undone == [State.SENT]
    assert receipt.transaction == sent
    assert paid(me, account) == [5]


def test_an_interrupt_says_what_was_sent(client: Connect, account: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(transactions, "follow", interrupt)
    me, told = client(), list[str]()
    assert me.signer

    with pytest.raises(KeyboardInterrupt):
        me.acting_as(me.signer, Run(report=told.append)).royalty.pay(account, ETHER, 5)

    sent = f"0x{entries(me)[-1].hash.hex()}"
    assert told == [
        f"Sending transaction {sent}.",
        f"Sent, not confirmed: {sent}; `ape run tx` tells what became of it.",
    ]
