"""The rehearsal to the letter, from an empty keystore, on chains that go as public ones do, with what goes wrong there.

Blocks come as fast as a test can wait for, with the times that they have on such a chain.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from eth_typing import HexStr
from web3 import HTTPProvider, Web3
from web3.exceptions import TransactionNotFound
from web3.types import RPCEndpoint

from audiera.client import Audiera
from audiera.client.deployment import DEPLOYER, Deployment
from audiera.protocol import to_address
from tests.support.anvil import running_anvil
from tests.support.ape import Ran, RunApe, ape_in
from tests.support.music import write_album, write_contributors
from tests.support.nodes import Told, WrongNode, send, wrong_node
from tests.support.pages import Terminal, blocks_of, command_of
from tests.support.places import DOCS, ROOT

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(900)]

PAGE: Final = DOCS / "rehearsal.md"
NODE: Final = "https://sepolia.example/v2/KEY"
PASSPHRASE: Final = "correct horse battery"
PASSPHRASES: Final = {f"APE_ACCOUNTS_{alias}_PASSPHRASE": PASSPHRASE for alias in ("label", "developer")}
REFUSED: Final = "cannot be reached"
GWEI: Final = 10**9
BLOCK: Final = 0.3  # seconds


@dataclass
class Chain:
    """A chain whose blocks this makes: each later than the one before by its interval, and dearer up to a bound."""

    url: str
    interval: int
    fee: int
    highest: int
    w3: Web3 = field(init=False)
    mining: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.w3 = Web3(HTTPProvider(self.url, request_kwargs={"timeout": 60}))
        self.rpc("anvil_setBlockTimestampInterval", self.interval)

    def rpc(self, method: str, *params: object) -> None:
        reply = self.w3.provider.make_request(RPCEndpoint(method), list(params))
        assert "error" not in reply, reply

    def mine(self) -> None:
        self.fee = min(self.fee * 9 // 8, self.highest)
        self.rpc("anvil_setNextBlockBaseFeePerGas", hex(self.fee))
        self.rpc("evm_mine")

    def sent(self) -> list[tuple[str, str, str]]:
        """Return sender, receiver and data of every transaction on the chain."""
        blocks = (self.w3.eth.get_block(it, full_transactions=True) for it in range(self.w3.eth.block_number + 1))
        txs: list[Any] = [tx for block in blocks for tx in block["transactions"]]
        return [(tx["from"], tx["to"], tx["input"].to_0x_hex()) for tx in txs]


@contextmanager
def public_chain(number: int, interval: int, fee: int, highest: int) -> Iterator[Chain]:
    with running_anvil("--chain-id", str(number), "--no-mining", "--gas-limit", "30000000") as url:
        chain, over = Chain(url, interval, fee, highest), threading.Event()

        def mine() -> None:
            while not over.wait(BLOCK):
                with chain.mining:
                    chain.mine()

        miner = threading.Thread(target=mine, daemon=True)
        miner.start()
        try:
            yield chain
        finally:
            over.set()
            miner.join()


@dataclass
class Reader:
    """Who follows the page in a checkout of their own, through a node that refuses every so many questions."""

    folder: Path
    home: Path
    ape: RunApe
    chain: Chain
    node: WrongNode
    sends: int = 0
    last: str = ""
    """The hash of the transaction that was sent last."""
    at_send: dict[int, Callable[[str], object]] = field(default_factory=dict)
    """What happens when the node has taken so many transactions, by their number; told the hash."""

    def __post_init__(self) -> None:
        asked = count(1)

        def rate_limited(handler: BaseHTTPRequestHandler, answer: bytes) -> None:
            send(handler, *((b"", 429) if next(asked) % 9 == 0 else (answer,)))

        def noted(method: str, _: list[Any], result: Told) -> Told:
            if method == "eth_sendRawTransaction":
                self.sends, self.last = self.sends + 1, result
                self.at_send.pop(self.sends, str)(result)
            return result

        self.node.raw, self.node.change = rate_limited, noted

    def follow(self, trouble: dict[str, Callable[[list[str]], None]]) -> None:
        """Do what the page says; a command that `trouble` names, by its first two words, is left to that."""
        terminal = Terminal(self.node.url, {NODE: self.node.url}, {})
        for block in blocks_of(PAGE):
            if block.language == "between":
                assert block.text == "the faucet pays"
                for alias in ("label", "developer"):
                    self.chain.rpc("anvil_setBalance", self.address(alias), hex(10**18))
                rows = (f"Ada,{self.address('label')},60 %", f"Ben,0x{'b2' * 20},40 %")
                write_contributors(self.folder / "people.csv", "name,address,share", *rows)
            elif block.language == "sh":
                for words in terminal.commands(block):
                    meant = [terminal.meant.get(it, it) for it in words]
                    trouble.get(" ".join(meant[2:4]), self.enter)(meant)

    def enter(self, words: list[str]) -> None:
        if words[0] == "audiera":
            Terminal(self.node.url, {}, {}).enter(words)
        elif words[1] == "accounts":
            self.generate(words)
        else:
            done = self.run(words)
            assert done.code == 0, (words, done.err)

    def run(self, words: list[str]) -> Ran:
        """Run a command, and again if Ape was refused while it connected, as the page says."""
        done = self.ape(*agreeing(words)[2:], environment=PASSPHRASES)
        return self.ape(*agreeing(words)[2:], environment=PASSPHRASES) if REFUSED in done.err else done

    def process(self, words: list[str], stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """Start a command as a process of its own, which can be killed."""
        bare = {"HOME": str(self.home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **PASSPHRASES}
        ape = str(ROOT / ".venv" / "bin" / "ape")
        return subprocess.Popen(
            [ape, *words[1:]],
            cwd=self.folder, env=bare, text=True, start_new_session=True, stdin=stdin, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def generate(self, words: list[str]) -> None:
        alias = words[3]
        if not (self.home / ".ape/accounts" / f"{alias}.json").exists():
            process = self.process(words, stdin=subprocess.PIPE)
            process.communicate(f"by chance\n{PASSPHRASE}\n{PASSPHRASE}\n")
            assert process.returncode == 0

    def killed(self, words: list[str], sends: int) -> None:
        """Run a command that is killed when the node has taken so many of its transactions, and nobody was told."""
        process = self.process(agreeing(words))
        self.at_send[self.sends + sends] = lambda _: process.kill()
        if process.wait() == 1:  # Ape was refused while it connected
            process = self.process(agreeing(words))
            process.wait()
        assert process.returncode == -9

    def reorganise(self) -> None:
        """Undo the block that the last transaction is in, and all after it."""
        w3 = self.chain.w3
        with self.chain.mining:
            mined = w3.eth.get_transaction_receipt(HexStr(self.last))["blockNumber"]
            self.chain.rpc("anvil_reorg", w3.eth.block_number - mined + 1, [])
            with pytest.raises(TransactionNotFound):
                w3.eth.get_transaction_receipt(HexStr(self.last))

    def address(self, alias: str) -> str:
        keys = json.loads((self.home / ".ape/accounts" / f"{alias}.json").read_text())
        return str(to_address(f"0x{keys['address'].removeprefix('0x')}"))


def agreeing(words: list[str]) -> list[str]:
    command = command_of(words)
    assert command is not None
    return [*words, "--yes"] if any("--yes" in it.opts for it in command.params) else words


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a clone has after `make setup`, without anything that was done in this one."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("ape-config.yaml", "audiera", "contracts", "node_modules", "scripts", "tools"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.fixture(scope="module")
def ape(home: Path, checkout: Path) -> Iterator[RunApe]:
    with ape_in(home, checkout) as run:
        yield run


@pytest.fixture
def follower(
    checkout: Path, home: Path, ape: RunApe, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Chain, WrongNode], Reader]:
    """A reader with a folder of music."""
    monkeypatch.chdir(checkout)
    for name in ("Night Ferry", "music", "verification"):
        shutil.rmtree(checkout / name, ignore_errors=True)
    write_album(checkout / "Night Ferry")
    return lambda chain, node: Reader(checkout, home, ape, chain, node)


def check_end(reader: Reader) -> None:
    """One deployment, one dataset, one licence, Ada paid, Ben's money waiting, and nothing sent twice."""
    chain = reader.chain
    sent, label = chain.sent(), reader.address("label")
    assert len(set(sent)) == len(sent)
    assert Counter((sender, to == DEPLOYER) for sender, to, _ in sent) == {
        (label, True): 5,
        (label, False): 4,  # registered, terms, offer, claim
        (reader.address("developer"), False): 1,
    }
    written = Deployment.find(chain.w3.eth.chain_id, reader.folder / "deployments")
    assert written is not None
    shop = Audiera.connect(chain.w3, folder=reader.folder / "deployments")
    assert written.addresses == {name: it.address for name, it in shop.suite.contracts.items()}
    assert (shop.datasets.dataset_count(), shop.licenses.license_count()) == (1, 1)
    assert chain.w3.eth.get_balance(written.addresses["RoyaltySplitter"]) == 4 * 10**14


