"""Granted bytes over HTTP: whole, in parts, for as long as they are granted, and never when they do not verify."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, update

from audiera.gateway import Limits, Settings, create_app
from audiera.gateway.grants import Grants
from audiera.gateway.objects import Objects
from audiera.gateway.tables import ACCESSES
from audiera.indexer import batch, open_index
from audiera.indexer.tables import ENTRIES, ITEMS
from audiera.storage import Store, StoredObject
from tests.support.explorer import serving
from tests.support.gateway import Payer, Venue


def granted(payer: Payer, number: int = 0) -> tuple[str, bytes]:
    """The path of an item that was granted just now, and its bytes as the store has them."""
    status, answer = payer.access([number])
    assert status == 200, answer
    return answer["granted"][0]["url"], content(payer.venue, number)


def content(venue: Venue, number: int) -> bytes:
    item = venue.rows[number].item
    return Store.open(venue.store).get(item.sha256, item.size)


def get(payer: Payer, path: str, method: str = "GET", **headers: str) -> urllib3.BaseHTTPResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return payer.server.http.request(method, f"{payer.server.url}{path}", headers=named, redirect=False, retries=False)


def refused(answer: urllib3.BaseHTTPResponse) -> tuple[int, str]:
    return answer.status, json.loads(answer.data)["code"]


def settings(payer: Payer, tmp_path: Path, **told: object) -> Settings:
    """Those of another gateway over the payer's journal."""
    return payer.venue.settings(tmp_path / "journal.db", explorer=False, **told)


@contextmanager
def at(payer: Payer, told: Settings) -> Iterator[Payer]:
    """The same payer, at a gateway with other settings over the same journal."""
    with serving(create_app(told)) as server:
        yield replace(payer, server=server)


def fill_own_store(payer: Payer, *, key: bytes | None = None) -> None:
    """Copy the items to a store of the test's own, in which it may break things."""
    venue = payer.venue
    store = Store.open(str(venue.folder / "own"), key)
    for it in venue.rows:
        data = Store.open(venue.store).get(it.item.sha256, it.item.size)
        store.put(StoredObject(it.item.sha256, it.item.size, data, private=True))


@pytest.fixture
def own(payer: Payer, tmp_path: Path) -> Iterator[Payer]:
    """A payer at a gateway over a store of the test's own."""
    fill_own_store(payer)
    told = settings(payer, tmp_path, store=str(payer.venue.folder / "own"))
    with at(payer, told) as there:
        yield there


def own_place(payer: Payer, number: int) -> Path:
    name = payer.venue.rows[number].item.sha256.hex()
    return payer.venue.folder / "own" / "sha256" / name[:2] / name


def test_an_item_is_sent_whole_with_what_caches_and_browsers_need(payer: Payer) -> None:
    path, data = granted(payer)

    answer = get(payer, path)

    row = payer.venue.rows[0]
    assert (answer.status, answer.data) == (200, data)
    assert answer.headers["ETag"] == f'"{row.item.sha256.hex()}"'
    assert answer.headers["Content-Type"] == row.metadata.media_type
    assert answer.headers["Content-Length"] == str(len(data))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, max-age=86400, immutable"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")


def test_head_says_the_same_and_sends_nothing(payer: Payer) -> None:
    path, data = granted(payer)

    answer = get(payer, path, "HEAD")

    assert (answer.status, answer.data, answer.headers["Content-Length"]) == (200, b"", str(len(data)))


@pytest.mark.parametrize(
    ("told", "start", "stop"),
    [("bytes=0-0", 0, 1), ("bytes=5-", 5, None), ("bytes=-7", -7, None), ("bytes=10-99999999999", 10, None)],
)
def test_a_range_is_sent_alone(payer: Payer, told: str, start: int, stop: int | None) -> None:
    path, data = granted(payer)

    answer = get(payer, path, Range=told)

    first = start % len(data)
    last = len(data) - 1 if stop is None else stop - 1
    assert (answer.status, answer.data) == (206, data[start:stop])
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(data)}"


def test_a_broken_download_is_resumed_where_it_broke_off(payer: Payer) -> None:
    path, data = granted(payer)
    tag = get(payer, path, "HEAD").headers["ETag"]

    same = get(payer, path, Range="bytes=1000-", If_Range=tag)
    changed = get(payer, path, Range="bytes=1000-", If_Range='"another"')

    assert (same.status, same.data) == (206, data[1000:])
    assert (changed.status, changed.data) == (200, data)


def test_what_the_client_holds_is_not_sent_again(payer: Payer) -> None:
    path, _ = granted(payer)
    tag = get(payer, path, "HEAD").headers["ETag"]

    answer = get(payer, path, If_None_Match=f'"x", W/{tag}')

    assert (answer.status, answer.data, answer.headers["ETag"]) == (304, b"", tag)


