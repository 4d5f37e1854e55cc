"""A gateway of each test's own, over a venue of them all."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.support.gateway import Venue, open_venue, own_venue, payer
from tests.support.studio import as_, node
from tests.support.tokens import deploy_mock, mint, usdc

__all__ = ["as_", "deploy_mock", "mint", "node", "open_venue", "own_venue", "payer", "usdc"]


@pytest.fixture(scope="package")
def venue(open_venue: Callable[[], AbstractContextManager[Venue]]) -> Iterator[Venue]:
    """One for all tests here, since it takes seconds to make."""
    with open_venue() as made:
        yield made
