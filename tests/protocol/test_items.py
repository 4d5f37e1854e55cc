from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import InputError, ItemError
from audiera.protocol.items import ContentTree, Item, verify_item
from audiera.protocol.metadata import Metadata
from audiera.protocol.meters import Meter

HASH = st.binary(min_size=32, max_size=32)
ITEMS = st.builds(Item, HASH, st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), HASH)
ITEM = Item(b"\x01" * 32, 1_000_001, 1_001, b"\x02" * 32)


def test_an_item_takes_its_length_from_its_metadata() -> None:
    song = Metadata(path="a.flac", media_type="audio/flac", duration_ms=2_500)
    lyrics = Metadata(path="a.txt", media_type="text/plain")

    assert Item.of(b"\x01" * 32, 9, song) == Item(b"\x01" * 32, 9, 2_500, song.hash())
    assert Item.of(b"\x01" * 32, 9, lyrics).duration_ms == 0


@given(ITEMS)
def test_the_leaf_of_an_item_is_its_struct_hash(item: Item) -> None:
    assert item.leaf() == item.struct_hash()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sha256": b"\x01" * 31}, "is not 32 bytes"),
        ({"metadata": b"\x01" * 33}, "is not 32 bytes"),
        ({"sha256": "01" * 16}, "is not 32 bytes"),
        ({"sha256": 7}, "is not 32 bytes"),
        ({"size": 1 << 64}, "size = 18446744073709551616 is not a uint64"),
        ({"size": -1}, "size = -1 is not a uint64"),
        ({"size": 1.5}, "size = 1.5 is not a uint64"),
        ({"duration_ms": 1 << 32}, "durationMs = 4294967296 is not a uint32"),
    ],
    ids=str,
)
def test_an_item_that_does_not_fit_its_struct_has_no_leaf(changes: dict[str, object], message: str) -> None:
    item = replace(ITEM, **changes)  # type: ignore[arg-type]  # of wrong types on purpose

    with pytest.raises(InputError, match=message):
        item.leaf()


@pytest.mark.parametrize(("meter", "units"), [(Meter.Call, 1), (Meter.Second, 2), (Meter.Megabyte, 2)], ids=str)
def test_an_item_has_units_by_meter(meter: Meter, units: int) -> None:
    assert ITEM.units(meter) == units


@given(st.lists(ITEMS, min_size=1, max_size=20, unique_by=Item.leaf))
def test_the_content_root_does_not_depend_on_the_order_of_listing(items: list[Item]) -> None:
    tree = ContentTree.of(items)

    assert ContentTree.of(reversed(items)) == tree
    assert [item.leaf() for item in tree.items] == sorted(item.leaf() for item in items)


@given(st.lists(ITEMS, min_size=2, max_size=20, unique_by=Item.leaf), st.data())
def test_every_item_is_proven_and_no_other(items: list[Item], data: st.DataObject) -> None:
    *rest, stranger = items
    tree = ContentTree.of(rest)
    item = data.draw(st.sampled_from(rest))

    assert verify_item(tree.root, item, tree.proof(item))
    assert not verify_item(tree.root, stranger, tree.proof(item))
    with pytest.raises(ItemError, match=f"{stranger.sha256.hex()} is not in this dataset"):
        tree.proof(stranger)


def test_an_item_listed_twice_is_refused() -> None:
    others = [Item(bytes([number]) * 32, 1, 1, b"\x04" * 32) for number in (3, 5, 6)]

    with pytest.raises(ItemError) as caught:
        ContentTree.of([others[0], ITEM, others[1], ITEM, others[2]])

    assert str(caught.value) == f"Item with sha-256 {ITEM.sha256.hex()} is listed twice; keep one."


def test_one_file_under_two_rows_is_two_items() -> None:
    tree = ContentTree.of([ITEM, Item(ITEM.sha256, ITEM.size, ITEM.duration_ms, b"\x05" * 32)])

    assert len(tree.items) == 2


def test_a_dataset_without_items_has_no_tree() -> None:
    with pytest.raises(ItemError, match="has no items"):
        ContentTree.of([])
