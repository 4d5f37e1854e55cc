"""Whether a collected statement counts, for its dataset and its licence. The money is credited all the same."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.meters import Meter
from audiera.protocol.terms import TermsFlag
from tests.support.chain import Chain, Deployed
from tests.support.licensing import DAY, Market, make_terms
from tests.support.usage import Book, Metering, make_line

NOTHING = (0, 0, 0, 0, 0)


def counted(
    metering: Metering, book: Book, payer: LocalAccount, gateway: LocalAccount, token: Deployed | None = None
) -> bool:
    """Settles and collects a batch of one statement, and says whether it counted."""
    voucher, time = metering.settled(book, payer, gateway, token, batch=99)
    sent = metering.collect(voucher, time, book)
    answer = sent.of(metering.ledger)[0].fields["counted"]
    assert isinstance(answer, bool)
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
    assert sent.events[0].fields["counted"] is True
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
    [(5, 50, True), (5, 51, True), (5, 49, False), (0, 0, True), (1, 0, False), (2**40 - 1, 10 * 2**40 - 10, True)],
    ids=["exact", "generous", "too cheap", "no units", "free", "most units"],
)
def test_a_statement_counts_at_no_less_than_its_price(
    ledger: Deployed, market: Market, metering: Metering, payer: LocalAccount, gateway: LocalAccount, dataset: int,
    licence: int, units: int, amount: int, expected: bool,
) -> None:  # fmt: skip
    """AUD-U6"""
    book = Book.of(make_line(licence, dataset, units=units, amount=amount))

    assert counted(metering, book, payer, gateway) is expected
    assert market.received(dataset) == amount
    assert ledger.usageOf(dataset).call()[:2] == ((min(1, units), units) if expected else (0, 0))


@pytest.mark.parametrize(
    ("units", "calls", "expected"),
    [(2**40, 1, False), (2**64 - 1, 1, False), (9, 2**32, False), (9, 2**64 - 1, False), (9, 2**32 - 1, True)],
    ids=["too many units", "most units there are", "too many calls", "most calls there are", "most calls"],
)
def test_a_statement_too_large_does_not_count(
    ledger: Deployed, market: Market, metering: Metering, owner: LocalAccount, payer: LocalAccount,
    gateway: LocalAccount, dataset: int, units: int, calls: int, expected: bool,
) -> None:  # fmt: skip
    """AUD-A43"""
    licence = market.licence(owner, dataset, payer, unit_price=0)
    book = Book.of(make_line(licence, dataset, units=units, calls=calls, amount=3))

    assert counted(metering, book, payer, gateway) is expected
    assert market.received(dataset) == 3
    assert ledger.usageOf(dataset).call()[:2] == ((units, units) if expected else (0, 0))


@pytest.mark.parametrize(("units", "calls", "counts"), [(5, 4, 4), (5, 5, 5), (5, 6, 5), (1, 1_000, 1), (0, 7, 0)])
def test_calls_count_up_to_units(
    ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, dataset: int, licence: int,
    units: int, calls: int, counts: int,
) -> None:  # fmt: skip
    """AUD-A43: So that nobody writes calls for nothing. The event says what the statement said."""
    book = Book.of(make_line(licence, dataset, units=units, calls=calls, amount=10 * units))
    voucher, time = metering.settled(book, payer, gateway)

    sent = metering.collect(voucher, time, book)

    fields = sent.events[0].fields
    assert (fields["calls"], fields["units"], fields["counted"]) == (calls, units, True)
    assert ledger.usageOf(dataset).call() == (counts, units, 0, 0, time)
    assert ledger.usageOfLicense(licence).call() == (counts, units, time)


def test_a_statement_of_an_unknown_licence_does_not_count(
    ledger: Deployed, market: Market, metering: Metering, payer: LocalAccount, gateway: LocalAccount, dataset: int,
    licence: int,
) -> None:  # fmt: skip
    for unknown in (licence + 1, 0, 2**64 - 1):
        book = Book.of(make_line(unknown, dataset))
        voucher, time = metering.settled(book, payer, gateway, batch=unknown)
        assert metering.collect(voucher, time, book).events[0].fields["counted"] is False
        assert ledger.usageOfLicense(unknown).call() == (0, 0, 0)

    assert market.received(dataset) == 30
    assert ledger.usageOf(dataset).call() == NOTHING


@pytest.mark.parametrize("voucher_in_eth", [True, False], ids=["licence in tokens", "licence in ETH"])
def test_a_statement_in_another_token_than_the_terms_does_not_count(
    ledger: Deployed, market: Market, metering: Metering, token: Deployed, owner: LocalAccount, payer: LocalAccount,
    gateway: LocalAccount, dataset: int, voucher_in_eth: bool,
) -> None:  # fmt: skip
    """Worthless tokens buy no use."""
    licence = market.licence(owner, dataset, payer, token=token.address if voucher_in_eth else ETHER)
    book = Book.of(make_line(licence, dataset, amount=10_000))

    assert counted(metering, book, payer, gateway, None if voucher_in_eth else token) is False
    assert market.received(dataset, ETHER if voucher_in_eth else token.address) == 10_000
    assert ledger.usageOf(dataset).call() == NOTHING


def test_a_statement_of_a_dataset_the_licence_does_not_cover_does_not_count(
    ledger: Deployed, market: Market, metering: Metering, owner: LocalAccount, payer: LocalAccount,
    gateway: LocalAccount, dataset: int, licence: int,
) -> None:  # fmt: skip
    """AUD-U6"""
    other = market.dataset(owner)

    assert counted(metering, Book.of(make_line(licence, other)), payer, gateway) is False
    assert (market.received(other), market.received(dataset)) == (10, 0)
    assert ledger.usageOf(other).call() == ledger.usageOf(dataset).call() == NOTHING
    assert ledger.usageOfLicense(licence).call() == (0, 0, 0)


@pytest.mark.parametrize("early", [1, 0], ids=["the second before", "the second itself"])
def test_coverage_is_asked_for_the_time_of_settlement(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, payer: LocalAccount, gateway: LocalAccount,
    dataset: int, licence: int, early: int,
) -> None:  # fmt: skip
    """AUD-A42: Licences: use and expiry race. Collected long after, it counts if it was settled in time."""
    book = Book.of(make_line(licence, dataset))
    metering.deposit(payer, gateway, 10)
    expires = market.licenses.licenseOf(licence).call()[2]
    chain.at_time(expires - early)
    time = metering.settle(voucher := book.voucher(payer, gateway), payer, gateway)
    chain.mine_at(expires + 50 * DAY)

    sent = metering.collect(voucher, time, book)

    assert sent.events[0].fields["counted"] is bool(early)
    assert ledger.usageOf(dataset).call()[0] == early
    assert market.received(dataset) == 10


@pytest.mark.parametrize("units", [0, 5], ids=["of no units", "at its price"])
def test_a_licence_held_by_somebody_else_does_not_count(
    ledger: Deployed, market: Market, metering: Metering, stranger: LocalAccount, gateway: LocalAccount, dataset: int,
    licence: int, units: int,
) -> None:  # fmt: skip
    """AUD-U6, AUD-A43: Nobody writes use under another's licence, nor fills its quota; not even at the full price."""
    book = Book.of(make_line(licence, dataset, units=units, amount=10 * units))

    assert counted(metering, book, stranger, gateway) is False
    assert market.received(dataset) == 10 * units
    assert ledger.usageOf(dataset).call() == NOTHING
    assert ledger.usageOfLicense(licence).call() == (0, 0, 0)


