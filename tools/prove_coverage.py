"""Measures which lines and branches of `contracts/` the tests in Python run, on Anvil.

Run as `python -m tools.prove_coverage [TESTS...]`: `tests/contracts` unless told. The contracts are compiled as for
release but without the optimizer's steps, which leave too few marks of where code came from (of a `require` none). The
tests put that code on the chain, and `tests/support/traces.py` has every call and transaction traced.

A line was run if of each statement that begins there an instruction was. Branches are the two outcomes of each `if`,
`? :`, `&&`, `||`, loop and `require`; one was taken if the jump that the compiler made of it was. What remains has its
reason in `tools/coverage.toml`: the exit code is 1 for what has none, and for a reason that answers nothing.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from tools.compiler import ROOT, SOURCES, CompileError, Settings

__all__ = ["Code", "Measure", "Place", "main"]

REASONS = ROOT / "tools" / "coverage.toml"
WORK = ROOT / ".build" / "prove" / "coverage"
SHOWN = 80  # characters of a place

UNOPTIMISED = {  # but for where values lie on the stack, without which some contracts do not compile
    "enabled": True,
    "details": {
        **dict.fromkeys(("peephole", "inliner", "jumpdestRemover", "orderLiterals"), False),
        **dict.fromkeys(("deduplicate", "cse", "constantOptimizer"), False),
        "yul": True,
        "yulDetails": {"stackAllocation": True, "optimizerSteps": ":"},
    },
}
OUTPUTS = {"*": {"*": ["abi", "evm.bytecode", "evm.deployedBytecode"], "": ["ast"]}}
CODES = ("bytecode", "deployedBytecode")

STATEMENTS = {
    *("ExpressionStatement", "VariableDeclarationStatement", "Return", "EmitStatement", "RevertStatement"),
    *("IfStatement", "ForStatement", "WhileStatement", "TryStatement", "InlineAssembly", "Break", "Continue"),
}
LOOPS = {"ForStatement", "WhileStatement"}
JUMP, JUMPI, PUSH1, PUSH32 = 0x56, 0x57, 0x60, 0x7F
SPAN = 65_536  # that one place came after another is written as `before * SPAN + after`


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A part of a source: `length` bytes from `start`."""

    file: str
    start: int
    length: int

    def __contains__(self, other: "Place") -> bool:
        end = self.start + self.length
        return self.file == other.file and self.start <= other.start and other.start + other.length <= end


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of a code, and what it was made of."""

    at: int
    opcode: int
    place: Place
    refuses: bool
    """Whether it is the jump to what a `require` does: to go on, or to revert."""


class Code:
    """A compiled code: what creates a contract, or what then lies on the chain."""

    def __init__(self, output: Mapping[str, Any], files: Mapping[int, str]) -> None:
        """Read one of the two codes that the compiler says of a contract; `files` are the sources by number."""
        self.hex = _linked(output["object"])
        references = output.get("immutableReferences", {}).values()
        self.immutables = [(it["start"], it["length"]) for found in references for it in found]
        entries = output["functionDebugData"].items()
        requires = {it["entryPoint"] for name, it in entries if name.startswith("require_helper")}
        self.instructions = list(_instructions(bytes.fromhex(self.hex), output["sourceMap"], files, requires))

    def is_here(self, deployed: str) -> bool:
        """Whether this is a code that was found on the chain, whatever its immutables (hex without 0x)."""
        if len(deployed) != len(self.hex):
            return False
        for start, length in self.immutables:
            end = start + length
            deployed = deployed[: 2 * start] + "00" * length + deployed[2 * end :]
        return deployed == self.hex


class Measure:
    """What can be run, and what was."""

    def __init__(self, sources: Mapping[str, Any]) -> None:
        """Take what can be run from the syntax trees of the sources."""
        self.files = {it["id"]: file for file, it in sources.items()}
        nodes = [it for file, source in sources.items() if _is_ours(file) for it in _nodes(source["ast"])]

        def places(chosen: Iterable[Mapping[str, Any]]) -> set[Place]:
            return {self._place(it) for it in chosen}

        self._statements: defaultdict[str, list[Place]] = defaultdict(list)
        for place in sorted(places(it for it in nodes if it["nodeType"] in STATEMENTS), key=lambda it: it.length):
            self._statements[place.file].append(place)
        self._functions = {
            self._place(it): it["name"] or it.get("kind", "")
            for it in nodes
            if it["nodeType"] in {"FunctionDefinition", "ModifierDefinition"}
        }
        self._forks = places(fork for it in nodes for fork in _forks(it))
        self.statements: dict[Place, bool] = {}
        self.branches: dict[tuple[Place, str], bool] = {}
        self._statement = cache(self._innermost)

    def add(self, code: Code, steps: Mapping[int, int]) -> None:
        """Count what the steps of a code ran."""
        after: defaultdict[int, Counter[int]] = defaultdict(Counter)
        reached: Counter[int] = Counter()
        for step, times in steps.items():
            before, at = divmod(step, SPAN)
            after[before][at] += times
            reached[at] += times
        for it in code.instructions:
            if statement := self._statement(it.place):
                self.statements[statement] = self.statements.get(statement, False) or reached[it.at] > 0
            if it.place not in self._forks:
                continue
            onward = it.at + 1
            left = after[it.at].total()
            if it.opcode == JUMPI:
                self._branch(it.place, {"goes on": after[it.at][onward] > 0, "jumps": left > after[it.at][onward]})
            elif it.refuses:
                self._branch(it.place, {"passes": reached[onward] > 0, "refuses": left > reached[onward]})

    @property
    def lines(self) -> dict[tuple[str, int], bool]:
        """Whether each line was run."""
        lines: dict[tuple[str, int], bool] = {}
        for place, was in self.statements.items():
            line = place.file, _line(place)
            lines[line] = lines.get(line, True) and was
        return lines

    def open(self) -> dict[str, Place]:
        """What was not run, by what it is called in `tools/coverage.toml`."""
        statements = {self._name(place): place for place, was in self.statements.items() if not was}
        branches = {f"{self._name(place)} {how}": place for (place, how), was in self.branches.items() if not was}
        return statements | branches

    def unmeasured(self) -> list[Place]:
        """Statements that no code has an instruction of."""
        return sorted({it for found in self._statements.values() for it in found} - self.statements.keys())

    def _branch(self, place: Place, outcomes: Mapping[str, bool]) -> None:
        for how, was in outcomes.items():
            self.branches[place, how] = self.branches.get((place, how), False) or was

    def _name(self, place: Place) -> str:
        function = next((name for it, name in self._functions.items() if place in it), "")
        text = " ".join(_text(place).split())
        return f"{Path(place.file).stem}.{function}: {text if len(text) <= SHOWN else text[:SHOWN] + '...'}"

    def _place(self, node: Mapping[str, Any]) -> Place:
        start, length, file = map(int, node["src"].split(":"))
        return Place(self.files[file], start, length)

    def _innermost(self, place: Place) -> Place | None:
        return next((it for it in self._statements[place.file] if place in it), None)


def _is_ours(file: str) -> bool:
    return Path(file).is_relative_to(SOURCES) and not Path(file).is_relative_to(SOURCES / "mocks")


def _nodes(tree: object) -> Iterator[Mapping[str, Any]]:
    """Everything of a syntax tree, but for what is inside of assembly."""
    if isinstance(tree, list):
        for it in tree:
            yield from _nodes(it)
    elif isinstance(tree, dict):
        if "nodeType" in tree:
            yield tree
        for name, it in tree.items():
            if name != "AST":
                yield from _nodes(it)


def _forks(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What of a node the compiler marks the jump with that decides."""
    kind = node["nodeType"]
    if kind in {"IfStatement", "Conditional"} or (kind == "BinaryOperation" and node["operator"] in {"&&", "||"}):
        yield node
    elif kind in LOOPS and node.get("condition"):
        yield node["condition"]
    elif kind == "FunctionCall" and node["expression"].get("name") == "require":
        yield node


