"""How pages are looked up: by an index, so that none takes longer the more there is."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event

from tests.explorer.test_app import PAGES
from tests.support.catalogue import address
from tests.support.explorer import Explorer

ELSEWHERE = {"/"}
"""Searches look at one dataset after another until a page is full: tests/scale times them."""
BUYER, PAYEE = address("buyer"), address("payee 0")
ACTS = [
    f"/act/licence/1/1?account={BUYER}",
    f"/act/share/1?account={PAYEE}&to={BUYER}",
    f"/act/offer/1?account={BUYER}",
]
PAPERS = [
    *("/feed.xml", "/datasets/1/feed.xml", "/datasets/1/croissant.json", "/datasets/1/license.xml"),
    *("/datasets/1/cawg.json", "/sitemap.xml", "/sitemap/0.xml"),
]
OF_FEW_ROWS = {"chain", "following", "kind_totals", "ledger_totals", "documents", "wanted", "gateways"}
"""Of documents those that are wrong, by an index of their own, of wanted ones those that are not here,
of gateways those of one page.
"""
WHOLE = re.compile(r"SCAN (\w+)\b|SEARCH (\w+)$")  # SQLite says it searches, too, where it reads all for a maximum
BOUNDED = re.compile(r"SELECT (?!.* WHERE ).*( LIMIT |count\(\*\))")
"""Asks for the first few of all, or for how many there are."""


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """What databases are asked meanwhile."""
    asked = list[tuple[str, Any]]()

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((" ".join(statement.split()), parameters))

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", [*sorted({*PAGES} - ELSEWHERE), *ACTS, *PAPERS])
def test_no_page_reads_a_whole_table(explorer: Explorer, database: str, path: str) -> None:
    with statements() as asked:
        explorer.page(path)

    engine = create_engine(database)
    with engine.connect() as connection:
        for statement, parameters in asked:
            if statement.startswith("SELECT ") and not BOUNDED.match(statement):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                whole = {found[1] or found[2] for found in map(WHOLE.match, [it.detail for it in plan]) if found}

                assert whole <= {*OF_FEW_ROWS, "CONSTANT"}, statement
    engine.dispose()
