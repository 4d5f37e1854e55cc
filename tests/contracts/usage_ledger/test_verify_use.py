"""P11: every call of a settled batch verifies, and nothing altered does."""

from dataclasses import dataclass, replace

import pytest
from eth_account.signers.local import LocalAccount

from audiera.metering.batch import PricedUse, StatementLine
from audiera.metering.proof import UseProof, prove_use
from audiera.protocol.hashing import Value, keccak
from audiera.protocol.structs import Statement, Voucher
from audiera.protocol.sumtree import Node, parent_of
from tests.support.chain import Chain, Deployed, reverts
from tests.support.usage import Book, Metering, ProofArgument, make_uses, proof_of

USES = [*make_uses(1, 1, 5), *make_uses(2, 1, 1, price=25, units=3), *make_uses(2, 7, 6, price=0), *make_uses(9, 3, 2)]
BOOK = Book.of_uses(USES)


@dataclass(frozen=True)
class Question:
    """The arguments of `verifyUse`."""

    voucher: Voucher
    settled_at: int
    statement: tuple[Value, ...]
    statement_proof: ProofArgument
    use: tuple[Value, ...]
    use_proof: ProofArgument

    def ask(self, ledger: Deployed) -> bool:
        answer: bool = ledger.verifyUse(
            self.voucher.values(), self.settled_at, self.statement, self.statement_proof, self.use, self.use_proof
        ).call()
        return answer


def question(voucher: Voucher, settled_at: int, proof: UseProof) -> Question:
    """Whether the ledger agrees with a proof of the domain."""
    statement = proof.statement
    return Question(
        voucher,
        settled_at,
        statement.statement.values(),
        proof_of(proof.statement_proof, statement.amount),
        proof.use.use.values(),
        proof_of(proof.use_proof, proof.use.price),
    )


@pytest.fixture
def voucher(metering: Metering, payer: LocalAccount, gateway: LocalAccount) -> Voucher:
    return metering.settled(BOOK, payer, gateway)[0]


@pytest.fixture
def asked(chain: Chain, voucher: Voucher) -> Question:
    """About the second use of the first statement."""
    return question(voucher, chain.now(), prove_use(USES, 1))


@pytest.mark.parametrize("index", range(len(USES)))
def test_every_use_of_a_settled_batch_verifies(chain: Chain, ledger: Deployed, voucher: Voucher, index: int) -> None:
    """Before anything is collected, and whoever asks. P12: the domain's proof is what the ledger takes."""
    proof = prove_use(USES, index)

    assert proof.verify(voucher)
    assert question(voucher, chain.now(), proof).ask(ledger)


def test_uses_verify_after_collection_and_for_ever(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, dataset: int,
    licence: int,
) -> None:  # fmt: skip
    uses = make_uses(licence, dataset, 3)
    book = Book.of_uses(uses)
    voucher, time = metering.settled(book, payer, gateway)
    metering.collect(voucher, time, book)
    chain.mine_at(time + 10**8)

    assert all(question(voucher, time, prove_use(uses, index)).ask(ledger) for index in range(3))


def test_a_use_of_a_batch_that_was_not_settled_does_not_verify(
    chain: Chain, ledger: Deployed, payer: LocalAccount, gateway: LocalAccount
) -> None:
    unsettled = BOOK.voucher(payer, gateway)

    for time in (0, chain.now()):
        assert not question(unsettled, time, prove_use(USES, 0)).ask(ledger)


VOUCHER_CHANGES: dict[str, Value] = {
    "payer": "0x" + 20 * "01",
    "gateway": "0x" + 20 * "01",
    "token": "0x" + 20 * "01",
    "batch": 1,
    "amount": 1,
    "fee": 1,
    "calls": 1,
    "statements": 3,
    "root": bytes(32),
}


@pytest.mark.parametrize("field", VOUCHER_CHANGES)
def test_an_altered_voucher_proves_nothing(ledger: Deployed, metering: Metering, asked: Question, field: str) -> None:
    other = metering.changed(asked.voucher, **{field: VOUCHER_CHANGES[field]})

    assert not replace(asked, voucher=other).ask(ledger)
    assert not replace(asked, settled_at=asked.settled_at + 1).ask(ledger)


USE_FIELDS = ["license", "dataset", "version", "item", "right", "units", "at", "nonce"]
STATEMENT_FIELDS = ["license", "dataset", "units", "calls", "uses"]


def altered(values: tuple[Value, ...], place: int) -> tuple[Value, ...]:
    """The values with one of them changed a little."""
    old = values[place]
    new = old + 1 if isinstance(old, int) else keccak(old) if isinstance(old, bytes) else old
    return (*values[:place], new, *values[place + 1 :])


@pytest.mark.parametrize("place", range(len(USE_FIELDS)), ids=USE_FIELDS)
def test_an_altered_use_does_not_verify(ledger: Deployed, asked: Question, place: int) -> None:
    assert not replace(asked, use=altered(asked.use, place)).ask(ledger)


