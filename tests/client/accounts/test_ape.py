from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from eth_account import Account
from web3 import Web3

from audiera.client import Audiera, KeySigner
from audiera.client.deployment.create2 import predict
from audiera.protocol.ids import ETHER
from audiera.protocol.structs import Call, Receipt
from audiera.protocol.typed import Domain
from tests.client.conftest import As
from tests.support.places import ROOT

BIN = ROOT / ".venv" / "bin"
TEST_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"  # Anvil's and Ape's first account
KEY = bytes.fromhex("5a" * 32)
PASSWORD = "correct horse"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose Ape folder has one keystore account, `studio`."""
    accounts = tmp_path / ".ape" / "accounts"
    accounts.mkdir(parents=True)
    (accounts / "studio.json").write_text(json.dumps(Account.encrypt(KEY, PASSWORD, iterations=2)))
    return tmp_path


def run(
    home: Path, *command: str, password: str | None = PASSWORD, stdin: int = subprocess.DEVNULL
) -> subprocess.CompletedProcess[str]:
    """A command as a user runs it, without a terminal unless `stdin` is one."""
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT)}
    if password is not None:
        environment["APE_ACCOUNTS_studio_PASSPHRASE"] = password
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        stdin=stdin,
        timeout=180,
        check=False,
    )


@pytest.mark.parametrize(
    ("alias", "key"), [("TEST::0", bytes.fromhex(TEST_KEY[2:])), ("studio", KEY)], ids=["test account", "keystore"]
)
def test_an_ape_account_signs_what_its_key_signs(anvil: str, home: Path, alias: str, key: bytes) -> None:
    result = run(home, sys.executable, "-m", "tests.client.ape_account", anvil, alias)

    assert result.returncode == 0, result.stderr
    signed = json.loads(result.stdout.splitlines()[-1])
    signer = KeySigner.from_key(key)
    domain = Domain("UsageLedger", 31337, ETHER)
    call = Call(account=signer.address, data=b"\x01\x02\x03\x04\x05", nonce=2**255, deadline=9)
    assert signed["address"] == signer.address
    assert signed["receipt"] == signer.sign_struct(domain, Receipt(b"\x01" * 32)).hex()
    assert signed["call"] == signed["message"] == signer.sign_struct(domain, call).hex()
    raw = signed["transaction"]
    assert Account.recover_transaction(raw) == signer.address
    assert (
        raw
        == signer.sign_transaction(
            {
                "chainId": 31337,
                "nonce": 7,  # type: ignore[typeddict-item]  # plain ints will do
                "to": signer.address,
                "value": 5,  # type: ignore[typeddict-item]
                "data": "0x1234",  # type: ignore[typeddict-item]
                "gas": 50_000,
                "type": 2,
                "maxFeePerGas": 10**10,  # type: ignore[typeddict-item]
                "maxPriorityFeePerGas": 10**9,  # type: ignore[typeddict-item]
            }
        ).hex()
    )


def test_the_package_works_without_ape(anvil: str, as_: As) -> None:
    """Where eth-ape is not installed, all but Ape's signer and the commands under Ape imports, sends and signs."""
    assert as_("reader").account
    program = """
import importlib, importlib.abc, pkgutil, sys

class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0].startswith("ape"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Blocker())
import audiera
for it in pkgutil.walk_packages(audiera.__path__, "audiera."):
    if it.name != "audiera.client.accounts.ape" and not it.name.startswith("audiera.cli"):
        importlib.import_module(it.name)
from audiera.client import Audiera, KeySigner
from audiera.client.deployment.deployments import Deployment
from pathlib import Path
client = Audiera.connect(sys.argv[1], KeySigner.from_key(sys.argv[2]))
receipt = client.royalty.set_recipient(client.account)
print(receipt.gas_used, client.signing().royalty.set_recipient(client.account).call.account)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    result = subprocess.run(
        [sys.executable, "-c", program, anvil, TEST_KEY],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    assert int(result.stdout.split()[0]) > 21_000


@pytest.fixture
def deployments() -> Path:
    return ROOT / "deployments"


def test_deploy_runs_headless_with_a_keystore_and_again(w3: Web3, anvil: str, home: Path, deployments: Path) -> None:
    owner = KeySigner.from_key(KEY)
    w3.provider.make_request("anvil_setBalance", [owner.address, hex(10**18)])  # type: ignore[arg-type]  # a name
    command = [str(BIN / "ape"), "run", "deploy", "--network", anvil, "--account", "studio", "--yes", "--json"]

    first = run(home, *command)
    again = run(home, *command, password=None)

    assert first.returncode == 0, first.stderr
    printed = json.loads(first.stdout)
    assert {name: it["address"] for name, it in printed["contracts"].items()} == predict()
    assert (deployments / "31337.json").exists()
    assert Audiera.connect(w3, folder=deployments).suite.contracts["UsageLedger"].address == predict()["UsageLedger"]
    assert again.returncode == 0, again.stderr
    assert "to deploy" not in again.stderr


def test_deploy_without_money_password_or_node_fails_in_a_sentence(home: Path, anvil: str, w3: Web3) -> None:
    assert w3.is_connected()
    command = [str(BIN / "ape"), "run", "deploy", "--account", "studio", "--yes", "--network"]

    poor = run(home, *command, "ethereum:local:foundry")
    nowhere = run(home, *command, "http://127.0.0.1:9")
    wrong = run(home, *command, "ethereum:local:foundry", password="wrong")

    assert "Error: The account has too little ETH" in poor.stderr
    assert "Error: No (supported) node found on 'http://127.0.0.1:9'" in nowhere.stderr
    assert "Error: The passphrase does not open studio (Invalid password)" in wrong.stderr
    for it in (poor, nowhere, wrong):
        assert it.returncode == 1
        assert "Traceback" not in it.stderr + it.stdout
    assert anvil


DEPLOY = (str(BIN / "ape"), "run", "deploy", "--network", "ethereum:local:foundry", "--account", "TEST::0")


def test_deploy_asks_and_takes_no_for_an_answer(home: Path) -> None:
    keyboard, terminal = pty.openpty()
    os.write(keyboard, b"n\n")

    result = run(home, *DEPLOY, stdin=terminal)

    assert result.returncode == 1
    assert "Deploy? [y/N]" in result.stderr
    assert "Aborted!" in result.stderr


def test_deploy_with_nobody_to_ask_does_nothing(home: Path) -> None:
    result = run(home, *DEPLOY)

    assert result.returncode == 1
    assert "Error: There is no terminal to ask in, so nothing was done" in result.stderr
