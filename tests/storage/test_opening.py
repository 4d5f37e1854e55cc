"""Which URLs are stores, and what of a URL may be told."""

import sys

import pytest

from audiera.errors import StorageError
from audiera.storage import Store
from audiera.storage.backend import bare, telling


@pytest.mark.parametrize(
    "place",
    [
        *("http://music.example/label", "ftp://music.example", "memory://label", "gs://music/label"),
        *("carrier-pigeon://loft", "file://host/label", "S3://music", "github://a:b@main"),
        *("simplecache::s3://music/label", "filecache::https://music.example", "s3://music::https://music.example"),
        *("zip://label.zip::https://music.example/label.zip", "dir::file:///label", "://"),
        *("http://127.0.0.1.example", "http://localhost.example/label", "http://127.0.0.2", "http://10.0.0.1:8080"),
        *("http://127.0.0.1:8080:9", "http://[::2]/label", "HTTP://127.0.0.1", "http://127.0.0.1:8080@music.example"),
    ],
)
def test_only_folders_s3_and_https_and_this_machine_are_stores(place: str) -> None:
    """AUD-S9"""
    with pytest.raises(StorageError) as caught:
        Store.open(place)

    assert str(caught.value) == (
        f"{bare(place)} cannot be a store; name a folder, s3://BUCKET/PREFIX or https://HOST/PATH."
    )


@pytest.mark.parametrize("place", ["http://127.0.0.1:8080", "http://localhost/label", "http://[::1]:8080/label"])
def test_a_server_on_this_machine_is_a_store_over_http_that_is_only_read(place: str) -> None:
    store = Store.open(place)

    assert store.url == place
    with pytest.raises(StorageError, match="can only be read"):
        store.check_writable()


@pytest.mark.parametrize(
    "place",
    [
        *("/music", "music", "file:///music", "s3://music/label", "http://music.example"),
        *("http://127.0.0.1:8080", "http://localhost", "http://[::1]/label"),
    ],
)
def test_what_somebody_else_names_is_a_store_only_over_https(place: str) -> None:
    """AUD-S9"""
    with pytest.raises(StorageError) as caught:
        Store.open_foreign(place)

    assert str(caught.value) == (f"{place} cannot be a store; name a folder, s3://BUCKET/PREFIX or https://HOST/PATH.")


@pytest.mark.parametrize("place", ["https://", "https:///label", "https://music.example:port", "https://[::1"])
def test_what_is_no_url_is_refused(place: str) -> None:
    with pytest.raises(StorageError, match=r"cannot be a store \(.*\); write https://HOST/PATH\."):
        Store.open(place)


@pytest.mark.parametrize(
    "place",
    [
        "https://user:hunter2@music.example/label",
        "https://user:hun/ter2@music.example/label?sig=hunter2",
        "https://music.example/label?sig=hunter2",
        "https://music.example/label#hunter2",
        "https://music.example:80/label?to=a@b&sig=hunter2",
        "s3://key:hunter2@music/label",
        "ftp://user:hunter2@music.example/label?sig=hunter2",
        "zip://label.zip::https://user:hunter2@music.example",
    ],
)
def test_a_password_in_a_url_is_refused_and_never_told(place: str) -> None:
    """AUD-S10"""
    with pytest.raises(StorageError) as caught:
        Store.open(place)

    told = str(caught.value)
    assert not [it for it in ("hunter2", "hun/ter2", "user", "key:") if it in told]
    assert "came with a password or a query" in told or "cannot be a store" in told


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("https://user:pass@music.example/label?a=b#c", "https://music.example/label"),
        ("https://us@er:p/ss@music.example/label", "https://music.example/label"),
        ("https://user:p?ss@music.example/label", "https://..."),
        ("https://music.example/label?from=a@secret", "https://..."),
        ("s3://music/label", "s3://music/label"),
        ("/folder/a@b?c#d", "/folder/a@b?c#d"),
    ],
)
def test_a_url_is_told_without_what_may_be_secret(place: str, told: str) -> None:
    """AUD-S10"""
    assert bare(place) == told


def test_what_a_library_says_is_told_without_what_may_be_secret() -> None:
    """AUD-S10"""
    with pytest.raises(StorageError) as caught, telling("s3://music"):
        raise ValueError("cannot ask https://user:pass@music.example/label?sig=secret now")

    assert str(caught.value) == (
        "s3://music failed (cannot ask https://music.example/label now); run this again: what is stored stays."
    )


def test_a_package_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "audiera.storage.s3", None)

    with pytest.raises(StorageError) as caught:
        Store.open("s3://music/label")

    assert str(caught.value) == (
        "s3://music/label needs a package that is not installed; run `pip install 'audiera[s3]'`."
    )
