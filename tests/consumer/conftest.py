"""A gateway of each test's own, over a venue that all share, and a command that pulls its album."""

from tests.support.consumer import asking, together, words
from tests.support.gateway import open_venue, own_venue, payer, venue
from tests.support.studio import as_, node
from tests.support.tokens import deploy_mock, mint, usdc
from tests.support.training import trained

__all__ = [
    "as_",
    "asking",
    "deploy_mock",
    "mint",
    "node",
    "open_venue",
    "own_venue",
    "payer",
    "together",
    "trained",
    "usdc",
    "venue",
    "words",
]
