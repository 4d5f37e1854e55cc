"""Calldata as no encoder writes it: fields with bits beyond their type, arrays that end early."""

import pytest
from eth_account.signers.local import LocalAccount
from web3.types import RPCEndpoint

from audiera.metering.proof import prove_use
from audiera.protocol.hashing import keccak, type_hash
from audiera.protocol.signing import sign
from audiera.protocol.structs import Statement, Use, Voucher
from tests.support.chain import Chain, Deployed, reverts
from tests.support.relay import domain_of
from tests.support.usage import Book, Metering, make_uses, proof_of

Refusal = tuple[str, dict[str, object]]

USES = make_uses(1, 1, 3)
BOOK = Book.of_uses(USES)
NARROW = ["payer", "gateway", "token", "batch", "amount", "fee", "calls", "statements"]
NAMING = {"payer", "gateway", "token", "batch"}  # the fields a batch is found by: read, and refused, as their types
HIGH = 0x80  # the highest bit of a word


@pytest.fixture
def voucher(metering: Metering, payer: LocalAccount, gateway: LocalAccount) -> Voucher:
    metering.deposit(payer, gateway, 1_000)
    return BOOK.voucher(payer, gateway)


def dirtied(data: str, word: int) -> bytes:
    """A call's data with the highest bit turned over in one of the words after the selector."""
    raw = bytearray.fromhex(data[2:])
    raw[4 + 32 * word] ^= HIGH
    return bytes(raw)


@pytest.mark.parametrize("word", range(len(NARROW)), ids=NARROW)
def test_a_voucher_with_bits_beyond_a_field_is_never_settled(
    chain: Chain, ledger: Deployed, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount,
    word: int,
) -> None:  # fmt: skip
    """AUD-A1: Vouchers: packed or sloppy encodings. Not even where the payer signed those very bits."""
    call = ledger.settle(voucher.values(), bytes(65))._encode_transaction_data()
    words = dirtied(call, word)[4 : 4 + 32 * 9]
    domain = domain_of(chain, ledger)
    digest = keccak(b"\x19\x01" + domain.separator() + keccak(type_hash(Voucher.TYPE) + words))
    signature = sign(digest, bytes(payer.key))
    signed = ledger.settle(voucher.values(), signature)._encode_transaction_data()

    with reverts(""):
        chain.send_raw(ledger.address, dirtied(signed, word), gateway)
    assert metering.channel(payer, gateway)[0] == 1_000


@pytest.mark.parametrize("word", range(len(NARROW)), ids=NARROW)
def test_a_settled_voucher_is_not_recognised_with_bits_beyond_a_field(
    chain: Chain, ledger: Deployed, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount,
    word: int,
) -> None:  # fmt: skip
    """Neither settled again, nor collected, nor its fee released."""
    time = metering.settle(voucher, payer, gateway)
    batch_id = voucher.batch_id()
    taken: Refusal = ("Ledger_BatchTaken", {"batchId": batch_id})
    wrong: Refusal = ("Ledger_WrongVoucher", {"batchId": batch_id, "settledAt": time})
    calls = [
        (metering.settlement(voucher, payer), taken),
        (metering.collection(voucher, time, BOOK, 0), wrong),
        (ledger.releaseFee(voucher.values(), time), wrong),
    ]

    for call, refusal in calls:
        name, fields = ("", {}) if NARROW[word] in NAMING else refusal
        with reverts(name, **fields):
            chain.send_raw(ledger.address, dirtied(call._encode_transaction_data(), word), gateway)


USE_FIELDS = [line.split()[-1] for line in Use.TYPE.removeprefix("Use(").removesuffix(")").split(",")]
STATEMENT_FIELDS = [line.split()[-1] for line in Statement.TYPE.removeprefix("Statement(").removesuffix(")").split(",")]


@pytest.mark.parametrize(
    ("struct", "word"),
    [*(("statement", n) for n in range(len(STATEMENT_FIELDS))), *(("use", n) for n in range(len(USE_FIELDS)))],
    ids=[*(f"statement {name}" for name in STATEMENT_FIELDS), *(f"use {name}" for name in USE_FIELDS)],
)
def test_nothing_verifies_with_bits_beyond_a_field(
    chain: Chain, ledger: Deployed, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount,
    struct: str, word: int,
) -> None:  # fmt: skip
    """P11: one use has one spelling."""
    time = metering.settle(voucher, payer, gateway)
    proof = prove_use(USES, 1)
    asked = ledger.verifyUse(
        voucher.values(),
        time,
        proof.statement.statement.values(),
        proof_of(proof.statement_proof, proof.statement.amount),
        proof.use.use.values(),
        proof_of(proof.use_proof, proof.use.price),
    )
    data = asked._encode_transaction_data()
    place = (10 if struct == "statement" else 16) + word  # after the voucher and the time; after the proof's offset
    assert asked.call()

    answer = chain.w3.provider.make_request(
        RPCEndpoint("eth_call"),
        [{"to": ledger.address, "data": f"0x{dirtied(data, place).hex()}"}, "latest"],
    )

    assert "error" in answer or int(answer["result"], 16) == 0


@pytest.mark.parametrize("missing", [1, 32, 65, 200])
def test_a_call_that_ends_early_is_refused(
    chain: Chain, ledger: Deployed, metering: Metering, voucher: Voucher, payer: LocalAccount, gateway: LocalAccount,
    missing: int,
) -> None:  # fmt: skip
    time = metering.settle(voucher, payer, gateway)
    data = bytes.fromhex(metering.collection(voucher, time, BOOK, 0)._encode_transaction_data()[2:])

    with reverts(""):
        chain.send_raw(ledger.address, data[:-missing], gateway)
    assert not ledger.isCollected(voucher.batch_id(), 0).call()
