"""Documents that the chain names by digest: fetched apart from its logs, proven, kept, and tried again."""

from audiera.indexer.documents.fetching import Round, fetch_due, voucher_of
from audiera.indexer.documents.kept import body_of, keep_uses, peaks_of, text_of
from audiera.indexer.documents.papers import Paper
from audiera.indexer.documents.reading import Described, describe
from audiera.indexer.documents.sources import Sources
from audiera.indexer.documents.waiting import Failure, failures, retry

__all__ = [
    "Described",
    "Failure",
    "Paper",
    "Round",
    "Sources",
    "body_of",
    "describe",
    "failures",
    "fetch_due",
    "keep_uses",
    "peaks_of",
    "retry",
    "text_of",
    "voucher_of",
]
