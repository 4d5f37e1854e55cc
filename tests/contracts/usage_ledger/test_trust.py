"""The lines of the trust table for licensees and gateways: make it happen, and fail.

What each party "cannot" do is tried here as one story; the single refusals have tests beside their functions.
"""

from dataclasses import replace

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER, channel_id
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import DAY, Market
from tests.support.usage import Book, Metering, make_line

EARLY = Book.of(make_line(1, 1, units=1, amount=10))
LATE = Book.of(make_line(1, 1, units=9, amount=90, calls=9))


@pytest.fixture
def funded(metering: Metering, payer: LocalAccount, gateway: LocalAccount, licence: int, dataset: int) -> int:
    """A channel with a thousand; licence and dataset are number 1."""
    assert (licence, dataset) == (1, 1)
    metering.deposit(payer, gateway, 1_000)
    return 1_000


def test_a_licensee_is_never_charged_beyond_what_it_signed(
    chain: Chain, metering: Metering, funded: int, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """Trust, gateway: cannot overcharge. Two signed heads of one batch are never both paid."""
    early, late = (book.voucher(payer, gateway, batch=1) for book in (EARLY, LATE))
    metering.settle(late, payer, gateway)

    with reverts("Ledger_BatchTaken", batchId=late.batch_id()):
        chain.send(metering.settlement(early, payer), gateway)
    greedy = replace(late, amount=91, batch=2)
    with reverts("Ledger_InvalidSignature", payer=payer.address, recovered=gateway.address):
        chain.send(metering.settlement(greedy, gateway), gateway)
    chain.send(metering.settlement(late, payer), gateway)

    assert metering.channel(payer, gateway)[0] == funded - 90


def test_a_licensee_does_not_settle_a_stale_head(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, funded: int, payer: LocalAccount,
    gateway: LocalAccount, stranger: LocalAccount,
) -> None:  # fmt: skip
    """Not itself, not through its signers with every scope, not relayed: only the gateway knows the last head."""
    early = metering.settlement(EARLY.voucher(payer, gateway, batch=1), payer)
    chain.send(market.licenses.setSigner(stranger.address, 7, 2**64 - 1), payer)

    for caller in (payer, stranger):
        with reverts("Ledger_NotGateway", gateway=gateway.address, caller=caller.address):
            chain.send(early, caller)
    metering.settle(LATE.voucher(payer, gateway, batch=1), payer, gateway)

    assert metering.channel(payer, gateway)[0] == funded - 90
    assert chain.ether(ledger) == funded


def test_a_licensee_does_not_take_its_money_back_before_the_gateway_could_settle(
    chain: Chain, ledger: Deployed, metering: Metering, funded: int, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """Nor hold it back by starting over and over."""
    channel = channel_id(payer.address, gateway.address, ETHER)
    for _ in range(3):
        chain.send(ledger.startWithdrawal(gateway.address, ETHER, funded), payer)
        thaws_at = chain.now() + DAY
        chain.mine_at(thaws_at - 10)
        with reverts("Ledger_NotThawed", channel=channel, thawsAt=thaws_at):
            chain.send(ledger.withdraw(gateway.address, ETHER), payer)

    metering.settle(LATE.voucher(payer, gateway), payer, gateway)

    assert metering.channel(payer, gateway)[0] == funded - 90


def test_a_licensee_does_not_take_back_a_signature(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, funded: int, payer: LocalAccount,
    gateway: LocalAccount,
) -> None:  # fmt: skip
    """Gateway: pay, then cancel. Cancelled relay nonces and passed-on licences change nothing about a voucher."""
    voucher = LATE.voucher(payer, gateway)
    settlement = metering.settlement(voucher, payer)

    chain.send(ledger.cancel([0, voucher.batch]), payer)
    chain.send(market.licenses.setSigner(gateway.address, 0, 0), payer)
    chain.send(settlement, gateway)

    assert metering.channel(payer, gateway)[0] == funded - 90


def test_a_gateway_does_not_invent_use(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, funded: int, payer: LocalAccount,
    gateway: LocalAccount,
) -> None:  # fmt: skip
    """Not in a voucher that nobody signed, not in a statement that is not in the batch."""
    voucher = LATE.voucher(payer, gateway)
    time = metering.settle(voucher, payer, gateway)
    invented = Book.of(make_line(1, 1, units=9, amount=90, calls=8))

    with reverts("Ledger_InvalidStatement", batchId=voucher.batch_id(), index=0):
        chain.send(ledger.collect(voucher.values(), time, [invented.statement(0)], [invented.proof(0)]), gateway)
    assert market.received(1) == 0
    assert ledger.usageOf(1).call()[0] == 0
    assert funded == 1_000


def test_a_gateway_does_not_redirect_money(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, funded: int, payer: LocalAccount,
    gateway: LocalAccount, owner: LocalAccount,
) -> None:  # fmt: skip
    """Amounts reach the datasets the payer signed for; only the fee is the gateway's, and deposits never are."""
    own = market.dataset(gateway)
    voucher = LATE.voucher(payer, gateway)
    time = metering.settle(voucher, payer, gateway)
    before = chain.ether(gateway)
    line = LATE.lines[0]
    own_statement = replace(line.statement, dataset=own).values()

    with reverts("Ledger_InvalidStatement", batchId=voucher.batch_id(), index=0):
        chain.send(ledger.collect(voucher.values(), time, [own_statement], [LATE.proof(0)]), gateway)
    chain.send(ledger.startWithdrawal(gateway.address, ETHER, funded), gateway)
    chain.mine_at(chain.now() + DAY)
    chain.send(ledger.withdraw(gateway.address, ETHER), gateway)
    metering.collect(voucher, time, LATE)
    chain.send(ledger.releaseFee(voucher.values(), time), gateway)

    assert chain.ether(gateway) == before
    assert (market.received(1), market.received(own)) == (90, 0)
    assert owner.address != gateway.address


def test_a_gateway_that_delays_collection_delays_only_itself(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, funded: int, payer: LocalAccount,
    gateway: LocalAccount, stranger: LocalAccount,
) -> None:  # fmt: skip
    """Whoever has the log collects, years later too, and frees the fee."""
    voucher = LATE.voucher(payer, gateway, fee=5)
    time = metering.settle(voucher, payer, gateway)
    with reverts("Ledger_NotAllCollected", batchId=voucher.batch_id(), index=0):
        chain.send(ledger.releaseFee(voucher.values(), time), gateway)
    chain.mine_at(time + 3_650 * DAY)

    chain.send(metering.collection(voucher, time, LATE, 0), stranger)

    assert market.received(1) == 90
    assert ledger.usageOf(1).call()[0] == 9
    assert metering.channel(payer, gateway)[0] == funded - 95


def test_a_licence_gives_its_holder_no_use_beyond_its_terms(
    chain: Chain, ledger: Deployed, market: Market, owner: LocalAccount, payer: LocalAccount, dataset: int
) -> None:
    """Trust, licensee: use within terms. Beyond them nothing is recorded, whatever is paid."""
    licence = market.licence(owner, dataset, payer, max_units=5, duration=DAY)
    refused = {"licenseId": licence, "account": payer.address, "dataset": dataset}

    with reverts("Ledger_QuotaExceeded", licenseId=licence, used=0, units=6, maxUnits=5):
        chain.send(ledger.record(licence, dataset, 2, 6, bytes(32)), payer, value=60)
    with reverts("Ledger_NotAuthorized", **refused, status=5):
        chain.send(ledger.record(licence, dataset, 7, 1, bytes(32)), payer, value=10)
    chain.at_time(market.licenses.licenseOf(licence).call()[2])
    with reverts("Ledger_NotAuthorized", **refused, status=3):
        chain.send(ledger.record(licence, dataset, 2, 1, bytes(32)), payer, value=10)
    assert ledger.usageOf(dataset).call()[0] == 0