def test_a_range_beyond_the_end_is_refused_with_the_size(payer: Payer) -> None:
    path, data = granted(payer)

    answer = get(payer, path, Range=f"bytes={len(data)}-")

    assert refused(answer) == (416, "range_beyond_end")
    assert answer.headers["Content-Range"] == f"bytes */{len(data)}"


def test_ten_thousand_ranges_are_answered_by_the_whole(payer: Payer) -> None:
    path, data = granted(payer)
    ranges = ",".join(f"{it}-{it}" for it in range(5_000))

    answer = get(payer, path, Range=f"bytes={ranges}")

    assert (answer.status, answer.data) == (200, data)


def test_nobody_else_finds_a_grant(payer: Payer) -> None:
    path, _ = granted(payer)
    other = f"0x{payer.venue.leaf(1).hex()}"

    unknown = get(payer, f"/v1/accesses/0x{'ab' * 32}/items/{other}")
    not_granted = get(payer, f"{path.rpartition('/')[0]}/{other}")

    assert refused(unknown) == (404, "not_found")
    assert refused(not_granted) == (404, "item_unknown")


def test_a_whole_dataset_grants_each_of_its_items(payer: Payer) -> None:
    status, answer = payer.access("all")
    assert status == 200, answer

    sent = [get(payer, f"/v1/accesses/{answer['id']}/items/0x{payer.venue.leaf(it).hex()}").data for it in range(3)]
    foreign = get(payer, f"/v1/accesses/{answer['id']}/items/0x{'cd' * 32}")

    assert sent == [content(payer.venue, it) for it in range(3)]
    assert refused(foreign) == (404, "item_unknown")


def test_a_whole_dataset_stays_granted_in_the_version_that_was_paid_for(payer: Payer) -> None:
    answer = payer.access("all")[1]
    engine = open_index(payer.venue.index)
    with batch(engine) as connection:  # as if its owner had published another since
        connection.execute(update(ENTRIES).values(described=2))
        connection.execute(delete(ITEMS))
    engine.dispose()

    sent = get(payer, f"/v1/accesses/{answer['id']}/items/0x{payer.venue.leaf(1).hex()}")
    foreign = get(payer, f"/v1/accesses/{answer['id']}/items/0x{'cd' * 32}")

    assert (sent.status, sent.data) == (200, content(payer.venue, 1))
    assert sent.headers["Content-Type"] == payer.venue.rows[1].metadata.media_type
    assert refused(foreign) == (404, "item_unknown")


def test_an_access_that_reports_a_use_grants_nothing(payer: Payer) -> None:
    status, answer = payer.access([0], deliver=False)
    assert (status, answer["granted"], answer["until"]) == (200, [], "0")

    sent = get(payer, f"/v1/accesses/{answer['id']}/items/0x{payer.venue.leaf(0).hex()}")
    renewed, problem = payer.post(f"/v1/accesses/{answer['id']}/renew", {})

    assert refused(sent) == (403, "forbidden")
    assert (renewed, problem["code"]) == (403, "forbidden")


def test_a_grant_ends_and_is_renewed_free_for_a_time(payer: Payer, tmp_path: Path) -> None:
    path, data = granted(payer)
    access = path.split("/")[3]
    get(payer, path)
    age(tmp_path / "journal.db", until=int(time.time()) - 1)

    with at(payer, settings(payer, tmp_path)) as fresh:
        ended = get(fresh, path)
        status, renewed = fresh.post(f"/v1/accesses/{access}/renew", {})
        again = get(fresh, path)
    seen = json.loads(get(payer, f"/v1/accesses/{access}").data)

    assert refused(ended) == (410, "grant_expired")
    assert int(json.loads(ended.data)["renewable_until"]) > time.time()
    assert (status, int(renewed["until"]) > time.time()) == (200, True)
    assert (again.status, again.data) == (200, data)
    assert seen == renewed


def test_a_grant_is_not_renewed_for_ever(payer: Payer, tmp_path: Path) -> None:
    path, _ = granted(payer)
    access = path.split("/")[3]
    long_ago = int(time.time()) - Limits().renewal - 10
    age(tmp_path / "journal.db", until=long_ago, at=long_ago)

    with at(payer, settings(payer, tmp_path)) as fresh:
        ended = get(fresh, path)
        status, problem = fresh.post(f"/v1/accesses/{access}/renew", {})

    assert refused(ended) == (410, "grant_expired")
    assert (status, problem["code"]) == (410, "grant_expired")
    assert "take a new access" in problem["detail"]


def age(journal: Path, **told: int) -> None:
    """Make every access of a journal an older one."""
    engine = open_index(f"sqlite:///{journal}", durable=True)
    with batch(engine) as connection:
        connection.execute(update(ACCESSES).values(**told))
    engine.dispose()


def test_an_item_that_is_damaged_is_never_sent(own: Payer) -> None:
    path, data = granted(own)
    own_place(own, 0).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))

    answer = get(own, path)

    assert refused(answer) == (503, "object_unavailable")
    assert answer.headers["Retry-After"] == "60"
    assert str(own.venue.folder) not in answer.data.decode()


