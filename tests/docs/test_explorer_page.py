"""`docs/explorer.md` against the explorer: every page that it has, with its tables, and every document for machines."""

import re

from audiera.explorer.papers import PAPERS
from audiera.explorer.views import PAGES
from tests.support.places import DOCS

PAGE = (DOCS / "explorer.md").read_text("utf-8")


def form(path: str) -> str:
    """A path with a dot for whatever stands for a number or a hash in it."""
    return "/".join("." if re.fullmatch(r"\{.*\}|\d+|0x…", part) else part for part in path.split("/"))


def test_every_page_is_there_with_its_tables() -> None:
    table = PAGE.partition("| page | JSON | tables as CSV |\n|---|---|---|\n")[2].partition("\n\n")[0]
    rows = [line.split("|") for line in table.splitlines()]
    shown = {
        form(path): sorted(re.findall(r"(\w+)\.csv", tables))
        for _, paths, _, tables, _ in rows
        for path in re.findall(r"`([^`]*)`", paths)
    }

    assert shown == {form(it.path): sorted(it.view.TABLES) for it in PAGES}


def test_every_document_for_machines_is_there() -> None:
    shown = {form(path) for path in re.findall(r"`(/[^`]*\.(?:xml|json))`", PAGE.partition("## 4.")[2])}

    assert {form(it.path) for it in PAPERS} - shown == {"/sitemap/{part:int}.xml"}  # which sitemap.xml leads to
