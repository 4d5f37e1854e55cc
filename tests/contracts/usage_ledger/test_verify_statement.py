"""Whether a statement is part of a settled batch: what campaigns, and whoever else, build on. P10, P11."""

from dataclasses import dataclass, fields, replace

import pytest
from eth_account.signers.local import LocalAccount

from audiera.metering.batch import StatementLine
from audiera.protocol.hashing import keccak
from audiera.protocol.structs import Statement, Voucher
from audiera.protocol.sumtree import parent_of
from tests.support.chain import Chain, Deployed, reverts
from tests.support.usage import Book, Metering, ProofArgument, altered, make_line

BOOK = Book.of(*(make_line(number + 1, number % 3 + 1, amount=10 * number, calls=number + 1) for number in range(7)))
VOUCHER_FIELDS = [it.name for it in fields(Voucher)]
STATEMENT_FIELDS = [it.name for it in fields(Statement)]


@dataclass(frozen=True)
class Question:
    """The arguments of `verifyStatement`."""

    voucher: Voucher
    settled_at: int
    statement: Statement
    proof: ProofArgument

    def ask(self, ledger: Deployed) -> bool:
        answer: bool = ledger.verifyStatement(
            self.voucher.values(), self.settled_at, self.statement.values(), self.proof
        ).call()
        return answer


def about(voucher: Voucher, settled_at: int, index: int) -> Question:
    return Question(voucher, settled_at, BOOK.lines[index].statement, BOOK.proof(index))


@pytest.fixture
def asked(metering: Metering, payer: LocalAccount, gateway: LocalAccount) -> Question:
    """About the third of seven, which has siblings on both sides."""
    voucher, time = metering.settled(BOOK, payer, gateway, fee=5, batch=2)
    return about(voucher, time, 2)


@pytest.mark.parametrize("index", range(len(BOOK.lines)))
def test_every_statement_of_a_settled_batch_verifies(ledger: Deployed, asked: Question, index: int) -> None:
    """The promoted last one, and the free first one, too."""
    assert about(asked.voucher, asked.settled_at, index).ask(ledger)


def test_a_lone_statement_verifies_at_its_amount_alone(
    ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """Its leaf is the root, and only the sum tells."""
    book = Book.of(make_line(1, 1, amount=10))
    voucher, time = metering.settled(book, payer, gateway)
    lone = Question(voucher, time, book.lines[0].statement, book.proof(0))

    assert lone.ask(ledger)
    for amount in (0, 9, 11, 2**128 - 1):
        assert not replace(lone, proof=(0, amount, [])).ask(ledger)


def test_what_is_collected_and_released_verifies_as_before(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, dataset: int,
    licence: int,
) -> None:  # fmt: skip
    book = Book.of(make_line(licence, dataset), make_line(licence + 1, dataset))
    voucher, time = metering.settled(book, payer, gateway, fee=5)
    questions = [Question(voucher, time, book.lines[n].statement, book.proof(n)) for n in range(2)]
    metering.collect(voucher, time, book)
    chain.send(ledger.releaseFee(voucher.values(), time))
    chain.mine_at(time + 10**8)

    assert all(each.ask(ledger) for each in questions)


def test_a_statement_of_a_batch_that_was_not_settled_does_not_verify(
    chain: Chain, ledger: Deployed, payer: LocalAccount, gateway: LocalAccount
) -> None:
    unsettled = BOOK.voucher(payer, gateway)

    for time in (0, chain.now()):
        assert not about(unsettled, time, 2).ask(ledger)


@pytest.mark.parametrize("field", VOUCHER_FIELDS)
def test_an_altered_voucher_does_not_verify(ledger: Deployed, asked: Question, field: str) -> None:
    assert asked.ask(ledger)
    assert not replace(asked, voucher=altered(asked.voucher, field)).ask(ledger)


@pytest.mark.parametrize("off", [-1, 1, 2**32, -(2**32) % 2**256, 2**255])
def test_another_time_of_settlement_does_not_verify(ledger: Deployed, asked: Question, off: int) -> None:
    """Also where only the bits beyond those that are kept differ."""
    assert not replace(asked, settled_at=(asked.settled_at + off) % 2**256).ask(ledger)


@pytest.mark.parametrize("field", STATEMENT_FIELDS)
def test_an_altered_statement_does_not_verify(ledger: Deployed, asked: Question, field: str) -> None:
    assert not replace(asked, statement=altered(asked.statement, field)).ask(ledger)


@pytest.mark.parametrize(
    "change", ["more", "less", "short", "long", "none", "swapped", "hash", "sum", "calls", "index", "far index"]
)
def test_an_altered_proof_does_not_verify(ledger: Deployed, asked: Question, change: str) -> None:
    index, amount, siblings = asked.proof
    (hash_, sum_), *rest = siblings
    changes: dict[str, ProofArgument] = {
        "more": (index, amount + 1, siblings),
        "less": (index, amount - 1, siblings),
        "short": (index, amount, siblings[:-1]),
        "long": (index, amount, [*siblings, (bytes(32), 0)]),
        "none": (index, amount, []),
        "swapped": (index, amount, siblings[::-1]),
        "hash": (index, amount, [(keccak(hash_), sum_), *rest]),
        "sum": (index, amount, [(hash_, sum_ + (1 << 64)), *rest]),
        "calls": (index, amount, [(hash_, sum_ + 1), *rest]),
        "index": (index ^ 1, amount, siblings),
        "far index": (6, amount, siblings),
    }

    assert not replace(asked, proof=changes[change]).ask(ledger)


def test_a_node_of_the_tree_is_no_statement(ledger: Deployed, asked: Question) -> None:
    """AUD-A52: Merkle: 64-byte leaf. A node is four words; nobody finds a statement that hashes to one."""
    pair = parent_of(BOOK.lines[2].node(), BOOK.lines[3].node())
    as_statement = replace(asked.statement, calls=pair.calls, uses=pair.hash)

    assert not Question(asked.voucher, asked.settled_at, as_statement, (1, pair.amount, asked.proof[2][1:])).ask(ledger)


@pytest.mark.parametrize("index", [7, 8, 2**64 - 1])
def test_an_index_out_of_range_is_refused(ledger: Deployed, asked: Question, index: int) -> None:
    _, amount, siblings = asked.proof

    with reverts("SumTree_IndexOutOfRange", index=index, count=7):
        replace(asked, proof=(index, amount, siblings)).ask(ledger)


def test_sums_that_overflow_are_refused(ledger: Deployed, asked: Question) -> None:
    index, amount, siblings = asked.proof
    wrong = 2**192 - amount << 64
    leaf = StatementLine(asked.statement, amount).node()

    with reverts("SumTree_Overflow", left=leaf.sum, right=wrong):
        replace(asked, proof=(index, amount, [(siblings[0][0], wrong), *siblings[1:]])).ask(ledger)


def test_an_unsettled_batch_is_not_looked_at_further(
    ledger: Deployed, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """Its index, and its sums, are of no batch: false, not a revert."""
    unsettled = BOOK.voucher(payer, gateway)

    assert not Question(unsettled, 0, BOOK.lines[0].statement, (7, 0, [])).ask(ledger)
