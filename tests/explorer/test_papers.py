"""What is written for machines beside the pages."""

from defusedxml.ElementTree import fromstring

from tests.support.catalogue import listed
from tests.support.explorer import Explorer

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
