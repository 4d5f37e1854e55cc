"""ABI data that says more than it holds."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_abi.exceptions import InsufficientDataBytes
from hypothesis import given
from hypothesis import strategies as st

from audiera.client.contracts.extent import check_extent

NUMBERS = st.integers(0, 2**256 - 1)
VALUES = {
    "uint256": NUMBERS,
    "bytes": st.binary(max_size=70),
    "string": st.text(max_size=20),
    "uint256[]": st.lists(NUMBERS, max_size=4),
    "bytes[]": st.lists(st.binary(max_size=40), max_size=4),
    "uint256[2][]": st.lists(st.tuples(NUMBERS, NUMBERS), max_size=3),
    "(uint256,bool)[]": st.lists(st.tuples(NUMBERS, st.booleans()), max_size=3),
    "(bytes[],uint256)": st.tuples(st.lists(st.binary(max_size=40), max_size=3), NUMBERS),
    "(uint256,bytes32[])[2]": st.tuples(*[st.tuples(NUMBERS, st.lists(st.binary(min_size=32, max_size=32)))] * 2),
}


@st.composite
def data_of_types(draw: st.DrawFn) -> tuple[list[str], bytes]:
    types = draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=5))
    return types, encode(types, [draw(VALUES[it]) for it in types])


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


@given(data_of_types())
def test_what_was_encoded_holds_all_it_says_and_one_byte_less_does_not(found: tuple[list[str], bytes]) -> None:
    types, data = found

    check_extent(types, data + b"more")
    for cut in {1, len(data)} if data else ():
        with pytest.raises(InsufficientDataBytes):
            check_extent(types, data[:-cut])


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("bytes[]", word(32) + word(60) + word(32 * 60) * 60 + word(4_000) + bytes(4_000)),
        ("bytes32[][]", word(32) + word(60) + word(32 * 60) * 60 + word(99) + bytes(99 * 32)),
        ("(bytes,bytes)", word(32) + word(64) + word(64) + word(900) + bytes(928)),
        ("bytes[]", word(32) + word(2**255) + bytes(640)),
        ("uint256[]", word(32) + word(2**255) + bytes(640)),
        ("bytes", word(32) + word(2**255) + bytes(640)),
        ("bytes", word(2**255) + bytes(640)),
        ("bytes[][]", word(32) + word(3) + word(0) * 3),
    ],
    ids=["one body", "one list", "one value", "many bodies", "a long list", "a long value", "far away", "itself"],
)
def test_nothing_unfolds_to_more_than_it_is(kind: str, data: bytes) -> None:
    """AUD-O1"""
    with pytest.raises(InsufficientDataBytes):
        check_extent([kind], data)
