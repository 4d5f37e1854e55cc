"""What can be found: rows made from documents and the chain's tables, and the one query that is asked of them."""

from audiera.indexer.search.facets import Facets, count_facets
from audiera.indexer.search.finding import Found, Hit, Listing, Matches, find, match
from audiera.indexer.search.listings import covering_offers, standing_offers
from audiera.indexer.search.query import Order, Query
from audiera.indexer.search.refreshing import mark_all, refresh
from audiera.indexer.search.traits import parse_key

__all__ = [
    "Facets",
    "Found",
    "Hit",
    "Listing",
    "Matches",
    "Order",
    "Query",
    "count_facets",
    "covering_offers",
    "find",
    "mark_all",
    "match",
    "parse_key",
    "refresh",
    "standing_offers",
]