def _instructions(code: bytes, marks: str, files: Mapping[int, str], requires: set[int]) -> Iterator[Instruction]:
    """The instructions of a code, with the compiler's marks: `start:length:file:jump`, empty where as before."""
    mark = ["0", "0", "-1", "-"]
    at = pushed = 0
    for text in marks.split(";"):
        parts = text.split(":")[:4]
        mark = [new or old for new, old in zip(parts + [""] * (4 - len(parts)), mark, strict=True)]
        place = Place(files.get(int(mark[2]), ""), int(mark[0]), int(mark[1]))
        opcode = code[at]
        yield Instruction(at, opcode, place, opcode == JUMP and mark[3] == "i" and pushed in requires)
        size = opcode - PUSH1 + 1 if PUSH1 <= opcode <= PUSH32 else 0
        pushed = int.from_bytes(code[at + 1 : at + 1 + size])
        at += 1 + size


def _linked(code: str) -> str:
    """The code with zeros for addresses of libraries: all their functions are part of whoever calls them."""
    return re.sub("__.{38}", "0" * 40, code)


@cache
def _source(file: str) -> bytes:
    return (ROOT / file).read_bytes()


def _text(place: Place) -> str:
    return _source(place.file)[place.start : place.start + place.length].decode()


def _line(place: Place) -> int:
    return _source(place.file).count(b"\n", 0, place.start) + 1


