"""A view, stated for machines: as JSON, and its tables as CSV that no spreadsheet runs."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Final

from markupsafe import Markup

from audiera.text import Json

__all__ = ["data_block", "json_of", "json_text", "table_text"]

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take for the beginning of a formula, or look behind for one; the last four are full-width."""


def json_of(value: object) -> Json:
    """Return a view, or a part of one, as JSON: dataclasses as objects, enumerations by name."""
    if isinstance(value, Enum):
        return value.name
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: json_of(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): json_of(each) for key, each in value.items()}
    if isinstance(value, (str, int, type(None))):
        return value
    if isinstance(value, Sequence):
        return [json_of(each) for each in value]
    raise TypeError(f"{type(value).__name__} has no place in a view")


def json_text(value: object) -> bytes:
    """Return a view as a JSON document."""
    return json.dumps(json_of(value), ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace") + b"\n"


def data_block(value: object) -> Markup:
    """Return JSON as it may stand within a page: no letter of it can end the block, or begin markup."""
    text = json.dumps(json_of(value), ensure_ascii=True, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def table_text(rows: Sequence[object]) -> bytes:
    """Return dataclasses of one kind as CSV, one to the line: nested values by dotted names, lists by semicolons.

    A text that a spreadsheet would run as a formula has an apostrophe in front.
    """
    flat = [_flat(json_of(row)) for row in rows]
    header = list(dict.fromkeys(key for row in flat for key in row))
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(header)
    writer.writerows([_cell(row.get(key)) for key in header] for row in flat)
    return file.getvalue().encode("utf-8", "backslashreplace")


def _flat(value: Json, above: str = "") -> dict[str, Json]:
    if not isinstance(value, Mapping):
        return {above: value}
    found: dict[str, Json] = {}
    for key, each in value.items():
        found |= _flat(each, f"{above}.{key}" if above else key)
    return found


def _cell(value: Json) -> str | int:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return value
    if not isinstance(value, str):
        value = "; ".join(each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in value)
    return f"'{value}" if value.lstrip(" \u00a0\u3000").startswith(_FORMULA) else value
