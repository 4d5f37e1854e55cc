"""The suite as the client deploys it, clients for roles, and chains of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.support.anvil import running_anvil
from tests.support.studio import As, Client, Studio, as_, content_of, node, some_terms, studio
from tests.support.tokens import deploy_mock, mint, usdc

__all__ = [
    "As",
    "Client",
    "StartAnvil",
    "Studio",
    "as_",
    "content_of",
    "deploy_mock",
    "mint",
    "node",
    "some_terms",
    "studio",
    "usdc",
]


class StartAnvil(Protocol):
    """`start_anvil("--chain-id", "5")` is the URL of a new chain, which ends with the test."""

    def __call__(self, *arguments: str) -> str: ...


@pytest.fixture
def start_anvil(artifact: object) -> Iterator[StartAnvil]:
    assert artifact
    with ExitStack() as running:

        def start(*arguments: str) -> str:
            return running.enter_context(running_anvil(*arguments))

        yield start


@pytest.fixture
def empty_folder(tmp_path: Path) -> Path:
    """A folder for deployments, so that no test reads the project's."""
    return tmp_path / "deployments"
