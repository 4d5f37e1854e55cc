"""Following a chain: what nodes say, checked, into the tables."""

from audiera.indexer.follow.answers import Ours
from audiera.indexer.follow.deep import suite_of, take_back
from audiera.indexer.follow.deriving import WINDOW, Derives, derive_anew
from audiera.indexer.follow.figures import Figures
from audiera.indexer.follow.follower import Follower
from audiera.indexer.follow.keeper import Keeper
from audiera.indexer.follow.refusals import RefusedError, RetryError, StoppedError
from audiera.indexer.follow.source import Head, Source
from audiera.indexer.follow.wire import Wire

__all__ = [
    "WINDOW",
    "Derives",
    "Figures",
    "Follower",
    "Head",
    "Keeper",
    "Ours",
    "RefusedError",
    "RetryError",
    "Source",
    "StoppedError",
    "Wire",
    "derive_anew",
    "suite_of",
    "take_back",
]