def test_an_item_that_is_missing_or_shorter_is_never_sent(own: Payer) -> None:
    path, data = granted(own)
    own_place(own, 0).write_bytes(data[:-1])
    shorter = get(own, path)
    own_place(own, 0).unlink()

    missing = get(own, path, Range="bytes=0-9")

    assert refused(shorter) == refused(missing) == (503, "object_unavailable")


def test_what_changes_after_it_was_verified_is_verified_again(own: Payer) -> None:
    path, data = granted(own)
    assert get(own, path).status == 200
    place = own_place(own, 0)
    place.write_bytes(bytes(len(data)))

    changed = get(own, path)
    place.write_bytes(data)
    mended = get(own, path)

    assert refused(changed) == (503, "object_unavailable")
    assert (mended.status, mended.data) == (200, data)


def test_what_was_asked_for_a_moment_ago_is_looked_at_no_more_until_it_is_opened(
    own: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("grants", "objects"):
        monkeypatch.setattr(f"audiera.gateway.{module}._LATELY", 60.0)  # seconds
    path, data = granted(own)
    place = own_place(own, 0)
    first = [get(own, path).data for _ in range(2)]

    with monkeypatch.context() as without:
        without.setattr(Grants, "item", None)
        without.setattr(Objects, "_look", None)
        again = get(own, path).data
    place.write_bytes(bytes(len(data)))
    changed = get(own, path)
    place.write_bytes(data)
    mended = get(own, path)
    monkeypatch.setattr("audiera.gateway.grants._LATELY", 0.0)
    asked = list[bytes]()
    monkeypatch.setattr(Grants, "item", lambda _, __, leaf: asked.append(leaf))
    later = get(own, path)

    assert [*first, again] == [data] * 3
    assert refused(changed) == (503, "object_unavailable")
    assert (mended.status, mended.data) == (200, data)
    assert (later.status, len(asked)) == (500, 1)


def test_an_object_is_read_whole_once_and_then_only_what_is_asked_for(
    own: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, data = granted(own)
    get(own, path, Range="bytes=0-9")
    read, real = [0], os.pread

    def counted(descriptor: int, size: int, offset: int) -> bytes:
        read[0] += size
        return real(descriptor, size, offset)

    monkeypatch.setattr(os, "pread", counted)

    answer = get(own, path, Range="bytes=100-199")

    assert (answer.data, read) == (data[100:200], [100])


def test_a_sealed_item_is_opened_while_it_is_sent(payer: Payer, tmp_path: Path) -> None:
    key = os.urandom(32)
    fill_own_store(payer, key=key)
    path, data = granted(payer)
    middle = len(data) // 2

    told = settings(payer, tmp_path, store=str(payer.venue.folder / "own"), store_key=key)
    with at(payer, told) as there:
        whole = get(there, path)
        part = get(there, path, Range=f"bytes={middle}-{middle + 19}")
        end = get(there, path, Range="bytes=-5")

    assert (whole.status, whole.data) == (200, data)
    assert (part.status, part.data) == (206, data[middle : middle + 20])
    assert (end.status, end.data) == (206, data[-5:])


def test_a_released_key_opens_the_sealed_object_by_the_written_format_alone(payer: Payer, tmp_path: Path) -> None:
    key = os.urandom(32)
    fill_own_store(payer, key=key)
    path, data = granted(payer)
    public = "https://cdn.example/store"
    store = payer.venue.folder / "own"
    told = settings(payer, tmp_path, store=str(store), store_key=key, public_store=public)

    with at(payer, told) as there:
        released = json.loads(get(there, f"{path}/key").data)
    none_here = get(payer, f"{path}/key")

    sealed = (store / released["url"].removeprefix(f"{public}/")).read_bytes()
    assert int(released["sealed_size"]) == len(sealed)
    cipher, bound = AESGCM(bytes.fromhex(released["data_key"][2:])), sealed[:8] + bytes.fromhex(released["sha256"][2:])
    chunks = [sealed[at_ : at_ + 65_552] for at_ in range(56, len(sealed), 65_552)]
    opened = b"".join(
        cipher.decrypt(number.to_bytes(11, "big") + bytes([number == len(chunks) - 1]), chunk, bound)
        for number, chunk in enumerate(chunks)
    )
    assert opened == data
    assert hashlib.sha256(opened).hexdigest() == released["sha256"][2:]
    assert refused(none_here) == (404, "not_found")


def test_nginx_is_told_where_the_file_is(payer: Payer, tmp_path: Path) -> None:
    path, _ = granted(payer)

    with at(payer, settings(payer, tmp_path, accel="/objects")) as there:
        answer = get(there, path)

    sha256 = payer.venue.rows[0].item.sha256.hex()
    assert (answer.status, answer.data) == (200, b"")
    assert answer.headers["X-Accel-Redirect"] == f"/objects/sha256/{sha256[:2]}/{sha256}"
    assert answer.headers["ETag"] == f'"{sha256}"'
