"""Counters of use: they stop at their maximum instead of starting over."""

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.hashing import keccak, word
from audiera.protocol.meters import Meter
from tests.support.chain import Chain, Deployed
from tests.support.licensing import Market
from tests.support.usage import Book, Metering, make_line, slot_of

MOST = 2**48 - 1


def preset(chain: Chain, ledger: Deployed, mapping: str, key: int, *fields: tuple[int, int]) -> None:
    """Writes the packed counters of a dataset or licence: (value, bits) from the lowest on."""
    packed, shift = 0, 0
    for value, bits in fields:
        packed |= value << shift
        shift += bits
    place = keccak(word(key) + word(slot_of(mapping)))
    chain.rpc("anvil_setStorageAt", ledger.address, f"0x{place.hex()}", f"0x{packed:064x}")


@pytest.mark.parametrize("meter", Meter)
@pytest.mark.parametrize("room", [0, 4, 5, 6])
def test_a_datasets_counters_saturate(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, owner: LocalAccount, payer: LocalAccount,
    gateway: LocalAccount, dataset: int, meter: Meter, room: int,
) -> None:  # fmt: skip
    """AUD-A43: Each by itself, and none into its neighbour. Allocation overflow."""
    licence = market.licence(owner, dataset, payer, meter=meter)
    near = [(MOST - room, 48)] * 4
    preset(chain, ledger, "_datasetUsage", dataset, *near, (7, 64))
    assert ledger.usageOf(dataset).call() == (*([MOST - room] * 4), 7)
    book = Book.of(make_line(licence, dataset, units=5, calls=5, amount=50))
    voucher, time = metering.settled(book, payer, gateway)

    metering.collect(voucher, time, book)

    after = min(MOST, MOST - room + 5)
    units = [after if meter == each else MOST - room for each in Meter]
    assert ledger.usageOf(dataset).call() == (after, *units, time)


@pytest.mark.parametrize("room", [0, 4, 5, 6])
def test_a_licences_counters_saturate(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, dataset: int,
    licence: int, room: int,
) -> None:  # fmt: skip
    most = 2**64 - 1
    preset(chain, ledger, "_licenseUsage", licence, (most - room, 64), (most - room, 64), (7, 64))
    assert ledger.usageOfLicense(licence).call() == (most - room, most - room, 7)
    book = Book.of(make_line(licence, dataset, units=5, calls=5, amount=50))
    voucher, time = metering.settled(book, payer, gateway)

    metering.collect(voucher, time, book)

    after = min(most, most - room + 5)
    assert ledger.usageOfLicense(licence).call() == (after, after, time)


@pytest.mark.released
def test_many_greatest_statements_fill_a_counter_and_no_more(
    ledger: Deployed, market: Market, metering: Metering, owner: LocalAccount, payer: LocalAccount,
    gateway: LocalAccount, dataset: int,
) -> None:  # fmt: skip
    """AUD-A43: Without any preset: 2^40 - 1 units, 260 times, go beyond 48 bits. The licence's 64 bits still tell."""
    licence = market.licence(owner, dataset, payer, unit_price=0)
    units = 2**40 - 1
    book = Book.of(*(make_line(licence, dataset, units=units, amount=0, calls=n + 1) for n in range(260)))
    voucher, time = metering.settled(book, payer, gateway)

    metering.collect(voucher, time, book)

    calls = 260 * 261 // 2
    assert ledger.usageOf(dataset).call() == (calls, MOST, 0, 0, time)
    assert ledger.usageOfLicense(licence).call() == (calls, 260 * units, time)
    assert 260 * units > MOST


def test_records_saturate_too(chain: Chain, ledger: Deployed, payer: LocalAccount, dataset: int, licence: int) -> None:
    preset(chain, ledger, "_datasetUsage", dataset, (MOST, 48), (MOST - 1, 48))

    chain.send(ledger.record(licence, dataset, 2, 5, bytes(32)), payer, value=50)

    assert ledger.usageOf(dataset).call() == (MOST, MOST, 0, 0, chain.now())
