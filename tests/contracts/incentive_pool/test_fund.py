"""Filling a pot: anyone, before the end, with what arrives."""

from dataclasses import replace

import pytest
from eth_account.signers.local import LocalAccount
from eth_utils import to_checksum_address

from tests.support.campaigns import Sponsoring
from tests.support.chain import Chain, Deployed, reverts
from tests.support.money import Money
from tests.support.relay import relayed


def test_anyone_adds_to_a_pot(
    incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, stranger: LocalAccount, money: Money
) -> None:
    campaign, _ = sponsoring.opened(money)
    pot, had = 0, {}
    for funder in (sponsor, stranger):
        money.ready(funder, incentives, 0)
        had[funder.address] = money.of(funder)

    for funder, amount, own in ((sponsor, 70, 70), (stranger, 5, 5), (sponsor, 30, 100)):
        sent = sponsoring.fund(campaign, money, amount, funder)
        pot += amount
        funded = incentives.event("CampaignFunded", campaign=campaign, funder=funder.address, amount=amount)
        assert sent.of(incentives) == [funded]
        assert incentives.campaignOf(campaign).call()[5:] == (pot, 0)
        assert incentives.fundingOf(campaign, funder.address).call() == own
        assert money.of(incentives) == pot

    minted = (100, 5) if money.token else (0, 0)  # tokens are minted for their funders
    spent = [
        had[funder.address] + more - money.of(funder) for funder, more in zip((sponsor, stranger), minted, strict=True)
    ]
    assert spent == [100, 5]


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_a_pot_is_filled_before_the_end(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, late: int
) -> None:
    """AUD-P1, AUD-A46: Whoever enters then knows what there is to share."""
    campaign, terms = sponsoring.opened(pot=5)
    chain.at_time(terms.end + late)

    if late < 0:
        chain.send(incentives.fund(campaign, 10), sponsor, value=10)
    else:
        with reverts("Pool_Ended", campaign=campaign, end=terms.end, time=terms.end + late):
            chain.send(incentives.fund(campaign, 10), sponsor, value=10)

    assert incentives.campaignOf(campaign).call()[5] == (15 if late < 0 else 5)


def test_a_pot_is_filled_before_the_start_too(
    incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, money: Money
) -> None:
    terms = sponsoring.terms(money)
    campaign = sponsoring.open(replace(terms, start=terms.end, end=terms.end + 1))

    sponsoring.fund(campaign, money, 10)

    assert incentives.fundingOf(campaign, sponsor.address).call() == 10


@pytest.mark.parametrize(("amount", "value"), [(5, 4), (5, 6), (5, 0)])
def test_eth_is_exact(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, amount: int, value: int
) -> None:
    campaign, _ = sponsoring.opened()

    with reverts("Payments_WrongValue", due=amount, sent=value):
        chain.send(incentives.fund(campaign, amount), sponsor, value=value)
    assert chain.ether(incentives) == 0


def test_a_pot_of_tokens_takes_no_eth_and_needs_an_allowance(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, token: Deployed
) -> None:
    campaign, _ = sponsoring.opened(Money(chain, token))
    chain.send(token.mint(sponsor.address, 5))

    with reverts("Payments_WrongValue", due=0, sent=5):
        chain.send(incentives.fund(campaign, 5), sponsor, value=5)
    with reverts("TransferFromFailed"):
        chain.send(incentives.fund(campaign, 5), sponsor)
    assert incentives.campaignOf(campaign).call()[5] == 0


def test_nothing_is_not_put_in(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, money: Money
) -> None:
    campaign, _ = sponsoring.opened(money)

    with reverts("Pool_NoAmount", campaign=campaign):
        chain.send(incentives.fund(campaign, 0), sponsor)


