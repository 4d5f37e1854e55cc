"""Files that come together: in one answer, held to what each of them is; what does not come so comes alone.

AUD-B1, AUD-B2, AUD-B4
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from audiera.consumer import Accesses, Keeping, Pull, Version
from audiera.consumer.bundling import Load, Piece, bundled, loads_of
from audiera.consumer.keeping import Granted
from audiera.credits import Party
from audiera.errors import StorageError
from audiera.gateway import create_app
from audiera.interface import BUNDLE_BYTES, BUNDLE_ITEMS, Access, Head, SignedHead
from audiera.manifest import Description, build_documents
from audiera.protocol import Item, Metadata, Right, TableRow
from audiera.remote import Remote
from audiera.work import Watcher
from tests.support.consumer import Asking, priced, result_of, run
from tests.support.explorer import serving
from tests.support.gateway import PRICE, Venue

Words = Callable[..., list[str]]

pytestmark = pytest.mark.usefixtures("together")


def pieces_of(*sizes: int, dataset: int = 1) -> list[Piece]:
    found = []
    for number, size in enumerate(sizes):
        metadata = Metadata(path=f"{number}.bin", media_type="application/octet-stream")
        row = TableRow(Item(hashlib.sha256(bytes(size)).digest(), size, 0, metadata.hash()), metadata)
        found.append(Piece((dataset, row.item.leaf()), row, Path(metadata.path)))
    return found


def shape(loads: list[Load]) -> list[list[int]]:
    return [[it.size for it in load.pieces] for load in loads]


LARGE = BUNDLE_BYTES // 8 + 1


def test_small_files_come_together_and_large_ones_alone() -> None:
    pieces = [*pieces_of(1, 2, LARGE, 3, LARGE, LARGE, 4, 5), *pieces_of(6, 7, dataset=2)]

    loads = loads_of(pieces, 1)

    assert shape(loads) == [[1, 2], [LARGE], [3], [LARGE], [LARGE], [4, 5], [6, 7]]
    assert [piece for load in loads for piece in load.pieces] == pieces
    assert [it.size for it in loads] == [sum(sizes) for sizes in shape(loads)]
    assert loads_of([], 8) == []


def test_no_more_comes_together_than_a_gateway_sends() -> None:
    many, much = loads_of(pieces_of(*[1] * 1_000), 1), loads_of(pieces_of(*[LARGE - 1] * 20), 1)

    assert list(map(len, shape(many))) == [BUNDLE_ITEMS] * 3 + [232]
    assert list(map(len, shape(much))) == [8, 8, 4]
    assert max(it.size for it in much) == BUNDLE_BYTES


def test_few_files_are_shared_out_among_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiera.consumer.bundling._SHARES", 4)

    assert list(map(len, shape(loads_of(pieces_of(*[1] * 20), 8)))) == [1] * 20
    assert list(map(len, shape(loads_of(pieces_of(*[1] * 320), 8)))) == [10] * 32


Lie = Callable[[Scope, Send, bytes], Awaitable[None]]
"""Answers whoever wants items together; is given their bytes."""


@dataclass(slots=True)
class Counted:
    """A gateway that lies of items that come together, and what of items it was asked for."""

    app: ASGIApp
    lie: Lie | None
    bundles: int = 0
    singles: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if "/items/" in path:
            self.singles.append(path.rpartition("/")[2])
        if not path.endswith("/items"):
            await self.app(scope, receive, send)
            return
        self.bundles += 1
        body = bytearray()

        async def kept(message: Message) -> None:
            body.extend(message.get("body", b""))

        await self.app(scope, receive, kept if self.lie else send)
        if self.lie:
            await self.lie(scope, send, bytes(body))


def says(change: Callable[[bytes], bytes], status: int = 200, **headers: str) -> Lie:
    async def lie(_: Scope, send: Send, body: bytes) -> None:
        data = change(body)
        told = {"content-length": str(len(data)), **headers}
        lines = [(name.encode(), value.encode()) for name, value in told.items()]
        await send({"type": "http.response.start", "status": status, "headers": lines})
        await send({"type": "http.response.body", "body": data})

    return lie


async def without_end(_: Scope, send: Send, body: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _number in range(1_000):  # a server does not say that its client hung up
        await send({"type": "http.response.body", "body": body[:1] * (1 << 16), "more_body": True})
        await asyncio.sleep(0)


async def broken_off(_: Scope, send: Send, body: bytes) -> None:
    told = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": told})
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


@contextmanager
def counting(venue: Venue, journal: Path, lie: Lie | None = None) -> Iterator[tuple[str, Counted]]:
    counted = Counted(create_app(venue.settings(journal, explorer=False)), lie)
    with serving(counted) as server:
        yield server.url, counted


def test_the_files_of_an_access_come_in_one_answer(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path
) -> None:
    with counting(own_venue, tmp_path / "gateway.db") as (url, asked):
        done = result_of(run(*words(url)))

    assert (asked.bundles, asked.singles) == (1, [])
    assert asking.files() == asking.all
    assert (done["fetched"], done["failed"]) == (len(asking.all), [])
    assert asking.signed() == PRICE


def test_the_files_of_several_accesses_come_in_an_answer_each(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path
) -> None:
    own_venue.sell(priced(own_venue, unit_price=400, rights=Right.Inference))
    own_venue.read()

    with counting(own_venue, tmp_path / "gateway.db") as (url, asked):
        told = words(url, "--max-exposure", "0.0016 MUSD", right="inference")
        result_of(run(*told))

    assert (asked.bundles, len(asked.singles)) == (1, 1)  # two are signed for at once, and then the third
    assert asking.files() == asking.all
    assert asking.signed() == 400 * len(asking.all)


def halves(body: bytes) -> bytes:
    return body[len(body) // 2 :] + body[: len(body) // 2]


def middle(body: bytes) -> bytes:
    at = len(body) // 2
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


LIES: dict[str, tuple[Lie, int]] = {
    "other bytes in the middle": (says(middle), 1),
    "fewer bytes": (says(lambda it: it[:-7]), 1),
    "more bytes at the end": (says(lambda it: it + b"more"), 0),
    "more bytes at the beginning": (says(lambda it: b"more" + it), 3),
    "no bytes": (says(lambda _: b""), 3),
    "items that are exchanged": (says(halves), 3),
    "an answer without an end": (without_end, 3),
    "an answer that breaks off": (broken_off, 3),
    "that it is elsewhere": (says(lambda it: it, 302, location="https://music.example/"), 3),
    "a part": (says(lambda it: it, 206), 3),
    "that all is withdrawn": (says(lambda _: b'{"code": "item_withdrawn", "detail": "No."}', 451), 3),
    "that there is no such thing": (says(lambda _: b"{}", 404), 3),
    "that it takes nothing": (says(lambda _: b"{}", 405), 3),
    "that it is too much": (says(lambda _: b"{}", 413), 3),
    "that it failed": (says(lambda _: b"{}", 500), 3),
    "come later": (says(lambda _: b"{}", 429, **{"retry-after": "60"}), 3),
}
"""And how many of the three files come alone then."""


@pytest.mark.parametrize("lie", LIES)
def test_what_does_not_come_together_comes_alone_and_is_paid_once(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path, lie: str
) -> None:
    told, alone = LIES[lie]

    with counting(own_venue, tmp_path / "liar.db", told) as (url, asked):
        done = result_of(run(*words(url)))

    assert (asked.bundles, len(asked.singles), len(set(asked.singles))) == (1, alone, alone)
    assert asking.files() == asking.all
    assert (done["fetched"], done["failed"]) == (len(asking.all), [])
    assert asking.signed() == PRICE
    below = asking.folder / f"dataset-{own_venue.dataset}"
    assert [it.name for it in below.rglob(".*")] == []


@dataclass
class Small:
    """A gateway of six files that come two at a time, and what it was asked for: P together, G alone."""

    keeping: Keeping
    folder: Path
    rows: tuple[TableRow, ...]
    status: int = 200
    body: bytes = b"{}"
    lost: bool = False
    """Whether it knows nothing of the access."""
    asked: str = ""

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        self.asked += scope["method"][0]
        alone = scope["method"] == "GET"
        status = (404 if self.lost else 200) if alone else self.status
        data = bytes(9) if alone else self.body
        await says(lambda _: data, status)(scope, send, b"")

    def pull(self, progress: Watcher | None = None) -> Pull:
        said = Description(name="Made up", description="Items.", creators=(Party("Ada Moreau"),), date="2026-03-01")
        manifest = build_documents(said, self.rows).manifest
        pull = Pull(self.keeping, [Version(1, 1, "Made up", bytes(32), manifest, b"", self.rows)], self.folder)
        with serving(self) as server:
            pull.look()
            deal = SimpleNamespace(presigned=0)
            told = {"remote": Remote(server.url), "deal": deal, "delivered": 0, "report": None}
            pull.bring(cast("Accesses", SimpleNamespace(**told)), {}, progress)
        return pull


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Small]:
    monkeypatch.setattr("audiera.consumer.bundling.BUNDLE_ITEMS", 2)
    rows = tuple(it.row for it in pieces_of(*[9] * 6))
    with Keeping.opened(tmp_path / ".audiera") as keeping:
        keeping.renew(granted([it.item.leaf() for it in rows]))
        yield Small(keeping, tmp_path, rows)


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, b""), (404, b'{"code": "not_found"}'), (405, b'{"code": "method_not_allowed"}'), (500, b"{}"), (503, b"{}")],
)
def test_a_gateway_without_bundles_or_at_which_one_fails_is_asked_for_one_once(
    small: Small, status: int, body: bytes
) -> None:
    small.status, small.body = status, body

    pull = small.pull()

    assert (small.asked, pull.pulled().fetched) == ("P" + 6 * "G", 6)


@pytest.mark.parametrize(
    ("status", "code"), [(404, "item_unknown"), (451, "item_withdrawn"), (410, "grant_expired"), (413, "too_large")]
)
def test_what_is_refused_of_some_files_says_nothing_of_others(small: Small, status: int, code: str) -> None:
    small.status, small.body = status, f'{{"code": "{code}"}}'.encode()

    pull = small.pull()

    assert (small.asked, pull.pulled().fetched) == (3 * "PGG", 6)


def test_a_gateway_that_lost_an_access_may_have_bundles_of_others(small: Small) -> None:
    small.status, small.body, small.lost = 404, b'{"code": "not_found"}', True

    pull = small.pull()

    assert (small.asked, len(pull.pulled().failed)) == (3 * "PGG", 6)


def test_bundles_are_given_up_after_one_that_comes_too_slowly(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object) -> Iterator[bytes]:
        small.asked += "P"
        yield bytes(9)
        raise StorageError("It broke off (TimeoutError).")

    monkeypatch.setattr(Remote, "answered", slow)

    pull = small.pull()

    assert (small.asked, pull.pulled().fetched) == ("P" + 5 * "G", 6)


@pytest.mark.parametrize("body", [bytes(18), bytes(17) + b"!", b"!" * 18], ids=["right", "one wrong", "wrong"])
def test_bytes_count_once_they_are_known_to_be_right(small: Small, body: bytes) -> None:
    small.body, seen = body, list[int]()

    small.pull(lambda now: seen.append(now.bytes))

    assert seen == sorted(seen)
    assert seen[-1] == max(seen) == 6 * 9


def test_what_comes_together_is_ended_while_it_comes() -> None:
    pieces, told = pieces_of(9, 9), list[int]()

    def report(size: int) -> None:
        told.append(size)
        raise KeyboardInterrupt

    def endless(*_: object) -> Iterator[bytes]:
        while len(told) < 9:
            yield b""

    with pytest.raises(KeyboardInterrupt):
        bundled(cast("Remote", SimpleNamespace(answered=endless)), bytes(32), pieces, report)

    assert told == [0]


def granted(items: list[bytes]) -> Granted:
    """An access to items that was paid and not delivered."""
    zero, who = dict.fromkeys(("batch", "amount", "fee", "calls", "statements"), "0"), f"0x{'11' * 20}"
    voucher = Head.model_validate({**zero, "payer": who, "gateway": who, "token": who, "root": bytes(32)})
    head = SignedHead(voucher=voucher, signature=b"", receipt=b"")
    told = dict.fromkeys(("at", "position", "calls", "units", "price", "fee"), 0)
    answer = Access(id=bytes(32), head=head, nonce=bytes(32), granted=[], until=1 << 40, **told)
    return Granted(name="1-0", dataset=1, version=1, items=items, value=0, answer=answer)


@pytest.mark.parametrize("lie", ["other bytes in the middle", "no bytes", "items that are exchanged"])
def test_no_more_is_signed_for_than_the_exposure_where_nothing_comes_in_either_way(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path, lie: str
) -> None:
    own_venue.sell(priced(own_venue, unit_price=400, rights=Right.Inference))
    own_venue.read()
    told, alone = LIES[lie][0], LIES["items that are exchanged"][0]

    class Worse(Counted):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            if "/items/" in scope.get("path", ""):
                await alone(scope, send, b"nothing that anybody wants")
            else:
                await Counted.__call__(self, scope, receive, send)

    app = Worse(create_app(own_venue.settings(tmp_path / "liar.db", explorer=False)), told)
    with serving(app) as server:
        done = run(*words(server.url, "--max-exposure", "0.001 MUSD", right="inference"))

    assert done.exit_code == 1
    assert "Traceback" not in done.output
    assert asking.signed() - 400 * len(asking.files()) <= 1_000
