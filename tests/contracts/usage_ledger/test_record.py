"""Recording a use on chain, without a gateway: checked against licence and quota, and paid at its price."""

import pytest
from eth_account.signers.local import LocalAccount
from web3.types import Wei

from audiera.protocol.ids import ETHER
from audiera.protocol.licenses import SignerScope, Status
from audiera.protocol.meters import Meter
from audiera.protocol.rights import Right, right_bit
from audiera.protocol.terms import TermsFlag
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import RIGHTS, Market
from tests.support.usage import Book, Metering, make_line

TRAINING = right_bit(Right.Training)
REF = bytes(range(32))


@pytest.mark.parametrize("meter", Meter)
@pytest.mark.parametrize("price", [0, 10])
def test_a_record_is_paid_at_its_price_and_counted(
    chain: Chain, ledger: Deployed, splitter: Deployed, market: Market, owner: LocalAccount, payer: LocalAccount,
    dataset: int, meter: Meter, price: int,
) -> None:  # fmt: skip
    licence = market.licence(owner, dataset, payer, meter=meter, unit_price=price)
    before = (chain.ether(payer), chain.ether(splitter))
    call = ledger.record(licence, dataset, TRAINING, 7, REF)
    due = 7 * price

    assert call.call({"from": payer.address, "value": Wei(due)}) == due
    sent = chain.send(call, payer, value=due)

    account = market.account(dataset)
    split = splitter.splitOf(account).call()
    recorded = ledger.event(
        "UseRecorded",
        license=licence,
        dataset=dataset,
        account=payer.address,
        right=TRAINING,
        units=7,
        amount=due,
        ref=REF,
    )
    credited = splitter.event("Credited", account=account, token=ETHER, splitId=split, payer=ledger.address, amount=due)
    assert sent.events == ([recorded, credited] if price else [recorded])
    by_meter = [7 if meter == each else 0 for each in Meter]
    assert ledger.usageOf(dataset).call() == (1, *by_meter, chain.now())
    assert ledger.usageOfLicense(licence).call() == (1, 7, chain.now())
    assert (chain.ether(payer), chain.ether(splitter)) == (before[0] - due, before[1] + due)
    assert chain.ether(ledger) == 0


@pytest.mark.parametrize("kind", ["MockToken", "NoReturnToken"])
def test_a_record_is_paid_in_the_terms_token(
    chain: Chain, ledger: Deployed, splitter: Deployed, market: Market, owner: LocalAccount, payer: LocalAccount,
    dataset: int, kind: str,
) -> None:  # fmt: skip
    coin = chain.deploy(kind, *(["USDC", 6] if kind == "MockToken" else []))
    licence = market.licence(owner, dataset, payer, token=coin.address)
    market.fund(coin, payer, ledger, 100)
    call = ledger.record(licence, dataset, TRAINING, 7, REF)

    with reverts("Payments_WrongValue", due=0, sent=70):
        chain.send(call, payer, value=70)
    chain.send(call, payer)

    assert [coin.balanceOf(it.address).call() for it in (payer, ledger, splitter)] == [30, 0, 70]
    assert market.received(dataset, coin.address) == 70


@pytest.mark.parametrize("value", [0, 69, 71])
def test_a_record_takes_eth_exactly(
    chain: Chain, ledger: Deployed, payer: LocalAccount, dataset: int, licence: int, value: int
) -> None:
    with reverts("Payments_WrongValue", due=70, sent=value):
        chain.send(ledger.record(licence, dataset, TRAINING, 7, REF), payer, value=value)


def test_records_add_up(chain: Chain, ledger: Deployed, payer: LocalAccount, dataset: int, licence: int) -> None:
    for units in (1, 2, 3):
        chain.send(ledger.record(licence, dataset, TRAINING, units, REF), payer, value=10 * units)

    assert ledger.usageOf(dataset).call()[:2] == (3, 6)
    assert ledger.usageOfLicense(licence).call()[:2] == (3, 6)


