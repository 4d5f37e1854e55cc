"""Batches of every size, from uses to money: one settlement, collection in parts, everything adds up. P9, P10, P11."""

from dataclasses import dataclass, replace

import pytest
from eth_account.signers.local import LocalAccount
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint

from audiera.metering.batch import PricedUse
from audiera.metering.proof import prove_use
from audiera.protocol.hashing import keccak, word
from tests.support.chain import Chain, Deployed
from tests.support.licensing import REF, Market, make_terms
from tests.support.usage import Book, Metering, make_line, make_uses, proof_of, slot_of

TERMS = make_terms()
MAINNET_CAP = 2**24  # gas of one transaction


@dataclass(frozen=True)
class Work:
    """Uses of several datasets under one licence of each, several times over."""

    datasets: list[int]
    uses: list[PricedUse]
    book: Book


def work_of(chain: Chain, market: Market, owner: LocalAccount, payer: LocalAccount, statements: int) -> Work:
    """So many statements over at most ten datasets, the n-th of them summing 1 + n % 3 uses."""
    datasets = [market.dataset(owner) for _ in range(min(statements, 10))]
    for dataset in datasets:
        market.offer(owner, dataset, TERMS)
    wanted = [datasets[number % len(datasets)] for number in range(statements)]
    for start in range(0, statements, 100):
        purchases = [(dataset, TERMS.id(), 0, payer.address, REF) for dataset in wanted[start : start + 100]]
        chain.send(market.licenses.acquireMany(purchases), payer)
    uses = [
        use
        for number, dataset in enumerate(wanted)
        for use in make_uses(number + 1, dataset, 1 + number % 3, units=2, price=20)
    ]
    return Work(datasets, uses, Book.of_uses(uses))


def set_storage(chain: Chain, contract: Deployed, places: list[bytes], value: int) -> None:
    """Writes one value to many slots, in one request."""
    requests = [
        (RPCEndpoint("anvil_setStorageAt"), [contract.address, f"0x{place.hex()}", f"0x{value:064x}"])
        for place in places
    ]
    provider = chain.w3.provider
    assert isinstance(provider, JSONBaseProvider)
    replies = provider.make_batch_request(requests)
    assert isinstance(replies, list)
    assert [reply["result"] for reply in replies] == [True] * len(places)


@pytest.mark.parametrize("count", [1, 2, 3, 10, 512])
def test_a_batch_settles_at_once_and_is_collected_in_parts(
    chain: Chain, ledger: Deployed, market: Market, metering: Metering, owner: LocalAccount, payer: LocalAccount,
    gateway: LocalAccount, stranger: LocalAccount, count: int,
) -> None:  # fmt: skip
    work = work_of(chain, market, owner, payer, count)
    assert len(work.book.lines) == count
    voucher, time = metering.settled(work.book, payer, gateway, fee=9)
    assert voucher.amount == 20 * len(work.uses)

    gas = []
    for start in range(0, count, 100):
        sent = metering.collect(voucher, time, work.book, *range(start, min(start + 100, count)))
        gas.append(sent.gas)
        assert all(event.fields["counted"] is True for event in sent.of(ledger))

    per_dataset = {dataset: [use for use in work.uses if use.use.dataset == dataset] for dataset in work.datasets}
    for dataset, uses in per_dataset.items():
        assert market.received(dataset) == 20 * len(uses)
        assert ledger.usageOf(dataset).call() == (len(uses), 2 * len(uses), 0, 0, time)
    assert all(ledger.isCollected(voucher.batch_id(), index).call() for index in {0, count // 2, count - 1})
    assert max(gas) < MAINNET_CAP
    assert chain.ether(ledger) == 9
    chain.send(ledger.releaseFee(voucher.values(), time), stranger)
    assert chain.ether(ledger) == 0


@pytest.mark.parametrize("count", [1, 10, 512])
def test_uses_of_a_large_batch_are_proven_one_by_one(
    ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, count: int
) -> None:
    """The first, the last, and some between; and none of them at another's place."""
    uses = [use for number in range(count) for use in make_uses(number + 1, 1, 1 + number % 4)]
    voucher, time = metering.settled(Book.of_uses(uses), payer, gateway)

    for index in {0, len(uses) // 3, len(uses) // 2, len(uses) - 1}:
        proof = prove_use(uses, index)
        statement = proof_of(proof.statement_proof, proof.statement.amount)
        use = proof_of(proof.use_proof, proof.use.price)
        asked = voucher.values(), time, proof.statement.statement.values(), statement, proof.use.use.values()
        assert ledger.verifyUse(*asked, use).call()
        assert not ledger.verifyUse(*asked, (use[0], use[1] + 1, use[2])).call()


def test_the_greatest_batch_has_a_fee_that_can_be_released(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """AUD-A6: 2^20 statements: looking at all marks fits a transaction. The marks, 256 to a word, are set by hand."""
    giant = replace(Book.of(make_line(1, 1)).voucher(payer, gateway, fee=9), statements=2**20)
    metering.deposit(payer, gateway, giant.amount + giant.fee)
    time = metering.settle(giant, payer, gateway)
    marks = keccak(giant.batch_id() + word(slot_of("_collected")))
    # LibBitmap: a word lies at keccak256 of its number and the mapping's place.
    places = [keccak(word(number) + marks) for number in range(2**12)]
    set_storage(chain, ledger, places, 2**256 - 1)
    assert ledger.isCollected(giant.batch_id(), 2**20 - 1).call()
    assert not ledger.isCollected(giant.batch_id(), 2**20).call()

    sent = chain.send(ledger.releaseFee(giant.values(), time))

    assert sent.events[0].fields["fee"] == 9
    assert sent.gas < MAINNET_CAP
