"""Changes single places of `audiera/` at random, one at a time, and sees whether the tests notice.

Run as `python -m tools.mutants --seed 7 --size 80`: the same sample for the same seed, as long as the package is the
same. Everything happens in a copy of the checkout. Which tests run a line is measured once, by coverage, for as long as
package and tests stay as they are; a mutant meets only those, the fastest first. A line that no test runs in its own
process (a constant, what only a command's process reaches) meets the tests of its package. What was found is kept, so a
run that was interrupted goes on where it was.

Neither mutmut, cosmic-ray nor pytest-gremlins draws a sample by a seed; the first knows no code outside of functions,
the second runs every test for every mutant.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

from coverage import CoverageData

from tools.compiler import ROOT
from tools.mutations import Mutation, mutations

__all__ = ["Mutant", "main"]

PACKAGE = "audiera"
WORK = Path(".build/mutants")
UNCOPIED = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "out", "cache")
LINKED = (".venv", "node_modules")
WORKERS = 2  # as `make test`
HOUR = 3_600
SHOWN = 80  # characters of a side
PATIENCE = 20  # seconds beyond ten times what tests take by themselves
DURATION = re.compile(r"^([\d.]+)s call +(.+)$", re.MULTILINE)

USAGE = 4  # pytest's exit code for a test that is not there
KILLED, SURVIVED, UNTESTED = "killed", "survived", "no test"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mutation of a file."""

    file: str
    """From the root, as `audiera/errors.py`."""
    mutation: Mutation

    @property
    def name(self) -> str:
        """What tells it from every other."""
        return f"{self.file}:{self.mutation.start}-{self.mutation.end}:{self.mutation.after}"

    def __str__(self) -> str:
        before, after = (shorten(it, SHOWN, placeholder=" ...") for it in (self.mutation.before, self.mutation.after))
        return f"{self.file}:{self.mutation.line}  {before}  ->  {after}"


