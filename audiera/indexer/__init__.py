"""The index: the events of the suite as tables, and what can be searched in them."""

from audiera.indexer.derive import Deriver
from audiera.indexer.documents import Failure, Sources, failures, retry
from audiera.indexer.engine import (
    answering,
    batch,
    check_index,
    check_schema,
    open_index,
    open_reader,
    snapshot,
    upgrade,
    writer,
    writing,
)
from audiera.indexer.follow import (
    Figures,
    Follower,
    Head,
    Keeper,
    Ours,
    RefusedError,
    Source,
    StoppedError,
    Wire,
    suite_of,
    take_back,
)
from audiera.indexer.happened import Happened, happened
from audiera.indexer.librarian import Librarian
from audiera.indexer.metrics import metrics_of, serving_metrics
from audiera.indexer.rebuild import rebuild
from audiera.indexer.status import Status, read_status, seconds_behind
from audiera.indexer.symbols import said_of, spelled, well_known
from audiera.indexer.tokens import symbol_of

__all__ = [
    "Deriver",
    "Failure",
    "Figures",
    "Follower",
    "Happened",
    "Head",
    "Keeper",
    "Librarian",
    "Ours",
    "RefusedError",
    "Source",
    "Sources",
    "Status",
    "StoppedError",
    "Wire",
    "answering",
    "batch",
    "check_index",
    "check_schema",
    "failures",
    "happened",
    "metrics_of",
    "open_index",
    "open_reader",
    "read_status",
    "rebuild",
    "retry",
    "said_of",
    "seconds_behind",
    "serving_metrics",
    "snapshot",
    "spelled",
    "suite_of",
    "symbol_of",
    "take_back",
    "upgrade",
    "well_known",
    "writer",
    "writing",
]
