"""The contracts of `docs/examples`, compiled with the settings of the release."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from web3 import Web3
from web3.contract import Contract

from tools.compiler import ROOT, Settings

__all__ = ["deploy_example"]


def deploy_example(w3: Web3, name: str, *arguments: object) -> Contract:
    """Compile a contract of `docs/examples` and deploy it."""
    abi, code = _compile(ROOT / "docs/examples" / f"{name}.sol", name)
    made = w3.eth.contract(abi=abi, bytecode=code).constructor(*arguments).transact({"gas": 2_000_000})
    address = w3.eth.wait_for_transaction_receipt(made)["contractAddress"]
    assert address is not None
    return w3.eth.contract(address, abi=abi)


def _compile(file: Path, name: str) -> tuple[list[dict[str, object]], str]:
    settings = Settings.load()
    source = str(file.relative_to(ROOT))
    request = {
        "language": "Solidity",
        "sources": {source: {"content": file.read_text()}},
        "settings": {**settings.solc, "outputSelection": {source: {"*": ["abi", "evm.bytecode.object"]}}},
    }
    answer = subprocess.run(
        [settings.executable, "--standard-json", "--base-path", ROOT],
        input=json.dumps(request), capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    made = json.loads(answer.stdout)["contracts"][source][name]
    return made["abi"], "0x" + made["evm"]["bytecode"]["object"]
