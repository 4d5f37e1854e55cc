from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
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
from tests.support.ape import RunApe
from tests.support.places import ROOT

TEST_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"  # Anvil's and Ape's first account
KEY = bytes.fromhex("5a" * 32)
KEYS = {"TEST::0": bytes.fromhex(TEST_KEY[2:]), "studio": KEY}
UNLOCKED = {"APE_ACCOUNTS_studio_PASSPHRASE": "correct horse"}
DEPLOY = ("deploy", "--account", "studio", "--network")
LOCAL = "ethereum:local:foundry"


@pytest.fixture(scope="session", autouse=True)
def _studio(home: Path) -> None:
    """A keystore account of Ape's, `studio`."""
    accounts = home / ".ape" / "accounts"
    accounts.mkdir(parents=True, exist_ok=True)
    keystore = Account.encrypt(KEY, UNLOCKED["APE_ACCOUNTS_studio_PASSPHRASE"], iterations=2)
    (accounts / "studio.json").write_text(json.dumps(keystore))


def start(home: Path, *command: str) -> str:
    """What a process prints that is started as a user would, without a terminal."""
    environment = {**os.environ, **UNLOCKED, "HOME": str(home), "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def signed(anvil: str, home: Path) -> Mapping[str, Mapping[str, str]]:
    """What each account signed, by its alias."""
    printed = start(home, sys.executable, "-m", "tests.client.ape_account", anvil, *KEYS)
    found: dict[str, dict[str, str]] = json.loads(printed.splitlines()[-1])
    return found


@pytest.mark.parametrize("alias", KEYS)
def test_an_ape_account_signs_what_its_key_signs(signed: Mapping[str, Mapping[str, str]], alias: str) -> None:
    made, signer = signed[alias], KeySigner.from_key(KEYS[alias])
    domain = Domain("UsageLedger", 31337, ETHER)
    call = Call(account=signer.address, data=b"\x01\x02\x03\x04\x05", nonce=2**255, deadline=9)
    assert made["address"] == signer.address
    assert made["receipt"] == signer.sign_struct(domain, Receipt(b"\x01" * 32)).hex()
    assert made["call"] == made["message"] == signer.sign_struct(domain, call).hex()
    assert made["text"] == signer.sign_text("Sign in.\n").hex()
    raw = made["transaction"]
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


@pytest.mark.heavy
def test_the_package_works_without_ape(anvil: str, home: Path, as_: As, tmp_path: Path) -> None:
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
client = Audiera.connect(sys.argv[1], KeySigner.from_key(sys.argv[2]), folder=Path(sys.argv[3]))
receipt = client.royalty.set_recipient(client.account)
print(receipt.gas_used, client.signing().royalty.set_recipient(client.account).call.account)
"""

    printed = start(home, sys.executable, "-c", program, anvil, TEST_KEY, str(tmp_path))

    assert int(printed.split()[0]) > 21_000


def test_deploy_runs_headless_with_a_keystore_and_again(w3: Web3, anvil: str, home: Path, run_ape: RunApe) -> None:
    owner = KeySigner.from_key(KEY)
    w3.provider.make_request("anvil_setBalance", [owner.address, hex(10**18)])  # type: ignore[arg-type]  # a name
    command = [*DEPLOY, anvil, "--yes", "--json"]

    first = json.loads(start(home, str(ROOT / ".venv" / "bin" / "ape"), "run", *command))
    again = run_ape(*command)

    folder = ROOT / "deployments"
    assert {name: it["address"] for name, it in first["contracts"].items()} == predict()
    assert (folder / "31337.json").exists()
    assert Audiera.connect(w3, folder=folder).suite.contracts["UsageLedger"].address == predict()["UsageLedger"]
    assert (again.code, again.json) == (0, first), again.err
    assert "to deploy" not in again.err


@pytest.mark.parametrize(
    ("network", "passphrase", "reason"),
    [
        (LOCAL, UNLOCKED, "The account has too little ETH"),
        ("http://127.0.0.1:9", UNLOCKED, "The node at http://127.0.0.1:9 cannot be reached"),
        (LOCAL, dict.fromkeys(UNLOCKED, "wrong"), "The passphrase does not open studio (Invalid password)"),
    ],
    ids=["no money", "no node", "no password"],
)
def test_deploy_fails_in_a_sentence(
    artifact: object, run_ape: RunApe, network: str, passphrase: Mapping[str, str], reason: str
) -> None:
    assert artifact  # builds what is deployed

    ran = run_ape(*DEPLOY, network, "--yes", environment=passphrase)

    assert ran.code == 1
    assert f"Error: {reason}" in ran.err
    assert "Traceback" not in ran.err + ran.out


def test_a_command_without_a_network_says_how_to_name_one(run_ape: RunApe) -> None:
    ran = run_ape("dataset", "list", "--account", "TEST::0")

    assert ran.code == 1
    assert "Error: No network was named, so Ape started a chain of its own" in ran.err


def test_deploy_asks_and_takes_no_for_an_answer(artifact: object, run_ape: RunApe) -> None:
    assert artifact
    keyboard, terminal = pty.openpty()
    os.write(keyboard, b"n\n")

    ran = run_ape("deploy", "--account", "TEST::0", "--network", LOCAL, stdin=os.ttyname(terminal))

    assert ran.code == 1
    assert "Deploy? [y/N]" in ran.err
    assert "Nothing was sent.\n" in ran.err
    assert "Aborted!" not in ran.err


def test_deploy_with_nobody_to_ask_does_nothing(artifact: object, run_ape: RunApe) -> None:
    assert artifact

    ran = run_ape("deploy", "--account", "TEST::0", "--network", LOCAL)

    assert ran.code == 1
    assert "Error: There is no terminal to ask in, so nothing was done" in ran.err
