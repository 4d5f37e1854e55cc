"""Tests the contracts at length, and prints what was run and what came of it as one table.

Run as `python -m tools.prove [PART...]`: forge, machine, parsers, coverage, slither, halmos, mutants, all unless told.
With `--write` the rows go to `docs/testing.md`, with the date and the commit; the rows of parts that were not run stay.
Slither and Halmos are installed into environments of their own below `.build`, which nothing else uses.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from tools.compiler import ROOT

__all__ = ["PARTS", "Row", "main", "merged"]

REASONS = ROOT / "tools" / "slither.toml"
PAGE = ROOT / "docs" / "testing.md"
WORK = ROOT / ".build" / "prove"
BIN = ROOT / ".venv" / "bin"
SLITHER, HALMOS = "slither-analyzer==0.11.6", "halmos==0.3.3"
BENT = ("tests/music/formats/test_bent.py", "tests/text/test_bent_documents.py")
BENT_OF_A_KIND = 666
READERS = ("music", "text", "protocol", "metering", "credits", "manifest")


@dataclass(frozen=True, slots=True)
class Row:
    """What was run of one part, and its outcome in a few words."""

    part: str
    ran: str
    outcome: str
    fine: bool = True


def forge() -> Row:
    """Fuzz the libraries and live the three worlds, as `foundry.toml` has the profile `deep`, each round anew."""
    rounds = _Rounds("forge", 27, "tests/forge")
    for seed in rounds:
        run = _run([BIN / "forge", "test", "--json", "--fuzz-seed", str(seed)], {"FOUNDRY_PROFILE": "deep"})
        results = json.loads(run.stdout)
        outcomes = {name: it for suite in results.values() for name, it in suite["test_results"].items()}
        inputs = sum(it["kind"].get("Fuzz", {}).get("runs", 0) for it in outcomes.values())
        calls = sum(it["kind"].get("Invariant", {}).get("calls", 0) for it in outcomes.values())
        failed = [name for name, it in outcomes.items() if it["status"] != "Success"]
        rounds.keep({"inputs": inputs, "calls": calls} | {f"broken: {name}": 1 for name in failed})
    count = rounds.count
    failed = [name.removeprefix("broken: ") for name in sorted(count) if name.startswith("broken")]
    outcome = f"broken: {', '.join(failed)}" if failed else "nothing broken"
    ran = f"{count['inputs']:,} fuzzed inputs; {count['calls']:,} calls in random lives{rounds}"
    return Row("forge", ran, outcome, not failed)


def machine() -> Row:
    """Live the whole suite against Anvil, a hundred lives of 60 steps a round."""
    report = WORK / "machine.xml"
    rounds = _Rounds("machine", 9, "tests/suite")
    for seed in rounds:
        command: list[str | Path] = [BIN / "pytest", "-q", "-n", "0", f"--junitxml={report}", "tests/suite"]
        run = _run([*command, f"--hypothesis-seed={seed}"], {"HYPOTHESIS_PROFILE": "deep", "AUDIERA_LIVES": "100"})
        found = {it.get("name"): it.get("value") for it in ET.parse(report).iter("property")}
        rounds.keep({"steps": int(found.get("steps") or 0), "differ": run.returncode})
        if run.returncode:
            _say(run.stdout[-20_000:])
            break
    fine = not rounds.count["differ"]
    outcome = "model and chain agree" if fine else "they differ"
    return Row("machine", f"{rounds.count['steps']:,} steps{rounds}", outcome, fine)


def parsers() -> Row:
    """Bend files of every kind on purpose, and read them: each is read or refused, at a cost that follows its size."""
    report = WORK / "parsers.xml"
    rounds = _Rounds("parsers", 15, "tests/music", "tests/text", *(f"audiera/{it}" for it in READERS))
    for seed in rounds:
        command: list[str | Path] = [BIN / "pytest", "-q", "-n", "0", "--timeout", "3600", f"--junitxml={report}"]
        command += ["-k", "test_no_bent", *BENT]
        run = _run([*command, f"--hypothesis-seed={seed}"], {"HYPOTHESIS_PROFILE": "deep"})
        kinds = sum(1 for _ in ET.parse(report).iter("testcase"))
        rounds.keep({"files": kinds * BENT_OF_A_KIND, "broken": run.returncode})
        if run.returncode:
            _say(run.stdout[-20_000:])
            break
    fine = not rounds.count["broken"]
    outcome = "every one read or refused" if fine else "one is neither read nor refused"
    return Row("parsers", f"{rounds.count['files']:,} bent files{rounds}", outcome, fine)


def coverage() -> Row:
    """Measure which lines and branches of `contracts/` the tests in Python run; `tools/coverage.toml` has the rest."""
    run = _run([BIN / "python", "-m", "tools.prove_coverage"], {"PYTHONPATH": str(ROOT)})
    _say(run.stdout + run.stderr)
    return Row("coverage", "tests/contracts", run.stdout.strip().rpartition("\n")[2], not run.returncode)


def slither() -> Row:
    """Look for known mistakes; `tools/slither.toml` says why what is found stays."""
    report = WORK / "slither.json"
    report.unlink(missing_ok=True)
    _run([_own(SLITHER, "slither"), ".", "--json", report], {"FOUNDRY_PROFILE": "slither"})
    if not report.exists():
        return Row("slither", SLITHER, "it did not run to its end", fine=False)
    reasons = tomllib.loads(REASONS.read_text("utf-8"))
    found = [_finding(it) for it in json.loads(report.read_text())["results"].get("detectors", [])]
    kinds = {kind for kind, _ in found}
    open_ = [f"{kind} {place}" for kind, place in found if kind not in reasons["kinds"]]
    unanswered = sorted({it for it in open_ if it not in reasons["findings"]})
    idle = sorted((reasons["kinds"].keys() - kinds) | (reasons["findings"].keys() - set(open_)))
    outcome = f"{len(found)} findings, each with its reason"
    if unanswered or idle:
        outcome = (
            f"without a reason: {', '.join(unanswered) or 'none'}; reasons for nothing: {', '.join(idle) or 'none'}"
        )
    return Row("slither", SLITHER, outcome, not unanswered and not idle)


def _finding(found: Mapping[str, Any]) -> tuple[str, str]:
    """The kind of a finding, and where: the contract and its function."""
    it = found["elements"][0]
    owner = it.get("type_specific_fields", {}).get("parent", {}).get("name", "")
    return found["check"], f"{owner}.{it['name']}"


def halmos() -> Row:
    """Show for every input what `tests/symbolic` states.

    No solver divides words of 256 bits in reasonable time, so the arithmetic of claims is shown for integers, by the z3
    that Halmos brings.
    """
    _run([BIN / "forge", "build", "--ast"], {"FOUNDRY_PROFILE": "symbolic"})
    report = WORK / "halmos.json"
    report.unlink(missing_ok=True)
    program = _own(HALMOS, "halmos")
    command: list[str | Path] = [program, "--forge-build-out", "out/symbolic", "--json-output", report, "--loop", "5"]
    _run([*command, "--solver-timeout-assertion", "300000"], {"FOUNDRY_PROFILE": "symbolic"})
    results = json.loads(report.read_text())["test_results"] if report.exists() else {}
    checks = [it for found in results.values() for it in found]
    unshown = [it["name"].partition("(")[0] for it in checks if it["exitcode"]]
    claims = _run([program.with_name("z3"), ROOT / "tests" / "symbolic" / "claims.smt2"], {}).stdout.split()
    unshown += [f"claim {number}" for number, answer in enumerate(claims, 1) if answer != "unsat"]
    count = len(checks) + len(claims)
    outcome = f"{count - len(unshown)} of {count} shown" + (f"; not {', '.join(unshown)}" if unshown else "")
    return Row("halmos", HALMOS, outcome, bool(checks) and bool(claims) and not unshown)


def mutants() -> Row:
    """Break the contracts in a sample of places."""
    size = os.environ.get("SIZE", "40")
    run = _run([BIN / "python", "-m", "tools.prove_mutants", "--size", size], {"PYTHONPATH": str(ROOT)})
    last = run.stdout.strip().rpartition("\n")[2]
    survivors = [line.removeprefix("survived").strip() for line in run.stdout.splitlines() if line.startswith("surv")]
    print(run.stdout)
    return Row("mutants", f"{size} places, seed 1", last, not survivors)


PARTS: Mapping[str, Callable[[], Row]] = {
    it.__name__: it for it in (forge, machine, parsers, coverage, slither, halmos, mutants)
}


def merged(page: str, rows: list[str]) -> str:
    """The page with these rows of its table in the place of those of the same parts."""
    for row in rows:
        part = row.split(" | ")[0]
        page = re.sub(rf"^{re.escape(part)} \|.*$", row.replace("\\", r"\\"), page, flags=re.MULTILINE)
    return page


class _Rounds:
    """The seeds of a long part that are still to be run: fewer where the environment says so (`FORGE_ROUNDS=3`).

    What each gave is kept, under the digest of the contracts' code and of the tests, so that a part that was cut short
    goes on where it stopped. None is begun once a signal to end has come (TERM), and the part says what it did so far.
    """

    def __init__(self, part: str, usual: int, *folders: str) -> None:
        self.part = part
        self.all = int(os.environ.get(f"{part.upper()}_ROUNDS", usual))
        code = (it for folder in folders for it in (ROOT / folder).rglob("*.*") if it.suffix in (".py", ".sol"))
        tested = [*(ROOT / "build").glob("*.json"), *code]
        digest = sha256(b"".join(it.read_bytes() for it in sorted(tested))).hexdigest()
        self.file = WORK / f"{part}-{digest[:16]}.json"
        self.kept: list[dict[str, int]] = json.loads(self.file.read_text()) if self.file.exists() else []
        self.ended = False

    def __iter__(self) -> Iterator[int]:
        before = signal.signal(signal.SIGTERM, lambda *_: setattr(self, "ended", True))
        try:
            while len(self.kept) < self.all and not self.ended:
                yield len(self.kept) + 1
        finally:
            signal.signal(signal.SIGTERM, before)

    def keep(self, counts: dict[str, int]) -> None:
        """Keep what the round gave."""
        self.kept.append(counts)
        written = self.file.with_suffix(".part")
        written.write_text(json.dumps(self.kept))
        written.replace(self.file)
        _say(f"{self.part}: {len(self.kept)} rounds, {dict(self.count)}")

    @property
    def count(self) -> Counter[str]:
        """What all rounds gave together."""
        return Counter(
            {name: sum(it.get(name, 0) for it in self.kept) for name in {key for it in self.kept for key in it}}
        )

    def __str__(self) -> str:
        return "" if len(self.kept) >= self.all else f" ({len(self.kept)} of {self.all} rounds)"


def _say(line: str) -> None:
    """Say how far a part is, beside the table."""
    print(f"{datetime.now(UTC):%H:%M} {line}", file=sys.stderr, flush=True)


def _own(requirement: str, program: str) -> Path:
    """A program in an environment of its own."""
    home = WORK / program
    if not (home / "bin" / program).exists():
        _run([sys.executable, "-m", "venv", home], {})
        _run([home / "bin" / "pip", "install", "-q", requirement], {})
    return home / "bin" / program


def _run(command: Sequence[str | Path], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    paths = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [str(it) for it in command],
        cwd=ROOT,
        env=os.environ | {"PATH": paths} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the parts, and print the table. The exit code is 0 when all is fine."""
    parser = argparse.ArgumentParser(prog="python -m tools.prove", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--write", action="store_true", help="keep the rows in docs/testing.md")
    given = parser.parse_args(arguments)
    WORK.mkdir(parents=True, exist_ok=True)
    commit = _run(["git", "rev-parse", "--short", "HEAD"], {}).stdout.strip()
    rows, fine = [], True
    for name in given.parts or PARTS:
        start = time.monotonic()
        row = PARTS[name]()
        minutes = (time.monotonic() - start) / 60
        stamp = f"{datetime.now(UTC):%Y-%m-%d} | {commit} | {minutes:.0f} min"
        rows.append(f"| {row.part} | {row.ran} | {row.outcome} | {stamp} |")
        print(rows[-1], flush=True)
        fine = fine and row.fine
    if given.write:
        PAGE.write_text(merged(PAGE.read_text("utf-8"), rows), "utf-8")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
