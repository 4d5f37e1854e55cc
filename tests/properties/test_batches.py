"""P11 and P12 over random batches: every call verifies, on chain and off, and nothing altered does."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import pytest
from eth_account.signers.local import LocalAccount
from hypothesis import given, settings
from hypothesis import strategies as st
from web3.exceptions import ContractLogicError

from audiera.metering.batch import PricedUse
from audiera.metering.proof import UseProof, prove_use
from audiera.protocol.hashing import ZERO_WORD
from audiera.protocol.structs import Statement, Use, Voucher
from audiera.protocol.sumtree import Node, Proof
from tests.support.chain import Chain, Deployed
from tests.support.suite import Suite
from tests.support.usage import Book, Metering, proof_of

Isolate = Callable[[], AbstractContextManager[None]]
AnyStruct = TypeVar("AnyStruct", Use, Statement, Voucher)

EXAMPLES = settings(max_examples=max(5, settings().max_examples // 4))
WORDS = st.one_of(st.just(ZERO_WORD), st.binary(min_size=32, max_size=32))
PARTS = ["use", "price", "use proof", "statement", "amount", "statement proof", "voucher", "time"]


@st.composite
def logs(draw: st.DrawFn) -> list[PricedUse]:
    """1 to 20 uses of some datasets under some licences, as they came in; no two are equal."""
    return [
        PricedUse(
            Use(
                license=draw(st.integers(1, 3)),
                dataset=draw(st.integers(1, 3)),
                version=draw(st.integers(1, 2**16 - 1)),
                item=draw(WORDS),
                right=draw(st.integers(0, 9)),
                units=draw(st.integers(0, 10**6)),
                at=draw(st.integers(0, 2**64 - 1)),
                nonce=number.to_bytes(32, "big"),
            ),
            draw(st.one_of(st.just(0), st.integers(1, 10**21))),
        )
        for number in range(draw(st.integers(1, 20)))
    ]


@dataclass(frozen=True)
class Claim:
    """That a use is in a batch settled at a time."""

    proof: UseProof
    voucher: Voucher
    settled_at: int

    def ask(self, ledger: Deployed) -> bool:
        """The ledger's answer; a revert is a no."""
        it = self.proof
        view = ledger.verifyUse(
            self.voucher.values(),
            self.settled_at,
            it.statement.statement.values(),
            proof_of(it.statement_proof, it.statement.amount),
            it.use.use.values(),
            proof_of(it.use_proof, it.use.price),
        )
        try:
            answer: bool = view.call()
        except ContractLogicError:
            return False
        return answer


@pytest.fixture(scope="module")
def metering(chain: Chain, suite: Suite) -> Metering:
    return Metering(chain, suite)


@EXAMPLES
@given(uses=logs())
def test_every_call_of_a_random_batch_verifies(
    uses: list[PricedUse], metering: Metering, payer: LocalAccount, gateway: LocalAccount, isolate: Isolate
) -> None:
    with isolate():
        voucher, time = metering.settled(Book.of_uses(uses), payer, gateway)

        for index in range(len(uses)):
            proof = prove_use(uses, index)
            assert proof.verify(voucher)
            assert Claim(proof, voucher, time).ask(metering.ledger)
            line = proof.statement
            part_of = (line.statement.values(), proof_of(proof.statement_proof, line.amount))
            assert metering.ledger.verifyStatement(voucher.values(), time, *part_of).call()


@EXAMPLES
@given(uses=logs(), data=st.data())
def test_nothing_altered_verifies(
    *,
    uses: list[PricedUse],
    data: st.DataObject,
    metering: Metering,
    payer: LocalAccount,
    gateway: LocalAccount,
    isolate: Isolate,
) -> None:
    """Each part of one call's claim in turn: a field, a price, a sum, an index, a sibling, the voucher, the time."""
    with isolate():
        voucher, time = metering.settled(Book.of_uses(uses), payer, gateway)
        claim = Claim(prove_use(uses, data.draw(st.integers(0, len(uses) - 1))), voucher, time)
        assert claim.ask(metering.ledger)

        for part in PARTS:
            altered = _altered(claim, part, data)
            assert altered != claim
            assert not altered.ask(metering.ledger), part
            assert part in {"voucher", "time"} or not altered.proof.verify(voucher), part


def _altered(claim: Claim, part: str, data: st.DataObject) -> Claim:
    proof = claim.proof
    if part == "time":
        return replace(claim, settled_at=claim.settled_at + data.draw(st.sampled_from([-1, 1])))
    if part == "voucher":
        return replace(claim, voucher=_struct_altered(claim.voucher, data))
    if part == "use":
        proof = replace(proof, use=replace(proof.use, use=_struct_altered(proof.use.use, data)))
    elif part == "price":
        proof = replace(proof, use=replace(proof.use, price=proof.use.price ^ 1 << data.draw(st.integers(0, 127))))
    elif part == "use proof":
        proof = replace(proof, use_proof=_proof_altered(proof.use_proof, data))
    elif part == "statement":
        statement = _struct_altered(proof.statement.statement, data)
        proof = replace(proof, statement=replace(proof.statement, statement=statement))
    elif part == "amount":
        amount = proof.statement.amount ^ 1 << data.draw(st.integers(0, 127))
        proof = replace(proof, statement=replace(proof.statement, amount=amount))
    else:
        proof = replace(proof, statement_proof=_proof_altered(proof.statement_proof, data))
    return replace(claim, proof=proof)


def _struct_altered(struct: AnyStruct, data: st.DataObject) -> AnyStruct:
    """With one bit of one field flipped."""
    name = data.draw(st.sampled_from([it.name for it in fields(struct)]))
    value = getattr(struct, name)
    changed: int | bytes | str
    if isinstance(value, int):
        changed = value ^ 1
    elif isinstance(value, bytes):
        changed = _flipped(value, data.draw(st.integers(0, 255)))
    else:
        changed = f"0x{int(value, 16) ^ 1:040x}"
    return replace(struct, **{name: changed})  # type: ignore[arg-type]  # a value of the field's own type


def _proof_altered(proof: Proof, data: st.DataObject) -> Proof:
    siblings = list(proof.siblings)
    how = data.draw(st.sampled_from(["index", "one more", *(["one less", "hash", "sum"] if siblings else [])]))
    if how == "index":
        return replace(proof, index=proof.index ^ 1 << data.draw(st.integers(0, 63)))
    place = data.draw(st.integers(0, max(0, len(siblings) - 1)))
    if how == "one more":
        siblings.insert(place, Node(b"\x01" * 32, 1))
    elif how == "one less":
        del siblings[place]
    elif how == "hash":
        siblings[place] = replace(siblings[place], hash=_flipped(siblings[place].hash, data.draw(st.integers(0, 255))))
    else:
        siblings[place] = replace(siblings[place], sum=siblings[place].sum ^ 1 << data.draw(st.integers(0, 255)))
    return replace(proof, siblings=tuple(siblings))


def _flipped(word: bytes, bit: int) -> bytes:
    return (int.from_bytes(word, "big") ^ 1 << bit).to_bytes(32, "big")
