import hashlib
import json

import pytest

from audiera.errors import StorageError
from audiera.protocol.items import Item
from audiera.protocol.metadata import Metadata
from audiera.protocol.table import TableRow, columns, read_table, write_table


def row(path: str, title: str | None = None, track: int | None = None) -> TableRow:
    metadata = Metadata(path=path, media_type="audio/flac", title=title, track=track, artists=("Ada",))
    return TableRow(Item.of(hashlib.sha256(path.encode()).digest(), 77, metadata), metadata)


ROWS = (row("a.flac", "Écluse"), row("side 2/b.flac", track=3))
TABLE = write_table(ROWS)


def test_a_table_is_an_array_with_one_canonical_row_to_the_line() -> None:
    first, second = (hashlib.sha256(path).hexdigest() for path in (b"a.flac", b"side 2/b.flac"))

    assert TABLE.decode() == (
        "[\n"
        f'{{"artists":["Ada"],"media_type":"audio/flac","path":"a.flac","sha256":"{first}","size":77,'
        '"title":"Écluse","track":null},\n'
        f'{{"artists":["Ada"],"media_type":"audio/flac","path":"side 2/b.flac","sha256":"{second}","size":77,'
        '"title":null,"track":3}\n'
        "]\n"
    )


def test_every_row_has_the_columns_that_any_item_has_and_no_other() -> None:
    assert columns(ROWS) == {"artists", "media_type", "path", "sha256", "size", "title", "track"}
    assert {frozenset(each) for each in json.loads(TABLE)} == {columns(ROWS)}


def test_a_table_is_read_back_whole() -> None:
    assert read_table(TABLE) == ROWS


def test_rows_are_ordered_by_path_whoever_lists_them() -> None:
    assert write_table(reversed(ROWS)) == TABLE


def test_a_title_with_line_separators_stays_on_its_line() -> None:
    odd = (row("a.flac", "one\u2028two\x85three\x0bfour\x1cfive"),)

    assert read_table(write_table(odd)) == odd


def altered(**changes: object) -> bytes:
    document = {**json.loads(write_table(ROWS[:1]))[0], **changes}
    kept = {key: value for key, value in document.items() if value != "absent"}
    return b"[\n" + json.dumps(kept, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode() + b"\n]\n"


@pytest.mark.parametrize(
    "table",
    [
        b"",
        b"[]\n",
        b"[\n]\n",
        TABLE[:-1],
        TABLE + b"\n",
        TABLE.replace(b"},\n", b"}\n"),
        TABLE.replace(b"}\n", b"},\n"),
        TABLE.replace(b"},\n{", b"},{"),
        b"[\n" + b",\n".join(reversed(TABLE.splitlines()[1].removesuffix(b",").splitlines())) + b",\n]\n",
        write_table([ROWS[0]]).replace(b"}\n", b"},\n") + write_table([ROWS[0]]).removeprefix(b"[\n"),
        TABLE.replace(b",", b", "),
        TABLE.replace(b'"title":"', b'"title":null,"title":"'),
        TABLE.replace(b',"track":null', b""),
        TABLE.replace(b'"track":3', b'"track":null'),
        TABLE.replace(b'"size":77', b'"size":77.0'),
        TABLE.replace("É".encode(), b"\\u00c9"),
        b"[\n\xff\n]\n",
        b"[\n[]\n]\n",
        b"[\n7\n]\n",
        altered(sha256="absent"),
        altered(sha256="abc"),
        altered(sha256="AB" * 32),
        altered(size=-1),
        altered(size=0),
        altered(size=1 << 64),
        altered(size="77"),
        altered(size=True),
        altered(mood="blue"),
        altered(path="absent"),
        altered(path="../a.flac"),
        altered(artists=[]),
    ],
    ids=range(31),
)
def test_anything_but_a_table_is_refused(table: bytes) -> None:
    assert altered() == write_table(ROWS[:1])  # so that only the change is what is refused
    assert table != TABLE

    with pytest.raises(StorageError, match=r"The item table is damaged \(.*\); fetch it again\."):
        read_table(table)


def test_rows_out_of_order_are_refused() -> None:
    first, second = TABLE.splitlines()[1:-1]
    turned = b"\n".join([b"[", second + b",", first.removesuffix(b","), b"]", b""])

    with pytest.raises(StorageError, match="row 2 is out of order or has other keys than the first"):
        read_table(turned)


def test_the_same_path_twice_is_refused() -> None:
    line = write_table(ROWS[:1]).splitlines()[1]

    with pytest.raises(StorageError, match="row 2 is out of order"):
        read_table(b"\n".join([b"[", line + b",", line, b"]", b""]))


def test_a_column_that_no_item_has_is_refused() -> None:
    with pytest.raises(StorageError, match="no row has track"):
        read_table(write_table(ROWS[:1]).replace(b"}\n", b',"track":null}\n'))
