"""`tx list`, `wait`, `speed-up`, `cancel` and `give-up`, as they are typed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from web3 import Web3
from web3.types import RPCEndpoint

from audiera.client import Audiera, KeySigner, TxReceipt
from audiera.client.calls import transactions
from audiera.client.deployment.deployments import Deployment
from audiera.client.journal import Entry, SentJournal, State
from audiera.errors import ChainError
from tests.cli.commands import CommandLine
from tests.client.proxy import behind
from tests.support.anvil import mine_again
from tests.support.music import write_album, write_contributors

KEY = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
"""Of the developer, Anvil's second account, which everybody knows."""
WALLET = "0x" + "11" * 20


@pytest.fixture
def mine(w3: Web3) -> Iterator[Callable[[], None]]:
    """`mine()` makes a block; none comes by itself."""
    w3.provider.make_request(RPCEndpoint("evm_setAutomine"), [False])
    yield lambda: mined(w3)
    mine_again(w3)


def mined(w3: Web3) -> None:
    w3.provider.make_request(RPCEndpoint("evm_setAutomine"), [True])
    w3.provider.make_request(RPCEndpoint("evm_mine"), [])


@contextmanager
def mining_the_replacement(w3: Web3, first: Entry) -> Iterator[None]:
    """Makes a block as soon as another transaction has taken the first one's place, however long that takes."""
    done = Event()

    def mine_then() -> None:
        asked = RPCEndpoint("eth_getTransactionByHash"), [f"0x{first.hash.hex()}"]
        while w3.provider.make_request(*asked)["result"]:
            if done.wait(0.05):
                return
        mined(w3)

    with ThreadPoolExecutor(1) as pool:
        mining = pool.submit(mine_then)
        try:
            yield
        finally:
            done.set()
        mining.result()


@pytest.fixture
def developer(anvil: str, deployment: Deployment) -> Audiera[TxReceipt]:
    return Audiera.connect(anvil, KeySigner.from_key(KEY), deployment, timeout=0.3)


@pytest.fixture
def waiting(developer: Audiera[TxReceipt], mine: Callable[[], None]) -> Entry:
    """A transaction that is not mined."""
    assert callable(mine)  # asked for, so that the chain stands still
    with pytest.raises(ChainError, match="is not mined after"):
        developer.royalty.set_recipient(WALLET)
    return entries(developer)[-1]


def entries(client: Audiera[TxReceipt]) -> list[Entry]:
    return SentJournal.of(client.node, client.account).entries()


def test_what_was_sent_is_listed_as_the_chain_has_it(
    line: CommandLine, waiting: Entry, mine: Callable[[], None], developer: Audiera[TxReceipt]
) -> None:
    before = line("developer", "tx", "list")
    mine()
    after = json.loads(line("developer", "tx", "list", "--json"))

    assert f"0x{waiting.hash.hex()}" in before
    assert "RoyaltySplitter: setRecipient" in before
    assert "not mined" in before or "signed, perhaps sent" in before
    (listed,) = after["sent"]
    assert (after["account"], listed["state"], listed["told"]) == (developer.account, "mined", False)
    assert listed["transaction"] == f"0x{waiting.hash.hex()}"


def test_what_was_sent_is_listed_with_what_it_was_about(line: CommandLine) -> None:
    write_album(Path("Tones"))
    me = json.loads(line("label", "tx", "list", "--json"))["account"]
    write_contributors(Path("people.csv"), "name,address,share", f"Lena,{me},100 %")
    offered = ("--offer", "training", "--price", "0.05 ETH")
    line("label", "dataset", "register", "Tones", "--contributors", "people.csv", *offered)
    line("label", "royalty", "pay", "1", "0.05 ETH")
    line("label", "license", "acquire", "1", "1")

    sent = json.loads(line("label", "tx", "list", "--json"))["sent"]

    called = "dataset 1 (Tones)"
    assert [it["about"] for it in sent] == [["Tones"], [called], [called, "0.05 ETH"], [called]]
    assert "dataset 1 (Tones), 0.05 ETH" in line("label", "tx", "list")


def test_who_sent_nothing_is_told_so(line: CommandLine) -> None:
    assert "sent nothing from here on chain 31337." in line("stranger", "tx", "list")


def test_a_wait_ends_when_it_is_mined_and_the_call_goes_on_from_there(
    line: CommandLine, waiting: Entry, mine: Callable[[], None], developer: Audiera[TxReceipt]
) -> None:
    mine()

    shown = line("developer", "tx", "wait", f"0x{waiting.hash.hex()}")

    assert f"Transaction 0x{waiting.hash.hex()} is in block" in shown
    assert "What sent it goes on from there when it is run again." in shown
    assert developer.royalty.set_recipient(WALLET).transaction == waiting.hash


def test_a_transaction_is_sped_up(line: CommandLine, waiting: Entry, developer: Audiera[TxReceipt], w3: Web3) -> None:
    with mining_the_replacement(w3, waiting):
        shown = line("developer", "tx", "speed-up", f"0x{waiting.hash.hex()}")
    again = line("developer", "tx", "speed-up", f"0x{waiting.hash.hex()}")

    first, faster = entries(developer)
    assert "To send again for a higher fee:" in shown
    assert {first.state, faster.state} == {State.REPLACED, State.MINED}
    assert (faster.nonce, faster.intent) == (first.nonce, first.intent)
    assert developer.royalty.recipient_of(developer.account) == WALLET
    assert again.startswith(f"Transaction 0x{faster.hash.hex()} is in block")


