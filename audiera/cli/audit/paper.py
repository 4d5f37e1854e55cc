"""A report as a page or for print."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Final

from audiera.audit import Report, Section, Severity, Worth
from audiera.cli.audit.shown import CALLED, cell, moment, told
from audiera.cli.terminal.output import say
from audiera.errors import StorageError
from audiera.papers import Chapter, Paper, Sentence, Source, Table, html_of, pdf_of
from audiera.text import one_line, replace_file, shown

__all__ = ["write_paper"]

_ROWS: Final = 2_000
"""Of a section; Parquet and JSON have all."""
_WORDS: Final = {
    Source.CHAIN: "Chain, logs and documents, as the node of the audit has them",
    Source.FOLDER: "Chain, logs and documents, as the node of the audit has them",
    Source.STATED: "It does not add up",
    Source.MISSING: "It cannot be known, waits, or is what strangers say",
}
_SOURCES: Final = {
    Severity.ERROR: Source.STATED,
    Severity.WARNING: Source.MISSING,
    Severity.OPEN: Source.MISSING,
    Severity.NOTE: Source.MISSING,
}


def write_paper(report: Report, worth: Worth, folder: Path, *, pdf: bool) -> None:
    """Write a report to a folder, as report.pdf or report.html.

    Raises:
        InputError: the typesetter is not installed.
        StorageError: it cannot be written.
    """
    title, outcome = told(report)
    place = report.place
    said = f"Chain {place.chain_id} up to block {place.block:,}, of {moment(place.time)} UTC. {outcome}"
    found = tuple(
        Sentence(one_line(it.text), _SOURCES[it.severity], (it.code, *(f"{key} {it.about[key]}" for key in it.about)))
        for it in report.findings
    )
    about = Sentence(
        f"{report.asked:,} figures were asked of the contracts at that block, beside what was rebuilt.",
        Source.CHAIN,
        (f"block {place.hash}", *(f"{name} {address}" for name, address in place.contracts.items())),
    )
    tables = [made for it in report.sections if (made := _chapter(it, worth)) is not None]
    legend = "; ".join(f"{name} is {token}" for name, token in worth.legend())
    tokens = (Sentence(f"{CALLED} {legend}.", Source.CHAIN),) if legend else ()
    first = Chapter(
        "What does not add up, cannot be known, waits, or is what strangers say", sentences=(about, *tokens, *found)
    )
    paper = Paper(title, said, (first, *tables), _WORDS)
    path = folder / f"report.{'pdf' if pdf else 'html'}"
    data, absent = pdf_of(paper) if pdf else (html_of(paper), frozenset())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(path, [data])
    except OSError as error:
        raise StorageError(f"{shown(str(path))} cannot be written ({error.strerror}); see to that.") from error
    more = f"; no font here has {len(absent)} letters of it, which are their numbers there" if absent else ""
    say(f"The report is in {shown(str(path))}{more}.")


def _chapter(section: Section, worth: Worth) -> Chapter | None:
    """Return a section with the columns that have something; None: it has no row."""
    rows = iter(section.rows())
    some = list(islice(rows, _ROWS))
    if not some:
        return None
    columns = [it for it in section.columns if any(row[it.name] not in (None, "") for row in some)]
    cells = [tuple(one_line(cell(it, row, worth)) for it in columns) for row in some]
    more = sum(1 for _ in rows)
    left = f"The first {_ROWS:,} rows; {more:,} more are in the report as JSON or Parquet."
    sentences = (Sentence(left, Source.CHAIN),) if more else ()
    return Chapter(section.title, 2, sentences, (Table(tuple(it.name for it in columns), cells),))
