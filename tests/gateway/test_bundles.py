"""Several granted items in one answer: all of them whole, held to what single ones are held to, or a named refusal."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import urllib3
from sqlalchemy import update
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from audiera.errors import StorageError
from audiera.gateway import Limits, Settings, block_item, create_app, editing_journal
from audiera.gateway.answers import problem_response
from audiera.gateway.delivery import BundleDelivery, Delivery
from audiera.gateway.objects import Objects, Verified
from audiera.gateway.problems import Problem
from audiera.gateway.tables import ACCESSES, BROUGHT
from audiera.gateway.taken import Grant
from audiera.indexer import batch, open_index
from audiera.interface import BUNDLE_BYTES, BUNDLE_ITEMS
from audiera.protocol import TermsFlag
from audiera.storage import LocalFolder, Store, StoredObject
from tests.support.explorer import Explorer, serving
from tests.support.gateway import PRICE, Payer, Venue, looks_of
from tests.support.stores import bucket, s3, s3_server
from tests.support.studio import some_terms

__all__ = ["bucket", "s3", "s3_server"]


def content(venue: Venue, number: int) -> bytes:
    item = venue.rows[number].item
    return Store.open(venue.store).get(item.sha256, item.size)


def leaf(payer: Payer, number: int) -> str:
    return f"0x{payer.venue.leaf(number).hex()}"


def ask(payer: Payer, access: str, leaves: Sequence[str]) -> urllib3.BaseHTTPResponse:
    """What a gateway answers to whoever wants items together."""
    body = json.dumps({"items": leaves}).encode()
    named = {"Content-Type": "application/json"}
    return payer.server.http.request(
        "POST", f"{payer.server.url}/v1/accesses/{access}/items", body=body, headers=named, redirect=False
    )


def granted(payer: Payer, items: Sequence[int] | str, **told: object) -> str:
    status, answer = payer.access(items, **told)
    assert status == 200, answer
    return str(answer["id"])


def refused(answer: urllib3.BaseHTTPResponse) -> tuple[int, str, str | None]:
    """Status, code, and the item that is named."""
    problem = json.loads(answer.data)
    return answer.status, problem["code"], problem.get("item")


@contextmanager
def at(payer: Payer, tmp_path: Path, **told: object) -> Iterator[Payer]:
    """The same payer, at a gateway with other settings over the same journal."""
    with serving(create_app(payer.venue.settings(tmp_path / "journal.db", explorer=False, **told))) as server:
        yield Payer(payer.venue, server)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask about every item anew."""
    monkeypatch.setattr("audiera.gateway.grants._LATELY", 0.0)


def test_items_come_one_after_another_in_the_order_asked_for(payer: Payer) -> None:
    access = granted(payer, [0, 1, 2])

    answer = ask(payer, access, [leaf(payer, it) for it in (2, 0, 2, 1)])

    data = b"".join(content(payer.venue, it) for it in (2, 0, 2, 1))
    assert (answer.status, answer.data) == (200, data)
    assert answer.headers["Content-Length"] == str(len(data))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_whole_dataset_opens_its_items_together(payer: Payer) -> None:
    access = granted(payer, "all")

    sent = ask(payer, access, [leaf(payer, it) for it in (1, 2)])
    foreign = ask(payer, access, [leaf(payer, 1), f"0x{'cd' * 32}"])

    assert sent.data == content(payer.venue, 1) + content(payer.venue, 2)
    assert refused(foreign) == (404, "item_unknown", f"0x{'cd' * 32}")


def test_one_item_that_is_not_granted_refuses_all_of_them(payer: Payer) -> None:
    access = granted(payer, [0, 1])
    leaves = [leaf(payer, it) for it in range(3)]

    not_granted = ask(payer, access, leaves)
    unknown = ask(payer, f"0x{'ab' * 32}", leaves)

    assert refused(not_granted) == (404, "item_unknown", leaves[2])
    assert refused(unknown) == (404, "not_found", None)


