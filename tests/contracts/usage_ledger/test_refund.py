"""A cooperative close: the gateway itself gives unspent deposit back, at once. P9."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER, channel_id
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import DAY
from tests.support.money import Money
from tests.support.relay import relayed
from tests.support.usage import Book, Metering, make_line


def test_a_gateway_gives_deposit_back_at_once(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, money: Money
) -> None:
    """AUD-U7"""
    metering.deposit(payer, gateway, 100, money.token)
    before = [money.of(each) for each in (payer, gateway, ledger)]

    for amount, left in ((30, 70), (70, 0)):
        sent = chain.send(ledger.refund(payer.address, money.address, amount), gateway)
        fields = {"payer": payer.address, "gateway": gateway.address, "token": money.address}
        refunded = ledger.event("Refunded", **fields, recipient=payer.address, amount=amount)
        assert sent.of(ledger) == [refunded]
        assert metering.channel(payer, gateway, money.address) == (left, 0, 0)

    assert [money.of(each) for each in (payer, gateway, ledger)] == [before[0] + 100, before[1], before[2] - 100]


def test_it_goes_to_the_payers_recipient_as_the_splitter_has_it_then(
    chain: Chain, ledger: Deployed, splitter: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    stranger: LocalAccount, money: Money,
) -> None:  # fmt: skip
    """AUD-A11: Not to the gateway's, and to the payer again once the setting is taken back."""
    metering.deposit(payer, gateway, 100, money.token)
    chain.send(splitter.setRecipient(gateway.address), gateway)
    for recipient, setting in ((stranger, stranger.address), (payer, ETHER)):
        chain.send(splitter.setRecipient(setting), payer)
        before = [money.of(each) for each in (payer, gateway, stranger)]

        sent = chain.send(ledger.refund(payer.address, money.address, 40), gateway)

        assert sent.of(ledger)[0].fields["recipient"] == recipient.address
        gained = [40 if each == recipient else 0 for each in (payer, gateway, stranger)]
        after = [money.of(each) for each in (payer, gateway, stranger)]
        assert after == [had + more for had, more in zip(before, gained, strict=True)]


@pytest.mark.parametrize("who", ["payer", "stranger", "owner"])
def test_nobody_but_the_gateway_gives_back(
    request: pytest.FixtureRequest, chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount,
    gateway: LocalAccount, who: str,
) -> None:  # fmt: skip
    """AUD-A11: Unauthenticated cooperative close. A caller reaches only channels with itself: not a signer of the
    gateway's with every scope, not the payer, who would take back at once what it signed for.
    """
    caller: LocalAccount = request.getfixturevalue(who)
    metering.deposit(payer, gateway, 100)
    chain.send(metering.suite.licenses.setSigner(caller.address, 7, 2**64 - 1), gateway)
    own = channel_id(payer.address, caller.address, ETHER)

    with reverts("Ledger_Shortfall", channel=own, missing=100):
        chain.send(ledger.refund(payer.address, ETHER, 100), caller)
    with reverts("Ledger_Shortfall", channel=own, missing=100):
        chain.send(relayed(chain, ledger, caller, ledger.refund(payer.address, ETHER, 100)), gateway)
    assert metering.channel(payer, gateway) == (100, 0, 0)


def test_a_gateway_without_eth_gives_back(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    stranger: LocalAccount, money: Money,
) -> None:  # fmt: skip
    metering.deposit(payer, gateway, 100, money.token)
    before = [money.of(each) for each in (payer, gateway, stranger)]

    call = relayed(chain, ledger, gateway, ledger.refund(payer.address, money.address, 60))
    sent = chain.send(call, stranger)

    assert [event.name for event in sent.of(ledger)] == ["CallRelayed", "Refunded"]
    assert sent.of(ledger)[1].fields["gateway"] == gateway.address
    assert [money.of(each) for each in (payer, gateway, stranger)] == [before[0] + 60, *before[1:]]
    assert metering.channel(payer, gateway, money.address) == (40, 0, 0)


@pytest.mark.parametrize(("balance", "amount"), [(0, 1), (100, 101), (100, 2**128 - 1)])
def test_no_more_is_given_back_than_there_is(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    stranger: LocalAccount, balance: int, amount: int,
) -> None:  # fmt: skip
    """P9, though others' money lies here: another channel's, and what is settled of this one."""
    metering.settled(Book.of(make_line(1, 1, amount=1_000)), payer, gateway, fee=5)
    metering.deposit(stranger, gateway, 1_000)
    if balance:
        metering.deposit(payer, gateway, balance)
    held = chain.ether(ledger)

    channel = channel_id(payer.address, gateway.address, ETHER)
    with reverts("Ledger_Shortfall", channel=channel, missing=amount - balance):
        chain.send(ledger.refund(payer.address, ETHER, amount), gateway)
    assert metering.channel(payer, gateway) == (balance, 0, 0)
    assert chain.ether(ledger) == held


def test_nothing_is_not_given_back(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount
) -> None:
    metering.deposit(payer, gateway, 100)

    with reverts("Ledger_NoAmount"):
        chain.send(ledger.refund(payer.address, ETHER, 0), gateway)


@pytest.mark.parametrize(("amount", "withdrawn"), [(20, 80), (30, 70), (100, 0)])
def test_giving_back_draws_on_thawing_money_and_leaves_the_clock(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, amount: int,
    withdrawn: int,
) -> None:  # fmt: skip
    """The payer has everything back, once: the withdrawal pays what is left."""
    metering.deposit(payer, gateway, 100)
    before = chain.ether(payer)
    chain.send(ledger.startWithdrawal(gateway.address, ETHER, 80), payer)
    thaws_at = chain.now() + DAY

    chain.send(ledger.refund(payer.address, ETHER, amount), gateway)

    assert metering.channel(payer, gateway) == (100 - amount, 80, thaws_at)
    chain.at_time(thaws_at)
    chain.send(ledger.withdraw(gateway.address, ETHER), payer)
    assert metering.channel(payer, gateway) == (100 - amount - withdrawn, 0, 0)
    assert chain.ether(payer) == before + amount + withdrawn


def test_what_is_given_back_is_settled_no_more(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """The gateway settles first what it served, or goes without."""
    metering.deposit(payer, gateway, 100)
    voucher = Book.of(make_line(1, 1, amount=60)).voucher(payer, gateway, fee=5)

    chain.send(ledger.refund(payer.address, ETHER, 36), gateway)

    with reverts("Ledger_Shortfall", channel=voucher.channel_id(), missing=1):
        chain.send(metering.settlement(voucher, payer), gateway)
    metering.deposit(payer, gateway, 1)
    metering.settle(voucher, payer, gateway)
    assert metering.channel(payer, gateway) == (0, 0, 0)


def test_each_channel_gives_back_its_own(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    stranger: LocalAccount, token: Deployed,
) -> None:  # fmt: skip
    metering.deposit(payer, gateway, 100)
    metering.deposit(payer, stranger, 100)
    metering.deposit(stranger, gateway, 100)

    with reverts("Ledger_Shortfall", channel=channel_id(payer.address, gateway.address, token.address), missing=1):
        chain.send(ledger.refund(payer.address, token.address, 1), gateway)
    chain.send(ledger.refund(payer.address, ETHER, 100), gateway)

    assert metering.channel(payer, gateway) == (0, 0, 0)
    assert metering.channel(payer, stranger) == metering.channel(stranger, gateway) == (100, 0, 0)