@pytest.mark.parametrize("scopes", range(8))
def test_a_holders_signer_records_with_the_scope_access_and_its_own_money(
    chain: Chain, ledger: Deployed, market: Market, payer: LocalAccount, stranger: LocalAccount, dataset: int,
    licence: int, scopes: int,
) -> None:  # fmt: skip
    chain.send(market.licenses.setSigner(stranger.address, scopes, 2**64 - 1), payer)
    call = ledger.record(licence, dataset, TRAINING, 7, REF)

    if not scopes & SignerScope.Access:
        fields = {"licenseId": licence, "account": stranger.address, "dataset": dataset, "status": Status.NotHolder}
        with reverts("Ledger_NotAuthorized", **fields):
            chain.send(call, stranger, value=70)
        return
    before = chain.ether(payer)
    sent = chain.send(call, stranger, value=70)
    assert sent.events[0].fields["account"] == stranger.address
    assert chain.ether(payer) == before


@pytest.mark.parametrize("case", ["unknown", "not holder", "expired", "not covered", "right not granted"])
def test_a_record_needs_a_valid_licence(
    chain: Chain, ledger: Deployed, market: Market, owner: LocalAccount, payer: LocalAccount, stranger: LocalAccount,
    dataset: int, licence: int, case: str,
) -> None:  # fmt: skip
    """AUD-U8: P7."""
    other = market.dataset(owner)
    asked = {
        "unknown": (licence + 1, dataset, TRAINING, payer, Status.Unknown),
        "not holder": (licence, dataset, TRAINING, stranger, Status.NotHolder),
        "expired": (licence, dataset, TRAINING, payer, Status.Expired),
        "not covered": (licence, other, TRAINING, payer, Status.NotCovered),
        "right not granted": (licence, dataset, right_bit(Right.Playback), payer, Status.RightNotGranted),
    }
    number, wanted, right, account, status = asked[case]
    if case == "expired":
        chain.at_time(market.licenses.licenseOf(licence).call()[2])

    with reverts("Ledger_NotAuthorized", licenseId=number, account=account.address, dataset=wanted, status=int(status)):
        chain.send(ledger.record(number, wanted, right, 7, REF), account, value=70)
    assert ledger.usageOf(dataset).call()[0] == 0


@pytest.mark.parametrize("right", range(16))
def test_a_record_names_a_right_that_is_granted(
    chain: Chain, ledger: Deployed, payer: LocalAccount, dataset: int, licence: int, right: int
) -> None:
    call = ledger.record(licence, dataset, right, 1, REF)

    if RIGHTS >> right & 1:
        assert chain.send(call, payer, value=10).events[0].fields["right"] == right
        return
    fields = {"licenseId": licence, "account": payer.address, "dataset": dataset, "status": Status.RightNotGranted}
    with reverts("Ledger_NotAuthorized", **fields):
        chain.send(call, payer, value=10)


@pytest.mark.parametrize("right", [16, 255])
def test_a_record_of_an_impossible_right_is_refused(
    chain: Chain, ledger: Deployed, payer: LocalAccount, dataset: int, licence: int, right: int
) -> None:
    with reverts("Ledger_UnknownRight", right=right):
        chain.send(ledger.record(licence, dataset, right, 1, REF), payer, value=10)


@pytest.mark.parametrize("units", [0, 2**40, 2**64 - 1])
def test_a_record_of_no_units_or_too_many_is_refused(
    chain: Chain, ledger: Deployed, payer: LocalAccount, dataset: int, licence: int, units: int
) -> None:
    with reverts("Ledger_InvalidUnits", units=units):
        chain.send(ledger.record(licence, dataset, TRAINING, units, REF), payer)


def test_a_record_of_the_most_units_is_paid_in_full(
    chain: Chain, ledger: Deployed, market: Market, payer: LocalAccount, dataset: int, licence: int
) -> None:
    units = 2**40 - 1

    chain.send(ledger.record(licence, dataset, TRAINING, units, REF), payer, value=10 * units)

    assert market.received(dataset) == 10 * units


