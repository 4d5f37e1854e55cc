"""Modules are read once for all that looks at them."""

from collections.abc import Iterator

import pytest

from tests.support.house import nodes_of, tree_of


@pytest.fixture(scope="package", autouse=True)
def _read_once() -> Iterator[None]:
    yield
    for kept in (nodes_of, tree_of):
        kept.cache_clear()  # which is much to hold for tests of other things
