import io
import json

import mutagen
import pytest

from audiera.errors import StorageError
from audiera.manifest.previews import Preview, preview_mark, read_previews, write_previews
from tests.support.excerpts import excerpt

ONE, OTHER = (Preview(bytes([it]) * 32, bytes([it + 8]) * 32, 240_000, 30_000, 30_000) for it in (1, 2))


def test_a_list_is_read_back_and_is_the_same_in_whatever_order_it_was_given() -> None:
    document = write_previews([OTHER, ONE])

    assert document == write_previews([ONE, OTHER])
    assert read_previews(document) == (ONE, OTHER)
    assert json.loads(document)[0] == {
        "item": "01" * 32,
        "sha256": "09" * 32,
        "size": 240_000,
        "start_ms": 30_000,
        "duration_ms": 30_000,
        "media_type": "audio/mpeg",
    }


@pytest.mark.parametrize(
    ("true", "false"),
    [
        (b'"size":240000', b'"size":0'),
        (b'"size":240000', b'"size":1048577'),
        (b'"duration_ms":30000', b'"duration_ms":60001'),
        (b'"start_ms":30000', b'"start_ms":-1'),
        (b'"audio/mpeg"', b'"text/html"'),
        (b"02" * 32, b"01" * 32),
        (b'"item"', b'"Item"'),
        (b",\n", b", \n"),
    ],
)
def test_what_nobody_writes_is_refused(true: bytes, false: bytes) -> None:
    document = write_previews([ONE, OTHER])
    assert true in document

    with pytest.raises(StorageError, match="The list of previews is damaged"):
        read_previews(document.replace(true, false, 1))


def test_the_mark_of_an_excerpt_is_a_tag_that_players_know() -> None:
    item = bytes(range(32))

    file = mutagen.File(io.BytesIO(excerpt(item)))

    assert file.tags.getall("TXXX:AUDIERA_PREVIEW_OF")[0].text == [item.hex()]
    assert len(preview_mark(item)) == 104
