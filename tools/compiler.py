"""Compiles the contracts with the pinned compiler, once per change.

Each contract is compiled on its own, with nothing but what it imports: the code of a contract depends on everything
in its compilation (through the numbering of the syntax tree), so a mock beside it must not be part of it. The outputs
are kept below `build/cache` with the hashes of the sources they came from, and reused while those are the same.
"""

import hashlib
import json
import os
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Required, TypedDict, cast

from tools.contracts import Contract, Output

__all__ = ["ROOT", "CompileError", "Result", "Settings", "compile_all", "compile_input", "sources_of"]

ROOT = Path(__file__).resolve().parent.parent
SOURCES = Path("contracts")
INTERFACES = SOURCES / "interfaces"
CACHE = ROOT / "build" / "cache"

CODE = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]
DOCUMENTED = [*CODE, "devdoc"]
EVERYTHING = [*DOCUMENTED, "storageLayout", "transientStorageLayout", "userdoc"]


class _Diagnostic(TypedDict, total=False):
    severity: Required[str]
    formattedMessage: Required[str]
    errorCode: str
    sourceLocation: dict[str, str | int]


class Result(TypedDict, total=False):
    """What the compiler answers, as far as it is read."""

    contracts: dict[str, dict[str, Output]]
    errors: list[_Diagnostic]
    sources: dict[str, object]


class CompileError(Exception):
    """The compiler refused the sources, or what it made cannot be deployed; the message says why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The compiler settings of `foundry.toml`, in the compiler's own form."""

    solc: dict[str, object]
    ignored_codes: frozenset[str]
    executable: Path

    @classmethod
    def load(cls) -> "Settings":
        """Read `foundry.toml`."""
        profile = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"]
        return cls(
            solc={
                "evmVersion": profile["evm_version"],
                "viaIR": profile["via_ir"],
                "optimizer": {"enabled": profile["optimizer"], "runs": profile["optimizer_runs"]},
                "metadata": {"bytecodeHash": profile["bytecode_hash"], "appendCBOR": profile["cbor_metadata"]},
                "remappings": profile["remappings"],
            },
            ignored_codes=frozenset(str(code) for code in profile["ignored_error_codes"]),
            executable=ROOT / profile["solc"],
        )

    @property
    def compiler(self) -> str:
        """The compiler's version, read from its file name."""
        return self.executable.name.removeprefix("solc-v")


@dataclass(frozen=True, slots=True)
class _Job:
    """One compilation: `files` and what they import."""

    name: str
    files: tuple[Path, ...]
    outputs: tuple[str, ...]

    def input(self, settings: Settings) -> dict[str, object]:
        """Return the standard JSON input; imports are read by the compiler itself."""
        return {
            "language": "Solidity",
            "sources": {str(file): {"content": (ROOT / file).read_text()} for file in self.files},
            "settings": {
                **settings.solc,
                "outputSelection": {str(file): {"*": list(self.outputs)} for file in self.files},
            },
        }


def compile_all() -> tuple[list[Contract], list[str]]:
    """Everything below `contracts/`, by name, and the compiler's warnings about it (not about dependencies).

    Raises:
        CompileError: after every job ran, with all that was refused.
    """
    settings = Settings.load()
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        results = list(pool.map(lambda job: _run(job, settings), _jobs()))

    said = [diagnostic for result in results for diagnostic in result.get("errors", [])]
    errors = [it["formattedMessage"].strip() for it in said if it["severity"] == "error"]
    if errors:
        raise CompileError("\n".join(dict.fromkeys(errors)))
    warnings = [it["formattedMessage"].strip() for it in said if _concerns_us(it, settings)]
    contracts = (contract for result in results for contract in _contracts(result))
    return sorted(contracts, key=lambda it: it.name), list(dict.fromkeys(warnings))


def sources_of(name: str) -> list[str]:
    """Return the files that the compiler reads for a deployed contract, its own and all that it imports.

    Raises:
        CompileError: if they do not compile.
    """
    job = next(it for it in _jobs() if it.name == name)
    return sorted(_run(job, Settings.load()).get("sources", {}))


def compile_input(request: Mapping[str, object], settings: Settings, folder: Path) -> Result:
    """Return the compiler's answer to standard JSON input; imports that are not in it are read below a folder.

    Raises:
        CompileError: if it does not run.
    """
    answer = subprocess.run(
        [settings.executable, "--standard-json", "--base-path", folder],
        input=json.dumps(request), capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip
    if answer.returncode != 0:
        raise CompileError(f"the compiler did not run: {answer.stderr.strip()}")
    result: Result = json.loads(answer.stdout)
    return result


def _jobs() -> Iterator[_Job]:
    """One job for each deployed contract, one for each folder beside them."""
    for file in sorted((ROOT / SOURCES).glob("*.sol")):
        yield _Job(file.stem, (file.relative_to(ROOT),), tuple(EVERYTHING))
    for folder in sorted(path for path in (ROOT / SOURCES).iterdir() if path.is_dir()):
        if files := sorted(file.relative_to(ROOT) for file in folder.rglob("*.sol")):
            yield _Job(folder.name, tuple(files), tuple(DOCUMENTED))


def _run(job: _Job, settings: Settings) -> Result:
    """Return the compiler's answer, from the cache where nothing it read has changed."""
    request = job.input(settings)
    key = _digest(json.dumps(request).encode() + settings.executable.read_bytes())
    kept = CACHE / f"{job.name}.json"
    if kept.exists():
        cached = json.loads(kept.read_text())
        if cached["key"] == key and cached["sources"] == _hashes(cached["sources"]):
            return cast("Result", cached["result"])

    result = compile_input(request, settings, ROOT)
    read = _hashes(result.get("sources", {}))
    if read:
        CACHE.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps({"key": key, "sources": read, "result": result}))
    return result


def _concerns_us(diagnostic: _Diagnostic, settings: Settings) -> bool:
    """Whether it is a warning, not about a dependency and not listed as ignored."""
    if diagnostic["severity"] != "warning" or diagnostic.get("errorCode") in settings.ignored_codes:
        return False
    return not str(diagnostic.get("sourceLocation", {}).get("file", "")).startswith("node_modules/")


def _contracts(result: Result) -> Iterator[Contract]:
    for file, contracts in result.get("contracts", {}).items():
        for name, output in contracts.items():
            folder = Path(file).parent
            yield Contract(name, public=folder == SOURCES, output=output, interface=folder == INTERFACES)


def _hashes(files: dict[str, object]) -> dict[str, str]:
    """Return the digest of each source a compilation read; a file that has gone has none."""
    return {file: _digest((ROOT / file).read_bytes()) if (ROOT / file).exists() else "" for file in files}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