def test_an_access_that_grants_nothing_or_has_ended_sends_none(payer: Payer, tmp_path: Path) -> None:
    held = ask(payer, granted(payer, [0], deliver=False), [leaf(payer, 0)])
    access = granted(payer, [0, 1])
    engine = open_index(f"sqlite:///{tmp_path / 'journal.db'}", durable=True)
    with batch(engine) as connection:
        connection.execute(update(ACCESSES).values(until=int(time.time()) - 1))
    engine.dispose()

    with at(payer, tmp_path) as fresh:
        ended = ask(fresh, access, [leaf(payer, 0), leaf(payer, 1)])

    assert refused(held) == (403, "forbidden", None)
    assert refused(ended) == (410, "grant_expired", None)


def test_one_item_that_is_blocked_by_now_refuses_all_of_them(payer: Payer, tmp_path: Path) -> None:
    access = granted(payer, [0, 1])
    with editing_journal(f"sqlite:///{tmp_path / 'journal.db'}") as journal:
        block_item(journal, payer.venue.dataset, payer.venue.leaf(1), "A court said so.")

    blocked = ask(payer, access, [leaf(payer, 0), leaf(payer, 1)])
    others = ask(payer, access, [leaf(payer, 0)])

    assert refused(blocked) == (451, "item_blocked", leaf(payer, 1))
    assert (others.status, others.data) == (200, content(payer.venue, 0))


def test_one_item_that_was_withdrawn_refuses_all_of_them(payer: Payer) -> None:
    venue = payer.venue
    venue.license = venue.sell(some_terms(unit_price=PRICE, token=venue.usdc, flags=TermsFlag.Revocable))
    venue.read()
    access = granted(payer, [0, 1])
    venue.as_("creator").datasets.withdraw_items(venue.dataset, [venue.leaf(1)])
    venue.read()

    withdrawn = ask(payer, access, [leaf(payer, 0), leaf(payer, 1)])

    assert refused(withdrawn) == (451, "item_withdrawn", leaf(payer, 1))


def test_one_item_that_its_publisher_did_not_bring_refuses_all_of_them(payer: Payer, tmp_path: Path) -> None:
    """AUD-G1"""
    access = granted(payer, [0, 1, 2])
    named = {"account": payer.venue.as_("creator").account, "at": 1}
    rows = [payer.venue.rows[it].item for it in (0, 2)]
    with editing_journal(f"sqlite:///{tmp_path / 'journal.db'}") as journal:
        journal.execute(BROUGHT.insert(), [{**named, "sha256": f"0x{it.sha256.hex()}", "size": it.size} for it in rows])

    with at(payer, tmp_path, creators=frozenset()) as there:
        missing = ask(there, access, [leaf(payer, it) for it in range(3)])
        brought = ask(there, access, [leaf(payer, it) for it in (0, 2)])

    assert refused(missing) == (403, "not_served", leaf(payer, 1))
    assert brought.status == 200


def test_all_items_are_looked_up_by_one_look_and_one_reading(payer: Payer, monkeypatch: pytest.MonkeyPatch) -> None:
    access = granted(payer, [0, 1, 2])
    leaves = [leaf(payer, it) for it in range(3)]
    ask(payer, access, leaves)
    asked = looks_of(monkeypatch)

    answer = ask(payer, access, leaves)

    assert (answer.status, asked) == (200, ["index", "reading"])


def test_more_items_or_bytes_than_a_bundle_has_are_refused(payer: Payer, monkeypatch: pytest.MonkeyPatch) -> None:
    access = granted(payer, [0, 1])
    sizes = [payer.venue.rows[it].item.size for it in range(2)]
    monkeypatch.setattr("audiera.gateway.counter.BUNDLE_BYTES", sum(sizes) - 1)

    large = ask(payer, access, [leaf(payer, 0), leaf(payer, 1)])
    monkeypatch.setattr("audiera.gateway.counter.BUNDLE_BYTES", sum(sizes))
    fits = ask(payer, access, [leaf(payer, 0), leaf(payer, 1)])
    many = ask(payer, access, [leaf(payer, 0)] * (BUNDLE_ITEMS + 1))
    none = ask(payer, access, [])

    assert refused(large) == (413, "too_large", leaf(payer, 1))
    assert fits.status == 200
    assert refused(many) == refused(none) == (400, "malformed", None)


