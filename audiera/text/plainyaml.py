"""Reads YAML as text: every value is what is written, never what it looks like.

YAML 1.1 would make a number of an unquoted address, drop the zeros of an identifier, read ``no`` as false and
``1:30`` as ninety. So only its structure is used (the failsafe schema of YAML 1.2, chapter 10.1): mappings,
lists, and text. An empty value, ``~`` and ``null`` are empty text. Anchors, tags, several documents, deep nesting
and keys that come twice are refused; so a small file stays small in memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import yaml

from audiera.errors import InputError

__all__ = ["Branch", "Leaf", "Twig", "Value", "read_yaml"]


_DEPTH: Final = 8
_LETTERS: Final = 1 << 23
_TOO_DEEP: Final = " is nested too deeply; see the examples for the form."
_NOTHING: Final = frozenset({"", "~", "null"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """A text as written, and the line it begins on."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Twig:
    """A list."""

    line: int
    values: tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """A mapping, in the order of the file."""

    line: int
    entries: tuple[tuple[Leaf, "Value"], ...]


Value: TypeAlias = Leaf | Twig | Branch


def read_yaml(text: str) -> Value:
    """Read one document; of an empty one, an empty text.

    Raises:
        InputError: it is not YAML, or uses what is refused here; the message names the line.
    """
    if len(text) > _LETTERS:
        raise InputError(f"it has more than {_LETTERS:,} letters, and YAML takes many times as much memory; use CSV.")
    # The C parser, where PyYAML was built with it, is ten times as fast and gives the same events.
    events = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    try:
        return _document(events)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}" if mark else "it"
        if "nesting depth" in (error.problem or ""):  # the C parser's own bound, in some builds of it
            raise InputError(f"{where}{_TOO_DEEP}") from error
        raise InputError(f"{where} is not YAML ({error.problem}); mend it, or quote the text in it.") from error
    except yaml.YAMLError as error:
        raise InputError("it holds control characters; remove them.") from error


def _document(events: Iterator[yaml.Event]) -> Value:
    found: Value | None = None
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if found is not None:
                raise InputError(f"line {_line(event)} begins a second document; keep one.")
            found = _value(next(events), events, 0)
    return found or Leaf(1, "")


def _value(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Value:
    line = _line(event)
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise InputError(f"line {line} uses an anchor (& or *); write the text out, or quote it.")
    if getattr(event, "tag", None):
        raise InputError(f"line {line} uses a tag (!); everything is text here, so leave it out or quote it.")
    if isinstance(event, yaml.ScalarEvent):
        plain = not event.style
        return Leaf(line, "" if plain and event.value in _NOTHING else event.value)
    if depth == _DEPTH:
        raise InputError(f"line {line}{_TOO_DEEP}")
    if isinstance(event, yaml.SequenceStartEvent):
        return Twig(line, tuple(_value(each, events, depth + 1) for each in _until(yaml.SequenceEndEvent, events)))
    return Branch(line, tuple(_entries(events, depth + 1)))


def _entries(events: Iterator[yaml.Event], depth: int) -> Iterator[tuple[Leaf, Value]]:
    seen: dict[str, int] = {}
    for event in _until(yaml.MappingEndEvent, events):
        key = _value(event, events, depth)
        if not isinstance(key, Leaf):
            raise InputError(f"line {key.line} has a key that is not text; quote it.")
        if key.text in seen:
            raise InputError(f"line {key.line} has {key.text!r} again (line {seen[key.text]}); keep one.")
        seen[key.text] = key.line
        yield key, _value(next(events), events, depth)


def _until(end: type[yaml.Event], events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    while not isinstance(event := next(events), end):
        yield event


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark else 0