def test_on_a_chain_like_sepolia_with_a_kill_a_replacement_and_a_reorganisation(
    follower: Callable[[Chain, WrongNode], Reader],
) -> None:
    with public_chain(11_155_111, 12, GWEI, 4 * GWEI) as chain, wrong_node(chain.url) as node:
        reader = follower(chain, node)

        def deploy(words: list[str]) -> None:
            reader.killed(words, sends=2)
            reader.enter(words)

        def register(words: list[str]) -> None:
            """It is killed when its transaction waits, which has become too cheap; then the page's last part."""
            with chain.mining:
                reader.killed(words, sends=1)
                chain.highest = 20 * GWEI
                chain.fee = 18 * GWEI
            net = words[-4:]
            waiting = reader.run(["ape", "run", "tx", "list", "--json", *net]).json["sent"][-1]
            reader.enter(["ape", "run", "tx", "speed-up", waiting["transaction"], *net])
            chain.fee, chain.highest = GWEI, 4 * GWEI
            reader.enter(words)

        def acquire(words: list[str]) -> None:
            reader.enter(words)
            reader.reorganise()
            reader.enter(words)

        reader.follow({"deploy --network": deploy, "dataset register": register, "license acquire": acquire})

        check_end(reader)
        assert {it.name for it in (reader.folder / "verification" / "UsageLedger").iterdir()} == {
            *("arguments.txt", "input.json", "metadata.json", "sourcify.json")
        }


def test_on_a_chain_like_a_rollup_with_transactions_that_are_dropped(
    follower: Callable[[Chain, WrongNode], Reader],
) -> None:
    with public_chain(84_532, 2, GWEI // 100, GWEI // 50) as chain, wrong_node(chain.url) as node:
        reader = follower(chain, node)

        def drop(transaction: str) -> None:
            chain.rpc("anvil_dropTransaction", transaction)

        def deploy(words: list[str]) -> None:
            reader.at_send[reader.sends + 3] = drop
            reader.enter([it for it in words if it not in ("--verify-files", "verification")])  # as on the other

        def offer(words: list[str]) -> None:
            reader.at_send[reader.sends + 1] = drop
            reader.enter(words)
            reader.reorganise()
            reader.enter(words)

        reader.follow({"deploy --network": deploy, "license offer": offer})

        check_end(reader)
