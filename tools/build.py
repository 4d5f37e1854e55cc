"""Compiles the contracts and writes all that is generated from them, and the reference pages of the commands.

Run as `python -m tools.build`. Committed: `audiera/abi` (what the package ships and the deploy script sends), the
demo's token, `npm`, `docs/reference`, `tests/snapshots/layout`, `tests/snapshots/sizes.json`. Not committed: `build`,
with every contract, mocks included, for tests. With `--check` the committed ones are compared instead of written.
"""

import argparse
import fcntl
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tools import commands
from tools.compiler import ROOT, CompileError, Settings, compile_all
from tools.contracts import Contract, Layout
from tools.npm import npm_package
from tools.reference import page

__all__ = ["build", "main"]

MAX_RUNTIME = 24_576  # bytes, EIP-170
MAX_CREATION = 49_152  # bytes, EIP-3860

BUILD = Path("build")
COMMANDS = BUILD / "commands"  # the state of which the pages of the commands were made
GENERATED = [Path("audiera/abi"), Path("docs/reference/contracts"), Path("tests/snapshots/layout")]
"""Nothing else lies here."""


def build() -> tuple[list[Contract], list[str]]:
    """Compile what has changed and write every generated file that differs. Safe to run from several processes.

    Returns:
        The contracts, and the compiler's warnings.

    Raises:
        CompileError: if the sources do not compile, or make a contract too large to deploy.
    """
    (ROOT / BUILD).mkdir(exist_ok=True)
    with (ROOT / BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        contracts, warnings = compile_all()
        files = {**_committed(contracts), **_untracked(contracts)}
        for path, text in files.items():
            if _current(path) != text:
                _replace(ROOT / path, text)
        for path in _strays(files, [*GENERATED, BUILD]):
            (ROOT / path).unlink()
    _check_sizes(contracts)
    return contracts, warnings


def build_commands() -> None:
    """Write the pages of the commands, unless they and all that they are made of are as they were: loading Ape takes
    seconds.
    """
    if _current(COMMANDS) == commands.state(ROOT):
        return
    files = commands.pages()
    for path, text in files.items():
        if _current(path) != text:
            _replace(ROOT / path, text)
    for path in _strays(files, [commands.FOLDER]):
        (ROOT / path).unlink()
    _replace(ROOT / COMMANDS, commands.state(ROOT))


def _committed(contracts: list[Contract]) -> dict[Path, str]:
    """Return the files that are part of the repository."""
    settings = Settings.load()
    public = [contract for contract in contracts if contract.public]
    interfaces = [contract for contract in contracts if contract.interface]
    files = {}
    for contract in public:
        files[Path("audiera/abi") / f"{contract.name}.json"] = _artifact(contract, settings)
        files[Path("docs/reference/contracts") / f"{contract.name}.md"] = page(contract, interfaces)
        files[Path("tests/snapshots/layout") / f"{contract.name}.json"] = _layouts(contract)
    files |= {
        Path("audiera/demo/MockToken.json"): _artifact(it, settings) for it in contracts if it.name == "MockToken"
    }
    files |= npm_package(contracts)
    sizes = {it.name: {"runtime": it.runtime_size, "creation": it.creation_size} for it in public}
    files[Path("tests/snapshots/sizes.json")] = json.dumps(sizes, indent=2) + "\n"
    return files


def _untracked(contracts: list[Contract]) -> dict[Path, str]:
    settings = Settings.load()
    return {BUILD / f"{contract.name}.json": _artifact(contract, settings) for contract in contracts}


def _artifact(contract: Contract, settings: Settings) -> str:
    """Return what clients and deployers need of a contract, the ABI an entry to the line, so diffs are readable."""
    abi = ",\n    ".join(json.dumps(entry, separators=(",", ":")) for entry in contract.output["abi"])
    fields = {
        "contractName": json.dumps(contract.name),
        "abi": f"[\n    {abi}\n  ]",
        "creationCode": json.dumps(f"0x{contract.creation_code}"),
        "runtimeSize": json.dumps(contract.runtime_size),
        "solc": json.dumps(settings.compiler),
        "settings": json.dumps(settings.solc),
    }
    return "{\n" + ",\n".join(f'  "{name}": {value}' for name, value in fields.items()) + "\n}\n"


def _layouts(contract: Contract) -> str:
    """Where each state variable lies, without the compiler's internal numbers."""

    def rows(layout: Layout) -> list[str]:
        types = layout["types"] or {}
        return [
            f"slot {it['slot']} byte {it['offset']}: {types[it['type']]['label']} {it['label']}"
            for it in layout["storage"]
        ]

    layouts = {
        "storage": rows(contract.output["storageLayout"]),
        "transient": rows(contract.output["transientStorageLayout"]),
    }
    return json.dumps(layouts, indent=2) + "\n"


def _check_sizes(contracts: list[Contract]) -> None:
    for contract in contracts:
        if contract.public and contract.runtime_size > MAX_RUNTIME:
            raise CompileError(f"{contract.name} is {contract.runtime_size:,} bytes; {MAX_RUNTIME:,} can be deployed.")
        if contract.public and contract.creation_size > MAX_CREATION:
            raise CompileError(
                f"{contract.name} takes {contract.creation_size:,} bytes to create; {MAX_CREATION:,} may."
            )


def _current(path: Path) -> str | None:
    return (ROOT / path).read_text() if (ROOT / path).exists() else None


def _replace(path: Path, text: str) -> None:
    """Write at once: whoever reads meanwhile sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text)
    draft.replace(path)


def _strays(files: dict[Path, str], folders: list[Path]) -> list[Path]:
    """Return generated files whose contract has gone."""
    found = [path.relative_to(ROOT) for folder in folders for path in (ROOT / folder).glob("*.*")]
    return [path for path in found if path not in files]


def _stale(contracts: list[Contract]) -> list[Path]:
    """Return committed files that differ from what the contracts and the commands make."""
    files = {**_committed(contracts), **commands.pages()}
    differ = [path for path, text in files.items() if _current(path) != text]
    return sorted([*differ, *_strays(files, [*GENERATED, commands.FOLDER])])


def _print_sizes(contracts: list[Contract]) -> None:
    table = Table("contract", "runtime", "room", "creation", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for it in contracts:
        if it.public:
            room = MAX_RUNTIME - it.runtime_size
            table.add_row(it.name, f"{it.runtime_size:,}", f"{room:,}", f"{it.creation_size:,}")
    Console().print(table)


def main(arguments: list[str] | None = None) -> int:
    """Build, or with `--check` say which committed files are stale. The exit code is 0 when all is well."""
    parser = argparse.ArgumentParser(prog="python -m tools.build", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a committed file is stale")
    check: bool = parser.parse_args(arguments).check
    try:
        contracts, warnings = compile_all() if check else build()
    except CompileError as error:
        print(error, file=sys.stderr)
        return 1
    if not check:
        build_commands()
    stale = _stale(contracts) if check else []
    if stale:
        print(
            f"These are not what their sources make; run `make build`: {', '.join(map(str, stale))}.", file=sys.stderr
        )
    if warnings:
        print("\n".join(warnings), file=sys.stderr)
    if not check:
        _print_sizes(contracts)
    return 1 if stale or warnings else 0


if __name__ == "__main__":
    sys.exit(main())
