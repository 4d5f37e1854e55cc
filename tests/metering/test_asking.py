"""The uses of one access: made one by one, and hashed together."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import InputError
from audiera.metering import AccessUses, Batch, uses_of
from audiera.protocol import ZERO_WORD

ITEMS = st.tuples(
    st.binary(min_size=32, max_size=32) | st.just(b""), st.integers(0, 2**60)
)  # nine of them add up to 64 bits
ACCESSES = st.builds(
    AccessUses,
    items=st.lists(ITEMS, min_size=1, max_size=9).map(tuple),
    license=st.integers(0, 2**64 - 1),
    dataset=st.integers(0, 2**32 - 1),
    version=st.integers(0, 2**16 - 1),
    right=st.integers(0, 255),
    at=st.integers(0, 2**64 - 1),
    nonce=st.binary(min_size=32, max_size=32),
    unit_price=st.integers(0, 2**96),
)
ONE = AccessUses(
    items=((b"\1" * 32, 2),), license=7, dataset=3, version=1, right=2, at=1, nonce=bytes(32), unit_price=5
)


@given(access=ACCESSES)
def test_uses_hashed_together_are_those_hashed_one_by_one(access: AccessUses) -> None:
    one_by_one = tuple(access)

    assert access.leaves() == [(it.node().hash, it.node().sum) for it in one_by_one]
    assert Batch().grow(access.line, access.units, access.leaves()) == Batch().extend(one_by_one)
    assert (access.price, len(access)) == (sum(it.price for it in one_by_one), len(one_by_one))


def test_an_access_to_a_whole_dataset_is_one_use_of_no_item() -> None:
    (use,) = uses_of([(b"", 40)], license=7, dataset=3, version=1, right=2, at=1, nonce=bytes(32), unit_price=5)

    assert (use.use.item, use.use.units, use.price) == (ZERO_WORD, 40, 200)


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        ("license", 2**64, "license = 18446744073709551616 is not a uint64"),
        ("version", 2**16, "version = 65536 is not a uint16"),
        ("at", -1, "at = -1 is not a uint64"),
        ("items", ((b"\1" * 32, 2**64),), "units = 18446744073709551616 is not a uint64"),
        ("items", ((b"\1" * 31, 1),), "is not 32 bytes"),
    ],
)
def test_what_does_not_fit_a_use_is_refused_by_name(member: str, value: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        replace(ONE, **{member: value}).leaves()  # type: ignore[arg-type]  # its own members