def test_what_is_longer_than_the_most_items_are_is_refused_before_it_is_read(payer: Payer) -> None:
    """AUD-G1"""
    access = granted(payer, [0])
    most = json.dumps({"items": [leaf(payer, 0)] * BUNDLE_ITEMS}, indent=4).encode()

    def post(body: bytes) -> urllib3.BaseHTTPResponse:
        named = {"Content-Type": "application/json"}
        return payer.server.http.request(
            "POST", f"{payer.server.url}/v1/accesses/{access}/items", body=body, headers=named
        )

    fits, longer = post(most), post(b"[" * 20_481)

    assert (fits.status, fits.data) == (200, content(payer.venue, 0) * BUNDLE_ITEMS)
    assert refused(longer) == (413, "too_large", None)


def test_the_document_tells_the_bounds(payer: Payer) -> None:
    document = json.loads(payer.server.get("/v1/openapi.json").data)

    assert "post" in document["paths"]["/v1/accesses/{access}/items"]
    items = document["components"]["schemas"]["Bundle"]["properties"]["items"]
    assert (items["minItems"], items["maxItems"]) == (1, BUNDLE_ITEMS)
    assert f"{BUNDLE_BYTES:,} bytes at most" in items["description"]


def own_store(payer: Payer, *, key: bytes | None = None) -> str:
    """A store of the test's own, in which it may break things."""
    store = Store.open(str(payer.venue.folder / "own"), key)
    for number, it in enumerate(payer.venue.rows):
        store.put(StoredObject(it.item.sha256, it.item.size, content(payer.venue, number), private=True))
    return store.url


def test_one_item_that_is_damaged_or_missing_refuses_all_of_them(payer: Payer, tmp_path: Path) -> None:
    url, access = own_store(payer), granted(payer, [0, 1, 2])
    leaves = [leaf(payer, it) for it in range(3)]
    name = payer.venue.rows[1].item.sha256.hex()
    place = Path(url) / "sha256" / name[:2] / name

    with at(payer, tmp_path, store=url) as there:
        place.write_bytes(bytes(len(place.read_bytes())))
        damaged = ask(there, access, leaves)
        place.unlink()
        missing = ask(there, access, leaves)
        others = ask(there, access, [leaves[0], leaves[2]])

    assert refused(damaged) == refused(missing) == (503, "object_unavailable", leaves[1])
    assert str(tmp_path) not in damaged.data.decode()
    assert others.data == content(payer.venue, 0) + content(payer.venue, 2)


def test_sealed_items_are_opened_while_they_are_sent(payer: Payer, tmp_path: Path) -> None:
    key = os.urandom(32)
    url, access = own_store(payer, key=key), granted(payer, [0, 1, 2])

    with at(payer, tmp_path, store=url, store_key=key) as there:
        answer = ask(there, access, [leaf(payer, it) for it in range(3)])

    assert (answer.status, answer.data) == (200, b"".join(content(payer.venue, it) for it in range(3)))


def test_the_gateway_sends_them_itself_where_nginx_sends_single_ones(payer: Payer, tmp_path: Path) -> None:
    access = granted(payer, [0, 1])

    with at(payer, tmp_path, accel="/objects") as there:
        answer = ask(there, access, [leaf(payer, 0), leaf(payer, 1)])

    assert (answer.status, answer.data) == (200, content(payer.venue, 0) + content(payer.venue, 1))
    assert "X-Accel-Redirect" not in answer.headers


def test_a_gateway_over_a_bucket_sends_none_together_and_has_the_bucket_send_each(
    payer: Payer, tmp_path: Path, bucket: str
) -> None:
    store = Store.open(f"s3://{bucket}/label")
    for number, it in enumerate(payer.venue.rows):
        store.put(StoredObject(it.item.sha256, it.item.size, content(payer.venue, number), private=True))
    access = granted(payer, [0, 1])

    with at(payer, tmp_path, store=store.url, presign=60) as there:
        together = ask(there, access, [leaf(payer, 0), leaf(payer, 1)])
        alone = there.server.get(f"/v1/accesses/{access}/items/{leaf(payer, 0)}")

    assert refused(together) == (405, "method_not_allowed", None)
    assert alone.status == 302


