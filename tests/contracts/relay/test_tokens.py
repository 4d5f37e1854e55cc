"""Relayable: tokens of the suite are moved by their owners directly, and by nobody else."""

from collections.abc import Callable

import pytest
from eth_account.signers.local import LocalAccount
from eth_utils import function_signature_to_4byte_selector

from tests.support.chain import Chain, Deployed, reverts
from tests.support.datasets import register
from tests.support.relay import data_of, relayed
from tests.support.splits import equal_split
from tests.support.suite import Suite

# Every function of ERC-721 that moves a token or lets somebody move it, with its arguments for token 1.
FUNCTIONS: dict[str, Callable[[str, str], list[object]]] = {
    "approve(address,uint256)": lambda _, to: [to, 1],
    "setApprovalForAll(address,bool)": lambda _, to: [to, True],
    "transferFrom(address,address,uint256)": lambda owner, to: [owner, to, 1],
    "safeTransferFrom(address,address,uint256)": lambda owner, to: [owner, to, 1],
    "safeTransferFrom(address,address,uint256,bytes)": lambda owner, to: [owner, to, 1, b""],
}


@pytest.fixture(params=["datasets", "licenses"])
def tokens(request: pytest.FixtureRequest, suite: Suite) -> Deployed:
    """The contracts with tokens."""
    it: Deployed = getattr(suite, request.param)
    return it


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("wrapped", [False, True], ids=["directly", "in a multicall"])
def test_moving_tokens_cannot_be_relayed(
    chain: Chain, tokens: Deployed, creator: LocalAccount, stranger: LocalAccount, function: str, wrapped: bool
) -> None:
    """AUD-C2: Solady checks `caller()`, which would be the contract itself."""
    arguments = FUNCTIONS[function](creator.address, stranger.address)
    call = tokens.contract.get_function_by_signature(function)(*arguments)
    signed = tokens.multicall([data_of(call)]) if wrapped else call

    with reverts("Relay_NotRelayable", selector=function_signature_to_4byte_selector(function)):
        chain.send(relayed(chain, tokens, creator, signed), stranger)


def test_a_token_given_directly_is_given(
    chain: Chain, datasets: Deployed, creator: LocalAccount, label: LocalAccount
) -> None:
    dataset = register(chain, datasets, creator, equal_split(2))
    calls = [
        data_of(datasets.withdrawAll(dataset)),
        data_of(datasets.transferFrom(creator.address, label.address, dataset)),
    ]

    chain.send(datasets.multicall(calls), creator)

    assert datasets.ownerOf(dataset).call() == label.address
