"""The suite as the client deploys it, and clients for roles."""

from tests.support.studio import as_, node, studio
from tests.support.tokens import deploy_mock, mint, usdc

__all__ = ["as_", "deploy_mock", "mint", "node", "studio", "usdc"]