SIZE = 1 << 18


class Served:
    """Objects of a store behind a server: all of them together, and each alone."""

    def __init__(self, store: Store, sizes: Sequence[int]) -> None:
        self.data = [os.urandom(it) for it in sizes]
        hashes = [hashlib.sha256(it).digest() for it in self.data]
        self.grants = [
            Grant(bytes([number]) * 32, sha256, len(data), "audio/flac", "a.flac")
            for number, (sha256, data) in enumerate(zip(hashes, self.data, strict=True))
        ]
        for sha256, data in zip(hashes, self.data, strict=True):
            store.put(StoredObject(sha256, len(data), data, private=True))
        self.objects = Objects(store, 20)
        self.settings = cast("Settings", SimpleNamespace(accel=None, presign=60, limits=Limits(stall=1)))
        self.server: Explorer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/":
            await BundleDelivery(self.objects, self.settings, self.grants)(scope, receive, send)
            return
        it = self.grants[int(scope["path"][1:])]
        headers = {"ETag": '"t"', "Content-Type": "audio/flac", "Content-Disposition": "attachment"}
        await Delivery(self.objects, self.settings, it.sha256, it.size, headers)(scope, receive, send)

    def place(self, number: int) -> Path:
        it, backend = self.grants[number], self.objects.store.backend
        root = backend.root if isinstance(backend, LocalFolder) else backend.inner.root  # type: ignore[attr-defined]
        return Path(root) / self.objects.store.find(it.sha256, it.size).name


