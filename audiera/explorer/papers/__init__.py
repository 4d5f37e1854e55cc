"""What is written for machines beside the pages: feeds, the site map, datasets as Croissant, licences."""

from typing import Final

from audiera.explorer.papers.croissant import croissant
from audiera.explorer.papers.feeds import datasets_feed, versions_feed
from audiera.explorer.papers.machines import assertion, license_headers, license_xml
from audiera.explorer.papers.sitemap import sitemap, sitemap_part
from audiera.explorer.view import Paper
from audiera.licensing import RSL_TYPE

__all__ = ["PAPERS", "license_headers"]

_ATOM, _XML, _JSON_LD = "application/atom+xml", "application/xml", "application/ld+json"

PAPERS: Final = (
    Paper("/feed.xml", _ATOM, datasets_feed),
    Paper("/datasets/{dataset:int}/feed.xml", _ATOM, versions_feed),
    Paper("/datasets/{dataset:int}/croissant.json", _JSON_LD, croissant),
    Paper("/datasets/{dataset:int}/license.xml", RSL_TYPE, license_xml),
    Paper("/datasets/{dataset:int}/cawg.json", "application/json", assertion),
    Paper("/sitemap.xml", _XML, sitemap),
    Paper("/sitemap/{part:int}.xml", _XML, sitemap_part),
)
"""Every kind of them."""
