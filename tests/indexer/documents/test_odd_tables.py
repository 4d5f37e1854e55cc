"""Item tables that are almost tables: the librarian says what is wrong with each, and goes on to the next."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import AudieraError
from audiera.indexer.documents import Paper
from audiera.indexer.documents.reading import facts_of
from tests.support.shelf import Shelf, documents_of, item_row

ROWS = [item_row(f"{at}.flac", title=f"Song {at}", bpm=90 + at, artists=["Ada Moreau"]) for at in range(3)]
DOCUMENTS = documents_of("Night Ferry", ROWS)
LINES = DOCUMENTS.table.decode().splitlines()
KEYS = sorted(json.loads(LINES[1].rstrip(",")))
DEEP = "[" * 5_000 + "]" * 5_000
RAW = ["null", "true", "-1", "1e400", "1.5", "9" * 400, "9" * 5_000, '""', '"a"', "[]", "{}", '"\\ud800"', '"\\u0000"']
"""Values as they are written: what no JSON library of ours would write among them."""
Change = Callable[[str], str]


def with_value(key: str, value: str) -> Change:
    """One value of a row in the place of another."""

    def change(line: str) -> str:
        row: dict[str, Any] = json.loads(line)
        fields = [f"{json.dumps(it)}:{value if it == key else _written(row[it])}" for it in sorted(row)]
        return "{" + ",".join(fields) + "}"

    return change


def without(key: str) -> Change:
    """A key that is missing."""

    def change(line: str) -> str:
        return _written({it: value for it, value in json.loads(line).items() if it != key})

    return change


def beside(key: str, value: str) -> Change:
    """A key that no row has, or has already."""
    return lambda line: f"{line[:-1]},{json.dumps(key)}:{value}}}"


def _written(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


VALUES = st.one_of(
    st.sampled_from([*RAW, DEEP]),
    st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists).map(json.dumps),
)
CHANGES = st.one_of(
    st.builds(with_value, st.sampled_from(KEYS), VALUES),
    st.builds(without, st.sampled_from(KEYS)),
    st.builds(beside, st.one_of(st.sampled_from(KEYS), st.text(max_size=8)), VALUES),
)


def table_of(changes: dict[int, Change]) -> bytes:
    """The table with some rows changed."""
    lines = list(LINES)
    for at, change in changes.items():
        line, comma = lines[at].removesuffix(","), "," * lines[at].endswith(",")
        lines[at] = change(line) + comma
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")


@given(changes=st.dictionaries(st.sampled_from((1, 2, 3)), CHANGES, min_size=1))
def test_a_table_is_read_or_refused_in_a_sentence(changes: dict[int, Change]) -> None:
    table = table_of(changes)

    try:
        facts = facts_of(Paper.ITEMS, table)
    except AudieraError as error:
        sentence = str(error)
        assert sentence.startswith("The item table is damaged (")
        assert len(sentence) < 1_000
    else:
        assert facts.item_count == 3


@pytest.mark.parametrize(
    "change",
    [
        with_value("size", "9" * 400),
        with_value("title", DEEP),
        with_value("sha256", "7"),
        without("path"),
        beside("path", '"again"'),
        beside("new", "1"),
    ],
    ids=["a huge number", "deep", "a number for a hash", "no path", "a key twice", "a key too many"],
)
def test_what_is_wrong_with_a_table_is_told_and_the_next_is_read(shelf: Shelf, change: Change) -> None:
    table = table_of({2: change})
    manifest = DOCUMENTS.manifest.decode()
    for old, new in (
        (hashlib.sha256(DOCUMENTS.table).hexdigest(), hashlib.sha256(table).hexdigest()),
        (f'"contentSize":"{len(DOCUMENTS.table)} B"', f'"contentSize":"{len(table)} B"'),
    ):
        assert old in manifest
        manifest = manifest.replace(old, new)
    shelf.put(manifest.encode(), table)
    shelf.publish(documents_of("Second Wind"))
    odd = shelf.register(DOCUMENTS, manifest=hashlib.sha256(manifest.encode()).digest())
    sound = shelf.register(documents_of("Second Wind"))

    shelf.learn()

    hits = {it.dataset: it for it in shelf.find().hits}
    problem = "The item table of version 1 cannot be used: The item table is damaged ("
    assert hits[odd].problem.startswith(problem)
    assert (hits[odd].name, hits[odd].duration_ms) == ("Night Ferry", 0)
    assert (hits[sound].name, hits[sound].problem) == ("Second Wind", "")
