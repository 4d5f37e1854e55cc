"""An explorer of the catalogue, served for all tests that only read it."""

from collections.abc import Iterator

import pytest

from audiera.explorer import Settings, create_app
from tests.support.catalogue import build
from tests.support.explorer import Explorer, serving


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of an index of the catalogue."""
    return build(tmp_path_factory.mktemp("index") / "index.db")


@pytest.fixture(scope="session")
def explorer(database: str) -> Iterator[Explorer]:
    with serving(create_app(Settings(database=database))) as running:
        yield running
