"""What every page has, whatever it shows; asked over HTTP."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, update
from starlette.applications import Starlette
from starlette.routing import Mount

from audiera.cli.main import main
from audiera.explorer import Settings, create_app
from audiera.indexer.documents import Paper
from audiera.indexer.documents.kept import keep
from audiera.indexer.search import refresh
from audiera.indexer.tables import CHAIN, STALE
from tests.support.catalogue import address, altering, hexadecimal
from tests.support.explorer import Explorer, serving

BATCH = hexadecimal("published batch")
DEALS = [
    *(
        "/licences/1",
        "/licences/2",
        "/licences/3",
        "/licences/4",
        "/terms/1",
        "/campaigns",
        "/campaigns/1",
        "/campaigns/2",
    ),
    *("/network", f"/batches/{BATCH}", f"/batches/{BATCH}/statements/0", f"/accounts/{address('payee 0')}"),
    *(f"/accounts/{address('buyer')}", f"/accounts/{address('gateway')}", f"/accounts/{address('nobody')}"),
]
PAGES = ["/", "/datasets/1", "/datasets/7", "/datasets/1/items", *DEALS]


def test_an_explorer_of_a_file_that_is_not_there_is_refused_and_makes_none(tmp_path: Path) -> None:
    place = tmp_path / "index.db"

    done = CliRunner().invoke(main, ["explorer", "--database", f"sqlite:///{place}"])

    assert done.exit_code == 1
    assert f"There is no index at {place}; begin it with `audiera index`, or check the name." in done.output
    assert not place.exists()


def test_an_index_that_is_not_begun_is_said_to_be_empty(tmp_path: Path) -> None:
    """As where an explorer is started together with what follows the chain."""
    with sqlite3.connect(tmp_path / "index.db"):
        pass

    with serving(create_app(Settings(database=f"sqlite:///{tmp_path}/index.db"))) as running:
        answer = running.get("/")

    assert answer.status == 503
    assert "The index is empty; fill it with" in answer.data.decode()


@pytest.mark.heavy
def test_a_database_that_nobody_has_written_to_is_said_to_be_empty(new_postgres: Callable[[], str]) -> None:
    with serving(create_app(Settings(database=new_postgres()))) as running:
        assert "The index is empty; fill it with" in running.get("/").data.decode()


@pytest.mark.parametrize("path", [*PAGES, "/datasets.json", "/datasets/1/payees.csv", "/datasets/99", "/nothing"])
def test_every_answer_forbids_what_it_does_not_need(explorer: Explorer, path: str) -> None:
    headers = explorer.get(path).headers

    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_script_and_no_style_of_its_own(explorer: Explorer, path: str) -> None:
    page = explorer.page(path)

    assert "<script>" not in page
    assert "<style" not in page
    assert " style=" not in page
    assert " on" not in "".join(part.split(">")[0] for part in page.split("<")).replace(" on ", "")


def test_the_first_page_with_all_it_loads_is_under_60_kb(explorer: Explorer) -> None:
    page = explorer.get("/", Accept_Encoding="identity")
    loaded = [part.split('"')[0] for part in page.data.decode().split('href="')[1:]]
    files = [explorer.get(path, Accept_Encoding="identity").data for path in loaded if path.startswith("/static/")]

    assert len(files) == 2
    assert len(page.data) + sum(map(len, files)) < 60_000


def test_a_page_says_nothing_new_until_the_index_reads_on(catalogue: Callable[..., str]) -> None:
    url = catalogue()

    with serving(create_app(Settings(database=url))) as explorer:
        first = explorer.get("/datasets/1")
        again = explorer.get("/datasets/1", If_None_Match=first.headers["ETag"])
        other = explorer.get("/datasets/3", If_None_Match=first.headers["ETag"])
        with altering(url) as connection:
            connection.execute(update(CHAIN).values(next_block=CHAIN.c.next_block + 1))
        later = explorer.get("/datasets/1", If_None_Match=first.headers["ETag"])

    assert (first.status, again.status, other.status, later.status) == (200, 304, 200, 200)
    assert again.data == b""
    assert "max-age=5" in first.headers["Cache-Control"]


def test_a_document_that_comes_without_a_new_block_is_seen(catalogue: Callable[..., str]) -> None:
    url = catalogue()

    with serving(create_app(Settings(database=url))) as explorer:
        first = explorer.get("/datasets/1")
        with altering(url) as connection:
            facts = "These bytes are no manifest."
            keep(connection, Paper.MANIFEST, hexadecimal("another"), b"", facts=facts, now=1_800_000_000)
        kept = explorer.get("/datasets/1", If_None_Match=first.headers["ETag"])
        with altering(url) as connection:
            connection.execute(insert(STALE).values(dataset=99))
            refresh(connection, 1_800_000_000)
        made = explorer.get("/datasets/1", If_None_Match=kept.headers["ETag"])

    assert (first.status, kept.status, made.status) == (200, 200, 200)


def test_style_is_kept_for_ever_under_a_name_that_changes_with_it(explorer: Explorer) -> None:
    path = explorer.page("/").split('rel="stylesheet" href="')[1].split('"')[0]

    answer = explorer.get(path)

    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["Cache-Control"]
    assert explorer.get("/static/audiera.000000000000.css").status == 404


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/datasets/99", 404, "There is no dataset 99 up to block "),
        ("/datasets/9999999999999999999", 400, "dataset is not a whole number that anything here could have."),
        ("/nothing", 404, "There is no such page; begin at the catalogue."),
        ("/?kind=songs", 400, "kind is none of recordings, "),
        (
            "/?after=x",
            400,
            "The place to go on from is not one of this search; take it from the page before",
        ),
        (f"/?kind={'a' * 401}", 400, "kind has 401 letters; ask with 400 at most."),
    ],
)
def test_a_page_that_cannot_be_says_why_in_a_sentence(
    explorer: Explorer, path: str, status: int, sentence: str
) -> None:
    answer = explorer.get(path)

    assert answer.status == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert sentence in answer.data.decode().replace("<bdi>", "")


def test_machines_get_the_sentence_in_their_own_form(explorer: Explorer) -> None:
    stated, tabled = explorer.get("/datasets/99.json"), explorer.get("/datasets/1/songs.csv")

    assert (stated.status, tabled.status) == (404, 404)
    assert json.loads(stated.data)["error"].startswith("There is no dataset 99 up to block ")
    assert tabled.data.decode().startswith("This page has no table of that name; it has payees, offers, ")


def test_pages_are_only_read(explorer: Explorer) -> None:
    answer = explorer.http.request("POST", f"{explorer.url}/datasets/1")

    assert answer.status == 405
    assert "Pages are only read here; ask with GET." in answer.data.decode()


def test_an_index_that_is_not_there_is_a_page_too(tmp_path: Path) -> None:
    with serving(create_app(Settings(database=f"sqlite:///{tmp_path}/none.db"))) as explorer:
        answer = explorer.get("/")

    assert answer.status == 503
    assert answer.headers["Retry-After"] == "10"
    assert "The index cannot be read now; try again in a minute." in answer.data.decode()
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)  # PostgreSQL's time begins with each query
def test_queries_end_when_their_time_is_up(database: str) -> None:
    with serving(create_app(Settings(database=database, seconds=-1))) as explorer:
        answer = explorer.get("/datasets/1")

    assert answer.status == 503
    assert "That takes too long to look up; ask for less." in answer.data.decode()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)  # nobody tells what is mounted when to close
def test_mounted_below_a_path_every_link_stays_below_it(database: str) -> None:
    app = create_app(Settings(database=database))

    with serving(Starlette(routes=[Mount("/catalogue", app)])) as explorer:
        page = explorer.page("/catalogue/datasets/7")
        links = [part.split('"')[0] for part in page.split('href="')[1:]]
        inside = [link for link in links if link.startswith("/")]
        answers = {link: explorer.get(link).status for link in inside}

    assert len(inside) > 10
    assert all(link.startswith("/catalogue/") for link in inside)
    assert set(answers.values()) == {200}


def test_links_for_elsewhere_begin_with_the_public_address(database: str) -> None:
    with serving(create_app(Settings(database=database, public_url="https://audiera.example/c/"))) as explorer:
        page, robots = explorer.page("/datasets/1"), explorer.page("/robots.txt")

    assert '<link rel="canonical" href="https://audiera.example/c/datasets/1">' in page
    assert "Sitemap: https://audiera.example/c/sitemap.xml" in robots
