"""The index: the events of the suite as tables, and what can be searched in them."""

from audiera.indexer.derive import Deriver
from audiera.indexer.engine import check_schema, open_index, upgrade, writing
from audiera.indexer.follow import (
    Figures,
    Follower,
    Keeper,
    Ours,
    Source,
    StoppedError,
    Wire,
    suite_of,
    take_back,
)
from audiera.indexer.metrics import metrics_of, serving_metrics
from audiera.indexer.rebuild import rebuild
from audiera.indexer.status import Status, read_status

__all__ = [
    "Deriver",
    "Figures",
    "Follower",
    "Keeper",
    "Ours",
    "Source",
    "Status",
    "StoppedError",
    "Wire",
    "check_schema",
    "metrics_of",
    "open_index",
    "read_status",
    "rebuild",
    "serving_metrics",
    "suite_of",
    "take_back",
    "upgrade",
    "writing",
]
