"""Holds the tests to the properties, the requirements and the attacks, and those to the tests.

Run as `python -m tools.citations`. Properties are the rows P1, P2, ... of `docs/invariants.md`, requirements the bold
numbers AUD-R1, ... of `docs/spec.md`, attacks the rows AUD-A1, ... (and of other letters) of `docs/trust.md`.
Each must be stated once and cited by a test, in a name, comment or docstring, and what a test cites must exist.
"""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from tools.compiler import ROOT

__all__ = ["cited", "main", "stated"]

STATED = {
    Path("docs/invariants.md"): re.compile(r"^\| (P\d+) \|", re.MULTILINE),
    Path("docs/spec.md"): re.compile(r"^- \*\*(AUD-[A-Z]\d+)\*\*", re.MULTILINE),
    Path("docs/trust.md"): re.compile(r"^\| (AUD-[ABFGINOST]\d+) \|", re.MULTILINE),
}
OWN_TEST = "test_citations.py"  # invents numbers
CITED = re.compile(r"\b(?:P(\d+) to P(\d+)|(P[1-9]\d*|AUD-[A-Z]\d+))\b")


def stated(root: Path) -> list[str]:
    """The numbers of all properties, requirements and attacks, in order."""
    return [number for path, pattern in STATED.items() for number in pattern.findall((root / path).read_text("utf-8"))]


def cited(files: Iterable[Path]) -> Mapping[str, list[Path]]:
    """Which files cite each number. `P1 to P3` cites all three."""
    found = defaultdict(list)
    for path in files:
        for first, last, single in CITED.findall(path.read_text("utf-8")):
            numbers = [single] if single else [f"P{number}" for number in range(int(first), int(last) + 1)]
            for number in numbers:
                found[number].append(path)
    return found


def main(root: Path = ROOT) -> int:
    """Say what is stated twice, not cited, or cited and not stated. The exit code is 0 when all is well."""
    numbers = stated(root)
    tests = [path for suffix in ("py", "sol") for path in sorted((root / "tests").rglob(f"*.{suffix}"))]
    citations = cited(path for path in tests if path.name != OWN_TEST)
    problems = [f"{number} is stated {times} times." for number, times in Counter(numbers).items() if times > 1]
    problems += [f"No test cites {number}." for number in numbers if number not in citations]
    for number, paths in citations.items():
        if number not in numbers:
            problems.append(f"{paths[0].relative_to(root)} cites {number}, which is stated nowhere.")
    print("\n".join(problems), end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
