"""The formulas of rollups, against sums done by hand and a size that other implementations give."""

import pytest

from tools.rollups import Call, Prices, cost, fastlz_size, fjord_fee, nitro_fee

GWEI = 10**9
CALL = (
    "02f901550a758302df1483be21b88304743f94f80e51afb613d764fa61751affd3313c190a86bb870151bd62fd12adb8e41ef24f3f"
    "000000000000000000000000000000000000000000000000000000000000006e000000000000000000000000af88d065e77c8cc223"
    "9327c5edb3a432268e5831000000000000000000000000000000000000000000000000000000000003c1e500000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00a000000000000000000000000000000000000000000000000000000000000000148c89ed219d02f1a5be012c689b4f5b731827be"
    "be000000000000000000000000c001a033fd89cb37c31b2cba46b6466e040c61fc9b2a3675a7f5f493ebd5ad77c497f8a07cdf6568"
    "0e238392693019b4092f610222e71b7cec06449cb922b93b6a12744e"
)
"""A transaction that the OP Stack's own tests have, with the size that they expect."""


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"", 0),
        (b"\xfa\xca\xde", 4),
        (bytes(1_000), 21),
        (b"\x2a" * 1_000, 21),
        (bytes(range(100)), 104),
        (bytes.fromhex(CALL), 202),
    ],
    ids=["nothing", "three", "zeros", "one byte", "none twice", "a call"],
)
def test_fastlz_makes_as_many_bytes_as_nodes_count(data: bytes, size: int) -> None:
    assert fastlz_size(data) == size


@pytest.mark.parametrize(
    ("fastlz", "fee"),
    [
        # 202 bytes: 836,500 * 202 - 42,585,600 = 126,387,400 millionths of a byte, each at
        # 5,227 * 1 gwei * 16 + 1,014,213 * 0.01 gwei = 93,774,130,000,000 millionths of a wei.
        (202, 126_387_400 * 93_774_130_000_000 // 10**12),
        # Below 171 bytes it is the least, 100 bytes.
        (170, 9_377_413_000),
    ],
)
def test_the_op_stack_takes_what_its_formula_says(fastlz: int, fee: int) -> None:
    assert fjord_fee(fastlz, GWEI, GWEI // 100, (5_227, 1_014_213)) == fee


def test_nitro_takes_a_share_of_a_full_blob() -> None:
    # A blob is 131,072 * 0.01 gwei, its batch 150,000 * 1 gwei: 151,310.72 gwei for 126,976 bytes.
    assert nitro_fee(126_976, GWEI, GWEI // 100) == 151_310_720_000_000
    assert nitro_fee(200, GWEI, GWEI // 100) == 200 * 151_310_720_000_000 // 126_976


def test_what_several_operations_share_is_divided() -> None:
    prices = Prices(2 * GWEI, GWEI // 100, 3_000, {"Arbitrum One": GWEI // 10, "OP Mainnet": GWEI // 1_000})
    one, ten = Call(50_000, 1, 700, 600, 200), Call(50_000, 10, 700, 600, 200)

    assert cost("Ethereum", ten, prices) == 100_000 * GWEI
    assert cost("Arbitrum One", one, prices) - cost("Arbitrum One", ten, prices) == pytest.approx(
        nitro_fee(200, 2 * GWEI, GWEI // 100) * 0.9
    )
    assert cost("OP Mainnet", one, prices) == 50_000 * 10**6 + fjord_fee(600, 2 * GWEI, GWEI // 100, (5_227, 1_014_213))
