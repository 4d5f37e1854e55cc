"""URLs of granted items at which nginx or a bucket sends them: as long as is said, and for nothing that is refused."""

from __future__ import annotations

import asyncio
import base64
import calendar
import hashlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import update

from audiera.errors import InputError
from audiera.gateway import Limits, block_item, create_app, editing_journal
from audiera.gateway.grants import Grants
from audiera.gateway.objects import Objects
from audiera.gateway.tables import ACCESSES
from audiera.indexer import batch, open_index
from audiera.interface import PRESIGNED_ITEMS
from audiera.protocol import TermsFlag
from audiera.storage import Bucket, LocalFolder, Store, StoredObject
from tests.support.explorer import serving
from tests.support.gateway import PRICE, Payer, Venue, looks_of
from tests.support.nginx import SECRET
from tests.support.stores import bucket, s3, s3_server
from tests.support.studio import some_terms

__all__ = ["bucket", "s3", "s3_server"]

NGINX: dict[str, Any] = {"accel": "/objects", "presign": 60, "presign_secret": SECRET}


def content(venue: Venue, number: int) -> bytes:
    item = venue.rows[number].item
    return Store.open(venue.store).get(item.sha256, item.size)


def leaf(payer: Payer, number: int) -> str:
    return f"0x{payer.venue.leaf(number).hex()}"


def ask(payer: Payer, access: str, items: Sequence[int | str]) -> tuple[int, Any]:
    """What a gateway answers to whoever wants URLs of items: status and JSON."""
    leaves = [leaf(payer, it) if isinstance(it, int) else it for it in items]
    return payer.post(f"/v1/accesses/{access}/presigned", {"items": leaves})


def granted(payer: Payer, items: Sequence[int] | str, **told: object) -> str:
    status, answer = payer.access(items, **told)
    assert status == 200, answer
    return str(answer["id"])


def refused(answer: tuple[int, Any]) -> tuple[int, str, str | None]:
    """Status, code, and the item that is named."""
    return answer[0], answer[1]["code"], answer[1].get("item")


@contextmanager
def at(payer: Payer, tmp_path: Path, **told: object) -> Iterator[Payer]:
    """The same payer, at a gateway with other settings over the same journal."""
    with serving(create_app(payer.venue.settings(tmp_path / "journal.db", explorer=False, **told))) as server:
        yield Payer(payer.venue, server)


