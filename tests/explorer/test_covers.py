"""Pictures of datasets: from a store, of whoever says that one is his, and nothing that is no picture."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import update

from audiera.explorer import Settings, create_app
from audiera.indexer.tables import ENTRIES
from audiera.storage import Store, StoredObject
from tests.support.catalogue import altering
from tests.support.explorer import Explorer, serving

PNG = b"\x89PNG\r\n\x1a\n and the rest"
PATH = f"/covers/{sha256(PNG).hexdigest()}"
NO_PICTURES = {
    "music": (b"ID3\x04 a song that is sold", "image/png"),
    "a picture of another type": (b"\xff\xd8\xff\xe0 a JPEG", "image/png"),
    "a drawing with a script": (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "image/svg+xml"),
    "a page": (b"GIF89a<script>", "text/html"),
    "text that begins like a GIF": (b"GIF89a, a song", "image/gif"),
    "what is too large": (b"\x89PNG\r\n\x1a\n" + bytes(1 << 20), "image/png"),
}


@pytest.fixture(scope="module")
def url(catalogue: Callable[..., str]) -> str:
    """An index of datasets of which each says that something else is its picture."""
    database = catalogue()
    with altering(database) as connection:
        for dataset, (data, media_type) in enumerate([(PNG, "image/png"), *NO_PICTURES.values()], start=1):
            said = {"cover": f"0x{sha256(data).hexdigest()}", "cover_type": media_type, "cover_bytes": len(data)}
            connection.execute(update(ENTRIES).where(ENTRIES.c.dataset == dataset).values(**said))
    return database


@pytest.fixture(scope="module")
def pictured(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explorer]:
    folder = tmp_path_factory.mktemp("pictures")
    store = Store.open(str(folder))
    for data in (PNG, *(it for it, _ in NO_PICTURES.values())):
        store.put(StoredObject(sha256(data).digest(), len(data), data))
    with serving(create_app(Settings(database=url, stores=[str(folder)]))) as running:
        yield running


def test_a_picture_is_on_the_page_of_its_dataset_and_served_where_nothing_runs(pictured: Explorer) -> None:
    page, answer = pictured.page("/datasets/1"), pictured.get(PATH)
    again = pictured.get(PATH, If_None_Match=answer.headers["ETag"])

    assert f'<img src="{PATH}" alt=""' in page
    assert (answer.status, answer.data, again.status) == (200, PNG, 304)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("case", NO_PICTURES)
def test_what_is_no_picture_is_not_had_by_saying_that_it_is(pictured: Explorer, case: str) -> None:
    data, _ = NO_PICTURES[case]

    answer = pictured.get(f"/covers/{sha256(data).hexdigest()}")

    assert answer.status == 404
    assert data not in answer.data


@pytest.mark.parametrize("lie", ["image/jpeg", "image/webp"])
def test_strangers_who_say_a_picture_is_of_another_type_keep_it_from_nobody(
    catalogue: Callable[..., str], tmp_path: Path, lie: str
) -> None:
    """AUD-I5"""
    url, digest = catalogue(), sha256(PNG)
    Store.open(str(tmp_path)).put(StoredObject(digest.digest(), len(PNG), PNG))
    with altering(url) as connection:
        for dataset in range(1, 5):
            said = {"cover": f"0x{digest.hexdigest()}", "cover_type": "image/png" if dataset == 3 else lie}
            connection.execute(update(ENTRIES).where(ENTRIES.c.dataset == dataset).values(**said, cover_bytes=len(PNG)))

    with serving(create_app(Settings(database=url, stores=[str(tmp_path)]))) as explorer:
        answer = explorer.get(PATH)

    assert (answer.status, answer.headers["Content-Type"], answer.data) == (200, "image/png", PNG)


def test_without_a_store_no_picture_is_shown(url: str, tmp_path: Path) -> None:
    with serving(create_app(Settings(database=url))) as explorer:
        assert "<img" not in explorer.page("/datasets/1")
    with serving(create_app(Settings(database=url, stores=[str(tmp_path)]))) as explorer:
        assert explorer.get(PATH).status == 404
        assert explorer.get("/covers/x").status == 404
