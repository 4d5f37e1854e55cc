"""Collecting refused: what was not settled, not proven, not there. Merkle: every known way to forge a leaf."""

from dataclasses import replace

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.hashing import Value, keccak
from audiera.protocol.structs import Voucher
from audiera.protocol.sumtree import Node, parent_of
from tests.support.chain import Chain, Deployed, reverts
from tests.support.usage import Book, Metering, make_line

BOOK = Book.of(
    make_line(1, 1, amount=60, calls=6),
    make_line(2, 1, amount=40, calls=4),
    make_line(3, 1, amount=7, calls=2),
)


@pytest.fixture
def voucher(metering: Metering, payer: LocalAccount, gateway: LocalAccount, dataset: int) -> Voucher:
    """Settled; its three statements are of dataset 1."""
    assert dataset == 1
    return metering.settled(BOOK, payer, gateway)[0]


@pytest.fixture
def time(chain: Chain, voucher: Voucher) -> int:
    assert voucher.amount == 107
    return chain.now()


def test_only_what_was_settled_is_collected(
    chain: Chain, metering: Metering, payer: LocalAccount, gateway: LocalAccount
) -> None:
    unsettled = BOOK.voucher(payer, gateway)

    for time in (0, chain.now()):
        with reverts("Ledger_WrongVoucher", batchId=unsettled.batch_id(), settledAt=time):
            metering.collect(unsettled, time, BOOK)


CHANGES: dict[str, Value] = {"amount": 108, "fee": 1, "calls": 13, "statements": 4, "root": keccak(b"another")}


@pytest.mark.parametrize("field", CHANGES)
def test_another_voucher_than_the_settled_one_collects_nothing(
    metering: Metering, voucher: Voucher, time: int, field: str
) -> None:
    """Vouchers: mutate every field. Those that name the batch lead to a batch that was never settled."""
    with reverts("Ledger_WrongVoucher", batchId=voucher.batch_id(), settledAt=time):
        metering.collect(metering.changed(voucher, **{field: CHANGES[field]}), time, BOOK)


@pytest.mark.parametrize("field", ["payer", "gateway", "token", "batch"])
def test_a_voucher_under_another_name_collects_nothing(
    metering: Metering, voucher: Voucher, time: int, stranger: LocalAccount, field: str
) -> None:
    other = metering.changed(voucher, **{field: 9 if field == "batch" else stranger.address})

    with reverts("Ledger_WrongVoucher", batchId=other.batch_id(), settledAt=time):
        metering.collect(other, time, BOOK)


@pytest.mark.parametrize("off", [-1, 1, 2**32, 2**32 * 5, 2**255])
def test_the_time_of_settlement_is_part_of_it(metering: Metering, voucher: Voucher, time: int, off: int) -> None:
    """Also where only the bits beyond those that are kept differ."""
    with reverts("Ledger_WrongVoucher", batchId=voucher.batch_id(), settledAt=time + off):
        metering.collect(voucher, time + off, BOOK)


@pytest.mark.parametrize(("statements", "proofs"), [(1, 0), (0, 1), (2, 3)])
def test_there_is_one_proof_for_each_statement(
    chain: Chain, ledger: Deployed, voucher: Voucher, time: int, statements: int, proofs: int
) -> None:
    given = [BOOK.statement(n) for n in range(statements)], [BOOK.proof(n) for n in range(proofs)]

    with reverts("Ledger_LengthMismatch", statements=statements, proofs=proofs):
        chain.send(ledger.collect(voucher.values(), time, *given))


def with_sibling(index: int, level: int, node: Node) -> tuple[object, ...]:
    """A proof with one sibling replaced."""
    place, amount, siblings = BOOK.proof(index)
    return place, amount, [*siblings[:level], (node.hash, node.sum), *siblings[level + 1 :]]


def forgeries() -> dict[str, tuple[object, object]]:
    """Statements and proofs that look like something of the batch, and are nothing of it."""
    place, amount, siblings = BOOK.proof(0)
    statement = BOOK.lines[0].statement
    first, second, third = (line.node() for line in BOOK.lines)
    pair = parent_of(first, second)
    as_statement = replace(statement, calls=pair.calls, uses=pair.hash)
    more = Node(second.hash, second.sum + 1)
    return {
        "another licence": (replace(statement, license=9), BOOK.proof(0)),
        "another dataset": (replace(statement, dataset=2), BOOK.proof(0)),
        "other units": (replace(statement, units=2), BOOK.proof(0)),
        "other calls": (replace(statement, calls=7), BOOK.proof(0)),
        "other uses": (replace(statement, uses=bytes(32)), BOOK.proof(0)),
        "more money": (statement, (place, amount + 1, siblings)),
        "less money": (statement, (place, amount - 1, siblings)),
        "another's proof": (statement, BOOK.proof(1)),
        "another index": (statement, (1, amount, siblings)),
        "the promoted index": (statement, (2, amount, siblings)),
        "no siblings": (statement, (place, amount, [])),
        "a sibling short": (statement, (place, amount, siblings[:1])),
        "a sibling more": (statement, (place, amount, [*siblings, (bytes(32), 0)])),
        "siblings swapped": (statement, (place, amount, siblings[::-1])),
        "a sibling's sum": (statement, with_sibling(0, 0, more)),
        "a sibling's hash": (statement, with_sibling(0, 0, Node(keccak(b""), second.sum))),
        "the upper sibling's sum": (statement, with_sibling(0, 1, Node(third.hash, third.sum - 1))),
        "a node as a statement": (as_statement, (place, pair.amount, [(third.hash, third.sum)])),
        "the odd leaf twice": (BOOK.lines[2].statement, (2, 7, [(third.hash, third.sum), *BOOK.proof(2)[2]])),
    }


