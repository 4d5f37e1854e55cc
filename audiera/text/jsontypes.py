"""JSON read strictly, into types, and written in its one canonical form.

`read_json` reads what strangers wrote: of every document that it accepts, there is one reading. Each `as_` function
returns the value if it is of its kind, else raises TypeError. Readers of documents turn a TypeError, KeyError or
ValueError into the one error that says which document is damaged.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NoReturn, TypeAlias

__all__ = [
    "Json",
    "as_hash",
    "as_int",
    "as_list",
    "as_object",
    "as_text",
    "as_texts",
    "canonical",
    "canonical_lines",
    "nested",
    "read_json",
]


Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"
"""What this package writes; it has no use for floats."""

_MAX_BYTES: Final = 1 << 20
"""What a document has that its reader expects no more of: in memory it takes twenty times as much at most."""

_MAX_DEPTH: Final = 32
_MAX_DIGITS: Final = 78
"""Those of the largest number of 256 bits; no document states a larger one."""

_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_BESIDE: Final = bytes(set(range(256)) - set(b"[]{}"))
_ESCAPE: Final = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F])|.)", re.DOTALL
)

_encoder = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def read_json(text: str | bytes, *, most: int = _MAX_BYTES) -> object:
    """Read one JSON document: UTF-8, no key twice, no number that is not whole, no half of a surrogate pair.

    Args:
        text: the document.
        most: the bytes, or letters, that it may have.

    Raises:
        ValueError: it is anything else, is larger, or is nested more than 32 deep.
    """
    if len(text) > most:
        raise ValueError(f"it is larger than {most:,} bytes")
    halves = b"\\u" in text if isinstance(text, bytes) else "\\u" in text or not text.isascii()
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    deep = nested(text)
    if deep > _MAX_DEPTH:
        _refuse_depth()
    value: object = _decoder.decode(text)
    if deep:
        _refuse_depth()
    if halves:
        _check_letters(text)
    return value


def nested(text: str | bytes) -> int:
    """Return how many brackets of a document are nested more than 32 deep, without the decoder.

    Its stack they might break: others raise Python's limit, as Ape does, and it would then crash.
    """
    found = text.encode() if isinstance(text, str) else text
    if found.count(b"[") + found.count(b"{") <= _MAX_DEPTH:
        return 0
    brackets = _STRING.sub(b"", found).translate(None, _BESIDE)
    for _ in range(_MAX_DEPTH):
        if not brackets:
            return 0
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return brackets.count(b"[") + brackets.count(b"{")


def _check_letters(text: str) -> None:
    """Refuse halves of letters: those that are written as they are, and escapes without their other half."""
    text.encode()
    if any(found[1] for found in _ESCAPE.finditer(text)):
        raise ValueError("it has half a letter")


def _refuse_depth() -> NoReturn:
    raise ValueError(f"it is nested more than {_MAX_DEPTH} deep")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((name, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"it has {name!r} twice")
    return found


def _whole(digits: str) -> int:
    if len(digits) > _MAX_DIGITS + digits.startswith("-"):
        raise ValueError(f"it has a number of {len(digits):,} digits")
    return int(digits)


def _fraction(text: str) -> NoReturn:
    raise ValueError(f"it has a number that is not whole, {text[:_MAX_DIGITS]}")


_decoder = json.JSONDecoder(
    object_pairs_hook=_once, parse_int=_whole, parse_float=_fraction, parse_constant=_fraction, strict=True
)


def canonical(value: Json) -> bytes:
    """Return JSON in its canonical form (RFC 8785), UTF-8, ten times faster than a general serialiser.

    Python's own encoder writes that form as long as keys are ASCII, whose order is the same in every encoding, and
    numbers are integers within 2^53: both hold for everything that this package writes.

    Raises:
        ValueError: text is not valid Unicode.
    """
    return _encoder.encode(value).encode()


def canonical_lines(rows: Iterable[Json]) -> bytes:
    """Return an array as JSON with one canonical row to the line, so that it can be read line by line."""
    return b"[\n" + b",\n".join(map(canonical, rows)) + b"\n]\n"


def as_object(value: object) -> dict[str, object]:
    """Return a JSON object."""
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is not an object")
    return value


def as_list(value: object) -> list[object]:
    """Return a JSON array."""
    if not isinstance(value, list):
        raise TypeError(f"{value!r} is not a list")
    return value


def as_text(value: object) -> str:
    """Return a JSON string."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value


def as_texts(value: object) -> tuple[str, ...]:
    """Return an array of strings."""
    return tuple(map(as_text, as_list(value)))


def as_int(value: object) -> int:
    """Return a whole number."""
    if type(value) is not int:  # to JSON, true is no number
        raise TypeError(f"{value!r} is not a whole number")
    return value


def as_hash(value: object) -> bytes:
    """Return the 32 bytes of a hash in hexadecimal, with or without 0x."""
    data = bytes.fromhex(as_text(value).removeprefix("0x"))
    if len(data) != 32:
        raise ValueError(f"{value!r} is not a hash of 32 bytes")
    return data