def test_a_holders_signer_that_pays_from_its_own_deposit_does_not_count(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, payer: LocalAccount, stranger: LocalAccount,
    gateway: LocalAccount, dataset: int, licence: int,
) -> None:  # fmt: skip
    """The voucher's payer is asked, whoever signed: a signer counts only for the holder, from the holder's channel."""
    chain.send(market.licenses.setSigner(stranger.address, 7, 2**64 - 1), payer)
    book = Book.of(make_line(licence, dataset))
    assert counted(metering, book, stranger, gateway) is False
    voucher = book.voucher(payer, gateway)
    metering.deposit(payer, gateway, 10)

    chain.send(metering.settlement(voucher, stranger), gateway)
    sent = metering.collect(voucher, chain.now(), book)

    assert sent.events[0].fields["counted"] is True
    assert ledger.usageOf(dataset).call()[:2] == (1, 1)


@pytest.mark.parametrize("pays", ["who held it", "who holds it"])
def test_the_holder_is_asked_as_at_collection(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, owner: LocalAccount, payer: LocalAccount,
    stranger: LocalAccount, gateway: LocalAccount, dataset: int, pays: str,
) -> None:  # fmt: skip
    """AUD-A42: A licence that is passed on between settlement and collection takes its use along."""
    licence = market.licence(owner, dataset, payer, flags=int(TermsFlag.Transferable))
    book = Book.of(make_line(licence, dataset))
    voucher, time = metering.settled(book, payer if pays == "who held it" else stranger, gateway)
    chain.send(market.licenses.transferFrom(payer.address, stranger.address, licence), payer)

    sent = metering.collect(voucher, time, book)

    counts = pays == "who holds it"
    assert sent.events[0].fields["counted"] is counts
    assert market.received(dataset) == 10
    assert ledger.usageOf(dataset).call()[:2] == (counts, counts)
    assert ledger.usageOfLicense(licence).call() == ((1, 1, time) if counts else (0, 0, 0))


@pytest.mark.parametrize("collected", ["before", "after"])
def test_a_revoked_licence_counts_until_its_notice_ends(
    chain: Chain, market: Market, metering: Metering, owner: LocalAccount, payer: LocalAccount, gateway: LocalAccount,
    dataset: int, collected: str,
) -> None:  # fmt: skip
    """AUD-A42: Covered at settlement, whenever it is collected."""
    licence = market.licence(owner, dataset, payer, flags=int(TermsFlag.Revocable), notice=DAY)
    book = Book.of(make_line(licence, dataset))
    chain.send(market.licenses.revoke(licence), owner)
    ends = chain.now() + DAY
    metering.deposit(payer, gateway, 20)
    vouchers = [book.voucher(payer, gateway, batch=number) for number in (0, 1)]
    times = []
    for voucher, second in zip(vouchers, (ends - 1, ends), strict=True):
        chain.at_time(second)
        times.append(metering.settle(voucher, payer, gateway))
    if collected == "after":
        chain.mine_at(ends + 30 * DAY)

    answers = [
        metering.collect(voucher, time, book).events[0].fields["counted"]
        for voucher, time in zip(vouchers, times, strict=True)
    ]

    assert times == [ends - 1, ends]
    assert answers == [True, False]


def test_a_catalogues_licence_counts_for_each_member_and_each_is_paid_its_own_use(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, owner: LocalAccount, payer: LocalAccount,
    gateway: LocalAccount, stranger: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A40: Trust: a catalogue's owner cannot pay a member less than its use."""
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

    assert [event.fields["counted"] for event in sent.of(ledger)] == [True, True, False]
    assert [market.received(member) for member in [*members, catalogue]] == [10, 20, 30, 0]
    assert [ledger.usageOf(member).call()[1] for member in [*members, catalogue]] == [1, 2, 0, 0]
    assert ledger.usageOfLicense(licence).call() == (2, 3, time)
