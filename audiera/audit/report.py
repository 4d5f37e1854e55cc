"""The shape of a report: what was audited, up to which block, what there is in tables, and what does not add up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from audiera.text import Json

__all__ = ["Column", "Finding", "Form", "Place", "Report", "Row", "Section", "Severity", "Subject"]

Row: TypeAlias = Mapping[str, Json]


class Severity(StrEnum):
    """What a finding means."""

    ERROR = "error"
    """It does not add up."""
    WARNING = "warning"
    """It cannot be known, because something is missing."""
    OPEN = "open"
    """It adds up, and money waits where anyone may move it on."""
    NOTE = "note"
    """Strangers say it, and nothing rests on it."""


class Form(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    NUMBER = "number"
    """A whole number below 2^63."""
    AMOUNT = "amount"
    """A whole number of the token's smallest unit, or any other of up to 256 bits, in decimal digits."""
    TIME = "time"
    """Unix seconds; `PERPETUAL`: never."""
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is audited."""

    kind: str
    """`dataset`, `licensee`, `model`, `contributor` or `all`."""
    named: tuple[str, ...]
    """As the user named it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which chain, and up to which block."""

    chain_id: int
    genesis: str
    block: int
    hash: str
    time: int
    """Of the block, in Unix seconds."""
    contracts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not add up, cannot be known, or waits."""

    code: str
    """For programs; docs/auditing.md has them all."""
    severity: Severity
    text: str
    """In a sentence, with amounts, ids and transactions."""
    about: Mapping[str, Json]
    """The same ids, for programs."""

    def json(self) -> dict[str, Json]:
        """Return it as JSON values."""
        return {"code": self.code, "severity": self.severity.value, "text": self.text, "about": dict(self.about)}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a section."""

    name: str
    form: Form = Form.TEXT


@dataclass(frozen=True, slots=True)
class Section:
    """A table. Its rows are made as often as they are asked for: a million are never held at once."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Callable[[], Iterable[Row]]


@dataclass(frozen=True, slots=True)
class Report:
    """All that an audit found."""

    subject: Subject
    place: Place
    sections: tuple[Section, ...]
    findings: tuple[Finding, ...]
    asked: int
    """How many figures were asked of the contracts themselves, at that block."""

    def section(self, name: str) -> Section:
        """Return a section by its name."""
        return next(it for it in self.sections if it.name == name)

    def count(self, severity: Severity) -> int:
        """Return how many findings are so severe."""
        return sum(it.severity is severity for it in self.findings)

    def head(self) -> dict[str, Json]:
        """Return all but the sections, as JSON values."""
        place = self.place
        return {
            "subject": {"kind": self.subject.kind, "named": list(self.subject.named)},
            "audited": {
                "chainId": place.chain_id,
                "genesis": place.genesis,
                "block": place.block,
                "blockHash": place.hash,
                "blockTime": place.time,
                "contracts": dict(place.contracts),
                "figuresAsked": self.asked,
            },
            "summary": {it.value: self.count(it) for it in Severity},
            "findings": [it.json() for it in self.findings],
        }

    def lines(self) -> Iterator[str]:
        """Yield the report as the lines of one JSON document, a row to the line."""
        head = json.dumps(self.head(), ensure_ascii=False, indent=1)
        yield from head.removesuffix("\n}").split("\n")
        yield ', "sections": {'
        for place, section in enumerate(self.sections):
            yield f"{',' if place else ''}{json.dumps(section.name)}: ["
            for number, row in enumerate(section.rows()):
                yield f"{',' if number else ''}{json.dumps(dict(row), ensure_ascii=False)}"
            yield "]"
        yield "}}"
