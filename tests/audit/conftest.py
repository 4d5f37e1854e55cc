"""A market to audit: an album, a licence, a channel, and gateways that settle whatever a payer signs."""

from tests.support.audit import market
from tests.support.gateway import open_venue, venue
from tests.support.shelf import empty_index
from tests.support.studio import as_, node
from tests.support.tokens import deploy_mock, mint, usdc

__all__ = ["as_", "deploy_mock", "empty_index", "market", "mint", "node", "open_venue", "usdc", "venue"]
