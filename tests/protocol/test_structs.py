from dataclasses import replace

import pytest

from audiera.errors import InputError
from audiera.protocol.ids import batch_id, channel_id, commitment, to_address
from audiera.protocol.structs import Call, Use, Voucher

PAYER, GATEWAY, TOKEN = (to_address("0x" + digit * 40) for digit in "abc")
VOUCHER = Voucher(
    payer=PAYER,
    gateway=GATEWAY,
    token=TOKEN,
    batch=9,
    amount=1_000,
    fee=10,
    calls=5,
    statements=2,
    root=b"\x01" * 32,
)
USE = Use(license=1, dataset=2, version=3, right=4, units=5, at=6, nonce=b"\x07" * 32)


def test_a_voucher_knows_its_channel_batch_and_commitment() -> None:
    channel = channel_id(PAYER, GATEWAY, TOKEN)

    assert VOUCHER.channel_id() == channel
    assert VOUCHER.batch_id() == batch_id(channel, 9)
    assert VOUCHER.commitment(1_700_000_000) == commitment(VOUCHER.struct_hash(), 1_700_000_000)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("payer", "0x" + "d" * 40),
        ("gateway", "0x" + "d" * 40),
        ("token", "0x" + "d" * 40),
        ("batch", 10),
        ("amount", 1_001),
        ("fee", 11),
        ("calls", 6),
        ("statements", 3),
        ("root", b"\x02" * 32),
    ],
)
def test_every_member_of_a_voucher_counts(field: str, value: str) -> None:
    """Attack: struct field missing from hash."""
    assert replace(VOUCHER, **{field: value}).struct_hash() != VOUCHER.struct_hash()  # type: ignore[arg-type]  # by name


@pytest.mark.parametrize("field", ["license", "dataset", "version", "right", "units", "at"])
def test_every_number_of_a_use_counts(field: str) -> None:
    """P11: no altered call verifies."""
    altered = replace(USE, **{field: getattr(USE, field) + 1})

    assert altered.struct_hash() != USE.struct_hash()


@pytest.mark.parametrize("field", ["item", "nonce"])
def test_every_hash_of_a_use_counts(field: str) -> None:
    assert replace(USE, **{field: b"\xee" * 32}).struct_hash() != USE.struct_hash()  # type: ignore[arg-type]  # by name


def test_a_use_without_item_is_of_the_whole_dataset() -> None:
    assert USE.item == bytes(32)


@pytest.mark.parametrize(
    ("field", "value"),
    [("batch", 2**64), ("amount", 2**128), ("fee", -1), ("calls", 2**64), ("statements", 2**32), ("root", b"")],
)
def test_a_voucher_out_of_range_cannot_be_hashed(field: str, value: int) -> None:
    with pytest.raises(InputError, match="Voucher cannot be hashed"):
        replace(VOUCHER, **{field: value}).struct_hash()  # type: ignore[arg-type]  # by name


def test_addresses_are_kept_checksummed() -> None:
    lower = Call(account=PAYER.lower(), data=b"", nonce=0, deadline=0)  # type: ignore[arg-type]  # as typed by people

    assert lower.account == PAYER
    assert lower == Call(account=PAYER, data=b"", nonce=0, deadline=0)
