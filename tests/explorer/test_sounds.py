"""What can be seen and heard of items: waveforms in pages, and excerpts from a store, as browsers ask for them."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import create_engine, update

from audiera.explorer import Settings, create_app
from audiera.explorer.pictures import waveform
from audiera.indexer.tables import ITEMS
from audiera.manifest import preview_mark
from audiera.storage import Store, StoredObject
from tests.support.catalogue import altering, build, hexadecimal
from tests.support.excerpts import excerpt, preview_of
from tests.support.explorer import Explorer, serving

ITEM = bytes.fromhex(hexadecimal("file 1.0")[2:])
SOUND = excerpt(ITEM)
PATH = f"/sounds/{preview_of(ITEM).sha256.hex()}.mp3"


def test_a_page_draws_its_items_and_lets_them_be_heard(explorer: Explorer) -> None:
    page = explorer.page("/datasets/1")

    assert page.count('<svg class="wave"') == 10
    assert page.count('<audio controls preload="none"') == 3
    assert f'src="{PATH}"' in page
    assert "autoplay" not in page
    assert page.count("player.") == 1
    assert len(page) < 45_000


def test_a_page_without_sound_has_no_column_for_it_and_no_script(explorer: Explorer) -> None:
    page = explorer.page("/datasets/2/items")

    assert '<th scope="col">Sound' not in page
    assert "<audio" not in page
    assert "<script" not in page


def test_the_json_names_waveforms_and_excerpts(explorer: Explorer) -> None:
    first, *_, last = explorer.json("/datasets/1/items.json")["items"]

    assert len(bytes.fromhex(first["waveform"])) == 100
    assert bytes.fromhex(first["waveform"])[0] == max(7 * at % 256 for at in range(4))
    assert first["preview"] == {
        "path": PATH,
        "sha256": f"0x{preview_of(ITEM).sha256.hex()}",
        "media_type": "audio/mpeg",
        "start_ms": 30_000,
        "length_ms": 3_000,
        "size": len(SOUND),
    }
    assert (last["preview"], len(last["waveform"])) == (None, 200)


def test_an_excerpt_is_served_whole_for_ever_and_as_nothing_else(explorer: Explorer) -> None:
    answer = explorer.get(PATH, Accept_Encoding="gzip")
    again = explorer.get(PATH, If_None_Match=answer.headers["ETag"])

    assert (answer.status, answer.data) == (200, SOUND)
    assert answer.headers["Content-Type"] == "audio/mpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert (again.status, again.data) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-99", 206, SOUND[:100]),
        ("bytes=100-", 206, SOUND[100:]),
        ("bytes=-7", 206, SOUND[-7:]),
        ("bytes=0-99999999", 206, SOUND),
        ("bytes=99999999-", 416, b""),
        ("bytes=9-3", 416, b""),
        ("bytes=-", 200, SOUND),
        ("bytes=0-1,5-6", 200, SOUND),
        ("seconds=1-2", 200, SOUND),
    ],
)
def test_parts_are_given_as_browsers_ask_for_them(explorer: Explorer, asked: str, status: int, part: bytes) -> None:
    answer = explorer.get(PATH, Range=asked)

    assert (answer.status, answer.data) == (status, part)
    if status == 206:
        start = SOUND.rindex(part)
        assert answer.headers["Content-Range"] == f"bytes {start}-{start + len(part) - 1}/{len(SOUND)}"


def test_a_part_of_what_it_was_before_is_not_given(explorer: Explorer) -> None:
    assert explorer.get(PATH, Range="bytes=0-9", If_Range='"another"').status == 200


@pytest.mark.parametrize("path", [f"/sounds/{'0' * 64}.mp3", "/sounds/x.mp3", f"/sounds/{ITEM.hex()}.mp3"])
def test_there_is_no_other_sound(explorer: Explorer, path: str) -> None:
    assert explorer.get(path).status == 404


def test_an_item_is_not_handed_out_however_a_stranger_calls_it(tmp_path: Path) -> None:
    """A list of previews names the file of somebody else, which lies in the same store."""
    recording = SOUND.removeprefix(preview_mark(ITEM))
    stranger, digest = Store.open(str(tmp_path / "store")), preview_of(ITEM).sha256
    stolen = _object(recording)
    stranger.put(stolen)
    url = build(f"sqlite:///{tmp_path}/index.db")
    engine = create_engine(url)
    with engine.begin() as connection:
        lie = {"preview": f"0x{stolen.sha256.hex()}", "preview_bytes": stolen.size}
        connection.execute(update(ITEMS).where(ITEMS.c.preview == f"0x{digest.hex()}").values(lie))
    engine.dispose()

    with serving(create_app(Settings(database=url, stores=[str(tmp_path / "store")]))) as explorer:
        answer = explorer.get(f"/sounds/{stolen.sha256.hex()}.mp3")

    assert answer.status == 404


def test_strangers_who_say_the_same_excerpt_is_of_their_items_keep_it_from_nobody(
    catalogue: Callable[..., str], sounds: str
) -> None:
    """AUD-I5"""
    url, item = catalogue(), bytes.fromhex(hexadecimal("file 1.2")[2:])
    digest = preview_of(item).sha256.hex()
    with altering(url) as connection:
        lie = {"preview": f"0x{digest}", "preview_bytes": 1}
        others = ITEMS.c.sha256 != f"0x{item.hex()}"
        assert connection.execute(update(ITEMS).where(others).values(lie)).rowcount > 8

    with serving(create_app(Settings(database=url, stores=[sounds]))) as explorer:
        answer = explorer.get(f"/sounds/{digest}.mp3")

    assert (answer.status, answer.data) == (200, excerpt(item))


def test_what_is_damaged_in_the_store_is_not_served(database: str, tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "store"))
    kept = _object(SOUND)
    store.put(kept)
    place = next(path for path in (tmp_path / "store").rglob("*") if path.is_file())
    place.chmod(0o600)
    place.write_bytes(SOUND[:-1] + b"?")

    with serving(create_app(Settings(database=database, stores=[str(tmp_path / "store")]))) as explorer:
        answer = explorer.get(PATH)

    assert answer.status == 404
    assert b"in none of the stores" in answer.data


def test_the_excerpt_is_marked_where_it_is_in_the_waveform() -> None:
    picture = waveform("ff00", 10_000, 5_000, 15_000)

    assert '<rect x="3.0" width="3.0" height="32"/>' in picture
    assert 'd="M0 16m1.5 -15v30m3 -16v2"' in picture
    assert "<rect" not in waveform("ff00")


def _object(data: bytes) -> StoredObject:
    return StoredObject(sha256(data).digest(), len(data), data)
