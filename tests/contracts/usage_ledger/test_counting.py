"""What a collected statement counts for: its dataset, its licence, or nobody. The money is credited all the same."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.meters import Meter
from audiera.protocol.terms import TermsFlag
from tests.support.chain import Chain, Deployed
from tests.support.licensing import DAY, Market, make_terms
from tests.support.usage import Book, Metering, make_line

NOBODY, DATASET, BOTH = 0, 1, 2
NOTHING = (0, 0, 0, 0, 0)


def counted(
    metering: Metering, book: Book, payer: LocalAccount, gateway: LocalAccount, token: Deployed | None = None
) -> int:
    """Settles and collects a batch of one statement, and says for whom it counted."""
    voucher, time = metering.settled(book, payer, gateway, token, batch=99)
    sent = metering.collect(voucher, time, book)
    answer = sent.of(metering.ledger)[0].fields["counted"]
    assert isinstance(answer, int)
    return answer


@pytest.mark.parametrize("meter", Meter)
def test_a_good_statement_counts_for_dataset_and_licence(
    ledger: Deployed, market: Market, metering: Metering, owner: LocalAccount, payer: LocalAccount,
    gateway: LocalAccount, dataset: int, meter: Meter,
) -> None:  # fmt: skip
    licence = market.licence(owner, dataset, payer, meter=meter)
    assert ledger.usageOf(dataset).call() == NOTHING
    assert ledger.usageOfLicense(licence).call() == (0, 0, 0)
    book = Book.of(make_line(licence, dataset, units=5, calls=2, amount=50))
    voucher, time = metering.settled(book, payer, gateway)
    metering.chain.mine_at(time + 500)

    sent = metering.collect(voucher, time, book)

    by_meter = [5 if meter == each else 0 for each in Meter]
    assert sent.events[0].fields["counted"] == BOTH
    assert ledger.usageOf(dataset).call() == (2, *by_meter, time)
    assert ledger.usageOfLicense(licence).call() == (2, 5, time)


def test_counts_add_up_and_the_latest_time_stays(
    ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, dataset: int, licence: int
) -> None:
    """Whichever batch is collected first."""
    book = Book.of(make_line(licence, dataset, units=3, calls=2, amount=30))
    first, early = metering.settled(book, payer, gateway, batch=1)
    metering.chain.mine_at(early + 100)
    second, late = metering.settled(book, payer, gateway, batch=2)

    metering.collect(second, late, book)
    metering.collect(first, early, book)

    assert early < late
    assert ledger.usageOf(dataset).call() == (4, 6, 0, 0, late)
    assert ledger.usageOfLicense(licence).call() == (4, 6, late)


@pytest.mark.parametrize(
    ("units", "amount", "expected"),
    [(5, 50, BOTH), (5, 51, BOTH), (5, 49, NOBODY), (0, 0, BOTH), (1, 0, NOBODY), (2**40 - 1, 10 * 2**40 - 10, BOTH)],
    ids=["exact", "generous", "too cheap", "no units", "free", "most units"],
)
def test_a_statement_counts_at_no_less_than_its_price(
    ledger: Deployed, market: Market, metering: Metering, payer: LocalAccount, gateway: LocalAccount, dataset: int,
    licence: int, units: int, amount: int, expected: int,
) -> None:  # fmt: skip
    book = Book.of(make_line(licence, dataset, units=units, amount=amount))

    assert counted(metering, book, payer, gateway) == expected
    assert market.received(dataset) == amount
    assert ledger.usageOf(dataset).call()[:2] == ((1, units) if expected else (0, 0))


@pytest.mark.parametrize(
    ("units", "calls", "expected"),
    [(2**40, 1, NOBODY), (2**64 - 1, 1, NOBODY), (1, 2**32, NOBODY), (1, 2**64 - 1, NOBODY), (1, 2**32 - 1, BOTH)],
    ids=["too many units", "most units there are", "too many calls", "most calls there are", "most calls"],
)
def test_a_statement_too_large_counts_for_nobody(
    ledger: Deployed, market: Market, metering: Metering, owner: LocalAccount, payer: LocalAccount,
    gateway: LocalAccount, dataset: int, units: int, calls: int, expected: int,
) -> None:  # fmt: skip
    licence = market.licence(owner, dataset, payer, unit_price=0)
    book = Book.of(make_line(licence, dataset, units=units, calls=calls, amount=3))

    assert counted(metering, book, payer, gateway) == expected
    assert market.received(dataset) == 3
    assert ledger.usageOf(dataset).call()[0] == (calls if expected else 0)


def test_a_statement_of_an_unknown_licence_counts_for_nobody(
    ledger: Deployed, market: Market, metering: Metering, payer: LocalAccount, gateway: LocalAccount, dataset: int,
    licence: int,
) -> None:  # fmt: skip
    for unknown in (licence + 1, 0, 2**64 - 1):
        book = Book.of(make_line(unknown, dataset))
        voucher, time = metering.settled(book, payer, gateway, batch=unknown)
        assert metering.collect(voucher, time, book).events[0].fields["counted"] == NOBODY
        assert ledger.usageOfLicense(unknown).call() == (0, 0, 0)

    assert market.received(dataset) == 30
    assert ledger.usageOf(dataset).call() == NOTHING


@pytest.mark.parametrize("voucher_in_eth", [True, False], ids=["licence in tokens", "licence in ETH"])
def test_a_statement_in_another_token_than_the_terms_counts_for_nobody(
    ledger: Deployed, market: Market, metering: Metering, token: Deployed, owner: LocalAccount, payer: LocalAccount,
    gateway: LocalAccount, dataset: int, voucher_in_eth: bool,
) -> None:  # fmt: skip
    """Worthless tokens buy no use."""
    licence = market.licence(owner, dataset, payer, token=token.address if voucher_in_eth else ETHER)
    book = Book.of(make_line(licence, dataset, amount=10_000))

    assert counted(metering, book, payer, gateway, None if voucher_in_eth else token) == NOBODY
    assert market.received(dataset, ETHER if voucher_in_eth else token.address) == 10_000
    assert ledger.usageOf(dataset).call() == NOTHING


def test_a_statement_of_a_dataset_the_licence_does_not_cover_counts_for_nobody(
    ledger: Deployed, market: Market, metering: Metering, owner: LocalAccount, payer: LocalAccount,
    gateway: LocalAccount, dataset: int, licence: int,
) -> None:  # fmt: skip
    other = market.dataset(owner)

    assert counted(metering, Book.of(make_line(licence, other)), payer, gateway) == NOBODY
    assert (market.received(other), market.received(dataset)) == (10, 0)
    assert ledger.usageOf(other).call() == ledger.usageOf(dataset).call() == NOTHING
    assert ledger.usageOfLicense(licence).call() == (0, 0, 0)


@pytest.mark.parametrize("early", [1, 0], ids=["the second before", "the second itself"])
def test_coverage_is_asked_for_the_time_of_settlement(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    dataset: int, licence: int, early: int,
) -> None:  # fmt: skip
    """Licences: use and expiry race. Collected long after, it counts if it was settled in time."""
    book = Book.of(make_line(licence, dataset))
    metering.deposit(payer, gateway, 10)
    expires = market.licenses.licenseOf(licence).call()[2]
    chain.at_time(expires - early)
    time = metering.settle(voucher := book.voucher(payer, gateway), payer, gateway)
    chain.mine_at(expires + 50 * DAY)

    sent = metering.collect(voucher, time, book)

    assert sent.events[0].fields["counted"] == (BOTH if early else NOBODY)
    assert ledger.usageOf(dataset).call()[0] == early
    assert market.received(dataset) == 10


def test_a_licence_held_by_somebody_else_counts_for_the_dataset_alone(
    ledger: Deployed, metering: Metering, stranger: LocalAccount, gateway: LocalAccount, dataset: int, licence: int
) -> None:
    """Nobody fills another's quota."""
    book = Book.of(make_line(licence, dataset, units=5, amount=50))

    assert counted(metering, book, stranger, gateway) == DATASET
    assert ledger.usageOf(dataset).call()[:2] == (1, 5)
    assert ledger.usageOfLicense(licence).call() == (0, 0, 0)


