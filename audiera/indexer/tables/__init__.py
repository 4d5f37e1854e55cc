"""The tables of the index. Names of columns are those of the contracts' structs and events, in snake case."""

from audiera.indexer.tables.base import METADATA, Amount
from audiera.indexer.tables.datasets import (
    DATASETS,
    GATEWAYS_NAMED,
    PARENTS,
    SHARES_MOVED,
    TRANSFERS,
    VERSIONS,
    WITHDRAWN_ITEMS,
)
from audiera.indexer.tables.incentives import CAMPAIGN_DATASETS, CAMPAIGN_ENTRIES, CAMPAIGN_FUNDERS, CAMPAIGNS
from audiera.indexer.tables.licenses import CLEARANCES, LICENSES, MEMBERSHIPS, OFFERS, PURCHASES, SIGNERS, TERMS
from audiera.indexer.tables.raw import BLOCKS, CHAIN, FOLLOWING, LOGS, UNDO
from audiera.indexer.tables.royalty import (
    ACCOUNTS,
    ASSIGNMENTS,
    CLAIMED,
    CLAIMS,
    CREDITS,
    FORWARDS,
    RECEIVED,
    RECIPIENTS,
    SHARES,
    SPLITS,
)
from audiera.indexer.tables.usage import BATCHES, CHANNEL_MOVES, CHANNELS, GATEWAYS, RECORDED_USES, STATEMENTS

__all__ = [
    "ACCOUNTS",
    "ASSIGNMENTS",
    "BATCHES",
    "BLOCKS",
    "CAMPAIGNS",
    "CAMPAIGN_DATASETS",
    "CAMPAIGN_ENTRIES",
    "CAMPAIGN_FUNDERS",
    "CHAIN",
    "CHANNELS",
    "CHANNEL_MOVES",
    "CLAIMED",
    "CLAIMS",
    "CLEARANCES",
    "CREDITS",
    "DATASETS",
    "FOLLOWING",
    "FORWARDS",
    "GATEWAYS",
    "GATEWAYS_NAMED",
    "LICENSES",
    "LOGS",
    "MEMBERSHIPS",
    "METADATA",
    "OFFERS",
    "PARENTS",
    "PURCHASES",
    "RECEIVED",
    "RECIPIENTS",
    "RECORDED_USES",
    "SHARES",
    "SHARES_MOVED",
    "SIGNERS",
    "SPLITS",
    "STATEMENTS",
    "TERMS",
    "TRANSFERS",
    "UNDO",
    "VERSIONS",
    "WITHDRAWN_ITEMS",
    "Amount",
]