def test_a_transaction_is_cancelled(line: CommandLine, waiting: Entry, developer: Audiera[TxReceipt], w3: Web3) -> None:
    with mining_the_replacement(w3, waiting):
        shown = line("developer", "tx", "cancel", f"0x{waiting.hash.hex()}")
    again = line("developer", "tx", "cancel", f"0x{waiting.hash.hex()}")

    assert f"0x{waiting.hash.hex()} is cancelled" in shown
    assert again.startswith(f"0x{waiting.hash.hex()} is cancelled: its nonce was used in block")
    assert len(entries(developer)) == 2
    assert developer.royalty.recipient_of(developer.account) == developer.account
    assert f"0x{waiting.hash.hex()} was cancelled by" in line(
        "developer", "tx", "speed-up", f"0x{waiting.hash.hex()}", fails=True
    )


def test_what_is_mined_is_not_cancelled(line: CommandLine, waiting: Entry, mine: Callable[[], None]) -> None:
    mine()

    shown = line("developer", "tx", "cancel", f"0x{waiting.hash.hex()}")

    assert shown.startswith(f"It was too late: 0x{waiting.hash.hex()} is in block")


def test_what_is_mined_is_not_given_up(line: CommandLine, waiting: Entry, mine: Callable[[], None]) -> None:
    mine()

    shown = line("developer", "tx", "give-up", f"0x{waiting.hash.hex()}")

    assert shown.startswith(f"Transaction 0x{waiting.hash.hex()} is in block")


def test_what_can_be_mined_any_time_is_not_given_up(line: CommandLine, waiting: Entry) -> None:
    shown = line("developer", "tx", "give-up", f"0x{waiting.hash.hex()}", fails=True)

    assert f"Transaction 0x{waiting.hash.hex()} can be mined any time, as all nonces before its own are" in shown


@pytest.fixture
def ahead(line: CommandLine, anvil: str, developer: Audiera[TxReceipt], monkeypatch: pytest.MonkeyPatch) -> str:
    """The hash of a transaction that a command sent under a nonce one too large, as its node said."""
    nonce = developer.node.nonce(developer.account) + 1

    def lie(method: str, _: list[Any]) -> object:
        return [hex(nonce)] if method == "eth_getTransactionCount" else None

    def end(*_: object) -> None:
        raise SystemExit(9)

    with behind(anvil, lie) as url, monkeypatch.context() as patch:
        patch.setattr(transactions, "follow", end)
        line.terminal.enter(
            ["ape", "run", "royalty", "recipient", WALLET, "--network", url, "--account", "TEST::1"], fails=True
        )
    return f"0x{entries(developer)[-1].hash.hex()}"


def test_what_a_lying_node_had_signed_is_given_up_and_its_command_asks_before_it_sends_another(
    line: CommandLine, developer: Audiera[TxReceipt], ahead: str
) -> None:
    """AUD-N10"""
    free = developer.node.nonce(developer.account)

    given = line("developer", "tx", "give-up", ahead)
    again = line("developer", "tx", "give-up", ahead, fails=True)
    (listed,) = json.loads(line("developer", "tx", "list", "--json"))["sent"]
    sent = line("developer", "royalty", "recipient", WALLET)

    assert given == (
        "To go on without:\n"
        f"  transaction  {ahead}\n"
        "  what         RoyaltySplitter: setRecipient\n"
        f"  nonce        {free + 1}\n"
        f"  why now      it cannot be mined while nonces before it are free, from {free} on\n"
        "  later        whoever has it may still get it mined, once the nonces before it are used\n"
        f"{ahead} is given up. If it is mined after all, `ape run tx list` says so.\n"
    )
    assert f"{ahead} was given up, so nothing waits for it; if it is mined after all" in again
    assert (listed["transaction"], listed["state"]) == (ahead, "given up")
    assert sent.startswith(f"{ahead} (RoyaltySplitter: setRecipient) was given up, and may still be mined.\n")
    assert "Sending transaction 0x" in sent


def test_what_was_given_up_and_is_mined_after_all_is_listed_as_mined(
    line: CommandLine, developer: Audiera[TxReceipt], ahead: str
) -> None:
    line("developer", "tx", "give-up", ahead, "--json")
    developer.royalty.set_recipient(f"0x{'22' * 20}")

    listed = json.loads(line("developer", "tx", "list", "--json"))["sent"]
    found = line("developer", "royalty", "recipient", WALLET)

    assert {it["transaction"]: it["state"] for it in listed}[ahead] == "mined"
    assert f"Found: already sent as {ahead} by an earlier run; not sent again." in found


@pytest.mark.parametrize("command", ["wait", "speed-up", "cancel", "give-up"])
def test_what_the_node_refused_is_not_waited_for(
    line: CommandLine, developer: Audiera[TxReceipt], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(transactions, "gas_limit", lambda _: 1_000)  # less than any transaction takes
        with pytest.raises(ChainError, match="intrinsic gas too low"):
            developer.royalty.set_recipient(WALLET)
    refused = f"0x{entries(developer)[-1].hash.hex()}"

    shown = line("developer", "tx", command, refused, fails=True)

    assert f"The node refused {refused}, so it was never sent; nothing is to be waited for." in shown


@pytest.mark.parametrize("command", ["wait", "speed-up", "cancel", "give-up"])
def test_what_was_not_sent_from_here_is_not_known(line: CommandLine, command: str) -> None:
    shown = line("developer", "tx", command, f"0x{'ab' * 32}", fails=True)

    assert f"did not send 0x{'ab' * 32} from here on chain 31337" in shown
