"""What is written for machines beside the pages."""

from collections.abc import Callable
from html import unescape

import pytest
from defusedxml.ElementTree import fromstring
from sqlalchemy import update

from audiera.explorer import Settings, create_app
from audiera.indexer.tables import CHAIN, TERMS, TOKENS
from tests.support.catalogue import GENERATIVE, OPEN, TRAINING, USDC, altering, listed
from tests.support.explorer import Explorer, serving

RSL, OURS = "{https://rslstandard.org/rsl}", "{urn:audiera:terms:1}"
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def test_new_datasets_come_in_a_feed(explorer: Explorer) -> None:
    feed = fromstring(explorer.page("/feed.xml"))
    entries = feed.findall(f"{ATOM}entry")

    assert [str(it.findtext(f"{ATOM}title")) for it in entries[1:3]] == [it.name for _, it in listed()[1:2]] + [
        f"{listed()[2][1].name}"
    ]
    assert str(entries[-1].findtext(f"{ATOM}id")).endswith("/1")
    assert [it.attrib["href"] for it in entries[-1].findall(f"{ATOM}link")] == [f"{explorer.url}/datasets/1"]


def test_the_versions_of_a_dataset_come_in_a_feed(explorer: Explorer) -> None:
    feed = fromstring(explorer.page("/datasets/1/feed.xml"))

    assert [it.findtext(f"{ATOM}summary") for it in feed.findall(f"{ATOM}entry")] == [
        "18 tracks; 2 more items.",
        "16 tracks; 2 more items.",
        "14 tracks; first version.",
    ]


def test_the_site_map_leads_to_every_dataset(explorer: Explorer) -> None:
    parts = [it.text for it in fromstring(explorer.page("/sitemap.xml")).iter(f"{SITEMAP}loc")]
    pages = fromstring(explorer.page("/sitemap/0.xml")).iter(f"{SITEMAP}loc")

    assert parts == [f"{explorer.url}/sitemap/0.xml"]
    assert [it.text for it in pages] == [f"{explorer.url}/datasets/{at}" for at in range(1, len(listed()) + 1)]
    assert explorer.get("/sitemap/1.xml").status == 404


def test_what_anyone_may_take_is_a_license_document(explorer: Explorer) -> None:
    document = fromstring(explorer.page("/datasets/3/license.xml"))

    assert [it.attrib["url"] for it in document.findall(f"{RSL}content")] == ["/datasets/3$", "/datasets/3/"]
    named = {(it.attrib["id"], it.attrib["text-sha256"]) for it in document.iter(f"{OURS}terms")}
    assert named == {(f"0x{GENERATIVE.id().hex()}", GENERATIVE.text.hex())}


def test_an_assertion_names_the_terms_that_it_is_from(explorer: Explorer) -> None:
    said = explorer.json("/datasets/1/cawg.json")

    assert said["label"] == "cawg.training-mining"
    assert said["data"]["entries"]["cawg.ai_generative_training"] == {"use": "notAllowed"}
    assert said["data"]["entries"]["cawg.ai_training"]["use"] == "constrained"
    assert f"0x{TRAINING.id().hex()}" in {it["id"] for it in said["terms"]}


@pytest.mark.parametrize("path", ["/datasets/2", "/datasets/2.json", "/datasets/2/payees.csv", "/datasets/2/cawg.json"])
def test_whatever_is_said_of_a_dataset_says_where_its_license_is(explorer: Explorer, path: str) -> None:
    free, paid = explorer.get(path).headers, explorer.get(path.replace("2", "3", 1)).headers

    link = f'<{explorer.url}/datasets/2/license.xml>; rel="license"; type="application/rsl+xml"'
    assert free["Link"] == link
    assert (free["Content-Usage"], paid["Content-Usage"]) == (
        "train-ai=y, ai-use=y, search=y",
        "train-ai=n, ai-use=n, search=y",
    )


@pytest.mark.parametrize("path", ["/datasets/2/license.xml", "/datasets/2/cawg.json", "/datasets/2/croissant.json"])
def test_nothing_is_said_of_terms_that_are_not_those_of_their_id(catalogue: Callable[..., str], path: str) -> None:
    url = catalogue()
    with altering(url) as connection:
        connection.execute(update(TERMS).where(TERMS.c.id == f"0x{OPEN.id().hex()}").values(duration=1))

    with serving(create_app(Settings(database=url))) as explorer:
        answer = explorer.get(path)

    assert answer.status == 500
    assert "otherwise than they were published; run `audiera index rebuild`." in answer.data.decode()
    assert "rsl" not in answer.data.decode()


def test_a_token_is_counted_in_its_smallest_unit_until_it_says_its_decimals_or_is_named(
    catalogue: Callable[..., str],
) -> None:
    url = catalogue()
    with altering(url) as connection:
        connection.execute(update(CHAIN).values(chain_id=31_337))

    with serving(create_app(Settings(database=url))) as explorer:
        unnamed = explorer.page("/datasets/1")
        with altering(url) as connection:
            connection.execute(update(TOKENS).where(TOKENS.c.token == USDC).values(symbol="FOO", decimals=6))
            connection.execute(update(CHAIN).values(revision=CHAIN.c.revision + 1))
        said = explorer.page("/datasets/1")
    with serving(create_app(Settings(database=url, tokens={USDC: ("tUSD", 6)}))) as explorer:
        named = explorer.page("/datasets/1")

    assert "250,000,000 units of " in unnamed
    assert "audiera explorer --token NAME=ADDRESS:DECIMALS" in unnamed
    assert "250 FOO (0x8335…)" in said
    assert f'--max-price "250 {USDC}"' in unescape(said)
    assert "--token" not in said
    assert "250 tUSD" in named
    assert "--token" not in named
