"""Atom feeds: of new datasets, and of a dataset's versions.

Source: RFC 4287. An entry's id is where it is on chain, so that it stays when the explorer moves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from sqlalchemy import select

from audiera.explorer.asked import Reading
from audiera.explorer.described import described
from audiera.explorer.papers.xml import document, tag
from audiera.explorer.site import Site
from audiera.explorer.strangers import cut
from audiera.explorer.views.dataset import DatasetView
from audiera.explorer.words import KINDS, contents, iso
from audiera.indexer.tables import DATASETS
from audiera.protocol import Kind

__all__ = ["datasets_feed", "versions_feed"]

_ATOM: Final = "http://www.w3.org/2005/Atom"
_ENTRIES: Final = 50


def datasets_feed(reading: Reading, site: Site) -> bytes:
    """Return the newest datasets."""
    query = select(DATASETS).order_by(DATASETS.c.id.desc()).limit(_ENTRIES)
    rows = reading.connection.execute(query).all()
    known = described(reading.connection, [row.id for row in rows])

    def entries() -> Iterator[Element]:
        for row in rows:
            told, kind = known[row.id], Kind(row.kind)
            yield _entry(
                name=f"{_chain(reading)}/{row.id}",
                title=told.name or f"Dataset {row.id}",
                summary=f"{KINDS[kind].capitalize()}, {contents(kind, row.item_count)}.",
                at=row.at,
                link=site.full(f"/datasets/{row.id}"),
                people=told.people or (row.creator,),
            )

    name, at = f"{_chain(reading)}/feed", reading.index.at
    return _feed(site, title="New datasets at Audiera", path="/", name=name, at=at, entries=entries())


def versions_feed(reading: Reading, site: Site) -> bytes:
    """Return the versions of a dataset, the newest first.

    Raises:
        RefusalError: there is no such dataset.
    """
    view = DatasetView.of(reading)
    path, name = f"/datasets/{view.id}", f"{_chain(reading)}/{view.id}"
    people = view.described.people or (view.creator,)
    entries = (
        _entry(
            name=f"{name}/versions/{it.version}",
            title=f"Version {it.version} of {view.title}",
            summary=f"{contents(view.kind, it.items)}; {', '.join(it.changes)}.",
            at=it.at,
            link=site.full(f"{path}#versions"),
            people=people,
        )
        for it in view.versions
    )
    title, at = f"Versions of {view.title}", view.versions[0].at
    return _feed(site, title=title, path=path, name=f"{name}/feed", at=at, entries=entries)


def _chain(reading: Reading) -> str:
    return f"urn:audiera:eip155:{reading.index.chain_id}:{reading.index.suite['DatasetRegistry']}"


def _feed(site: Site, *, title: str, path: str, name: str, at: int, entries: Iterator[Element]) -> bytes:
    head = Element("head")
    tag(head, "id", name)
    tag(head, "title", cut(title))
    tag(head, "updated", iso(at))
    tag(head, "link", rel="alternate", type="text/html", href=site.full(path))
    tag(head, "link", rel="self", type="application/atom+xml", href=site.full(site.path))
    return document("feed", _ATOM, [*head, *entries])


def _entry(*, name: str, title: str, summary: str, at: int, link: str, people: tuple[str, ...]) -> Element:
    entry = Element("entry")
    tag(entry, "id", name)
    tag(entry, "title", cut(title))
    tag(entry, "updated", iso(at))
    tag(entry, "link", rel="alternate", type="text/html", href=link)
    for person in people:
        tag(tag(entry, "author"), "name", cut(person))
    tag(entry, "summary", summary)
    return entry