def test_a_quota_is_used_to_the_last_unit_and_no_further(
    chain: Chain, ledger: Deployed, market: Market, owner: LocalAccount, payer: LocalAccount, dataset: int
) -> None:
    """AUD-U8: P7: Exhausted is the ledger's answer; the registry's stays Valid."""
    licence = market.licence(owner, dataset, payer, max_units=10)
    asked = (licence, payer.address, dataset, RIGHTS)

    def record(units: int) -> None:
        chain.send(ledger.record(licence, dataset, TRAINING, units, REF), payer, value=10 * units)

    with reverts("Ledger_QuotaExceeded", licenseId=licence, used=0, units=11, maxUnits=10):
        record(11)
    record(9)
    assert ledger.statusOf(*asked).call() == Status.Valid
    with reverts("Ledger_QuotaExceeded", licenseId=licence, used=9, units=2, maxUnits=10):
        record(2)
    record(1)

    assert ledger.statusOf(*asked).call() == Status.Exhausted
    assert market.licenses.statusOf(*asked).call() == Status.Valid
    with reverts("Ledger_QuotaExceeded", licenseId=licence, used=10, units=1, maxUnits=10):
        record(1)


def test_collecting_may_exceed_a_quota_that_records_then_respect(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, owner: LocalAccount, payer: LocalAccount,
    gateway: LocalAccount, stranger: LocalAccount, dataset: int,
) -> None:  # fmt: skip
    """Trust: two gateways together overrun a quota until both collect; what was served is paid and counted."""
    licence = market.licence(owner, dataset, payer, max_units=10)
    book = Book.of(make_line(licence, dataset, units=8, amount=80))
    for each in (gateway, stranger):
        voucher, time = metering.settled(book, payer, each)
        assert metering.collect(voucher, time, book).events[0].fields["counted"] is True

    assert market.received(dataset) == 160
    assert ledger.usageOfLicense(licence).call()[1] == 16
    assert ledger.statusOf(licence, payer.address, dataset, RIGHTS).call() == Status.Exhausted
    with reverts("Ledger_QuotaExceeded", licenseId=licence, used=16, units=1, maxUnits=10):
        chain.send(ledger.record(licence, dataset, TRAINING, 1, REF), payer, value=10)


def test_a_renewal_gives_no_new_quota(
    chain: Chain, ledger: Deployed, market: Market, owner: LocalAccount, payer: LocalAccount, dataset: int
) -> None:
    licence = market.licence(owner, dataset, payer, max_units=10)
    chain.send(ledger.record(licence, dataset, TRAINING, 10, REF), payer, value=100)

    chain.send(market.licenses.renew(licence, 0), payer)

    assert ledger.statusOf(licence, payer.address, dataset, RIGHTS).call() == Status.Exhausted


def test_a_new_holder_takes_over_what_was_used(
    chain: Chain, ledger: Deployed, market: Market, owner: LocalAccount, payer: LocalAccount, stranger: LocalAccount,
    dataset: int,
) -> None:  # fmt: skip
    licence = market.licence(owner, dataset, payer, flags=int(TermsFlag.Transferable))
    chain.send(ledger.record(licence, dataset, TRAINING, 10, REF), payer, value=100)

    chain.send(market.licenses.transferFrom(payer.address, stranger.address, licence), payer)
    chain.send(ledger.record(licence, dataset, TRAINING, 1, REF), stranger, value=10)

    assert ledger.usageOfLicense(licence).call()[:2] == (2, 11)


def test_the_other_answers_come_before_exhausted(
    chain: Chain, ledger: Deployed, market: Market, owner: LocalAccount, payer: LocalAccount, stranger: LocalAccount,
    dataset: int,
) -> None:  # fmt: skip
    licence = market.licence(owner, dataset, payer, max_units=1)
    chain.send(ledger.record(licence, dataset, TRAINING, 1, REF), payer, value=10)

    assert ledger.statusOf(licence, stranger.address, dataset, RIGHTS).call() == Status.NotHolder
    assert ledger.statusOf(licence, payer.address, dataset + 1, RIGHTS).call() == Status.NotCovered
    assert ledger.statusOf(licence, payer.address, dataset, RIGHTS).call() == Status.Exhausted
    chain.mine_at(market.licenses.licenseOf(licence).call()[2])
    assert ledger.statusOf(licence, payer.address, dataset, RIGHTS).call() == Status.Expired