@pytest.mark.parametrize("place", range(len(STATEMENT_FIELDS)), ids=STATEMENT_FIELDS)
def test_an_altered_statement_does_not_verify(ledger: Deployed, asked: Question, place: int) -> None:
    assert not replace(asked, statement=altered(asked.statement, place)).ask(ledger)


def with_proof(asked: Question, level: str, proof: ProofArgument) -> Question:
    """The question with another proof on one of its levels."""
    return replace(asked, use_proof=proof) if level == "use_proof" else replace(asked, statement_proof=proof)


@pytest.mark.parametrize("level", ["use_proof", "statement_proof"])
@pytest.mark.parametrize(
    "change", ["price up", "price down", "short", "long", "swapped", "hash", "sum", "calls", "index"]
)
def test_an_altered_proof_does_not_verify(ledger: Deployed, asked: Question, level: str, change: str) -> None:
    """P11, on both levels."""
    index, amount, siblings = getattr(asked, level)
    (hash_, sum_), *rest = siblings
    changes: dict[str, ProofArgument] = {
        "price up": (index, amount + 1, siblings),
        "price down": (index, amount - 1, siblings),
        "short": (index, amount, siblings[:-1]),
        "long": (index, amount, [*siblings, (bytes(32), 0)]),
        "swapped": (index, amount, siblings[::-1]),
        "hash": (index, amount, [(keccak(hash_), sum_), *rest]),
        "sum": (index, amount, [(hash_, sum_ + (1 << 64)), *rest]),
        "calls": (index, amount, [(hash_, sum_ + 1), *rest]),
        "index": (index ^ 1, amount, siblings),
    }

    assert not with_proof(asked, level, changes[change]).ask(ledger)


@pytest.mark.parametrize(("level", "count"), [("use_proof", 5), ("statement_proof", 4)])
@pytest.mark.parametrize("beyond", [0, 1, 2**63])
def test_an_index_out_of_range_is_refused(
    ledger: Deployed, asked: Question, level: str, count: int, beyond: int
) -> None:
    _, amount, siblings = getattr(asked, level)

    with reverts("SumTree_IndexOutOfRange", index=count + beyond, count=count):
        with_proof(asked, level, (count + beyond, amount, siblings)).ask(ledger)


def test_a_use_does_not_verify_under_another_statement(ledger: Deployed, voucher: Voucher, asked: Question) -> None:
    """Merkle: reuse across roots."""
    other = question(voucher, asked.settled_at, prove_use(USES, 13))

    mixed = replace(asked, statement=other.statement, statement_proof=other.statement_proof)
    assert not mixed.ask(ledger)
    assert other.ask(ledger)


def test_a_node_of_the_tree_is_no_use(ledger: Deployed, asked: Question) -> None:
    """AUD-A52: Merkle: 64-byte leaf. A node is four words; nobody finds a use that hashes to one."""
    index, _, siblings = asked.use_proof
    pair = parent_of(USES[0].node(), USES[1].node())
    as_use = (*asked.use[:-1], pair.hash)

    assert not replace(asked, use=as_use, use_proof=(index >> 1, pair.amount, siblings[1:])).ask(ledger)


def test_a_use_cannot_claim_anothers_price(
    chain: Chain, ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount
) -> None:
    """Prices within a statement add up to its sum, but each is bound to its own use."""
    dear, cheap = make_uses(1, 1, 1, price=90)[0], replace(make_uses(1, 1, 2)[1], price=10)
    uses: list[PricedUse] = [dear, cheap]
    voucher, time = metering.settled(Book.of_uses(uses), payer, gateway)
    honest = question(voucher, time, prove_use(uses, 0))
    index, _, _ = honest.use_proof
    other = Node.of(cheap.use.struct_hash(), 90, 1)

    swapped = replace(honest, use_proof=(index, 10, [(other.hash, other.sum)]))
    assert honest.ask(ledger)
    assert not swapped.ask(ledger)
    assert chain.now() == time


@pytest.mark.parametrize(
    ("licence", "dataset"), [(1, 1), (2, 1), (1, 2)], ids=["own", "another licence", "another dataset"]
)
def test_a_use_filed_under_a_foreign_statement_does_not_verify(
    ledger: Deployed, metering: Metering, payer: LocalAccount, gateway: LocalAccount, licence: int, dataset: int
) -> None:
    """P11: a batch that payer and gateway made up together, with a tree that holds and a use in the wrong place."""
    used = make_uses(licence, dataset)[0]
    statement = Statement(license=1, dataset=1, units=1, calls=1, uses=used.node().hash)
    book = Book.of(StatementLine(statement, used.price))
    voucher, time = metering.settled(book, payer, gateway)

    asked = Question(voucher, time, book.statement(0), book.proof(0), used.use.values(), (0, used.price, []))

    assert asked.ask(ledger) is ((licence, dataset) == (1, 1))
