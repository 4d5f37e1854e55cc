"""The tables of the index. Names of columns are those of the contracts' structs and events, in snake case."""

from typing import Final

from audiera.indexer.tables.base import METADATA, Amount, Word, address, amount, number, word
from audiera.indexer.tables.datasets import (
    DATASETS,
    GATEWAYS_NAMED,
    PARENTS,
    SHARES_MOVED,
    TRANSFERS,
    VERSIONS,
    WITHDRAWN_ITEMS,
)
from audiera.indexer.tables.documents import DOCUMENTS, PEAKS, USES, WANTED
from audiera.indexer.tables.incentives import CAMPAIGN_DATASETS, CAMPAIGN_ENTRIES, CAMPAIGN_FUNDERS, CAMPAIGNS
from audiera.indexer.tables.licenses import CLEARANCES, LICENSES, MEMBERSHIPS, OFFERS, PURCHASES, SIGNERS, TERMS
from audiera.indexer.tables.noticing import LOG_MOST, MANIFEST_MOST, TEXT_MOST, noticing
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
from audiera.indexer.tables.search import ENTRIES, ITEMS, LISTINGS, PEOPLE, STALE, TEXTS, TRAITS
from audiera.indexer.tables.tokens import TOKENS
from audiera.indexer.tables.totals import KIND_TOTALS, LEDGER_TOTALS, TOKEN_TOTALS
from audiera.indexer.tables.usage import (
    BATCHES,
    CHANNEL_MOVES,
    CHANNELS,
    DATASET_USAGE,
    GATEWAYS,
    LICENSE_USAGE,
    RECORDED_USES,
    STATEMENTS,
)

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
    "DATASET_USAGE",
    "DERIVED",
    "DOCUMENTS",
    "ENTRIES",
    "FOLLOWING",
    "FORWARDS",
    "GATEWAYS",
    "GATEWAYS_NAMED",
    "HISTORIES",
    "ITEMS",
    "KIND_TOTALS",
    "LEDGER_TOTALS",
    "LICENSES",
    "LICENSE_USAGE",
    "LISTINGS",
    "LOGS",
    "LOG_MOST",
    "MANIFEST_MOST",
    "MEMBERSHIPS",
    "METADATA",
    "OFFERS",
    "PARENTS",
    "PEAKS",
    "PEOPLE",
    "PURCHASES",
    "RECEIVED",
    "RECIPIENTS",
    "RECORDED_USES",
    "SHARES",
    "SHARES_MOVED",
    "SIGNERS",
    "SPLITS",
    "STALE",
    "STATEMENTS",
    "TERMS",
    "TEXTS",
    "TEXT_MOST",
    "TOKENS",
    "TOKEN_TOTALS",
    "TRAITS",
    "TRANSFERS",
    "UNDO",
    "USES",
    "VERSIONS",
    "WANTED",
    "WITHDRAWN_ITEMS",
    "Amount",
    "Word",
    "address",
    "amount",
    "noticing",
    "number",
    "word",
]

DERIVED: Final = (
    *(DATASETS, VERSIONS, PARENTS, WITHDRAWN_ITEMS, GATEWAYS_NAMED, SHARES_MOVED, TRANSFERS),
    *(TERMS, OFFERS, LICENSES, PURCHASES, SIGNERS, MEMBERSHIPS, CLEARANCES),
    *(SPLITS, SHARES, ACCOUNTS, ASSIGNMENTS, RECIPIENTS, RECEIVED, CLAIMED, CREDITS, CLAIMS, FORWARDS),
    *(CHANNELS, CHANNEL_MOVES, BATCHES, STATEMENTS, RECORDED_USES, DATASET_USAGE, LICENSE_USAGE, GATEWAYS),
    *(CAMPAIGNS, CAMPAIGN_FUNDERS, CAMPAIGN_ENTRIES, CAMPAIGN_DATASETS),
    *(KIND_TOTALS, TOKEN_TOTALS, LEDGER_TOTALS),
)
"""The tables that follow from logs and the times of blocks alone."""

HISTORIES: Final = tuple(it for it in DERIVED if [column.name for column in it.primary_key] == ["block", "log_index"])
"""Those of them that have a row for each event, which never changes."""
