"""The suite as the client deploys it, and clients for roles."""

from tests.support.studio import as_, node, studio
from tests.support.tokens import mint, usdc

__all__ = ["as_", "mint", "node", "studio", "usdc"]
