"""What is to be said of a folder's files besides the items themselves: one list, for every command that reads one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from audiera.cli.terminal.output import say
from audiera.folder import Problem, Scan
from audiera.protocol import Change, Difference
from audiera.text import Json, plain, shown

__all__ = ["MADE_BY_A_MODEL", "findings_json", "first_of", "listed", "say_whom_new_files_pay", "show_findings"]

MADE_BY_A_MODEL: Final = "wholly or mainly by a generative model"
"""How whoever signs for it is told that a dataset is synthetic."""

_PASSED_OVER: Final = 20
_NAMED: Final = 3


def show_findings(found: Scan) -> None:
    """Tell what of a folder that is about to be used is passed over or left out, and what is worth knowing."""
    for name, problems, most in (
        ("passed over", found.passed_over, _PASSED_OVER),
        ("note", found.notes, None),
        ("left out", found.left_out, None),
    ):
        for line in listed(problems, most):
            say(f"  {name}: {line}")


def listed(problems: Sequence[Problem], most: int | None = _PASSED_OVER) -> Iterator[str]:
    """Yield a line for each finding, and one for those beyond `most`."""
    for problem in problems[:most]:
        yield f"{problem}."
    if most is not None and len(problems) > most:
        yield f"... and {len(problems) - most:,} more; `audiera scan --json` lists them all."


def say_whom_new_files_pay(changes: Sequence[Difference]) -> None:
    """Tell whom new files pay: a version takes them and leaves the shares as they are."""
    if paths := [it.path for it in changes if it.change is Change.ADDED]:
        are, it, own = ("is", "it", "its") if len(paths) == 1 else ("are", "them", "their")
        say(
            f"  note: {first_of(paths)} {are} new: who made {it} gets nothing of {it} unless they have a share "
            f"already; to pay others, register {it} as a dataset of {own} own."
        )


def first_of(paths: Sequence[str]) -> str:
    """List the first of several paths, and how many more there are."""
    more = f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else ""
    return ", ".join(map(shown, paths[:_NAMED])) + more


def findings_json(found: Scan) -> dict[str, Json]:
    """Return the same for programs, complete."""
    return {
        "passedOver": _json(found.passed_over),
        "leftOut": _json(found.left_out),
        "notes": _json(found.notes),
        "problems": _json(found.problems),
    }


def _json(problems: Sequence[Problem]) -> list[Json]:
    return [{"path": plain(problem.path), "reason": plain(problem.reason)} for problem in problems]
