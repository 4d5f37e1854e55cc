from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from eth_typing import ChecksumAddress

from audiera.client import Audiera, KeySigner
from audiera.client.deployment.deployments import Deployment
from audiera.errors import ChainError, InputError, RevertError
from audiera.protocol.ids import ETHER
from tests.client.conftest import As, Studio
from tests.client.proxy import behind

Mint = Callable[[str, int], None]


def test_a_token_says_how_people_write_it(as_: As, usdc: ChecksumAddress, mint: Mint) -> None:
    holder = as_("holder")
    mint(holder.account, 2_500_000)
    token = holder.token(usdc)

    assert (token.symbol(), token.decimals(), token.is_ether) == ("USDC", 6, False)
    assert token.balance_of(holder.account) == 2_500_000
    assert str(token.amount(2_500_000)) == "2.5 USDC"


def test_ether_is_a_token_that_needs_no_approval(as_: As) -> None:
    holder = as_("holder")
    ether = holder.token()

    assert (ether.symbol(), ether.decimals(), ether.is_ether) == ("ETH", 18, True)
    assert ether.balance_of(holder.account) == holder.node.balance(holder.account)
    assert ether.allowance(holder.account, holder.royalty.address) == 0
    assert holder.approve("RoyaltySplitter", ETHER, 5) == ()
    assert holder.signer
    with pytest.raises(InputError, match="ETH is not approved but sent along"):
        ether.approve(holder.signer, holder.royalty.address, 5)


def test_exactly_what_is_needed_is_approved_and_nothing_twice(as_: As, usdc: ChecksumAddress) -> None:
    holder = as_("holder")

    first = holder.approve("UsageLedger", usdc, 70)
    second = holder.approve("UsageLedger", usdc, 70)

    assert (len(first), second) == (1, ())
    assert holder.token(usdc).allowance(holder.account, holder.usage.address) == 70


def test_a_token_that_returns_nothing_is_approved_too(as_: As, deploy_mock: Callable[..., ChecksumAddress]) -> None:
    holder, token = as_("holder"), deploy_mock("NoReturnToken")

    holder.approve("UsageLedger", token, 70)
    holder.approve("UsageLedger", token, 90)

    assert holder.token(token).allowance(holder.account, holder.usage.address) == 90


def test_an_address_without_a_token_is_named(as_: As) -> None:
    reader = as_("reader")

    with pytest.raises(ChainError, match=f"There is no ERC-20 token at {reader.account}"):
        reader.token(reader.account).symbol()


def test_a_token_without_permits_says_so(as_: As, deploy_mock: Callable[..., ChecksumAddress]) -> None:
    holder, token = as_("holder"), deploy_mock("NoReturnToken")
    assert holder.signer

    with pytest.raises(InputError, match="approve the spender instead"):
        holder.token(token).sign_permit(holder.signer, holder.usage.address, 5, 2**40)


def test_a_permit_whose_domain_is_not_known_is_not_signed(
    anvil: str, as_: As, deployment: Deployment, usdc: ChecksumAddress
) -> None:
    signer = as_("holder").signer
    assert signer

    def odd(method: str, params: list[Any]) -> object:
        is_separator = method == "eth_call" and params[0]["data"] == "0x3644e515"
        return ["0x" + "11" * 32] if is_separator else None

    with behind(anvil, odd) as url:
        token = Audiera.connect(url, signer, deployment).token(usdc)

        with pytest.raises(InputError, match="takes no permits that are known"):
            token.sign_permit(signer, signer.address, 5, 2**40)


def test_a_payment_without_allowance_reverts_with_the_next_step(
    as_: As, studio: Studio, usdc: ChecksumAddress, mint: Mint
) -> None:
    payer = as_("payer")
    mint(payer.account, 5)
    account = payer.datasets.account_of(studio.dataset())

    with pytest.raises(RevertError, match="approve the contract") as refused:
        payer.royalty.pay(account, usdc, 5)

    assert refused.value.name == "TransferFromFailed"


def test_the_tokens_own_error_is_read_with_its_fields(as_: As, usdc: ChecksumAddress) -> None:
    """EIP-6093."""
    holder = as_("holder")
    assert isinstance(holder.signer, KeySigner)

    with pytest.raises(RevertError) as refused:
        holder.token(usdc).approve(holder.signer, ETHER, 5)

    assert (refused.value.name, refused.value.fields) == ("ERC20InvalidSpender", {"spender": ETHER})
