"""Channels: deposits by anyone for anyone, and withdrawals that thaw for a day. P9."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER, channel_id
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import DAY
from tests.support.money import Money
from tests.support.usage import Metering


@pytest.mark.parametrize("for_oneself", [True, False], ids=["for oneself", "for somebody else"])
def test_eth_is_deposited_by_anyone_for_anyone(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    stranger: LocalAccount, for_oneself: bool,
) -> None:  # fmt: skip
    sender = payer if for_oneself else stranger
    before = (chain.ether(sender), chain.ether(ledger))
    assert metering.channel(payer, gateway) == (0, 0, 0)

    for amount, balance in ((70, 70), (30, 100)):
        call = ledger.deposit(payer.address, gateway.address, ETHER, amount)
        sent = chain.send(call, sender, value=amount)
        fields = {"payer": payer.address, "gateway": gateway.address, "token": ETHER}
        assert sent.events == [ledger.event("Deposited", **fields, **{"from": sender.address, "amount": amount})]
        assert metering.channel(payer, gateway) == (balance, 0, 0)

    assert (chain.ether(sender), chain.ether(ledger)) == (before[0] - 100, before[1] + 100)


@pytest.mark.parametrize("kind", ["MockToken", "NoReturnToken"])
def test_tokens_are_deposited_from_the_senders_own(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    stranger: LocalAccount, kind: str,
) -> None:  # fmt: skip
    coin = chain.deploy(kind, *(["USDC", 6] if kind == "MockToken" else []))
    chain.send(coin.mint(stranger.address, 100))
    chain.send(coin.approve(ledger.address, 80), stranger)

    sent = chain.send(ledger.deposit(payer.address, gateway.address, coin.address, 80), stranger)

    fields = {"payer": payer.address, "gateway": gateway.address, "token": coin.address}
    assert sent.of(ledger) == [ledger.event("Deposited", **fields, **{"from": stranger.address, "amount": 80})]
    assert metering.channel(payer, gateway, coin.address) == (80, 0, 0)
    assert [coin.balanceOf(it.address).call() for it in (stranger, ledger)] == [20, 80]


@pytest.mark.parametrize(("amount", "value"), [(5, 4), (5, 6), (5, 0)])
def test_a_deposit_of_eth_is_exact(
    chain: Chain, ledger: Deployed, payer: LocalAccount, gateway: LocalAccount, amount: int, value: int
) -> None:
    with reverts("Payments_WrongValue", due=amount, sent=value):
        chain.send(ledger.deposit(payer.address, gateway.address, ETHER, amount), payer, value=value)


def test_a_deposit_of_tokens_takes_no_eth(
    chain: Chain, ledger: Deployed, payer: LocalAccount, gateway: LocalAccount, token: Deployed
) -> None:
    with reverts("Payments_WrongValue", due=0, sent=5):
        chain.send(ledger.deposit(payer.address, gateway.address, token.address, 5), payer, value=5)
    with reverts("TransferFromFailed"):
        chain.send(ledger.deposit(payer.address, gateway.address, token.address, 5), payer)


@pytest.mark.parametrize("value", [0, 5])
def test_nothing_is_not_deposited(
    chain: Chain, ledger: Deployed, payer: LocalAccount, gateway: LocalAccount, token: Deployed, value: int
) -> None:
    for money in (ETHER, token.address):
        with reverts("Ledger_NoAmount"):
            chain.send(ledger.deposit(payer.address, gateway.address, money, 0), payer, value=value)


def test_a_deposit_needs_a_payer(chain: Chain, ledger: Deployed, gateway: LocalAccount, payer: LocalAccount) -> None:
    with reverts("Ledger_NoPayer"):
        chain.send(ledger.deposit(ETHER, gateway.address, ETHER, 5), payer, value=5)


def test_a_token_that_keeps_a_fee_is_refused(
    chain: Chain, ledger: Deployed, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """AUD-A19: Splits: fee-on-transfer. Nothing is ever credited that did not arrive."""
    coin = chain.deploy("FeeToken")
    chain.send(coin.mint(payer.address, 1_000))
    chain.send(coin.approve(ledger.address, 1_000), payer)

    with reverts("Custody_NotReceived", token=coin.address, expected=1_000, received=990):
        chain.send(ledger.deposit(payer.address, gateway.address, coin.address, 1_000), payer)


def test_a_token_that_only_says_it_moved_is_refused(
    chain: Chain, ledger: Deployed, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """AUD-A19: Vouchers: fake-collector balance. A transfer that moves nothing deposits nothing."""
    coin = chain.deploy("WildToken")
    chain.send(coin.setBalance(payer.address, 100))

    with reverts("Custody_NotReceived", token=coin.address, expected=100, received=0):
        chain.send(ledger.deposit(payer.address, gateway.address, coin.address, 100), payer)


def test_channels_stand_apart(
    metering: Metering, payer: LocalAccount, gateway: LocalAccount, stranger: LocalAccount, token: Deployed
) -> None:
    metering.deposit(payer, gateway, 5)

    assert metering.channel(gateway, payer) == (0, 0, 0)
    assert metering.channel(payer, stranger) == (0, 0, 0)
    assert metering.channel(payer, gateway, token.address) == (0, 0, 0)


@pytest.mark.parametrize("amount", [1, 60, 100, 150, 2**128 - 1])
def test_a_withdrawal_pays_what_thawed_a_day_later(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, amount: int
) -> None:
    """AUD-U7: No more than the balance."""
    metering.deposit(payer, gateway, 100)
    before = chain.ether(payer)
    chain.at_time(started := chain.now() + 50)

    sent = chain.send(ledger.startWithdrawal(gateway.address, ETHER, amount), payer)
    fields = {"payer": payer.address, "gateway": gateway.address, "token": ETHER}
    assert sent.events == [ledger.event("WithdrawalStarted", **fields, amount=amount, thawsAt=started + DAY)]
    assert metering.channel(payer, gateway) == (100, amount, started + DAY)

    channel = channel_id(payer.address, gateway.address, ETHER)
    chain.at_time(started + DAY - 1)
    with reverts("Ledger_NotThawed", channel=channel, thawsAt=started + DAY):
        chain.send(ledger.withdraw(gateway.address, ETHER), payer)
    chain.at_time(started + DAY)
    sent = chain.send(ledger.withdraw(gateway.address, ETHER), payer)

    paid = min(amount, 100)
    assert sent.events == [ledger.event("Withdrawn", **fields, recipient=payer.address, amount=paid)]
    assert metering.channel(payer, gateway) == (100 - paid, 0, 0)
    assert (chain.ether(payer), chain.ether(ledger)) == (before + paid, 100 - paid)


def test_a_withdrawal_happens_once(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount
) -> None:
    metering.deposit(payer, gateway, 100)
    channel = channel_id(payer.address, gateway.address, ETHER)
    with reverts("Ledger_NotThawed", channel=channel, thawsAt=0):
        chain.send(ledger.withdraw(gateway.address, ETHER), payer)
    chain.send(ledger.startWithdrawal(gateway.address, ETHER, 10), payer)
    chain.mine_at(chain.now() + DAY)
    chain.send(ledger.withdraw(gateway.address, ETHER), payer)

    with reverts("Ledger_NotThawed", channel=channel, thawsAt=0):
        chain.send(ledger.withdraw(gateway.address, ETHER), payer)
    assert metering.channel(payer, gateway) == (90, 0, 0)


def test_a_new_withdrawal_replaces_the_amount_and_restarts_the_clock(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount
) -> None:
    metering.deposit(payer, gateway, 100)
    start = chain.now() + 50
    chain.at_time(start)
    chain.send(ledger.startWithdrawal(gateway.address, ETHER, 10), payer)

    chain.at_time(start + DAY - 1)
    chain.send(ledger.startWithdrawal(gateway.address, ETHER, 90), payer)

    assert metering.channel(payer, gateway) == (100, 90, start + 2 * DAY - 1)
    chain.at_time(start + DAY)
    channel = channel_id(payer.address, gateway.address, ETHER)
    with reverts("Ledger_NotThawed", channel=channel, thawsAt=start + 2 * DAY - 1):
        chain.send(ledger.withdraw(gateway.address, ETHER), payer)


def test_a_withdrawal_of_nothing_stops_the_clock(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount
) -> None:
    metering.deposit(payer, gateway, 100)
    chain.send(ledger.startWithdrawal(gateway.address, ETHER, 90), payer)

    sent = chain.send(ledger.startWithdrawal(gateway.address, ETHER, 0), payer)

    assert (sent.events[0].fields["amount"], sent.events[0].fields["thawsAt"]) == (0, 0)
    assert metering.channel(payer, gateway) == (100, 0, 0)
    chain.mine_at(chain.now() + 2 * DAY)
    with reverts("Ledger_NotThawed", channel=channel_id(payer.address, gateway.address, ETHER), thawsAt=0):
        chain.send(ledger.withdraw(gateway.address, ETHER), payer)


def test_a_withdrawal_takes_what_was_asked_for_and_no_more(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount
) -> None:
    metering.deposit(payer, gateway, 100)
    chain.send(ledger.startWithdrawal(gateway.address, ETHER, 100), payer)
    metering.deposit(payer, gateway, 40)
    chain.mine_at(chain.now() + DAY)

    chain.send(ledger.withdraw(gateway.address, ETHER), payer)

    assert metering.channel(payer, gateway) == (40, 0, 0)


def test_only_the_payer_takes_its_money_back(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    stranger: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A11: Vouchers: unauthenticated cooperative close. Not the gateway, not who deposited, not a signer."""
    metering.deposit(payer, gateway, 100)
    chain.send(ledger.deposit(payer.address, gateway.address, ETHER, 5), stranger, value=5)
    chain.send(metering.suite.licenses.setSigner(stranger.address, 7, 2**64 - 1), payer)
    chain.send(ledger.startWithdrawal(gateway.address, ETHER, 100), payer)
    for other in (gateway, stranger):
        chain.send(ledger.startWithdrawal(gateway.address, ETHER, 100), other)
    chain.mine_at(chain.now() + DAY)

    for other in (gateway, stranger):
        before = chain.ether(other)
        chain.send(ledger.withdraw(gateway.address, ETHER), other)
        assert chain.ether(other) == before
    assert metering.channel(payer, gateway)[0] == 105


