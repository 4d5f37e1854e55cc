"""Breaks the contracts in places drawn by a seed, one at a time, and sees whether the tests notice.

Run as `python -m tools.prove_mutants --seed 1 --size 40`. Everything happens in a copy of the checkout. Forge's quick
tests come first; what survives them meets the tests of its contract in `tests/contracts`, of the periphery, and the
vectors. A mutant whose code is that of the original, or that does not compile, is none.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.compiler import ROOT

__all__ = ["Mutant", "main", "mutants"]

WORK = ROOT / ".build" / "prove" / "tree"
LINKED = (".venv", "node_modules")
COPIED = ("audiera", "contracts", "tests", "tools", "docs", "build", "foundry.toml", "pyproject.toml", "scripts")

# What is broken: the five contracts with what they are made of, and the libraries. Which tests know it best.
TESTED = {
    "RoyaltySplitter": "royalty_splitter",
    "PaymentAddress": "royalty_splitter",
    "Splits": "royalty_splitter",
    "DatasetRegistry": "dataset_registry",
    "DatasetData": "dataset_registry",
    "ShareList": "dataset_registry",
    "LicenseRegistry": "license_registry",
    "Catalogues": "license_registry",
    "Clearances": "license_registry",
    "Offers": "license_registry",
    "Signers": "license_registry",
    "TermsBook": "license_registry",
    "UsageLedger": "usage_ledger",
    "Channels": "usage_ledger",
    "Usage": "usage_ledger",
    "LedgerHashes": "usage_ledger",
    "SumTree": "usage_ledger",
    "IncentivePool": "incentive_pool",
    "Custody": "usage_ledger",
    "Payments": "license_registry",
    "Relayable": "relay",
    "Token": "relay",
}

CHANGES = [
    (re.compile(r" <= "), " < "),
    (re.compile(r" < "), " <= "),
    (re.compile(r" >= "), " > "),
    (re.compile(r" > "), " >= "),
    (re.compile(r" == "), " != "),
    (re.compile(r" != "), " == "),
    (re.compile(r" \+ "), " - "),
    (re.compile(r" - "), " + "),
    (re.compile(r" \+= "), " -= "),
    (re.compile(r" && "), " || "),
    (re.compile(r" \|\| "), " && "),
    (re.compile(r"\btrue\b"), "false"),
    (re.compile(r"\bfalse\b"), "true"),
    (re.compile(r"\bnonReentrant "), ""),
]
REQUIRE = re.compile(r"^ +require\((?:[^;]|\n)*?\);\n", re.MULTILINE)
STATEMENT = re.compile(r"^ {8,}(?:[\w.\[\]()]+ \+?\|?= |delete |emit |_check\w+\()[^;]*;\n", re.MULTILINE)
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|^pragma[^\n]*|^import[^;]*;|\"[^\"\n]*\"", re.DOTALL | re.MULTILINE)

KILLED, SURVIVED, NONE = "killed", "survived", "none"


@dataclass(frozen=True, slots=True)
class Mutant:
    """Text of one file, replaced."""

    file: Path
    start: int
    end: int
    after: str

    def text(self) -> str:
        """The file with the change."""
        source = (ROOT / self.file).read_text("utf-8")
        return source[: self.start] + self.after + source[self.end :]

    def __str__(self) -> str:
        source = (ROOT / self.file).read_text("utf-8")
        line = source.count("\n", 0, self.start) + 1
        before = " ".join(source[self.start : self.end].split())
        return f"{self.file}:{line}  {before[:70]}  ->  {self.after.strip() or 'nothing'}"


def mutants(file: Path) -> Iterator[Mutant]:
    """Every change of a file: conditions and arithmetic turned, requirements and statements left out."""
    source = (ROOT / file).read_text("utf-8")
    code = COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), source)
    for pattern, after in CHANGES:
        yield from (Mutant(file, it.start(), it.end(), after) for it in pattern.finditer(code))
    for pattern in (REQUIRE, STATEMENT):
        yield from (Mutant(file, it.start(), it.end(), "") for it in pattern.finditer(code))


def sample(seed: int, size: int) -> list[Mutant]:
    """As many of each file as of any other, as far as it has them."""
    draw = random.Random(seed)
    files = sorted(path.relative_to(ROOT) for path in (ROOT / "contracts").rglob("*.sol") if path.stem in TESTED)
    piles = [draw.sample(found, len(found)) for found in (list(mutants(file)) for file in files)]
    drawn = [pile[depth] for depth in range(max(map(len, piles))) for pile in piles if depth < len(pile)]
    return drawn[:size]


def prepare() -> None:
    """Lay out the copy."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    for name in LINKED:
        (WORK / name).symlink_to((ROOT / name).resolve())
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, WORK / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, WORK / name)
    assert _run(["forge", "test"]) == 0, "the tests fail before anything is broken"


def outcome(mutant: Mutant) -> str:
    """Break it, try it, mend it."""
    path = WORK / mutant.file
    whole = path.read_text("utf-8")
    codes = _codes()
    try:
        path.write_text(mutant.text(), "utf-8")
        if _run(["python", "-c", "from tools.build import build; build()"]) or _codes() == codes:
            return NONE
        if _run(["forge", "test", "--fail-fast"]):
            return KILLED
        folder = f"tests/contracts/{TESTED[mutant.file.stem]}"
        tests = [folder, "tests/contracts/periphery", "tests/contracts/test_vectors.py"]
        return KILLED if _run(["pytest", "-q", "-x", "-n", "0", "--timeout", "120", *tests]) else SURVIVED
    finally:
        path.write_text(whole, "utf-8")


def _codes() -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((WORK / "build").glob("*.json"))}


def _run(command: Sequence[str]) -> int:
    environment = os.environ | {"FOUNDRY_PROFILE": "quick", "PYTHONPATH": str(WORK), "HYPOTHESIS_PROFILE": "ci"}
    program = str(ROOT / ".venv" / "bin" / command[0])
    return subprocess.run(
        [program, *command[1:]], cwd=WORK, env=environment, check=False, capture_output=True
    ).returncode


def main(arguments: list[str] | None = None) -> int:
    """Try a sample, and print each mutant with what became of it. The exit code says whether any survived."""
    parser = argparse.ArgumentParser(prog="python -m tools.prove_mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=40)
    given = parser.parse_args(arguments)
    prepare()
    count = {KILLED: 0, SURVIVED: 0, NONE: 0}
    for mutant in sample(given.seed, given.size):
        result = outcome(mutant)
        count[result] += 1
        print(f"{result:9} {mutant}", flush=True)
    print(f"{count[KILLED]} of {count[KILLED] + count[SURVIVED]} killed; {count[NONE]} were none")
    return 1 if count[SURVIVED] else 0


if __name__ == "__main__":
    sys.exit(main())
