from __future__ import annotations

import pytest
from web3 import Web3

from audiera.client import Audiera
from audiera.client.calls.drafts import MAX_GAS
from audiera.client.deployment.deployments import Deployment
from audiera.protocol.ids import ETHER
from tests.client.conftest import As
from tests.client.proxy import behind


@pytest.mark.parametrize(
    ("estimate", "gas"),
    [(50_000, 60_000), (15_000_000, MAX_GAS), (MAX_GAS, MAX_GAS)],
)
def test_a_fifth_more_gas_is_given_than_was_estimated_up_to_the_most_there_may_be(
    anvil: str, w3: Web3, deployment: Deployment, as_: As, estimate: int, gas: int
) -> None:
    with behind(anvil, lambda method, _: [hex(estimate)] if method == "eth_estimateGas" else None) as url:
        client = Audiera.connect(url, as_("payer").signer, deployment)

        receipt = client.royalty.set_recipient(ETHER)

    assert w3.eth.get_transaction(receipt.transaction)["gas"] == gas  # type: ignore[arg-type]  # bytes are fine