@pytest.mark.parametrize("forgery", forgeries())
def test_a_forged_statement_is_refused(
    chain: Chain, ledger: Deployed, voucher: Voucher, time: int, forgery: str
) -> None:
    """AUD-A52: P10. Merkle: 64-byte leaf, odd-leaf duplication, proof extension, a node taken for a leaf."""
    statement, proof = forgeries()[forgery]
    index = proof[0]  # type: ignore[index]  # a proof is a tuple that starts with it

    with reverts("Ledger_InvalidStatement", batchId=voucher.batch_id(), index=index):
        chain.send(ledger.collect(voucher.values(), time, [statement.values()], [proof]))  # type: ignore[attr-defined]
    assert not any(ledger.isCollected(voucher.batch_id(), n).call() for n in range(4))


@pytest.mark.parametrize("index", [3, 4, 2**64 - 1])
def test_an_index_beyond_the_batch_is_refused(
    chain: Chain, ledger: Deployed, voucher: Voucher, time: int, index: int
) -> None:
    """The mark after the last is the fee's: no statement reaches it."""
    _, amount, siblings = BOOK.proof(2)

    with reverts("SumTree_IndexOutOfRange", index=index, count=3):
        chain.send(ledger.collect(voucher.values(), time, [BOOK.statement(2)], [(index, amount, siblings)]))


@pytest.mark.parametrize("half", ["amount", "calls"])
def test_a_sum_that_overflows_is_refused(
    chain: Chain, ledger: Deployed, voucher: Voucher, time: int, half: str
) -> None:
    """AUD-A52: Merkle: sum overflow. Neither half carries into the other or away."""
    place, amount, siblings = BOOK.proof(0)
    leaf, sibling = BOOK.lines[0].node(), siblings[0]
    wrong = (2**192 - amount << 64 if half == "amount" else 0) | (2**64 - 6 if half == "calls" else 4)

    with reverts("SumTree_Overflow", left=leaf.sum, right=wrong):
        proof = (place, amount, [(sibling[0], wrong), *siblings[1:]])
        chain.send(ledger.collect(voucher.values(), time, [BOOK.statement(0)], [proof]))


def test_one_wrong_statement_undoes_the_others(chain: Chain, ledger: Deployed, voucher: Voucher, time: int) -> None:
    statements = [BOOK.statement(0), BOOK.statement(2)]

    with reverts("Ledger_InvalidStatement", batchId=voucher.batch_id(), index=1):
        chain.send(ledger.collect(voucher.values(), time, statements, [BOOK.proof(0), BOOK.proof(1)]))
    assert not ledger.isCollected(voucher.batch_id(), 0).call()


def test_a_proof_of_another_batch_proves_nothing_here(
    chain: Chain, ledger: Deployed, metering: Metering, voucher: Voucher, time: int, payer: LocalAccount,
    gateway: LocalAccount,
) -> None:  # fmt: skip
    """AUD-A52: Merkle: reuse across roots."""
    other = Book.of(make_line(1, 1, amount=1_000), make_line(2, 1))
    metering.settled(other, payer, gateway, batch=1)

    with reverts("Ledger_InvalidStatement", batchId=voucher.batch_id(), index=0):
        chain.send(ledger.collect(voucher.values(), time, [other.statement(0)], [other.proof(0)]))


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize(("field", "off"), [("amount", -1), ("amount", 1), ("calls", -1), ("calls", 1)])
def test_a_voucher_that_is_not_the_sum_of_its_statements_is_never_collected(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, dataset: int,
    count: int, field: str, off: int,
) -> None:  # fmt: skip
    """AUD-A22: P10, even where payer and gateway agree on a voucher that does not add up. Splits: rounding theft."""
    book = Book.of(*(make_line(n + 1, dataset, amount=10, calls=2) for n in range(count)))
    honest = book.voucher(payer, gateway)
    sums = {"amount": honest.amount, "calls": honest.calls}
    odd = metering.changed(honest, **{field: sums[field] + off})
    metering.deposit(payer, gateway, 1_000)
    time = metering.settle(odd, payer, gateway)
    index, amount, siblings = book.proof(0)

    for claimed in (amount, amount + off):
        with reverts("Ledger_InvalidStatement", batchId=odd.batch_id(), index=0):
            chain.send(ledger.collect(odd.values(), time, [book.statement(0)], [(index, claimed, siblings)]))


@pytest.mark.parametrize("amount", [0, 9, 11, 2**128 - 1])
def test_a_single_statement_has_the_vouchers_amount_and_no_other(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, dataset: int,
    amount: int,
) -> None:  # fmt: skip
    """P10. Its leaf is the root, and only the sum tells."""
    book = Book.of(make_line(1, dataset, amount=10))
    metering.deposit(payer, gateway, 1_000)
    voucher = book.voucher(payer, gateway)
    time = metering.settle(voucher, payer, gateway)

    with reverts("Ledger_InvalidStatement", batchId=voucher.batch_id(), index=0):
        chain.send(ledger.collect(voucher.values(), time, [book.statement(0)], [(0, amount, [])]))