def test_use_by_a_holder_who_has_passed_the_licence_on_counts_for_the_dataset_alone(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, owner: LocalAccount, payer: LocalAccount,
    stranger: LocalAccount, gateway: LocalAccount, dataset: int,
) -> None:  # fmt: skip
    licence = market.licence(owner, dataset, payer, flags=int(TermsFlag.Transferable))
    book = Book.of(make_line(licence, dataset))
    voucher, time = metering.settled(book, payer, gateway)
    chain.send(market.licenses.transferFrom(payer.address, stranger.address, licence), payer)

    assert metering.collect(voucher, time, book).events[0].fields["counted"] == DATASET
    assert ledger.usageOfLicense(licence).call() == (0, 0, 0)


def test_a_catalogues_licence_counts_for_each_member_and_each_is_paid_its_own_use(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, owner: LocalAccount, payer: LocalAccount,
    gateway: LocalAccount, stranger: LocalAccount,
) -> None:  # fmt: skip
    """Trust: a catalogue's owner cannot pay a member less than its use."""
    terms = make_terms(flags=int(TermsFlag.Revocable), notice=0)
    catalogue = market.catalogue(stranger)
    members = [market.dataset(owner) for _ in range(3)]
    for member in members:
        market.member(stranger, catalogue, terms, owner, member)
    licence = market.licence(stranger, catalogue, payer, flags=terms.flags, notice=0)
    book = Book.of(*(make_line(licence, member, units=n + 1, amount=10 * n + 10) for n, member in enumerate(members)))
    chain.send(market.licenses.leave(catalogue, terms.id(), members[2]), stranger)

    voucher, time = metering.settled(book, payer, gateway)
    sent = metering.collect(voucher, time, book)

    assert [event.fields["counted"] for event in sent.of(ledger)] == [BOTH, BOTH, NOBODY]
    assert [market.received(member) for member in [*members, catalogue]] == [10, 20, 30, 0]
    assert [ledger.usageOf(member).call()[1] for member in [*members, catalogue]] == [1, 2, 0, 0]
    assert ledger.usageOfLicense(licence).call() == (2, 3, time)
