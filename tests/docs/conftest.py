"""What pages are run with: a deployment that is found as anyone finds it, and a terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from web3 import Web3
from web3.types import RPCEndpoint

from audiera.client.deployment.deployments import Deployment
from tests.support.pages import Terminal

MEANT = {
    "label": "TEST::0",
    "developer": "TEST::1",
    "gateway": "TEST::2",
    "ada": "TEST::4",
    "collective": "TEST::5",
    "fan": "TEST::6",
    "sponsor": "TEST::9",
    "s3://label/music": "store",
}
"""The accounts of Anvil that the pages call so, and where their bucket is."""


@pytest.fixture
def terminal(
    anvil: str, w3: Web3, deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Terminal]:
    """`terminal("developer")`: that account's, in an empty folder with the deployment's file."""
    deployment.write(tmp_path / "deployments")
    monkeypatch.chdir(tmp_path)

    def a_day_later() -> None:
        w3.provider.make_request(RPCEndpoint("evm_increaseTime"), [86_400])
        w3.provider.make_request(RPCEndpoint("evm_mine"), [])

    def create(name: str) -> Terminal:
        return Terminal(anvil, MEANT, {"NET": f"--network {anvil} --account {name}"}, {"a day later": a_day_later})

    return create
