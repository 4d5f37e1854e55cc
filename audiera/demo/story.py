"""The story as it is told: acts of sentences, steps with their gas, tables, and checks that stop it when they fail."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from audiera.client import TxReceipt
from audiera.errors import AudieraError, RevertError
from audiera.text import Json, hex_of, plain

__all__ = ["Act", "CheckFailedError", "Step", "Story"]

K = TypeVar("K")

_INDENT: Final = "    "
_WIDTH: Final = 112  # columns, where there are as many or nobody looks


class CheckFailedError(AudieraError):
    """Something did not come out as the story says it must; `check` names it."""

    def __init__(self, check: str, found: str = "") -> None:
        self.check = check
        super().__init__(f"CHECK FAILED: {check}{f' ({found})' if found else ''}. The story stops here.")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened on chain, in one transaction or several."""

    what: str
    receipts: tuple[TxReceipt, ...]

    @property
    def gas(self) -> int:
        """Of all its transactions."""
        return sum(it.gas_used for it in self.receipts)

    def facts(self) -> Json:
        """Return the step for programs."""
        return {"what": self.what, "gas": self.gas, "transactions": [hex_of(it.transaction) for it in self.receipts]}


@dataclass(slots=True)
class Act:
    """A part of the story."""

    title: str
    text: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    tables: list[Json] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)

    def facts(self) -> Json:
        """Return the act for programs."""
        return {
            "title": self.title,
            "text": self.text,
            "steps": [step.facts() for step in self.steps],
            "tables": self.tables,
            "checks": self.checks,
        }


class Story:
    """Prints what it is told and keeps it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._console.width = min(console.width, _WIDTH) if console.is_terminal else _WIDTH
        self.acts: list[Act] = []
        self.figures: dict[str, Json] = {}
        """Numbers for programs, beside the tables for people."""

    @property
    def receipts(self) -> Iterator[TxReceipt]:
        """Every transaction of the story so far."""
        return (receipt for act in self.acts for step in act.steps for receipt in step.receipts)

    def act(self, title: str, sentences: str) -> None:
        """Begin an act."""
        self.acts.append(Act(title))
        self._console.print()
        self._console.print(Text(f"{len(self.acts)}. {title}", style="bold"))
        self.say(sentences)

    def say(self, sentences: str) -> None:
        """Tell something that is not a transaction."""
        self.acts[-1].text.append(sentences)
        self._line(sentences)

    def step(self, what: str, *receipts: TxReceipt) -> None:
        """Tell what transactions did, with their gas."""
        step = Step(what, receipts)
        self.acts[-1].steps.append(step)
        self._line(what, mark="→", right=f"{step.gas:,} gas")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[str] = ()) -> None:
        """Show a table."""
        self.acts[-1].tables.append({"columns": list(columns), "rows": [list(row) for row in rows]})
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
        for column in columns:
            table.add_column(column, justify="right" if column in right else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Text(plain(cell)) for cell in row))
        self._console.print(Padding.indent(table, len(_INDENT)))

    def check(self, name: str, holds: bool, found: str = "") -> None:
        """Tell that something holds.

        Raises:
            CheckFailedError: if it does not.
        """
        if not holds:
            raise CheckFailedError(name, found)
        self.acts[-1].checks.append(name)
        self._line(name, mark="✓", style="green")

    def equal(self, name: str, found: object, expected: object) -> None:
        """Tell that two things are the same.

        Raises:
            CheckFailedError: if they are not.
        """
        self.check(name, found == expected, f"found {found}, expected {expected}")

    def equal_sums(self, name: str, found: dict[K, int], expected: dict[K, int]) -> None:
        """Tell that every sum is what it must be; one that is missing is 0.

        Raises:
            CheckFailedError: if one is not.
        """
        wrong = [key for key in found | expected if found.get(key, 0) != expected.get(key, 0)]
        told = [f"{found.get(key, 0)} instead of {expected.get(key, 0)}" for key in wrong]
        self.check(name, not wrong, f"{len(wrong)} are wrong: {', '.join(told[:3])}")

    def refused(self, name: str, error: str, attempt: Callable[[], object]) -> None:
        """Tell that the contracts refuse an attempt with exactly this error.

        Raises:
            CheckFailedError: if they accept it, or refuse it for another reason.
        """
        try:
            attempt()
        except RevertError as refusal:
            self.check(f"{name}: refused ({error})", refusal.name == error, f"refused with {refusal.name} instead")
        else:
            self.check(f"{name}: refused ({error})", False, "it was accepted")

    def close(self, seconds: float) -> Json:
        """End the story with one line, and return all its facts."""
        checks = sum(len(act.checks) for act in self.acts)
        receipts = list(self.receipts)
        gas = sum(it.gas_used for it in receipts)
        end = f"The story holds: {checks} checks, {len(receipts)} transactions, {gas:,} gas, {seconds:.0f} seconds."
        self._console.print()
        self._console.print(Text(end, style="bold green"))
        self._console.print("To look at a network like this in a browser: make up")
        return {
            "acts": [act.facts() for act in self.acts],
            **self.figures,
            "checks": checks,
            "transactions": len(receipts),
            "gas": gas,
            "seconds": round(seconds),
        }

    def _line(self, text: str, *, mark: str = "", right: str = "", style: str = "") -> None:
        """Print a line, wrapped beside its mark, with something at the right edge of its first row."""
        width = self._console.width - len(right) - 2
        first, *more = textwrap.wrap(plain(text), width - len(_INDENT)) or [""]
        start = f"  {mark} " if mark else _INDENT
        line = Text(start + first, style=style)
        if right:
            line.append(right.rjust(self._console.width - len(line)), style="dim")
        self._console.print(line)
        for rest in more:
            self._console.print(Text(_INDENT + rest, style=style))
