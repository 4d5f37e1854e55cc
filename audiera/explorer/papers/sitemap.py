"""The site map: every dataset, for those who read everything.

Source: sitemaps.org, protocol 0.9: 50,000 addresses to the file at most.
"""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element

from sqlalchemy import func, select

from audiera.explorer.asked import Reading
from audiera.explorer.papers.xml import document, tag
from audiera.explorer.refusals import not_found
from audiera.explorer.site import Site
from audiera.explorer.words import iso
from audiera.indexer.tables import DATASETS, VERSIONS

__all__ = ["sitemap", "sitemap_part"]

_NAMESPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
_PART: Final = 20_000
"""Ids to the part."""


def sitemap(reading: Reading, site: Site) -> bytes:
    """Return the list of the parts."""
    last = reading.connection.execute(select(func.max(DATASETS.c.id))).scalar_one() or 0
    parts = []
    for part in range(last // _PART + 1):
        parts.append(Element("sitemap"))
        tag(parts[-1], "loc", site.full(f"/sitemap/{part}.xml"))
    return document("sitemapindex", _NAMESPACE, parts)


def sitemap_part(reading: Reading, site: Site) -> bytes:
    """Return the datasets of one part, each with when its newest version was published.

    Raises:
        RefusalError: no id is that high.
    """
    part = reading.asked.number("part")
    published = (VERSIONS.c.dataset == DATASETS.c.id) & (VERSIONS.c.version == DATASETS.c.version)
    query = (
        select(DATASETS.c.id, VERSIONS.c.at)
        .join(VERSIONS, published)
        .where(DATASETS.c.id >= part * _PART, DATASETS.c.id < (part + 1) * _PART)
        .order_by(DATASETS.c.id)
    )
    pages = []
    for dataset, at in reading.connection.execute(query):
        pages.append(Element("url"))
        tag(pages[-1], "loc", site.full(f"/datasets/{dataset}"))
        tag(pages[-1], "lastmod", iso(at))
    if not pages:
        raise not_found("This part of the site map is empty.")
    return document("urlset", _NAMESPACE, pages)
