"""What Sourcify and Etherscan are given makes the release's code, and nothing else does."""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath
from typing import cast

import pytest
from web3 import Web3
from web3.types import RPCEndpoint

from audiera.client.chain import connect
from audiera.client.contracts import artifact
from audiera.client.deployment import Deployment
from audiera.errors import ChainError
from audiera.protocol import CONTRACTS, address_word
from tools import verification
from tools.compiler import CompileError, Settings
from tools.verification import Compiled, recompile, standard_input, write_verification

IMPORT = re.compile(r'^import\b[^"]*"([^"]+)";', re.MULTILINE)


def contents(request: dict[str, object]) -> dict[str, str]:
    sources = cast("dict[str, dict[str, str]]", request["sources"])
    return {name: it["content"] for name, it in sources.items()}


def written(sources: dict[str, str]) -> dict[str, dict[str, str]]:
    return {name: {"content": it} for name, it in sources.items()}


def resolved(name: str, source: str) -> str:
    """Return the name of the source that an import in another one means."""
    if name.startswith("."):
        parts: list[str] = []
        for part in (PurePosixPath(source).parent / name).parts:
            parts = parts[:-1] if part == ".." else [*parts, part]
        return "/".join(parts)
    for remapping in cast("list[str]", Settings.load().solc["remappings"]):
        prefix, target = remapping.split("=")
        if name.startswith(prefix):
            return target + name.removeprefix(prefix)
    return name


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_input_of_a_contract_has_every_source_that_is_imported(name: str) -> None:
    sources = contents(standard_input(name))

    imported = {resolved(it, source) for source, text in sources.items() for it in IMPORT.findall(text)}

    assert len(imported) > 10
    assert imported | {f"contracts/{name}.sol"} == set(sources)


def test_the_files_are_those_of_the_deployment(
    w3: Web3, deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = json.dumps({"compiler": {"version": "0.8.37+commit.01234567"}})
    monkeypatch.setattr(verification, "recompile", lambda name, _: Compiled(artifact(name).creation_code, said))

    write_verification(connect(w3), deployment, tmp_path / "files")

    folder = tmp_path / "files" / "UsageLedger"
    below = [deployment.addresses[it] for it in ("RoyaltySplitter", "DatasetRegistry", "LicenseRegistry")]
    assert {it.name for it in (tmp_path / "files").iterdir()} == set(CONTRACTS)
    assert bytes.fromhex((folder / "arguments.txt").read_text()) == b"".join(map(address_word, below))
    assert (tmp_path / "files" / "RoyaltySplitter" / "arguments.txt").read_text() == ""
    assert (folder / "metadata.json").read_text() == said
    transaction = deployment.contracts["UsageLedger"].transaction
    assert transaction is not None
    assert json.loads((folder / "sourcify.json").read_text()) == {
        "stdJsonInput": json.loads((folder / "input.json").read_text()),
        "compilerVersion": "0.8.37+commit.01234567",
        "contractIdentifier": "contracts/UsageLedger.sol:UsageLedger",
        "creationTransactionHash": f"0x{transaction.hex()}",
    }


def test_code_on_chain_that_is_not_what_the_files_make_is_named(
    w3: Web3, deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "recompile", lambda name, _: Compiled(artifact(name).creation_code, "{}"))
    address = deployment.addresses["RoyaltySplitter"]
    code = bytearray(w3.eth.get_code(address))
    code[-1] ^= 1
    w3.provider.make_request(RPCEndpoint("anvil_setCode"), [address, f"0x{code.hex()}"])

    with pytest.raises(ChainError, match=f"The code at {address} on chain 31337 is not this release's RoyaltySplitter"):
        write_verification(connect(w3), deployment, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_source_that_the_input_lacks_is_not_read_from_the_checkout() -> None:
    request = standard_input("RoyaltySplitter")
    own = contents(request)[name := "contracts/RoyaltySplitter.sol"]

    with pytest.raises(CompileError, match="not found"):
        recompile("RoyaltySplitter", {**request, "sources": written({name: own})})


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_the_input_alone_makes_the_release_and_a_changed_byte_is_noticed() -> None:
    request = standard_input("RoyaltySplitter")

    made = recompile("RoyaltySplitter", request)

    assert made.creation_code == artifact("RoyaltySplitter").creation_code
    assert re.fullmatch(r"0\.8\.37\+commit\.[0-9a-f]{8}", made.compiler)
    sources = contents(request)
    own = sources[name := "contracts/RoyaltySplitter.sol"]
    changed = own.replace("!= 0, Splitter_UnknownSplit", "!= 1, Splitter_UnknownSplit", 1)
    assert changed != own
    with pytest.raises(ChainError, match="sources of RoyaltySplitter in this checkout do not make the code"):
        recompile("RoyaltySplitter", {**request, "sources": written({**sources, name: changed})})
