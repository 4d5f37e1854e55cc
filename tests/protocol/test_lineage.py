import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import LineageError
from audiera.protocol.ids import dataset_account
from audiera.protocol.lineage import MAX_PARENTS, Parent, check_parents, lineage_hash, owed_ppm

REGISTRY = "0x" + "4" * 40


@given(st.dictionaries(st.integers(1, 2**32 - 1), st.integers(0, 3_529), min_size=1, max_size=255))
def test_the_lineage_hash_is_that_of_the_abi_encoded_list(ppm_by_dataset: dict[int, int]) -> None:
    """P12."""
    pairs = sorted(ppm_by_dataset.items())

    found = lineage_hash([Parent(dataset, ppm) for dataset, ppm in pairs])

    assert found == keccak(encode(["(uint32,uint32)[]"], [pairs]))


def test_a_dataset_without_parents_has_the_zero_lineage() -> None:
    assert lineage_hash([]) == bytes(32)


@pytest.mark.parametrize(
    ("parents", "reason"),
    [
        ([(2, 0), (1, 0)], "Parent 1 is out of order or listed twice"),
        ([(1, 0), (1, 0)], "Parent 1 is out of order or listed twice"),
        ([(0, 0)], "0 is not a dataset id"),
        ([(2**32, 0)], "4294967296 is not a dataset id"),
        ([(1, -1)], "Parent 1 is owed -1 ppm"),
        ([(1, 900_001)], "owed 900001 ppm"),
        ([(1, 450_000), (2, 450_001)], "owed 900001 ppm"),
        ([(dataset, 0) for dataset in range(1, 257)], "256 parents are too many"),
    ],
)
def test_a_lineage_that_the_registry_would_refuse_is_refused(parents: list[tuple[int, int]], reason: str) -> None:
    """Attacks: same parent twice, more than the whole."""
    with pytest.raises(LineageError, match=reason):
        check_parents([Parent(dataset, ppm) for dataset, ppm in parents])


def test_the_largest_lineage_is_accepted() -> None:
    check_parents([Parent(dataset, 900_000 // MAX_PARENTS) for dataset in range(1, MAX_PARENTS + 1)])


def test_parents_may_be_owed_nine_tenths() -> None:
    check_parents([Parent(1, 0), Parent(2, 900_000)])


def test_parents_are_owed_by_account_and_free_ones_not_at_all() -> None:
    """P6."""
    owed = owed_ppm(REGISTRY, [Parent(3, 50_000), Parent(5, 0), Parent(9, 1)])

    assert owed == {dataset_account(REGISTRY, 3): 50_000, dataset_account(REGISTRY, 9): 1}
