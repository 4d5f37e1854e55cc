import hashlib
import json

import pytest

from audiera.errors import StorageError
from audiera.items import Item
from audiera.metadata import Metadata
from audiera.table import TableRow, read_table, write_table


def row(path: str, title: str | None = None) -> TableRow:
    metadata = Metadata(path=path, media_type="audio/flac", title=title, artists=("Ada",), duration_ms=1_500)
    return TableRow(Item.of(hashlib.sha256(path.encode()).digest(), 77, metadata), metadata)


ROWS = (row("a.flac", "Écluse"), row("side 2/b.flac"))


def test_a_line_is_the_metadata_row_with_hash_and_size() -> None:
    (line,) = write_table([row("a.flac", "Écluse")]).decode().splitlines()

    assert line == (
        '{"artists":["Ada"],"duration_ms":1500,"media_type":"audio/flac","path":"a.flac",'
        f'"sha256":"{hashlib.sha256(b"a.flac").hexdigest()}","size":77,"title":"Écluse"}}'
    )


def test_a_table_is_read_back_whole() -> None:
    assert read_table(write_table(ROWS)) == ROWS


def test_rows_are_ordered_by_path_whoever_lists_them() -> None:
    assert write_table(reversed(ROWS)) == write_table(ROWS)


def test_a_title_with_a_line_separator_stays_one_line() -> None:
    odd = (row("a.flac", "one\u2028two\x85three"),)

    assert read_table(write_table(odd)) == odd


def altered(**changes: object) -> bytes:
    document = json.loads(write_table(ROWS[:1]))
    kept = {key: value for key, value in {**document, **changes}.items() if value is not None}
    return json.dumps(kept, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode() + b"\n"


@pytest.mark.parametrize(
    "table",
    [
        write_table(ROWS)[:-1],
        write_table(ROWS) + b"\n",
        b"".join(reversed(write_table(ROWS).splitlines(keepends=True))),
        write_table(ROWS[:1]).replace(b",", b", "),
        write_table(ROWS[:1]).replace(b'"size":77', b'"size":77.0'),
        b"\xff\n",
        b"[]\n",
        b"7\n",
        altered(sha256=None),
        altered(sha256="abc"),
        altered(sha256="ab"),
        altered(size=-1),
        altered(size="77"),
        altered(mood="blue"),
        altered(path=None),
        altered(path="../a.flac"),
    ],
    ids=range(16),
)
def test_anything_but_a_table_is_refused(table: bytes) -> None:
    assert altered() == write_table(ROWS[:1])  # so that only the change is what is refused

    with pytest.raises(StorageError, match="fetch it again"):
        read_table(table)
