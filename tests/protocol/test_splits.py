from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import InputError, SplitError
from audiera.protocol.ids import dataset_account
from audiera.protocol.merkle import verify_merkle_proof
from audiera.protocol.splits import (
    MAX_SHARES,
    WHOLE,
    Share,
    Split,
    from_weights,
    is_account,
    move_share,
    payee_address,
    payee_of,
)

ADA, BEN, CARA = (payee_of("0x" + digit * 40) for digit in "123")
HELD = b"\xaa" * 32
PAYEES = st.binary(min_size=32, max_size=32).filter(lambda raw: any(raw[20:]))
ADDRESSES = st.binary(min_size=20, max_size=20).filter(lambda raw: any(raw[8:])).map(lambda raw: bytes(12) + raw)
WEIGHTS = st.dictionaries(PAYEES, st.fractions(Fraction(1, 50), 1_000), min_size=1, max_size=30)


def numbered(count: int) -> list[bytes]:
    return [(i + 1).to_bytes(32, "big") for i in range(count)]


def test_a_split_sorts_its_payees_and_is_named_by_its_root() -> None:
    split = Split.of({HELD: 200_000, BEN: 300_000, ADA: 500_000})

    assert [share.payee for share in split.shares] == [ADA, BEN, HELD]
    assert split.id() == split.tree().root
    assert split.ppm_of(BEN) == 300_000
    assert split.ppm_of(CARA) == 0


def test_every_share_has_a_proof_for_claiming() -> None:
    split = from_weights(dict.fromkeys(numbered(7), 1))

    for share in split.shares:
        assert verify_merkle_proof(split.id(), share.struct_hash(), split.proof(share.payee))


def test_a_stranger_has_no_proof() -> None:
    with pytest.raises(SplitError, match="has no share in this split"):
        Split.of({ADA: WHOLE}).proof(BEN)


@pytest.mark.parametrize(
    ("shares", "reason"),
    [
        ([], "has 1 to 1000 shares; this has 0"),
        ([(payee, 1) for payee in numbered(1_001)], "this has 1001"),
        ([(bytes(32), WHOLE)], "payee is zero"),
        ([(ADA[12:] + bytes(12), WHOLE)], "at the left end of its word, where nobody could ever claim"),
        ([(BEN, 500_000), (ADA, 500_000)], "out of order or listed twice"),
        ([(ADA, 500_000), (ADA, 500_000)], "out of order or listed twice"),
        ([(ADA, 0), (BEN, WHOLE)], "has 0 ppm"),
        ([(ADA, 999_999)], "sum to 999999 ppm"),
        ([(ADA, 500_000), (BEN, 500_001)], "sum to 1000001 ppm"),
    ],
)
def test_a_split_that_the_contract_would_refuse_is_refused(shares: list[tuple[bytes, int]], reason: str) -> None:
    """Attacks: duplicates, zero total, allocation overflow."""
    with pytest.raises(SplitError, match=reason):
        Split(tuple(Share(payee, ppm) for payee, ppm in shares))


@pytest.mark.parametrize(("payee", "ppm"), [(b"short", 1), ("0x" + "1" * 40, 1), (ADA, -1), (ADA, 2**32), (ADA, 0.5)])
def test_a_share_that_does_not_fit_its_types_is_refused(payee: bytes, ppm: int) -> None:
    with pytest.raises(SplitError, match="Share cannot be hashed"):
        Share(payee, ppm)


def test_the_longest_split_is_accepted() -> None:
    assert len(from_weights(dict.fromkeys(numbered(MAX_SHARES), 1)).shares) == MAX_SHARES


def test_the_smallest_share_is_one_ppm() -> None:
    assert Split.of({ADA: 1, BEN: WHOLE - 1}).ppm_of(ADA) == 1


def test_a_payee_can_be_kept_out() -> None:
    split = Split.of({ADA: WHOLE})

    split.refuse(BEN, "it is the splitter itself")
    with pytest.raises(SplitError, match="cannot have a share: it is the splitter itself"):
        split.refuse(ADA, "it is the splitter itself")


def test_an_address_is_a_payee_and_back() -> None:
    address = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"

    assert payee_of(address.lower()) == bytes(12) + bytes.fromhex(address[2:])
    assert payee_address(payee_of(address)) == address
    assert not is_account(payee_of(address))


def test_an_account_is_no_address() -> None:
    lowest = (2**160).to_bytes(32, "big")

    assert is_account(lowest)
    assert not is_account((2**160 - 1).to_bytes(32, "big"))
    with pytest.raises(SplitError, match="is an account and not an address"):
        payee_address(lowest)