@pytest.mark.parametrize("kind", ["MockToken", "NoReturnToken"])
def test_tokens_are_withdrawn_too(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, kind: str
) -> None:
    coin = chain.deploy(kind, *(["USDC", 6] if kind == "MockToken" else []))
    metering.deposit(payer, gateway, 100, coin)
    chain.send(ledger.startWithdrawal(gateway.address, coin.address, 70), payer)
    chain.mine_at(chain.now() + DAY)

    assert ledger.withdraw(gateway.address, coin.address).call({"from": payer.address}) == 70
    chain.send(ledger.withdraw(gateway.address, coin.address), payer)

    assert [coin.balanceOf(it.address).call() for it in (payer, ledger)] == [70, 30]


def test_a_withdrawal_goes_to_the_payers_recipient_as_the_splitter_has_it_then(
    chain: Chain, ledger: Deployed, splitter: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    owner: LocalAccount, stranger: LocalAccount, money: Money,
) -> None:  # fmt: skip
    """One setting says where anyone is paid; it is read when the money leaves, not when it starts to thaw."""
    metering.deposit(payer, gateway, 100, money.token)
    chain.send(splitter.setRecipient(owner.address), payer)
    chain.send(ledger.startWithdrawal(gateway.address, money.address, 70), payer)
    chain.send(splitter.setRecipient(stranger.address), payer)
    chain.mine_at(chain.now() + DAY)
    before = [money.of(each) for each in (payer, owner, stranger)]

    sent = chain.send(ledger.withdraw(gateway.address, money.address), payer)

    fields = {"payer": payer.address, "gateway": gateway.address, "token": money.address}
    assert sent.of(ledger) == [ledger.event("Withdrawn", **fields, recipient=stranger.address, amount=70)]
    assert [money.of(each) for each in (payer, owner, stranger)] == [*before[:2], before[2] + 70]
    assert metering.channel(payer, gateway, money.address) == (30, 0, 0)
