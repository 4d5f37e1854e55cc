"""What differs between two item tables, read from those rows alone that differ."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from audiera.protocol import Item, Metadata, TableRow, compare, rows_apart, write_table

PATHS = st.sampled_from(["a.flac", "b.flac", "c/d.flac", "e.flac"])
SAID = st.fixed_dictionaries({}, optional={"title": st.sampled_from(["One", "Two"]), "bpm": st.sampled_from([90, 91])})
ROWS = st.dictionaries(PATHS, st.tuples(st.integers(0, 3), SAID), min_size=1).map(
    lambda rows: [row_of(path, sound, said) for path, (sound, said) in sorted(rows.items())]
)


def row_of(path: str, sound: int, said: dict[str, object]) -> TableRow:
    metadata = Metadata.from_row({"path": path, "media_type": "audio/flac", "duration_ms": 1_000, **said})
    return TableRow(Item.of(hashlib.sha256(bytes([sound])).digest(), 1_000, metadata), metadata)


@given(before=ROWS, now=ROWS)
def test_rows_that_differ_tell_all_that_changed(before: list[TableRow], now: list[TableRow]) -> None:
    apart = rows_apart(write_table(before), write_table(now), 10)

    assert compare(*apart) == compare(before, now)
    assert not set(apart[0]) & set(apart[1])


def test_no_more_rows_are_read_than_are_asked_for() -> None:
    before = [row_of(f"{at}.flac", at, {}) for at in range(5)]
    now = [row_of("x.flac", 9, {})]

    old, new = rows_apart(write_table(before), write_table(now), 2)

    assert [it.metadata.path for it in old] == ["0.flac", "1.flac", "2.flac"]
    assert new == now