def test_a_payee_needs_an_address() -> None:
    with pytest.raises(InputError, match="is not an address"):
        payee_of("ada.eth")


@given(WEIGHTS)
def test_rounded_weights_make_a_whole_and_miss_by_less_than_one_ppm(weights: dict[bytes, Fraction]) -> None:
    split = from_weights(weights)
    total = sum(weights.values())

    assert sum(share.ppm for share in split.shares) == WHOLE
    for share in split.shares:
        assert abs(share.ppm - weights[share.payee] * WHOLE / total) < 1


@given(WEIGHTS, st.integers(1, 1_000))
def test_weights_in_another_unit_or_order_make_the_same_split(weights: dict[bytes, Fraction], unit: int) -> None:
    other = {payee: weights[payee] * unit for payee in reversed(weights)}

    assert from_weights(other) == from_weights(weights)


def test_among_equal_remainders_the_lowest_payees_get_the_rest() -> None:
    split = from_weights({CARA: 1, ADA: 1, BEN: 1})

    assert [share.ppm for share in split.shares] == [333_334, 333_333, 333_333]


def test_parents_keep_exactly_their_share() -> None:
    """P6: a child's split holds every parent's leaf at its declared share."""
    parent = dataset_account("0x" + "4" * 40, 7)

    split = from_weights({ADA: 2, BEN: 1}, {parent: 100_000})

    assert split.ppm_of(parent) == 100_000
    assert split.ppm_of(ADA) == 600_000
    assert split.ppm_of(BEN) == 300_000


def test_a_parent_cannot_also_have_a_weight() -> None:
    with pytest.raises(SplitError, match="is a parent and has a weight"):
        from_weights({HELD: 1}, {HELD: 5})


@pytest.mark.parametrize("weight", [0, -1, 0.5])
def test_a_weight_that_is_not_exact_and_positive_is_refused(weight: int) -> None:
    with pytest.raises(SplitError, match="give an exact number above zero"):
        from_weights({ADA: 1, BEN: weight})


def test_a_weight_that_rounds_to_nothing_is_refused() -> None:
    with pytest.raises(SplitError, match="less than one millionth"):
        from_weights({ADA: 10_000_000, BEN: 1})


def test_no_weights_at_all_are_no_split() -> None:
    with pytest.raises(SplitError, match="this has 0"):
        from_weights({})


def test_a_moved_share_goes_whole_to_a_new_payee() -> None:
    split = Split.of({ADA: 700_000, BEN: 300_000})

    assert move_share(split, ADA, CARA) == Split.of({BEN: 300_000, CARA: 700_000})


def test_a_moved_share_merges_with_one_that_is_there() -> None:
    split = Split.of({ADA: 700_000, BEN: 200_000, HELD: 100_000})

    assert move_share(split, BEN, HELD) == Split.of({ADA: 700_000, HELD: 300_000})


@given(st.dictionaries(ADDRESSES, st.integers(1, 1_000), min_size=2, max_size=30), st.data())
def test_moving_a_share_changes_nobody_elses(weights: dict[bytes, int], data: st.DataObject) -> None:
    """P4 and P13: others keep what they have; leaves never grow in number."""
    split = from_weights(weights)
    mover = data.draw(st.sampled_from([share.payee for share in split.shares]))
    to = data.draw(PAYEES.filter(lambda payee: payee != mover))

    after = move_share(split, mover, to)

    assert after.ppm_of(mover) == 0
    assert after.ppm_of(to) == split.ppm_of(to) + split.ppm_of(mover)
    assert len(after.shares) <= len(split.shares)
    for share in split.shares:
        assert share.payee in (mover, to) or after.ppm_of(share.payee) == share.ppm


@pytest.mark.parametrize(
    ("payee", "to", "reason"),
    [
        (HELD, ADA, "is an account; its controller assigns it"),
        (CARA, ADA, "has no share to move"),
        (ADA, bytes(32), "cannot move to 0x00"),
        (ADA, ADA, "cannot move to"),
        (ADA, b"\xdd" * 32, "cannot move to 0xdd"),
    ],
)
def test_a_move_that_the_registry_would_refuse_is_refused(payee: bytes, to: bytes, reason: str) -> None:
    split = Split.of({ADA: 700_000, HELD: 300_000})

    with pytest.raises(SplitError, match=reason):
        move_share(split, payee, to, own_account=b"\xdd" * 32)
