"""What the npm package has of the contracts: ABIs, typed data and addresses, as JavaScript and as TypeScript."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from audiera.client.deployment.create2 import LAYERS_BELOW, address_of
from audiera.protocol import CONTRACTS, Struct, address_word
from audiera.protocol.hashing import struct_members, struct_name
from audiera.protocol.typed import VERSION
from tools.compiler import ROOT
from tools.contracts import Contract

__all__ = ["npm_package"]

FOLDER: Final = Path("npm")
_HEAD: Final = "// Made by `make build`.\n\n"
_DOMAIN: Final = f"""
import {{ addresses }} from "./addresses.js";

/** Return the EIP-712 domain of one of the contracts; where it is, unless that is told. */
export const domainOf = (name%s, chainId%s, verifyingContract%s = addresses[name]) =>
  ({{ name, version: "{VERSION}", chainId, verifyingContract }});
"""


def npm_package(contracts: Sequence[Contract]) -> dict[Path, str]:
    """Return every generated file of the package by its place in the checkout."""
    named = {it.name: it for it in contracts}
    found: dict[str, Contract] = {name: named[name] for name in CONTRACTS if name in named}
    abis = {f"{_variable(name)}Abi": it.output["abi"] for name, it in found.items()}
    types = dict(sorted(_types().items()))
    files = {
        **_both("abi", abis),
        **_both("addresses", {"addresses": _addresses(found)}),
        **_both("types", {"types": types}),
    }
    files[FOLDER / "types.js"] += _DOMAIN % ("", "", "")
    files[FOLDER / "types.ts"] += _DOMAIN % (": keyof typeof addresses", ": number", ": `0x${string}`")
    files[FOLDER / "package.json"] = _package()
    return files


def _both(name: str, values: Mapping[str, Mapping[str, object] | Sequence[object]]) -> dict[Path, str]:
    """Return a module of constants, as JavaScript and as TypeScript."""
    plain = [f"export const {variable} = {_written(value)}" for variable, value in values.items()]
    return {
        FOLDER / f"{name}.js": _HEAD + "".join(f"{it};\n" for it in plain),
        FOLDER / f"{name}.ts": _HEAD + "".join(f"{it} as const;\n" for it in plain),
    }


def _written(value: Mapping[str, object] | Sequence[object]) -> str:
    """Return a value as JSON, a member to the line, so that diffs are readable."""
    if isinstance(value, Mapping):
        return "{\n" + ",\n".join(f"  {json.dumps(name)}: {json.dumps(it)}" for name, it in value.items()) + "\n}"
    return "[\n" + ",\n".join(f"  {json.dumps(it)}" for it in value) + "\n]"


def _variable(contract: str) -> str:
    return contract[0].lower() + contract[1:]


def _types() -> dict[str, list[dict[str, str]]]:
    return {
        struct_name(it.TYPE): [{"name": name, "type": kind} for kind, name in struct_members(it.TYPE)]
        for it in Struct.__subclasses__()
        if it.__module__.startswith("audiera.protocol.")
    }


def _addresses(contracts: Mapping[str, Contract]) -> dict[str, str]:
    """Return where each contract is on every chain: its address follows from its code, and that of those below it."""
    found: dict[str, str] = {}
    for name, it in contracts.items():
        arguments = b"".join(address_word(found[below]) for below in LAYERS_BELOW[name])
        found[name] = address_of(bytes.fromhex(it.creation_code) + arguments)
    return found


def _package() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    modules = {
        "./abi": {"types": "./abi.ts", "default": "./abi.js"},
        "./addresses": {"types": "./addresses.ts", "default": "./addresses.js"},
        "./batch": {"types": "./batch.d.ts", "default": "./batch.js"},
        "./sumtree": {"types": "./sumtree.d.ts", "default": "./sumtree.js"},
        "./types": {"types": "./types.ts", "default": "./types.js"},
    }
    package = {
        "name": project["name"],
        "version": project["version"],
        "description": project["description"],
        "license": project["license"],
        "type": "module",
        "sideEffects": False,
        "exports": {".": {"types": "./index.d.ts", "default": "./index.js"}, **modules},
        "files": ["*.js", "*.ts"],
        "dependencies": {"@noble/hashes": "^1.8.0"},
        "peerDependencies": {"viem": "^2.21.0"},
        "peerDependenciesMeta": {"viem": {"optional": True}},
    }
    return json.dumps(package, indent=2) + "\n"
