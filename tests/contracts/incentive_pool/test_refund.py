"""Taking back: each funder its own, from the close on, where nothing counted."""

import pytest
from eth_account.signers.local import LocalAccount

from tests.support.campaigns import Sponsoring
from tests.support.chain import Chain, Deployed, reverts
from tests.support.money import Money


def test_each_funder_has_its_own_back_once(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, payer: LocalAccount,
    stranger: LocalAccount, money: Money,
) -> None:  # fmt: skip
    """AUD-P4, AUD-A45: Whoever triggers it; another campaign's pot of the same money stays."""
    campaign, terms = sponsoring.opened(money)
    sponsoring.opened(money, pot=5_000)
    for funder, amount in ((sponsor, 70), (payer, 30), (sponsor, 5)):
        sponsoring.fund(campaign, money, amount, funder)
    sponsoring.close(terms)

    for funder, amount in ((payer, 30), (sponsor, 75)):
        call = incentives.refund(campaign, funder.address)
        before = money.of(funder)
        assert call.call() == amount
        sent = chain.send(call, stranger)
        fields = {"campaign": campaign, "funder": funder.address, "recipient": funder.address}
        assert sent.of(incentives) == [incentives.event("FundingReturned", **fields, amount=amount)]
        assert money.of(funder) == before + amount
        assert incentives.fundingOf(campaign, funder.address).call() == 0
        assert call.call() == 0
        assert chain.send(call, stranger).events == []

    assert money.of(incentives) == 5_000


def test_who_put_nothing_in_has_nothing_back(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, stranger: LocalAccount, money: Money
) -> None:
    campaign, terms = sponsoring.opened(money, pot=1_000)
    sponsoring.close(terms)

    assert chain.send(incentives.refund(campaign, stranger.address), stranger).events == []
    assert money.of(incentives) == 1_000


def test_it_goes_to_the_funders_recipient_as_the_splitter_has_it_then(
    chain: Chain, incentives: Deployed, splitter: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount,
    stranger: LocalAccount, money: Money,
) -> None:  # fmt: skip
    campaign, terms = sponsoring.opened(money, pot=1_000)
    sponsoring.close(terms)
    chain.send(splitter.setRecipient(stranger.address), sponsor)
    before = [money.of(each) for each in (sponsor, stranger)]

    sent = chain.send(incentives.refund(campaign, sponsor.address), sponsor)

    fields = {"campaign": campaign, "funder": sponsor.address, "recipient": stranger.address}
    assert sent.of(incentives) == [incentives.event("FundingReturned", **fields, amount=1_000)]
    assert [money.of(each) for each in (sponsor, stranger)] == [before[0], before[1] + 1_000]


@pytest.mark.parametrize("early", [1, 0], ids=["the second before", "the second itself"])
def test_nothing_is_taken_back_before_the_close(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, early: int
) -> None:
    """AUD-A46: Something may still be entered until then."""
    campaign, terms = sponsoring.opened(pot=1_000)
    chain.at_time(at := terms.closes_at - early)

    if early:
        with reverts("Pool_NotClosed", campaign=campaign, closesAt=terms.closes_at, time=at):
            chain.send(incentives.refund(campaign, sponsor.address), sponsor)
    else:
        chain.send(incentives.refund(campaign, sponsor.address), sponsor)

    assert chain.ether(incentives) == (1_000 if early else 0)


def test_nobody_puts_in_again_what_it_took_back(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, money: Money
) -> None:
    """AUD-A46: Attack: withdraw and redeposit loops (H-01), beside another campaign's pot of the same money."""
    campaign, terms = sponsoring.opened(money, pot=1_000)
    sponsoring.opened(money, pot=5_000)
    money.ready(sponsor, incentives, 1_000)
    before = money.of(sponsor)
    sponsoring.close(terms)
    refund, fund = incentives.refund(campaign, sponsor.address), incentives.fund(campaign, 1_000)

    for _ in range(2):
        chain.send(refund, sponsor)
        chain.at_time(at := chain.now() + 1)
        with reverts("Pool_Ended", campaign=campaign, end=terms.end, time=at):
            chain.send(fund, sponsor, value=money.value(1_000))

    assert incentives.fundingOf(campaign, sponsor.address).call() == 0
    assert money.of(sponsor) == before + 1_000
    assert money.of(incentives) == 5_000


@pytest.mark.parametrize("credited", [False, True])
def test_a_sponsor_does_not_take_back_what_was_earned(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, dataset: int, credited: bool
) -> None:
    """AUD-P4, AUD-A46: A sponsor cannot take back a reward already earned; not after everything is credited either."""
    campaign, terms = sponsoring.opened(pot=1_000)
    sponsoring.enter(campaign, sponsoring.used((dataset, 1)))
    sponsoring.close(terms)
    if credited:
        chain.send(incentives.credit(campaign, dataset))

    with reverts("Pool_HasWeight", campaign=campaign, weight=1):
        chain.send(incentives.refund(campaign, sponsor.address), sponsor)
    assert incentives.fundingOf(campaign, sponsor.address).call() == 1_000


def test_free_use_weighs_nothing(
    chain: Chain, incentives: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount, dataset: int
) -> None:
    """It is entered, and leaves the pot to those who filled it."""
    campaign, terms = sponsoring.opened(pot=1_000)
    sponsoring.enter(campaign, sponsoring.used((dataset, 0)))
    sponsoring.close(terms)

    assert chain.send(incentives.credit(campaign, dataset)).events == []
    chain.send(incentives.refund(campaign, sponsor.address), sponsor)

    assert chain.ether(incentives) == 0


@pytest.mark.parametrize("mode", [1, 2, 3], ids=["reverts", "burns gas", "return bomb"])
def test_a_funder_that_cannot_be_paid_harms_only_itself(
    chain: Chain, incentives: Deployed, splitter: Deployed, sponsoring: Sponsoring, sponsor: LocalAccount,
    stranger: LocalAccount, mode: int,
) -> None:  # fmt: skip
    """AUD-A14: And may name a recipient that can be paid."""
    hostile = chain.deploy("HostileReceiver", mode)
    chain.rpc("anvil_setBalance", hostile.address, hex(60))
    campaign, terms = sponsoring.opened(pot=1_000)
    sponsoring.fund(campaign, Money(chain), 60, hostile)
    sponsoring.close(terms)
    call = incentives.refund(campaign, hostile.address)

    with reverts("ETHTransferFailed"):
        chain.send(call, gas=3_000_000)
    chain.send(incentives.refund(campaign, sponsor.address))
    assert incentives.fundingOf(campaign, hostile.address).call() == 60
    before = chain.ether(stranger)
    chain.send(splitter.setRecipient(stranger.address), hostile)
    chain.send(call)

    assert chain.ether(stranger) == before + 60