def store_at(payer: Payer, url: str, *, key: bytes | None = None) -> str:
    """A store of the test's own with all items."""
    store = Store.open(url, key)
    for number, it in enumerate(payer.venue.rows):
        store.put(StoredObject(it.item.sha256, it.item.size, content(payer.venue, number), private=True))
    return store.url


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask about every item anew."""
    monkeypatch.setattr("audiera.gateway.grants._LATELY", 0.0)


@pytest.fixture
def there(payer: Payer, tmp_path: Path) -> Iterator[Payer]:
    """The payer at a gateway whose nginx sends what was presigned."""
    with at(payer, tmp_path, **NGINX) as there:
        yield there


def test_the_urls_for_nginx_have_their_end_and_a_mac_that_nginx_computes_too(payer: Payer, there: Payer) -> None:
    access, before = granted(payer, [0, 1, 2]), int(time.time())

    status, answer = ask(there, access, [2, 0, 2])

    until = answer["until"]
    assert status == 200
    assert before + 60 <= int(until) <= time.time() + 60
    for url, number in zip(answer["urls"], (2, 0, 2), strict=True):
        name = payer.venue.rows[number].item.sha256.hex()
        name = f"sha256/{name[:2]}/{name}"
        digest = hashlib.md5(f"{until}/{name} {SECRET}".encode()).digest()
        assert url == f"/presigned/{until}/{base64.urlsafe_b64encode(digest).decode().rstrip('=')}/{name}"


def test_the_urls_of_a_bucket_are_its_own_and_say_what_an_item_is(payer: Payer, tmp_path: Path, bucket: str) -> None:
    url, access = store_at(payer, f"s3://{bucket}/label"), granted(payer, [0, 1, 2])

    with at(payer, tmp_path, store=url, presign=60) as there:
        about, (status, answer) = there.server.json("/v1/gateway"), ask(there, access, [1, 2, 0])
        sent = [there.server.http.request("GET", it) for it in answer["urls"]]

    assert (status, about["presigned"]) == (200, "60")
    for it, number in zip(sent, (1, 2, 0), strict=True):
        row = payer.venue.rows[number]
        assert (it.status, it.data) == (200, content(payer.venue, number))
        assert it.headers["Content-Type"] == row.metadata.media_type
        assert it.headers["Content-Disposition"].startswith("attachment; filename=")
    for it in answer["urls"]:
        told = parse_qs(urlsplit(it).query)
        begun = time.strptime(told["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ") if "X-Amz-Date" in told else None
        ends = int(told["Expires"][0]) if begun is None else calendar.timegm(begun) + int(told["X-Amz-Expires"][0])
        assert int(answer["until"]) - 2 <= ends <= int(answer["until"])


def test_a_bucket_is_not_asked_again_about_what_was_verified_within_the_hour(
    payer: Payer, tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, access = store_at(payer, f"s3://{bucket}/label"), granted(payer, [0, 1, 2])
    asked: list[str] = []
    size = Bucket.size

    def counted(self: Bucket, name: str) -> int | None:
        asked.append(name)
        return size(self, name)

    monkeypatch.setattr(Bucket, "size", counted)
    with at(payer, tmp_path, store=url, presign=60) as there:
        first = ask(there, access, [0, 1, 2])
        looked = len(asked)
        again = ask(there, access, [0, 1, 2])

        assert (first[0], again[0]) == (200, 200)
        assert 3 <= looked == len(asked)

        monkeypatch.setattr("audiera.gateway.objects._TRUSTED", -1.0)
        ask(there, access, [0])
        Store.open(url).backend.files.rm(f"{bucket}/label", recursive=True)  # type: ignore[attr-defined]
        monkeypatch.setattr(Objects, "_is_known", lambda *_: False)

        assert ask(there, access, [0, 1])[1]["urls"] == [None, None]


def test_no_url_lasts_longer_than_its_grant(payer: Payer, tmp_path: Path) -> None:
    """AUD-G9"""
    access, ends = granted(payer, [0]), int(time.time()) + 20
    set_end(tmp_path, ends)

    with at(payer, tmp_path, **NGINX) as there:
        answer = ask(there, access, [0])[1]

    assert answer["until"] == str(ends - 1)  # which is good to its end
    assert answer["urls"][0].startswith(f"/presigned/{ends - 1}/")


def test_there_is_none_where_the_grant_ends_at_once(payer: Payer, tmp_path: Path) -> None:
    access, ends = granted(payer, [0]), int(time.time()) + 1
    set_end(tmp_path, ends)

    with at(payer, tmp_path, **NGINX) as there:
        status, answer = ask(there, access, [0])

    assert (status == 410 and time.time() > ends) or answer["urls"] == [None]


def set_end(tmp_path: Path, ends: int) -> None:
    engine = open_index(f"sqlite:///{tmp_path / 'journal.db'}", durable=True)
    with batch(engine) as connection:
        connection.execute(update(ACCESSES).values(until=ends))
    engine.dispose()


def test_what_is_sealed_has_no_url(payer: Payer, tmp_path: Path, bucket: str) -> None:
    key, access = os.urandom(32), granted(payer, [0, 1])
    folder = store_at(payer, str(payer.venue.folder / "own"), key=key)
    kept = store_at(payer, f"s3://{bucket}/label", key=key)

    with at(payer, tmp_path, **NGINX, store=folder, store_key=key) as there:
        in_folder = ask(there, access, [0, 1])
    with at(payer, tmp_path, presign=60, store=kept, store_key=key) as there:
        in_bucket = ask(there, access, [0, 1])

    assert [it[0] for it in (in_folder, in_bucket)] == [200, 200]
    assert [it[1]["urls"] for it in (in_folder, in_bucket)] == [[None, None]] * 2


SENT_BY_NOBODY = (
    "Presigned URLs take a bucket, or a folder that nginx sends; name nginx's location by --accel, or leave out "
    "--presign."
)


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"accel": None}, SENT_BY_NOBODY),
        ({"store": "https://music.example/store"}, SENT_BY_NOBODY),
        (
            {"presign_secret": ""},
            "nginx checks URLs by a secret; set AUDIERA_PRESIGN_SECRET to the one that it has, or leave out --presign.",
        ),
    ],
    ids=["a folder that the gateway sends", "a server", "no secret"],
)
def test_a_gateway_whose_urls_nobody_would_serve_does_not_start(
    payer: Payer, tmp_path: Path, told: dict[str, Any], why: str
) -> None:
    with pytest.raises(InputError) as refusal:
        create_app(payer.venue.settings(tmp_path / "other.db", **{**NGINX, **told}))

    assert str(refusal.value) == why


def test_a_gateway_that_sends_all_itself_says_so_and_what_to_do(payer: Payer, tmp_path: Path) -> None:
    access = granted(payer, [0])

    with at(payer, tmp_path, **{**NGINX, "presign": 0}) as there:
        about, answer = there.server.json("/v1/gateway"), ask(there, access, [0])

    assert about["presigned"] == "0"
    assert refused(answer) == (405, "method_not_allowed", None)
    assert answer[1]["detail"] == (
        "This gateway sends all items itself, so it gives out no URLs; ask for several of them by POST to the access's "
        "/items, or for each alone."
    )


def test_whoever_asks_is_told_for_how_long_urls_are_good(there: Payer) -> None:
    assert there.server.json("/v1/gateway")["presigned"] == "60"


def test_one_item_that_is_not_granted_has_no_url_and_nor_has_any_other(payer: Payer, there: Payer) -> None:
    access, whole = granted(payer, [0, 1]), granted(payer, "all")
    foreign = f"0x{'cd' * 32}"

    assert refused(ask(there, access, [0, 2])) == (404, "item_unknown", leaf(payer, 2))
    assert refused(ask(there, whole, [0, foreign])) == (404, "item_unknown", foreign)
    assert refused(ask(there, f"0x{'ab' * 32}", [0])) == (404, "not_found", None)
    assert len(ask(there, whole, [0, 1, 2])[1]["urls"]) == 3


def test_an_access_that_grants_nothing_or_has_ended_has_no_urls(payer: Payer, tmp_path: Path) -> None:
    held, access = granted(payer, [0], deliver=False), granted(payer, [0, 1])
    set_end(tmp_path, int(time.time()) - 1)

    with at(payer, tmp_path, **NGINX) as there:
        assert refused(ask(there, held, [0])) == (403, "forbidden", None)
        assert refused(ask(there, access, [0, 1])) == (410, "grant_expired", None)


def test_what_is_blocked_or_withdrawn_by_now_has_no_url(payer: Payer, there: Payer, tmp_path: Path) -> None:
    """AUD-G9"""
    venue = payer.venue
    venue.license = venue.sell(some_terms(unit_price=PRICE, token=venue.usdc, flags=TermsFlag.Revocable))
    venue.read()
    access = granted(payer, [0, 1, 2])
    with editing_journal(f"sqlite:///{tmp_path / 'journal.db'}") as journal:
        block_item(journal, venue.dataset, venue.leaf(1), "A court said so.")
    venue.as_("creator").datasets.withdraw_items(venue.dataset, [venue.leaf(2)])
    venue.read()

    assert refused(ask(there, access, [0, 1])) == (451, "item_blocked", leaf(payer, 1))
    assert refused(ask(there, access, [0, 2])) == (451, "item_withdrawn", leaf(payer, 2))
    assert ask(there, access, [0])[0] == 200


def test_what_is_not_served_has_no_url(payer: Payer, tmp_path: Path) -> None:
    """AUD-G1"""
    access = granted(payer, [0])

    with at(payer, tmp_path, **NGINX, creators=frozenset()) as there:
        assert refused(ask(there, access, [0])) == (403, "not_served", leaf(payer, 0))


def test_what_does_not_verify_has_no_url_and_says_so_where_it_is_asked_for_alone(
    payer: Payer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiera.gateway.objects._LATELY", 0.0)
    url, access = store_at(payer, str(payer.venue.folder / "own")), granted(payer, [0, 1, 2])
    name = payer.venue.rows[1].item.sha256.hex()
    place = Path(url) / "sha256" / name[:2] / name

    with at(payer, tmp_path, **NGINX, store=url) as there:
        good = ask(there, access, [0, 1, 2])
        place.write_bytes(bytes(len(place.read_bytes())))
        damaged = ask(there, access, [0, 1, 2])
        place.unlink()
        missing = ask(there, access, [0, 1, 2])
        alone = there.server.get(f"/v1/accesses/{access}/items/{leaf(payer, 1)}")

    assert [it is not None for it in good[1]["urls"]] == [True] * 3
    for it in (damaged, missing):
        assert (it[0], [url is not None for url in it[1]["urls"]]) == (200, [True, False, True])
    assert (alone.status, alone.json()["code"]) == (503, "object_unavailable")


def test_a_file_that_was_verified_is_looked_at_by_one_call_and_not_opened(
    payer: Payer, there: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = granted(payer, [0, 1, 2])
    ask(there, access, [0, 1, 2])
    looks: list[str] = []
    seen = LocalFolder.seen

    def counted(self: LocalFolder, name: str) -> os.stat_result | None:
        looks.append(name)
        return seen(self, name)

    monkeypatch.setattr(LocalFolder, "seen", counted)
    monkeypatch.delattr(LocalFolder, "_folder")

    assert ask(there, access, [0, 1, 2])[0] == 200
    assert len(looks) == 3


def test_a_link_to_another_file_is_seen_to_be_another(payer: Payer, tmp_path: Path) -> None:
    url, access = store_at(payer, str(payer.venue.folder / "own")), granted(payer, [0])
    name = payer.venue.rows[0].item.sha256.hex()
    place = Path(url) / "sha256" / name[:2] / name

    with at(payer, tmp_path, **NGINX, store=url) as there:
        good = ask(there, access, [0])
        place.rename(place.with_name("elsewhere"))
        place.symlink_to(place.with_name("elsewhere"))
        linked = ask(there, access, [0])

    assert good[1]["urls"] != [None]
    assert linked[1]["urls"] == [None]


def test_all_items_are_looked_up_by_one_look_and_one_reading(
    payer: Payer, there: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = granted(payer, [0, 1, 2])
    ask(there, access, [0, 1, 2])
    asked = looks_of(monkeypatch)

    assert ask(there, access, [0, 1, 2])[0] == 200
    assert asked == ["index", "reading"]


def test_the_journal_is_read_by_no_thread_that_serves_others(
    payer: Payer, there: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    access, loops = granted(payer, [0, 1]), list[object]()
    look = Grants._look

    def seen(self: Grants, access: bytes, *, again: bool = False) -> object:
        loops.append(asyncio._get_running_loop())
        return look(self, access, again=again)

    monkeypatch.setattr(Grants, "_look", seen)

    assert ask(there, access, [0, 1])[0] == 200
    assert loops
    assert not any(loops)


def test_more_items_than_are_presigned_at_once_are_refused_and_so_are_more_bytes(payer: Payer, there: Payer) -> None:
    """AUD-G1"""
    access = granted(payer, [0])
    path, most = f"/v1/accesses/{access}/presigned", [leaf(payer, 0)] * PRESIGNED_ITEMS

    fits = there.post(path, json.dumps({"items": most}, indent=4).encode())

    assert (fits[0], len(fits[1]["urls"])) == (200, PRESIGNED_ITEMS)
    assert refused(ask(there, access, [*most, 0])) == (400, "malformed", None)
    assert refused(ask(there, access, [])) == (400, "malformed", None)
    assert refused(there.post(path, b"[" * (80 * PRESIGNED_ITEMS + 1))) == (413, "too_large", None)


def test_requests_for_urls_of_a_known_access_are_not_counted(payer: Payer, tmp_path: Path) -> None:
    access = granted(payer, [0])

    with at(payer, tmp_path, **NGINX, limits=Limits(rate="2/hour")) as there:
        first = ask(there, access, [0])[0]
        known = [ask(there, access, [0])[0] for _ in range(5)]
        unknown = [ask(there, f"0x{'ab' * 32}", [0])[0] for _ in range(2)]

    assert (first, known, unknown) == (200, [200] * 5, [404, 429])


def test_the_document_tells_what_is_asked_and_answered(payer: Payer) -> None:
    document = payer.server.json("/v1/openapi.json")

    told = document["paths"]["/v1/accesses/{access}/presigned"]["post"]
    schemas = document["components"]["schemas"]
    answered = told["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    assert answered == "#/components/schemas/Presigned"
    assert schemas["Presigning"]["properties"]["items"]["maxItems"] == PRESIGNED_ITEMS
    assert "presigned" in schemas["About"]["properties"]


@pytest.mark.parametrize("secret", ["short", "with a space, and long enough for all", "$" * 40, "é" * 40, "a" * 257])
def test_a_secret_that_nginx_could_not_have_is_refused_and_not_told(payer: Payer, tmp_path: Path, secret: str) -> None:
    with pytest.raises(InputError) as refusal:
        create_app(payer.venue.settings(tmp_path / "other.db", **{**NGINX, "presign_secret": secret}))

    assert str(refusal.value) == (
        "The secret of presigned URLs has 32 to 256 letters, digits, - and _, and nothing else; make one by `openssl "
        "rand -hex 32`."
    )


def test_nothing_that_is_printed_of_settings_has_the_secret(payer: Payer, tmp_path: Path) -> None:
    assert SECRET not in repr(payer.venue.settings(tmp_path / "other.db", **NGINX))