@contextmanager
def served(store: Store, sizes: Sequence[int] = (SIZE,) * 8) -> Iterator[Served]:
    async def refusing(_: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return problem_response(error)

    it = Served(store, sizes)
    with serving(ExceptionMiddleware(it, {Problem: refusing, HTTPException: refusing})) as server:
        it.server = server
        yield it
    it.objects.close()


def open_files(root: Path) -> int:
    """How many files below a folder this process has open."""
    found = 0
    for it in Path("/proc/self/fd").iterdir():
        try:
            found += str(it.readlink()).startswith(str(root / "sha256"))
        except OSError:
            continue
    return found


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_items_of_all_sizes_come_whole(tmp_path: Path) -> None:
    sizes = (0, 1, SIZE - 1, SIZE, 0, SIZE + 1, 3 * SIZE, 7, 0)
    with served(Store.open(str(tmp_path)), sizes) as it:
        first, again = it.server.get("/").data, it.server.get("/").data

    assert first == again == b"".join(it.data)


def test_nothing_but_empty_items_is_an_empty_answer(tmp_path: Path) -> None:
    with served(Store.open(str(tmp_path)), (0, 0)) as it:
        answer = it.server.get("/")

    assert (answer.status, answer.data, answer.headers["Content-Length"]) == (200, b"", "0")


class Failing:
    """A store like another that fails, or gives fewer bytes of an object, once it is told to."""

    def __init__(self, inner: LocalFolder) -> None:
        self.inner, self.url = inner, "failing"
        self.fails, self.short = "", ""

    def size(self, name: str) -> int | None:
        return self.inner.size(name)

    def write(self, *told: object, **more: object) -> None:
        self.inner.write(*told, **more)  # type: ignore[arg-type]

    def read(self, name: str, start: int, stop: int) -> Iterator[bytes]:
        if name == self.fails:
            raise StorageError("The connection broke.")
        yield from self.inner.read(name, start, stop - (name == self.short))


@pytest.mark.parametrize("how", ["fails", "short"])
def test_an_item_that_fails_in_the_middle_ends_the_answer_before_it(tmp_path: Path, how: str) -> None:
    backend = Failing(LocalFolder(tmp_path))
    with served(Store(backend)) as it:  # type: ignore[arg-type]
        assert it.server.get("/").status == 200
        setattr(backend, how, it.objects.store.find(it.grants[5].sha256, SIZE).name)

        answer = it.server.http.request("GET", it.server.url, preload_content=False)
        came = b"".join(iter(answer.read1, b""))

    assert answer.headers["Content-Length"] == str(8 * SIZE)
    assert came == b"".join(it.data[:5])


def test_an_item_that_fails_at_the_beginning_is_named(tmp_path: Path) -> None:
    backend = Failing(LocalFolder(tmp_path))
    with served(Store(backend), (10, 10, 10)) as it:  # type: ignore[arg-type]
        assert it.server.get("/").status == 200
        backend.fails = it.objects.store.find(it.grants[1].sha256, 10).name

        answer = it.server.get("/")

    assert refused(answer) == (503, "object_unavailable", f"0x{'01' * 32}")


def test_a_file_that_is_exchanged_while_others_are_sent_ends_the_answer_early(tmp_path: Path) -> None:
    with served(Store.open(str(tmp_path)), (16 * SIZE, SIZE)) as it:
        assert it.server.get("/").status == 200
        answer = it.server.http.request("GET", it.server.url, preload_content=False)
        first = answer.read(1)
        it.place(1).write_bytes(bytes(SIZE))

        came = first + b"".join(iter(answer.read1, b""))

    assert came == it.data[0]


def test_a_client_that_takes_nothing_is_left_and_its_file_closed(tmp_path: Path) -> None:
    with served(Store.open(str(tmp_path)), (16 * SIZE,) * 2) as it:
        it.server.get("/")
        answer = it.server.http.request("GET", it.server.url, preload_content=False)

        assert within(5, lambda: open_files(tmp_path) == 1)
        assert within(5, lambda: open_files(tmp_path) == 0)
        answer.close()


def test_a_bucket_is_read_through_the_gateway_though_single_items_come_from_it(bucket: str) -> None:
    with served(Store.open(f"s3://{bucket}/label"), (10, 20)) as it:
        together, alone = it.server.get("/"), it.server.get("/0")

    assert (together.status, together.data) == (200, b"".join(it.data))
    assert alone.status == 302


def slowly(monkeypatch: pytest.MonkeyPatch, seconds: float) -> list[bytes]:
    """Have every verification take so long, and return what is verified, as it goes."""
    seen: list[bytes] = []
    verify = Objects._verify

    def slow(self: Objects, it: Verified) -> None:
        seen.append(it.found.sha256)
        time.sleep(seconds)
        verify(self, it)

    monkeypatch.setattr(Objects, "_verify", slow)
    return seen


def test_each_object_is_verified_once_whoever_asks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verified = slowly(monkeypatch, 0.02)
    with served(Store.open(str(tmp_path))) as it, ThreadPoolExecutor(12) as pool:
        together = [pool.submit(it.server.get, "/") for _ in range(4)]
        alone = [pool.submit(it.server.get, f"/{number}") for number in range(8)]
        found = {answer.result().data for answer in together}
        single = [answer.result().data for answer in alone]

    assert (found, single) == ({b"".join(it.data)}, it.data)
    assert sorted(verified) == sorted(grant.sha256 for grant in it.grants)


def test_an_object_that_is_damaged_harms_none_that_is_verified_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly(monkeypatch, 0.05)
    with served(Store.open(str(tmp_path))) as it, ThreadPoolExecutor(3) as pool:
        it.place(3).write_bytes(bytes(SIZE))
        together = pool.submit(it.server.get, "/")
        time.sleep(0.02)
        before, after = pool.submit(it.server.get, "/0"), pool.submit(it.server.get, "/7")

        assert refused(together.result()) == (503, "object_unavailable", f"0x{'03' * 32}")
        assert (before.result().data, after.result().data) == (it.data[0], it.data[7])


def test_whoever_waits_too_long_for_verification_is_told_to_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly(monkeypatch, 0.1)
    with served(Store.open(str(tmp_path))) as it:
        monkeypatch.setattr(it.objects, "_patience", 0.05)
        early = it.server.get("/")

        assert (early.status, early.headers["Retry-After"]) == (503, "5")
        assert within(5, lambda: it.server.get("/").status == 200)
