"""P11: every call of a batch is provable, and nothing altered is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import UseError
from audiera.metering.batch import Batch, PricedUse
from audiera.metering.proof import prove_use, verify_statement
from audiera.protocol.structs import Use, Voucher
from audiera.protocol.sumtree import Node, Proof

LINES = [(7, 3), (2, 9), (7, 3), (7, 1), (2, 9), (7, 3), (40, 3)]


def made(lines: list[tuple[int, int]]) -> list[PricedUse]:
    return [
        PricedUse(Use(license=a, dataset=b, version=1, right=2, units=i, at=5, nonce=i.to_bytes(32, "big")), 100 * i)
        for i, (a, b) in enumerate(lines)
    ]


def voucher_of(uses: list[PricedUse]) -> Voucher:
    payer, gateway, token = ("0x" + digit * 40 for digit in "abc")
    return Batch().extend(uses).voucher(payer=payer, gateway=gateway, token=token, batch=1)


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=30))
def test_every_use_of_a_batch_is_proven(lines: list[tuple[int, int]]) -> None:
    uses = made(lines)
    voucher = voucher_of(uses)

    assert all(prove_use(uses, i).verify(voucher) for i in range(len(uses)))


@pytest.mark.parametrize("field", ["license", "dataset", "version", "right", "units", "at"])
def test_an_altered_use_is_not_proven(field: str) -> None:
    uses = made(LINES)
    proof = prove_use(uses, 5)
    altered = replace(proof.use.use, **{field: getattr(proof.use.use, field) + 1})

    assert not replace(proof, use=PricedUse(altered, proof.use.price)).verify(voucher_of(uses))


def test_an_altered_price_is_not_proven() -> None:
    uses = made(LINES)
    proof = prove_use(uses, 5)

    assert not replace(proof, use=replace(proof.use, price=499)).verify(voucher_of(uses))


@pytest.mark.parametrize("field", ["units", "calls"])
def test_an_altered_statement_is_not_proven(field: str) -> None:
    uses = made(LINES)
    proof = prove_use(uses, 5)
    statement = proof.statement.statement
    altered = replace(statement, **{field: getattr(statement, field) + 1})

    assert not replace(proof, statement=replace(proof.statement, statement=altered)).verify(voucher_of(uses))


def test_an_altered_amount_is_not_proven() -> None:
    uses = made(LINES)
    proof = prove_use(uses, 5)

    assert not replace(proof, statement=replace(proof.statement, amount=701)).verify(voucher_of(uses))


def test_an_altered_sibling_is_not_proven() -> None:
    uses = made(LINES)
    proof = prove_use(uses, 5)

    assert not replace(proof, use_proof=altered(proof.use_proof)).verify(voucher_of(uses))
    assert not replace(proof, statement_proof=altered(proof.statement_proof)).verify(voucher_of(uses))


def altered(proof: Proof) -> Proof:
    first, *rest = proof.siblings
    return Proof(proof.index, (Node(first.hash, first.sum ^ 1), *rest))


@pytest.mark.parametrize("field", ["amount", "calls", "statements"])
def test_another_voucher_proves_nothing(field: str) -> None:
    """Attack: reuse across roots."""
    uses = made(LINES)
    voucher = voucher_of(uses)
    other = replace(voucher, **{field: getattr(voucher, field) + 1})

    assert not prove_use(uses, 5).verify(other)


def test_a_statement_alone_is_proven_with_its_amount() -> None:
    uses = made(LINES)
    batch, voucher = Batch().extend(uses), voucher_of(uses)
    line = batch.statements()[1]

    assert verify_statement(voucher, line, batch.proof(line.line))
    assert not verify_statement(voucher, replace(line, amount=line.amount + 1), batch.proof(line.line))


@pytest.mark.parametrize("index", [-1, 7])
def test_a_use_that_is_not_in_the_log_is_refused(index: int) -> None:
    with pytest.raises(UseError, match="the batch has 7"):
        prove_use(made(LINES), index)
