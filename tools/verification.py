"""What Sourcify and Etherscan take to verify the contracts, written once it compiles here to what is on chain.

For each contract a folder of its name:

    input.json       the compiler's standard JSON input, with every source that it reads inside
    arguments.txt    the constructor's arguments, as hex without 0x
    metadata.json    what the compiler says of sources, settings and interface
    sourcify.json    the body of Sourcify's request: the input, compiler, contract and transaction
"""

import json
import os
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from audiera.client.chain import Node
from audiera.client.contracts import artifact
from audiera.client.deployment import Deployment, check_code, creation_codes
from audiera.errors import ChainError, InputError
from audiera.text import hex_of
from tools.compiler import ROOT, SOURCES, CompileError, Settings, compile_input, sources_of

__all__ = ["Compiled", "recompile", "standard_input", "write_verification"]


@dataclass(frozen=True, slots=True)
class Compiled:
    """What came of an input."""

    creation_code: bytes
    """Without constructor arguments."""
    metadata: str
    """JSON, of the compiler's own spelling: its hash names it."""

    @property
    def compiler(self) -> str:
        """The compiler's version, commit included."""
        version: str = json.loads(self.metadata)["compiler"]["version"]
        return version


def standard_input(name: str) -> dict[str, object]:
    """Return standard JSON input that makes a contract of the suite, and reads no file.

    Raises:
        CompileError: if the sources of the checkout do not compile.
    """
    outputs = ["abi", "metadata", "evm.bytecode.object", "evm.deployedBytecode"]
    return {
        "language": "Solidity",
        "sources": {it: {"content": (ROOT / it).read_text("utf-8")} for it in sources_of(name)},
        "settings": {**Settings.load().solc, "outputSelection": {_file(name): {name: outputs}}},
    }


def recompile(name: str, request: Mapping[str, object]) -> Compiled:
    """Compile a contract of this release from an input alone.

    Raises:
        CompileError: if that does not compile.
        ChainError: if it makes other code than the release has.
    """
    with tempfile.TemporaryDirectory() as nothing:  # so that whatever the input lacks is missed
        result = compile_input(request, Settings.load(), Path(nothing))
    errors = [it["formattedMessage"].strip() for it in result.get("errors", []) if it["severity"] == "error"]
    if errors:
        raise CompileError("\n".join(errors))
    output = result["contracts"][_file(name)][name]
    code = bytes.fromhex(output["evm"]["bytecode"]["object"])
    if code != artifact(name).creation_code:
        raise ChainError(
            f"The sources of {name} in this checkout do not make the code that the release has; check out the release, "
            "run `make build`, and deploy again."
        )
    return Compiled(code, output["metadata"])


def write_verification(node: Node, deployment: Deployment, folder: Path) -> None:
    """Write the files of a deployment of this release, if they make what is on its chain, immutables included.

    Raises:
        ChainError: naming the first contract that is another.
        InputError: if the sources do not compile.
    """
    codes = creation_codes()
    try:
        inputs = {name: standard_input(name) for name in deployment.contracts}
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            made = dict(zip(inputs, pool.map(recompile, inputs, inputs.values()), strict=True))
    except CompileError as error:
        raise InputError(f"The contracts do not compile here: {error}. Run `make build` and try again.") from error
    for name, it in deployment.contracts.items():
        arguments = codes[name].removeprefix(made[name].creation_code)
        check_code(node, name, it.address, made[name].creation_code + arguments)
        request = {
            "stdJsonInput": inputs[name],
            "compilerVersion": made[name].compiler,
            "contractIdentifier": f"{_file(name)}:{name}",
            **({"creationTransactionHash": hex_of(it.transaction)} if it.transaction else {}),
        }
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        (place / "input.json").write_text(json.dumps(inputs[name], indent=1) + "\n", "utf-8")
        (place / "arguments.txt").write_text(arguments.hex(), "utf-8")
        (place / "metadata.json").write_text(made[name].metadata, "utf-8")
        (place / "sourcify.json").write_text(json.dumps(request) + "\n", "utf-8")


def _file(name: str) -> str:
    return str(SOURCES / f"{name}.sol")