def test_a_token_that_keeps_a_fee_is_refused(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount
) -> None:
    """AUD-A19: The pot is the nominal amount, so all of it has to arrive."""
    money = Money(chain, coin := chain.deploy("FeeToken"))
    campaign, _ = sponsoring.opened(money)

    with reverts("Custody_NotReceived", token=coin.address, expected=1_000, received=990):
        sponsoring.fund(campaign, money, 1_000)
    assert incentives.fundingOf(campaign, sponsor.address).call() == 0


def test_a_token_that_only_says_it_moved_is_refused(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount
) -> None:
    """AUD-A19: Though the pool has as much of it already."""
    coin = chain.deploy("WildToken")
    campaign, _ = sponsoring.opened(Money(chain, coin))
    for holder in (sponsor, incentives):
        chain.send(coin.setBalance(holder.address, 100))

    with reverts("Custody_NotReceived", token=coin.address, expected=100, received=0):
        chain.send(incentives.fund(campaign, 100), sponsor)


@pytest.mark.parametrize("kind", ["nobody", "an account", "a registry"])
def test_what_is_no_token_fills_no_pot(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, stranger: LocalAccount,
    kind: str,
) -> None:  # fmt: skip
    """A campaign may promise anything; nothing can be put in that is not there."""
    rewards = {
        "nobody": to_checksum_address("0x" + 20 * "77"),
        "an account": stranger.address,
        "a registry": sponsoring.suite.licenses.address,
    }
    campaign = sponsoring.open(replace(sponsoring.terms(), reward=rewards[kind]))

    with reverts("TransferFromFailed"):
        chain.send(incentives.fund(campaign, 1), sponsor)
    assert incentives.campaignOf(campaign).call()[5] == 0


def test_a_pot_holds_more_than_one_funder_can_give(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, stranger: LocalAccount
) -> None:
    """Two to the 128th, and more."""
    most = 2**128 - 1
    money = Money(chain, chain.deploy("MockToken", "BIG", 18))
    campaign, _ = sponsoring.opened(money)

    for funder in (sponsor, sponsor, stranger):
        sponsoring.fund(campaign, money, most, funder)

    assert incentives.campaignOf(campaign).call()[5] == 3 * most
    assert incentives.fundingOf(campaign, sponsor.address).call() == 2 * most


def test_money_that_is_sent_is_in_no_pot(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, token: Deployed
) -> None:
    """AUD-A29: Splits: donation never corrupts accounting. ETH is refused; of tokens the pool knows nothing."""
    campaign, _ = sponsoring.opened(Money(chain, token))

    with reverts(""):
        chain.send_raw(incentives.address, sender=sponsor, value=5)
    chain.send(token.mint(incentives.address, 1_000))

    assert incentives.campaignOf(campaign).call()[5] == 0


def test_the_same_eth_is_not_put_in_twice(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount
) -> None:
    campaign, _ = sponsoring.opened()
    call = incentives.fund(campaign, 5)._encode_transaction_data()

    with reverts(""):
        chain.send(incentives.multicall([call, call]), sponsor, value=5)


def test_a_funder_without_eth_puts_in_tokens_of_its_own(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, stranger: LocalAccount,
    token: Deployed,
) -> None:  # fmt: skip
    """Money always comes from the one who signed, never from the relayer. ETH cannot be relayed."""
    money = Money(chain, token)
    campaign, _ = sponsoring.opened(money)
    in_eth, _ = sponsoring.opened()
    for each in (sponsor, stranger):
        money.ready(each, incentives, 100)

    sent = chain.send(relayed(chain, incentives, sponsor, incentives.fund(campaign, 80)), stranger)

    assert sent.of(incentives)[1].fields["funder"] == sponsor.address
    assert [money.of(each) for each in (sponsor, stranger)] == [20, 100]
    assert incentives.fundingOf(campaign, sponsor.address).call() == 80
    with reverts("Payments_WrongValue", due=5, sent=0):
        chain.send(relayed(chain, incentives, sponsor, incentives.fund(in_eth, 5), nonce=1), stranger)