class Checkout:
    """A copy of the checkout to break, and what is known of its tests."""

    def __init__(self, root: Path, tests: Sequence[str]) -> None:
        """Copy what is there now; `tests` are the folders or files that count, all unless told."""
        self.tests = list(tests) or ["tests"]
        self.key = _key(root, self.tests)
        self.work = root / WORK
        self.tree = self.work / "tree"
        if self._kept("key") != self.key:
            shutil.rmtree(self.work, ignore_errors=True)
            shutil.copytree(root, self.tree, ignore=UNCOPIED, symlinks=True)
            for name in LINKED:
                if (root / name).exists():
                    (self.tree / name).symlink_to((root / name).resolve())
            self._measure()
            (self.work / "key").write_text(self.key)
        self.durations: Mapping[str, float] = json.loads(self._kept("durations.json"))
        self.results = self.work / "results.jsonl"

    def mutants(self, folders: Sequence[str]) -> list[Mutant]:
        """Return all that could be changed below folders of the package."""
        paths = sorted({path for folder in folders for path in (self.tree / folder).rglob("*.py")})
        return [Mutant(str(path.relative_to(self.tree)), it) for path in paths for it in mutations(path.read_text())]

    def outcome(self, mutant: Mutant) -> str:
        """Return what the tests make of a mutant: that of an earlier run, if there was one."""
        known = {it["mutant"]: it["outcome"] for it in map(json.loads, self._kept("results.jsonl").splitlines())}
        found: str = known.get(mutant.name) or self._tried(mutant)
        if mutant.name not in known:
            with self.results.open("a") as file:
                file.write(json.dumps({"mutant": mutant.name, "outcome": found}) + "\n")
        return found

    def _tried(self, mutant: Mutant) -> str:
        path = self.tree / mutant.file
        tests = self._covering(path, mutant.mutation.line) or self._neighbours(mutant.file)
        whole = path.read_text()
        kept = path.stat()
        path.write_text(mutant.mutation.applied(whole))
        try:
            seconds = [self.durations.get(it, 1) for it in tests]
            limits = ["-x", f"--timeout={PATIENCE + 10 * max(seconds, default=0):.0f}"]
            code = self._pytest([*limits, *tests], sum(seconds))
            if code == USAGE:  # names of tests may be made of what is changed
                code = self._pytest([*limits, *sorted({it.partition("::")[0] for it in tests})], sum(seconds))
        finally:
            path.write_text(whole)
            os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))
        return {0: SURVIVED, 5: UNTESTED}.get(code, KILLED) if tests else UNTESTED

    def _covering(self, path: Path, line: int) -> list[str]:
        """Return the tests that run a line, the fastest first."""
        data = CoverageData(str(self.work / "coverage"))
        data.read()
        contexts = data.contexts_by_lineno(str(path.resolve())).get(line, [])
        names = {it.rpartition("|")[0] for it in contexts if it}
        return sorted(names, key=lambda it: (self.durations.get(it, 0), it))

    def _neighbours(self, file: str) -> list[str]:
        """Return the nearest folder of tests that mirrors the file's."""
        for folder in Path(file).relative_to(PACKAGE).parents:
            mirror = Path("tests") / folder
            if (self.tree / mirror).is_dir() and any(_within(mirror, it) for it in self.tests):
                return [str(mirror)]
        return []

    def _measure(self) -> None:
        """Run every test once, for what it runs and how long.

        Raises:
            SystemExit: if one fails: then a mutant would be blamed for it.
        """
        print("Measuring which tests run which lines: once, as long as nothing changes.", flush=True)
        measured = [
            "-n",
            f"{WORKERS}",
            "--timeout",
            "600",
            "--durations",
            "0",
            "-vv",
            f"--cov={PACKAGE}",
            "--cov-context=test",
        ]
        log = self.work / "log"
        code = self._pytest([*measured, "--cov-report=", *self.tests], 3_600, log)
        if code:
            raise SystemExit(f"The tests do not pass as they are; see {log}.")
        durations = {name: float(seconds) for seconds, name in DURATION.findall(log.read_text())}
        (self.work / "durations.json").write_text(json.dumps(durations))

    def _pytest(self, arguments: Sequence[str], seconds: float, log: Path | None = None) -> int:
        """Return pytest's exit code; that of an interruption if it takes ten times as long as it should."""
        listed = self.work / "arguments"
        listed.write_text("\n".join(arguments))
        environment = {
            **os.environ,
            "CI": "true",
            "COVERAGE_FILE": str(self.work / "coverage"),
            "PYTHONDONTWRITEBYTECODE": "" if log else "1",  # never of a mutant: it may outlive it
            "PYTHONPATH": str(self.tree),
        }
        with (log or Path(os.devnull)).open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"@{listed}"],
                cwd=self.tree,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                return process.wait(timeout=PATIENCE + 10 * seconds)
            except subprocess.TimeoutExpired:
                return 2
            finally:
                _end(process)

    def _kept(self, name: str) -> str:
        path = self.work / name
        return path.read_text() if path.exists() else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what a run of tests started and left behind, chains among it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _within(path: Path, folder: str) -> bool:
    return Path(folder) in (path, *path.parents)


def _key(root: Path, tests: Sequence[str]) -> str:
    """Return what changes with the package, its tests, and which of them count."""
    digest = hashlib.sha256(json.dumps(tests).encode())
    for path in sorted(it for name in (PACKAGE, "tests", "pyproject.toml") for it in _files(root / name)):
        digest.update(f"{path.relative_to(root)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    found = [path] if path.is_file() else path.rglob("*")
    return (it for it in found if it.is_file() and "__pycache__" not in it.parts)


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Try a sample; return 1 if fewer were killed than asked."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="which sample")
    parser.add_argument("--size", type=int, default=80, help="how many mutants")
    parser.add_argument("--within", action="append", metavar="FOLDER", help="only here, as audiera/client; repeatable")
    parser.add_argument("--least", type=float, default=98, metavar="PERCENT", help="fail if fewer are killed")
    parser.add_argument("tests", nargs="*", help="only these tests, as tests/client")
    asked = parser.parse_args(arguments)

    checkout = Checkout(root, asked.tests)
    everything = checkout.mutants(asked.within or [PACKAGE])
    sample = random.Random(asked.seed).sample(everything, min(asked.size, len(everything)))
    outcomes = []
    for mutant in sorted(sample, key=lambda it: (it.file, it.mutation.start)):
        started = time.monotonic()
        outcomes.append(checkout.outcome(mutant))
        print(f"{outcomes[-1]:<8} {time.monotonic() - started:6.1f} s  {mutant}", flush=True)
    killed = outcomes.count(KILLED)
    score = 100 * killed / max(1, len(sample))
    print(f"\nSeed {asked.seed}: {killed} of {len(sample)} killed, {score:.1f} %; {len(everything)} could be drawn.")
    return int(score < asked.least)


if __name__ == "__main__":
    sys.exit(main())
