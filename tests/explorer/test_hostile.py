"""Whatever strangers write reaches pages as text, or not at all: no page breaks, none grows, nothing is markup."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from audiera.errors import AudieraError
from audiera.explorer import Settings, create_app
from audiera.indexer.engine import open_index, upgrade, writing
from audiera.indexer.tables import BLOCKS, CHAIN
from audiera.protocol import CONTRACTS, Kind, Right
from audiera.storage import Store
from audiera.text import TURNING, hex_of
from tests.support.catalogue import CHAIN_ID, address
from tests.support.explorer import Explorer, serving
from tests.support.hostile import ODD, TEXTS, foreign
from tests.support.shelf import CREATOR, NOW, Shelf, documents_of, item_row

PAGE_BYTES = 200_000
FORMS = ("", "/items", "/versions/1")
TABLES = ("people", "gateways")
HOSTILE = st.one_of(st.sampled_from(TEXTS), st.text(max_size=40), st.lists(st.sampled_from(TEXTS[:7])).map("".join))
VALUES: list[Any] = [
    *TEXTS[:8],
    *(None, True, 0, -1, 2**63, 10**400, 1.5, [], {}, [[]], {"@type": "sc:Dataset"}, {"__proto__": {"a": 1}}),
    "\ud800",
    [{"name": TEXTS[0]}] * 300,
]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """An index that grows by a dataset with each example."""
    folder = tmp_path_factory.mktemp("hostile")
    engine = open_index(f"sqlite:///{folder / 'index.db'}")
    with writing(engine) as connection:
        upgrade(connection)
    with engine.begin() as connection:
        suite = json.dumps({name: address(name) for name in CONTRACTS})
        place = {"start": 0, "next_block": 2, "revision": 0, "rules": 1}
        connection.execute(insert(CHAIN), {"chain_id": CHAIN_ID, "genesis": "0x", "suite": suite, **place})
        head = {"hash": hex_of(b"\x01" * 32), "number": 1, "parent": hex_of(bytes(32)), "time": NOW}
        connection.execute(insert(BLOCKS), {**head, "orphaned": False})
    yield Shelf(engine, Store.open(str(folder / "store")))
    engine.dispose()


@pytest.fixture(scope="module")
def pages(shelf: Shelf) -> Iterator[Explorer]:
    with serving(create_app(Settings(database=str(shelf.engine.url)))) as running:
        yield running


def read(pages: Explorer, path: str) -> None:
    """Reads a page as a browser would."""
    page = pages.page(path)
    assert foreign(page) == [], path
    assert len(page.encode()) < PAGE_BYTES, path
    assert TURNING.isdisjoint(page), path


def check(pages: Explorer, dataset: int) -> None:
    """Asks for everything that is said of a dataset."""
    for form in FORMS:
        read(pages, f"/datasets/{dataset}{form}")
    for form in FORMS:
        assert "index" in pages.json(f"/datasets/{dataset}{form}.json")
    for table in TABLES:
        rows = list(csv.reader(io.StringIO(pages.page(f"/datasets/{dataset}/{table}.csv"), newline="")))
        assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)
    for paper in ("feed.xml", "license.xml"):
        fromstring(pages.page(f"/datasets/{dataset}/{paper}"))
    assert pages.get(f"/datasets/{dataset}/croissant.json").status in {200, 404}


def publish(shelf: Shelf, manifest: bytes) -> int:
    """Registers what a stranger says, and lets the index read it."""
    shelf.put(manifest)
    dataset = shelf.register(manifest=hashlib.sha256(manifest).digest())
    shelf.offer(dataset, 5, rights=Right.Training | Right.GenerativeTraining)
    shelf.learn()
    return dataset


def places(value: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a JSON document."""
    yield at
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*at, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from places(each, (*at, number))


MANIFEST = json.loads(documents_of(keywords=("one", "two"), contributors=()).manifest)
PLACES = sorted(places(MANIFEST), key=repr)


@settings(max_examples=settings().max_examples // 6)
@given(at=st.sampled_from(PLACES), value=st.sampled_from(VALUES))
def test_a_manifest_that_is_wrong_in_any_place_breaks_no_page(
    shelf: Shelf, pages: Explorer, at: tuple[str | int, ...], value: object
) -> None:
    document = json.loads(json.dumps(MANIFEST))
    if at:
        inner = document
        for key in at[:-1]:
            inner = inner[key]
        inner[at[-1]] = value
    else:
        document = value

    check(pages, publish(shelf, json.dumps(document).encode()))


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"name":' * 5_000 + b"1" + b"}" * 5_000,
        json.dumps(MANIFEST).replace('"name"', '"name":"twice","name"', 1).encode(),
        json.dumps({"@type": "DataCatalog", "name": TEXTS[0], "description": TEXTS[7], "datePublished": ODD}).encode(),
        b'{"@type":"DataCatalog","name":' + b"9" * 5_000 + b"}",
    ],
    ids=["nothing", "no text", "brackets", "deep", "twice", "catalogue", "digits"],
)
def test_bytes_that_are_no_manifest_break_no_page(shelf: Shelf, pages: Explorer, manifest: bytes) -> None:
    check(pages, publish(shelf, manifest))


@settings(max_examples=settings().max_examples // 10)
@given(name=HOSTILE, text=HOSTILE, person=HOSTILE, tag=HOSTILE, title=HOSTILE, genre=HOSTILE, url=HOSTILE)
def test_whatever_a_dataset_is_called_is_shown_as_text(
    shelf: Shelf, pages: Explorer, name: str, text: str, person: str, tag: str, title: str, genre: str, url: str
) -> None:
    try:
        rows = [item_row(f"{at}.flac", title=title, artists=[person], genre=genre, key=tag) for at in range(3)]
        documents = documents_of(name, rows, description=text, people=(person,), keywords=(tag,))
    except (AudieraError, UnicodeEncodeError):
        documents = documents_of(name="Plain", description="Plain.", keywords=("plain",))
    shelf.publish(documents)
    dataset = shelf.register(documents, kind=Kind.Samples)
    shelf.name_gateway(dataset, url.replace("\0", ""), address(f"gateway {dataset}"))
    shelf.learn()

    check(pages, dataset)


def test_lists_of_all_of_them_break_no_more(shelf: Shelf, pages: Explorer) -> None:
    for text in TEXTS:
        publish(shelf, json.dumps({**MANIFEST, "name": text, "description": text}).encode())

    asked = urlencode({"q": TEXTS[0], "genre": TEXTS[1]})
    for path in ("/", "/?q=alert", f"/?{asked}", "/?order=name", f"/accounts/{CREATOR}", "/network"):
        read(pages, path)
    assert pages.json("/datasets.json")["total"] >= len(TEXTS)
    assert len(list(csv.reader(io.StringIO(pages.page("/datasets/datasets.csv"), newline="")))) > len(TEXTS)
    fromstring(pages.page("/feed.xml"))
