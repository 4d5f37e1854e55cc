"""A report for people: its sections as tables, and last what does not add up."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import Final

from audiera.audit import Column, Form, Report, Row, Section, Severity, Worth
from audiera.cli.terminal.output import print_lines, print_table
from audiera.protocol import PERPETUAL
from audiera.text import from_hex, short

__all__ = ["CALLED", "cell", "moment", "show", "told"]

CALLED: Final = "Tokens by what they call themselves, which proves nothing:"
"""Begins the legend of the tables."""
_ROWS: Final = 25
"""Of a section; `--json` has all."""
_HASH: Final = 66  # letters


def told(report: Report) -> tuple[str, str]:
    """Return what a report is of, and what it comes to."""
    subject = report.subject
    named = f"{subject.kind} {', '.join(subject.named)}" if subject.kind != "all" else "all that was recorded"
    counts = ", ".join(f"{report.count(it)} {_COUNTED[it]}" for it in Severity)
    if report.count(Severity.ERROR):
        outcome = f"It does not add up: {counts}."
    elif unknown := report.count(Severity.WARNING):
        things = "1 thing" if unknown == 1 else f"{unknown:,} things"
        outcome = f"Nothing contradicts it; {things} cannot be known."
    else:
        outcome = f"All adds up ({counts})."
    return f"Audit of {named}", outcome


def show(report: Report, worth: Worth) -> None:
    """Print a report."""
    place = report.place
    title, outcome = told(report)
    print_lines(
        title,
        f"Chain {place.chain_id} up to block {place.block:,} ({place.hash}, {moment(place.time)}); {report.asked:,} "
        "figures were asked of the contracts there.",
    )
    for section in report.sections:
        _show(section, worth)
    print_lines("")
    if legend := worth.legend():
        print_lines(f"{CALLED} {'; '.join(f'{name} is {token}' for name, token in legend)}.")
    for severity in Severity:
        for it in report.findings:
            if it.severity is severity:
                print_lines(f"{severity.upper()} {it.code}: {it.text}")
    print_lines(outcome)


_COUNTED: Final = {
    Severity.ERROR: "errors",
    Severity.WARNING: "that cannot be known",
    Severity.OPEN: "that wait",
    Severity.NOTE: "that strangers say",
}


def _show(section: Section, worth: Worth) -> None:
    rows = iter(section.rows())
    some = list(islice(rows, _ROWS))
    if not some:
        return
    more = sum(1 for _ in rows)
    columns = [it for it in section.columns if any(row[it.name] not in (None, "") for row in some)]
    right = [it.name for it in columns if it.form in (Form.NUMBER, Form.AMOUNT)]
    shown = [[cell(it, row, worth) for it in columns] for row in some]
    print_lines("")
    print_table([it.name for it in columns], shown, title=section.title, right=right, err=False)
    if more:
        print_lines(f"  and {more:,} more; --json has all of them.")


def cell(column: Column, row: Row, worth: Worth) -> str:
    """Write what a row has in a column, for people."""
    value = row[column.name]
    if value is None:
        return ""
    if column.form is Form.TIME:
        return moment(int(str(value)))
    if column.form is Form.FLAG:
        return "yes" if value else "no"
    if column.form is Form.AMOUNT and column.name in _MONEY and "token" in row:
        return worth.brief(int(str(value)), str(row["token"]))
    text = str(value)
    if column.name == "token":
        return worth.name(text)
    return short(from_hex(text)) if len(text) == _HASH and text.startswith("0x") else text


_MONEY: Final = frozenset(
    ("amount", "fee", "collected_amount", "charged", "due", "price", "unit_price", "received", "had", "owed")
)
"""Columns that are of the row's token."""


def moment(seconds: int) -> str:
    """Write a time, to the second."""
    return "never" if seconds >= PERPETUAL else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
