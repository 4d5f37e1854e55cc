"""What strangers write, read safely, and what is shown of it: text, tables, YAML, JSON, files."""

from audiera.text.files import is_at, locked, open_file, read_file, read_lines, read_text, replace_file
from audiera.text.jsontypes import (
    Json,
    as_hash,
    as_int,
    as_list,
    as_object,
    as_text,
    as_texts,
    canonical,
    canonical_lines,
    nested,
    read_json,
)
from audiera.text.letters import MOST_MARKS, UNSEEN, is_piled, normal
from audiera.text.plainyaml import Branch, Leaf, Twig, Value, read_yaml
from audiera.text.shown import cut, from_hex, hex_of, is_plain, one_line, plain, readable, reason_of, short, shown
from audiera.text.spreadsheet import Spreadsheet, read_spreadsheet
from audiera.text.tidy import TURNING, tidy

__all__ = [
    "MOST_MARKS",
    "TURNING",
    "UNSEEN",
    "Branch",
    "Json",
    "Leaf",
    "Spreadsheet",
    "Twig",
    "Value",
    "as_hash",
    "as_int",
    "as_list",
    "as_object",
    "as_text",
    "as_texts",
    "canonical",
    "canonical_lines",
    "cut",
    "from_hex",
    "hex_of",
    "is_at",
    "is_piled",
    "is_plain",
    "locked",
    "nested",
    "normal",
    "one_line",
    "open_file",
    "plain",
    "read_file",
    "read_json",
    "read_lines",
    "read_spreadsheet",
    "read_text",
    "read_yaml",
    "readable",
    "reason_of",
    "replace_file",
    "short",
    "shown",
    "tidy",
]
