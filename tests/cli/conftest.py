"""Commands as their users run them.

`ape` runs a process against an Anvil that has been running for a while, on a chain with its own number, for an
account in a keystore file. `session` makes what a command works with for accounts in memory, on the worker's own chain:
everything between the command line and the contracts, at the speed of a function call.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

from audiera.cli.terminal import output
from audiera.cli.terminal.session import Session
from audiera.client import Audiera, KeySigner, ReadOnly
from audiera.client.chain.node import connect
from audiera.client.deployment.deploy import deploy
from audiera.client.deployment.deployments import Deployment
from audiera.operations.tokens import TokenBook
from audiera.protocol.ids import to_address
from audiera.text.jsontypes import Json
from tests.cli.commands import CommandLine
from tests.cli.words import wrong_words
from tests.support.anvil import running_anvil
from tests.support.ape import Ran, RunApe
from tests.support.music import write_album, write_contributors
from tests.support.pages import Terminal
from tests.support.tokens import deploy_mock, mint, usdc

__all__ = ["Album", "Ape", "Sessions", "deploy_mock", "mint", "usdc"]

CHAIN_ID = 424_242
PASSPHRASE = "correct horse battery"
RICH = ("label", "fan")
POOR = ("composer", "visitor")


@pytest.fixture(autouse=True)
def one_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every result that a command prints for programs here has the words of `tests.cli.words`."""

    def print_json(value: Json) -> None:
        wrong = list(wrong_words(value))
        assert wrong == []
        printed(value)

    printed = output.print_json
    for module in [it for name, it in sys.modules.items() if name.startswith("audiera.cli.")]:
        if getattr(module, "print_json", None) is printed:
            monkeypatch.setattr(module, "print_json", print_json)


class Sessions(Protocol):
    """`session("label")`: what a command of that account works with; it agrees to everything unless told."""

    def __call__(self, role: str, *, yes: bool = True, relay: bool = False, as_json: bool = False) -> Session: ...


@dataclass(frozen=True, slots=True)
class Album:
    """A folder of music, and who made it."""

    folder: Path
    contributors: Path


@pytest.fixture(scope="session")
def network(artifact: object) -> Iterator[str]:
    """The URL of a node that was there before the commands and stays: nothing is undone there."""
    assert artifact  # builds what is deployed
    with running_anvil("--chain-id", str(CHAIN_ID)) as url:
        w3 = Web3(HTTPProvider(url, request_kwargs={"timeout": 60}))
        deployer: LocalAccount = Account.create()
        w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [deployer.address, hex(10**20)])
        deploy(connect(w3), KeySigner(deployer))
        yield url


@pytest.fixture(scope="session")
def people(home: Path, network: str) -> Mapping[str, ChecksumAddress]:
    """Keystore accounts in that Ape folder, by alias: two rich in ETH, two without any at first."""
    folder = home / ".ape" / "accounts"
    folder.mkdir(parents=True, exist_ok=True)
    w3 = Web3(HTTPProvider(network))
    found = {}
    for alias in (*RICH, *POOR):
        account: LocalAccount = Account.create()
        store = Account.encrypt(account.key, PASSPHRASE, kdf="pbkdf2", iterations=10)
        (folder / f"{alias}.json").write_text(json.dumps(store))
        found[alias] = to_address(account.address)
        if alias in RICH:
            w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [account.address, hex(10**20)])
    return found


class Ape(Protocol):
    """`ape("dataset", "show", "1")` runs `ape run dataset show 1` on the network, without a terminal."""

    def __call__(self, *arguments: str, locked: bool = False) -> Ran: ...


@pytest.fixture(scope="session")
def ape(run_ape: RunApe, network: str, people: Mapping[str, ChecksumAddress]) -> Ape:
    passphrases = {f"APE_ACCOUNTS_{alias}_PASSPHRASE": PASSPHRASE for alias in people}

    def run(*arguments: str, locked: bool = False) -> Ran:
        return run_ape(*arguments, "--network", network, environment={} if locked else passphrases)

    return run


@pytest.fixture(scope="session")
def session(
    w3: Web3, deployment: Deployment, new_account: Callable[[str], LocalAccount], usdc: ChecksumAddress
) -> Sessions:
    def create(role: str, *, yes: bool = True, relay: bool = False, as_json: bool = False) -> Session:
        signer = KeySigner(new_account(role))
        client = Audiera.connect(w3, ReadOnly(signer.address), deployment)
        book = TokenBook.of(client, [f"USDC={usdc}"])
        return Session(client, book, lambda: signer, as_json=as_json, yes=yes, relay=relay)

    return create


@pytest.fixture
def line(anvil: str, w3: Web3, deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line in an empty folder that knows the deployment."""
    assert w3.is_connected()  # asked for, so that what is done is undone
    deployment.write(tmp_path / "deployments")
    monkeypatch.chdir(tmp_path)
    return CommandLine(Terminal(anvil, {}, {}), ("label", "developer", "gateway", "sponsor", "stranger"))


@pytest.fixture
def album(tmp_path: Path) -> Callable[..., Album]:
    """`album("Ada,0x..., 50 %", ...)`: three short tones in three formats, and a contributors file of these rows."""

    def create(*rows: str, name: str = "Tones", columns: str = "name,address,share") -> Album:
        folder = write_album(tmp_path / name)
        return Album(folder, write_contributors(tmp_path / f"{name}.csv", columns, *rows))

    return create


@pytest.fixture
def pair(album: Callable[..., Album], session: Sessions) -> Album:
    """An album of two people with addresses: the label's 25 %, the composer's 75 %."""
    return album(f"Lena Label,{session('label').me},25 %", f"Cosmo Composer,{session('composer').me},75 %")
