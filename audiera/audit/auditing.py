"""An audit: the history of a subject, as a report of what there is and of what does not add up."""

from __future__ import annotations

from audiera.audit.batches import read_books, usage
from audiera.audit.figures import check_figures
from audiera.audit.history import History
from audiera.audit.licences import licences
from audiera.audit.payments import payments
from audiera.audit.provenance import provenance
from audiera.audit.report import Finding, Report, Severity, Subject
from audiera.audit.scope import scope_of
from audiera.audit.shortfalls import shortfalls
from audiera.audit.works import Works

__all__ = ["audit"]

_ORDER = tuple(Severity)


def audit(history: History, subject: Subject) -> Report:
    """Return the report on a subject: its sections are read while they are asked for, so keep the history open.

    Raises:
        InputError: if there is no such subject.
        ChainError: if the node does not answer.
    """
    works = Works(history.connection)
    scope = scope_of(history.connection, works, subject)
    found: list[Finding] = []
    books = read_books(history, scope, works)
    sections = (
        *provenance(history, scope, works, found),
        *licences(history, scope, found),
        *usage(history, scope, works, books, found),
        *shortfalls(history, scope, books, found),
        *payments(history, scope, found),
    )
    asked = check_figures(history, scope, books, found)
    found.sort(key=lambda it: _ORDER.index(it.severity))
    return Report(subject, history.place, sections, tuple(found), asked)
