"""A model of a run on an album that was pulled from a gateway."""

from tests.support.consumer import asking, words
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
    "trained",
    "usdc",
    "venue",
    "words",
]