def _compiled() -> dict[str, Any]:
    """All contracts, as they are measured; once for each state of them.

    Raises:
        CompileError: the compiler refused.
    """
    settings = Settings.load()
    files = sorted(str(it.relative_to(ROOT)) for it in (ROOT / SOURCES).rglob("*.sol"))
    request = json.dumps(
        {
            "language": "Solidity",
            "sources": {file: {"content": (ROOT / file).read_text("utf-8")} for file in files},
            "settings": {**settings.solc, "optimizer": UNOPTIMISED, "outputSelection": OUTPUTS},
        }
    )
    kept = WORK / f"compiled-{sha256(request.encode()).hexdigest()[:16]}.json"
    if not kept.exists():
        WORK.mkdir(parents=True, exist_ok=True)
        answer = subprocess.run(
            [settings.executable, "--standard-json", "--base-path", ROOT],
            input=request, capture_output=True, text=True, check=False, cwd=ROOT,
        )  # fmt: skip
        errors = [it for it in json.loads(answer.stdout or "{}").get("errors", []) if it["severity"] == "error"]
        if answer.returncode or errors:
            raise CompileError("\n".join([answer.stderr, *(it["formattedMessage"] for it in errors)]))
        kept.write_text(answer.stdout)
    compiled: dict[str, Any] = json.loads(kept.read_text())
    return compiled


def _prepare(compiled: Mapping[str, Any]) -> None:
    """Lay out the code that is measured, as `make build` does that of the release, and forget what was traced."""
    for folder in ("build", "traces"):
        shutil.rmtree(WORK / folder, ignore_errors=True)
        (WORK / folder).mkdir(parents=True)
    for file, name, it in _contracts(compiled):
        if Path(file).is_relative_to(SOURCES):
            creating, lying = (_linked(it["evm"][which]["object"]) for which in CODES)
            artifact = {"abi": it["abi"], "creationCode": f"0x{creating}", "runtimeSize": len(lying) // 2}
            (WORK / "build" / f"{name}.json").write_text(json.dumps(artifact))


def _run(tests: Iterable[str]) -> None:
    """Run the tests, traced.

    Raises:
        SystemExit: if one fails: then what it was to run may not have run.
    """
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "--timeout", "3600", "-m", "not released", *tests],
        cwd=ROOT, env=os.environ | {"AUDIERA_COVERAGE": str(WORK)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if run.returncode:
        raise SystemExit(run.stdout[-20_000:])


def _measured(compiled: Mapping[str, Any]) -> Measure:
    """What the tests ran, of all workers together."""
    measure = Measure(compiled["sources"])
    taken: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for path in (WORK / "traces").glob("*.json"):
        for code, steps in json.loads(path.read_text()).items():
            taken[code.removeprefix("0x")].update({int(step): times for step, times in steps.items()})
    for _, _, it in _contracts(compiled):
        for which in CODES:
            if it["evm"][which]["object"]:
                code = Code(it["evm"][which], measure.files)
                measure.add(code, sum((steps for found, steps in taken.items() if code.is_here(found)), Counter()))
    return measure


def _contracts(compiled: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for file, contracts in compiled["contracts"].items():
        for name, it in contracts.items():
            yield file, name, it


def main(arguments: list[str] | None = None) -> int:
    """Measure, and print what was not run. The last line says what was. The exit code is 0 when all has its reason."""
    parser = argparse.ArgumentParser(prog="python -m tools.prove_coverage", description=__doc__)
    parser.add_argument("tests", nargs="*", default=["tests/contracts"])
    parser.add_argument("--kept", action="store_true", help="run no test: read what the last run traced")
    given = parser.parse_args(arguments)
    compiled = _compiled()
    if not given.kept:
        _prepare(compiled)
        _run(given.tests)
    measure = _measured(compiled)
    reasons: dict[str, str] = tomllib.loads(REASONS.read_text("utf-8"))["reasons"]
    found = measure.open()
    unanswered, idle = sorted(found.keys() - reasons.keys()), sorted(reasons.keys() - found.keys())
    for name in unanswered:
        print(f"without a reason: {name} ({found[name].file}:{_line(found[name])})")
    for name in idle:
        print(f"a reason for nothing: {name}")
    counts = [f"{sum(it.values()):,} of {len(it):,}" for it in (measure.lines, measure.branches)]
    rest = "the rest each with its reason"
    if unanswered or idle:
        rest = f"without a reason: {len(unanswered)}; reasons for nothing: {len(idle)}"
    print(f"{counts[0]} lines, {counts[1]} branches; {rest}")
    return 1 if unanswered or idle else 0


if __name__ == "__main__":
    sys.exit(main())
