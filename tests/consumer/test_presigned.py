"""Files from presigned URLs: believed in nothing, held to their hashes, and never the last word of what comes.

AUD-B1, AUD-B2, AUD-B4
"""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from audiera.consumer import Accesses, Keeping, Pull, Version
from audiera.consumer.bundling import Piece, bundles_of, loads_of
from audiera.consumer.fetching import Fetcher
from audiera.consumer.keeping import Granted
from audiera.credits import Party
from audiera.errors import StorageError
from audiera.gateway import create_app
from audiera.interface import BUNDLE_BYTES, BUNDLE_ITEMS, PRESIGNED_ITEMS, Access, Head, SignedHead
from audiera.manifest import Description, build_documents
from audiera.protocol import Item, Metadata, TableRow
from audiera.remote import Remote
from audiera.storage.objects import BLOCK
from audiera.storage.sealing import CHUNK
from audiera.work import Watcher
from tests.support.consumer import Asking, result_of, run
from tests.support.explorer import serving
from tests.support.gateway import PRICE, Venue
from tests.support.nginx import SECRET, fronted

Words = Callable[..., list[str]]

pytestmark = pytest.mark.usefixtures("together")


def data_of(number: int, size: int) -> bytes:
    return bytes([number]) * size


def piece_of(number: int, size: int) -> Piece:
    metadata = Metadata(path=f"{number}.bin", media_type="application/octet-stream")
    row = TableRow(Item(hashlib.sha256(data_of(number, size)).digest(), size, 0, metadata.hash()), metadata)
    return Piece((1, row.item.leaf()), row, Path(metadata.path))


def test_large_files_have_their_urls_asked_for_with_small_ones() -> None:
    pieces = [piece_of(number, size) for number, size in enumerate([1, BUNDLE_BYTES, 2, 5 * BUNDLE_BYTES, 3, 4])]

    loads = loads_of(pieces, 1, presigned=True)

    sizes = [[it.size for it in load.pieces] for load in loads]
    assert sizes == [[1, BUNDLE_BYTES, 2], [5 * BUNDLE_BYTES], [3, 4]]
    many = pieces_of_sizes([*[BUNDLE_BYTES] * 8, *[1] * 2_000])
    assert [len(it.pieces) for it in loads_of(many, 1, presigned=True)] == [4, 4, PRESIGNED_ITEMS, 976]
    assert [len(it.pieces) for it in loads_of(many[8:], 8, presigned=True)] == [250] * 8


def test_what_did_not_come_from_urls_is_cut_into_what_comes_together() -> None:
    pieces = pieces_of_sizes([BUNDLE_BYTES, *[1] * 300, BUNDLE_BYTES])

    assert [len(it.pieces) for it in bundles_of(pieces)] == [1, BUNDLE_ITEMS, 44, 1]


def pieces_of_sizes(sizes: list[int]) -> list[Piece]:
    metadata = Metadata(path="x.bin", media_type="application/octet-stream")
    rows = [TableRow(Item(bytes(32), size, 0, metadata.hash()), metadata) for size in sizes]
    return [Piece((1, bytes(32)), it, Path("x.bin")) for it in rows]


@dataclass(frozen=True, slots=True)
class Sent:
    """One answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Served:
    """A gateway of made-up files that presigns URLs below itself; a test changes what it says."""

    keeping: Keeping
    folder: Path
    size: int = 9
    count: int = 6
    lasts: int = 60
    until: int = 1 << 40
    """Until when what was granted is good."""
    renewed: int = 1 << 40
    """Until when it is, once it was renewed."""
    urls: Callable[[list[str]], Any] = field(default=lambda urls: {"at": "0", "until": "60", "urls": urls})
    """What it answers where it is asked for URLs: JSON, or an answer."""
    sends: Callable[[int, Sent], Sent] = field(default=lambda _, right: right)
    """What is sent at the URL of a file; is given what is right."""
    asked: str = ""
    """P: URLs were asked for, U: one of them, B: a bundle, S: a single item, R: an access is to be renewed."""
    seen: list[dict[str, str]] = field(default_factory=list)
    """The headers of requests for bytes."""
    said: list[str] = field(default_factory=list)
    """What the user is told."""

    @property
    def pieces(self) -> list[Piece]:
        return [piece_of(number, self.size) for number in range(self.count)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, body = scope["path"], b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        leaves = [f"0x{it.key[1].hex()}" for it in self.pieces]
        if path.endswith("/renew"):
            self.asked += "R"
            answer = granted([], self.renewed).answer
            sent = Sent(body=answer.model_dump_json().encode())
        elif path.endswith("/presigned"):
            self.asked += "P"
            told = self.urls([f"/at/{leaves.index(it)}" for it in json.loads(body)["items"]])
            sent = told if isinstance(told, Sent) else Sent(body=json.dumps(told).encode())
        elif path.startswith("/at/"):
            self.asked += "U"
            number = int(path.removeprefix("/at/"))
            self.seen.append({"path": path, **headers})
            sent = self.sends(number, self._part(number, headers))
        elif path.endswith("/items"):
            self.asked += "B"
            sent = Sent(body=b"".join(data_of(leaves.index(it), self.size) for it in json.loads(body)["items"]))
        elif "/items/" in path:
            self.asked += "S"
            self.seen.append({"path": path, **headers})
            sent = self._part(leaves.index(path.rpartition("/")[2]), headers)
        else:
            self.asked += "?"
            sent = Sent(404, b"{}")
        lines = {"content-length": str(len(sent.body)), **sent.headers}
        told_lines = [(name.encode(), value.encode()) for name, value in lines.items()]
        await send({"type": "http.response.start", "status": sent.status, "headers": told_lines})
        await send({"type": "http.response.body", "body": sent.body})

    def _part(self, number: int, headers: dict[str, str]) -> Sent:
        data = data_of(number, self.size)
        if "range" not in headers:
            return Sent(200, data)
        start = int(headers["range"].removeprefix("bytes=").partition("-")[0])
        return Sent(206, data[start:], {"content-range": f"bytes {start}-{self.size - 1}/{self.size}"})

    def pull(self, progress: Watcher | None = None) -> Pull:
        rows = tuple(it.row for it in self.pieces)
        self.keeping.renew(granted([it.item.leaf() for it in rows], self.until))
        said = Description(name="Made up", description="Items.", creators=(Party("Ada Moreau"),), date="2026-03-01")
        manifest = build_documents(said, rows).manifest
        pull = Pull(self.keeping, [Version(1, 1, "Made up", bytes(32), manifest, b"", rows)], self.folder)
        with serving(self) as server:
            deal = SimpleNamespace(presigned=self.lasts)
            told = {"remote": Remote(server.url), "deal": deal, "delivered": 0, "report": self.said.append}
            pull.look()
            pull.bring(cast("Accesses", SimpleNamespace(**told)), {}, progress)
        return pull

    def place(self, number: int) -> Path:
        return self.folder / "dataset-1" / f"{number}.bin"

    def came(self) -> bool:
        """Whether each file is there, and nothing else."""
        found = {it.name: it.read_bytes() for it in (self.folder / "dataset-1").iterdir()}
        return found == {f"{number}.bin": data_of(number, self.size) for number in range(self.count)}


def granted(items: list[bytes], until: int = 1 << 40) -> Granted:
    """An access to items that was paid and not delivered."""
    zero, who = dict.fromkeys(("batch", "amount", "fee", "calls", "statements"), "0"), f"0x{'11' * 20}"
    voucher = Head.model_validate({**zero, "payer": who, "gateway": who, "token": who, "root": bytes(32)})
    head = SignedHead(voucher=voucher, signature=b"", receipt=b"")
    told = dict.fromkeys(("at", "position", "calls", "units", "price", "fee"), 0)
    answer = Access(id=bytes(32), head=head, nonce=bytes(32), granted=[], until=until, **told)
    return Granted(name="1-0", dataset=1, version=1, items=items, value=0, answer=answer)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with Keeping.opened(tmp_path / ".audiera") as keeping:
        yield Served(keeping, tmp_path)


def test_files_come_from_urls_that_are_asked_for_at_once(served: Served) -> None:
    pull = served.pull()

    assert (served.asked, pull.pulled().fetched, pull.pulled().failed) == ("P" + 6 * "U", 6, ())
    assert served.came()


def test_urls_of_an_access_that_was_renewed_last_as_long_as_it_does_now(served: Served) -> None:
    served.until = 1

    served.pull()

    assert (served.asked, served.came()) == ("RP" + 6 * "U", True)
    (kept,) = served.keeping.granted()
    assert kept.answer.until == 1 << 40


def test_a_gateway_that_presigns_none_is_not_asked_for_any(served: Served) -> None:
    served.lasts = 0

    served.pull()

    assert (served.asked, served.came()) == ("B", True)


def test_a_single_file_is_asked_for_by_itself_which_leads_to_the_same_place(served: Served) -> None:
    served.count = 1

    served.pull()

    assert (served.asked, served.came()) == ("S", True)


def test_no_request_for_a_url_says_who_asks(served: Served) -> None:
    served.pull()

    named = {name for it in served.seen for name in it}
    assert named <= {"path", "host", "user-agent", "accept-encoding"}


def test_what_the_gateway_sends_itself_comes_as_it_does_otherwise(served: Served) -> None:
    served.urls = lambda urls: {"at": "0", "until": "60", "urls": [None, *urls[1:3], None, *urls[4:]]}

    served.pull()

    assert (served.asked, served.came()) == ("P" + 4 * "U" + "B", True)


LIES: dict[str, Any] = {
    "that it is refused": Sent(403),
    "that it is not there": Sent(404),
    "that it is over": Sent(410),
    "that it failed": Sent(500),
    "come later": Sent(503, headers={"retry-after": "60"}),
    "that it is elsewhere": Sent(302, headers={"location": "/at/0"}),
    "that it is at a bucket": Sent(302, headers={"location": "https://127.0.0.1:1/"}),
    "nothing": Sent(200),
    "too little": Sent(200, b"\1" * 8),
    "other bytes": Sent(200, b"!" * 9),
    "a part": Sent(206, b"\1" * 9, {"content-range": "bytes 3-8/9"}),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_url_that_fails_is_left_for_the_items_own_endpoint(served: Served, lie: str) -> None:
    served.sends = lambda number, right: LIES[lie] if number == 1 else right

    pull = served.pull()

    assert (served.asked, served.came()) == ("P" + 6 * "U" + "S", True)
    assert pull.pulled().failed == ()


def test_what_comes_after_the_end_of_a_file_is_not_read(served: Served) -> None:
    served.sends = lambda _, right: Sent(200, right.body + b"more")

    served.pull()

    assert (served.asked, served.came()) == ("P" + 6 * "U", True)


def test_after_some_urls_in_vain_none_is_asked_for(served: Served) -> None:
    served.sends = lambda _, __: Sent(403)

    served.pull()

    assert (served.asked, served.came()) == ("PUUUB", True)


def test_urls_that_fail_are_told_of_once(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiera.consumer.fetching._PAUSE", 0.0)
    served.sends = lambda _, __: Sent(403)

    served.pull()

    (said,) = served.said
    assert said.startswith("Presigned URLs of http://")
    assert " fail, so files come from the gateway itself for a while. The last one: http://" in said


def test_urls_that_are_good_now_and_then_make_up_for_none_that_fail(served: Served) -> None:
    served.count = 12
    served.sends = lambda number, right: right if number % 3 == 2 else Sent(403)

    served.pull()

    assert (served.asked, served.came()) == ("PUUUUB", True)


def test_a_few_urls_of_many_may_fail(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiera.consumer.fetching._GOOD", 2)
    served.count = 18
    served.sends = lambda number, right: Sent(403) if number % 3 == 2 else right

    served.pull()

    assert (served.asked, served.came(), served.said) == ("P" + 18 * "U" + "B", True, [])


def test_after_a_while_one_more_url_is_tried(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiera.consumer.bundling.PRESIGNED_ITEMS", 4)
    clock = ticking(monkeypatch)
    served.count, served.sends = 16, lambda _, __: Sent(403)
    waits = iter([0.0, 61.0, 0.0])
    together = Fetcher._together

    def slowly(self: Fetcher, *told: Any) -> Any:  # noqa: ANN401  # as it is called
        clock.now += next(waits, 0.0)
        return together(self, *told)

    monkeypatch.setattr(Fetcher, "_together", slowly)
    served.pull()

    assert (served.asked, served.came()) == ("PUUUB" + "B" + "PUB" + "B", True)


def ticking(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A steady clock for fetching, that a test moves by `now`."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("audiera.consumer.fetching.time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


PLACES = [
    "http://127.0.0.1:1/x",
    "https://127.0.0.1:1/x",
    "https://[::1]/x",
    "https://169.254.169.254/latest/meta-data",
    "https://localhost/x",
    "https://somebody:secret@music.example/x",
    "https://[",
    "https://",
    "https:///x",
    "https://" + "a" * 300 + "/x",
    "https://music.example:99999/x",
    "file:///etc/passwd",
    "ftp://127.0.0.1/x",
    "at/1",
    "?x",
    "//127.0.0.1:1/x",
    "/\\127.0.0.1:1/x",
    "/at/../v1/relay",
    "/at/%00%0d%0aX:y",
]


@pytest.mark.parametrize("place", PLACES)
def test_urls_lead_to_the_gateway_or_to_public_places_over_https_alone(
    served: Served, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.urls = lambda urls: {"at": "0", "until": "60", "urls": [place, *urls[1:]]}
    connect, made = socket.create_connection, set[Any]()

    def connecting(address: Any, *told: Any, **more: Any) -> socket.socket:  # noqa: ANN401  # as it is called
        made.add(address[1])
        return connect(address, *told, **more)

    monkeypatch.setattr("audiera.storage.https.socket.create_connection", connecting)
    pull = served.pull()

    assert len(made) == 1  # the gateway's port
    assert served.asked.count("S") == 1
    assert (served.came(), pull.pulled().failed) == (True, ())


ANSWERS: dict[str, Any] = {
    "too few": {"at": "0", "until": "60", "urls": ["/at/0"]},
    "too many": {"at": "0", "until": "60", "urls": ["/at/0"] * 7},
    "none": {"at": "0", "until": "60", "urls": []},
    "no text": {"at": "0", "until": "60", "urls": [1] * 6},
    "an object": {"at": "0", "until": "60", "urls": {"/at/0": 1}},
    "no object": ["/at/0"] * 6,
    "nulls": {"at": "0", "until": "60", "urls": [None] * 6},
    "a line break": {"at": "0", "until": "60", "urls": ["/at/0\r\nX: y"] * 6},
    "a space": {"at": "0", "until": "60", "urls": ["/at/0 "] * 6},
    "a letter that is none of URLs": {"at": "0", "until": "60", "urls": ["/at/é"] * 6},
    "long ones": {"at": "0", "until": "60", "urls": ["/" + "a" * 8_192] * 6},
    "no JSON": Sent(200, b"{"),
    "nothing": Sent(200),
    "much": Sent(200, b" " * (5 << 20)),
    "nested": Sent(200, b"[" * 100_000),
    "that there is no such thing": Sent(404, b'{"code": "not_found"}'),
    "that it takes nothing": Sent(405, b'{"code": "method_not_allowed"}'),
    "that one is withdrawn": Sent(451, b'{"code": "item_withdrawn"}'),
    "that it failed": Sent(500, b"{}"),
    "come later": Sent(503, b"{}", {"retry-after": "60"}),
    "that it is elsewhere": Sent(302, headers={"location": "/v1/gateway"}),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_where_no_urls_are_answered_files_come_together(served: Served, answer: str) -> None:
    served.urls = lambda _: ANSWERS[answer]

    served.pull()

    assert (served.asked, served.came()) == ("PB", True)


def test_a_gateway_that_answers_none_is_asked_some_times_and_no_more(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiera.consumer.bundling.PRESIGNED_ITEMS", 2)
    served.count, served.urls = 10, lambda _: Sent(500)

    served.pull()

    assert (served.asked, served.came()) == (3 * "PB" + 2 * "B", True)


def test_urls_are_asked_for_anew_once_half_of_their_time_is_over(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ticking(monkeypatch)

    def sends(_: int, right: Sent) -> Sent:
        clock.now += 11
        return right

    served.sends = sends
    served.pull()

    assert (served.asked, served.came()) == ("PUUUPUUU", True)


def test_urls_that_are_over_at_once_are_not_asked_for_again_and_again(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, asked = ticking(monkeypatch), list[int]()
    served.count = 40

    def urls(some: list[str]) -> dict[str, object]:
        asked.append(len(some))
        return {"at": "9", "until": "10", "urls": some}

    def sends(_: int, right: Sent) -> Sent:
        clock.now += 1
        return right

    served.urls, served.sends = urls, sends
    served.pull()

    assert served.came()
    assert sum(asked) <= 3 * served.count


def test_urls_that_are_over_already_are_not_used(served: Served) -> None:
    served.urls = lambda urls: {"at": "60", "until": "60", "urls": urls}

    served.pull()

    assert (served.asked, served.came()) == ("PB", True)


def test_a_client_whose_clock_is_ahead_has_an_access_renewed_once(served: Served) -> None:
    served.until, served.renewed = 1, 2

    served.pull()

    assert (served.asked, served.came()) == ("RP" + 6 * "U", True)

    for number in range(served.count):
        served.place(number).unlink()
    served.asked, served.lasts = "", 0
    served.size = BUNDLE_BYTES // 4
    served.pull()

    assert (served.asked, served.came()) == ("R" + 6 * "S", True)


def test_what_an_earlier_run_brought_is_gone_on_with_at_the_url(served: Served) -> None:
    served.size = 3 * CHUNK
    partial(served, 1, data_of(1, served.size)[: CHUNK + 7])

    served.pull()

    assert (served.asked, served.came()) == ("P" + 6 * "U", True)
    assert [it["range"] for it in served.seen if "range" in it] == [f"bytes={CHUNK}-{3 * CHUNK - 1}"]


def test_what_breaks_off_at_a_url_goes_on_where_it_ended(served: Served) -> None:
    served.count, served.size = 3, BLOCK + 3 * CHUNK
    served.sends = lambda number, right: broken_off(right) if number == 1 else right

    served.pull()

    assert (served.asked, served.came()) == ("PUUUS", True)
    assert [it["range"] for it in served.seen if "range" in it] == [f"bytes={BLOCK}-{BLOCK + 3 * CHUNK - 1}"]


def broken_off(right: Sent) -> Sent:
    return Sent(200, right.body[: BLOCK + CHUNK], {"content-length": str(len(right.body))})


def test_what_an_earlier_run_brought_is_of_use_though_the_url_fails(served: Served) -> None:
    served.size = 3 * CHUNK
    partial(served, 1, data_of(1, served.size)[: CHUNK + 7])
    served.sends = lambda number, right: Sent(403) if number == 1 else right

    served.pull()

    assert (served.asked, served.came()) == ("P" + 6 * "U" + "S", True)
    assert [it["range"] for it in served.seen if "range" in it] == [f"bytes={CHUNK}-{3 * CHUNK - 1}"] * 2


def test_a_wrong_beginning_that_a_url_left_is_discarded(served: Served) -> None:
    served.count, served.size = 3, BLOCK + 3 * CHUNK
    wrong = Sent(200, bytes(BLOCK + 3 * CHUNK))
    served.sends = lambda number, right: broken_off(wrong) if number == 1 else right

    served.pull()

    assert (served.asked, served.came()) == ("PUUUSS", True)


def partial(served: Served, number: int, data: bytes) -> None:
    """Leave what an interrupted fetch leaves."""
    place = served.place(number)
    place.parent.mkdir(parents=True, exist_ok=True)
    mark = hashlib.sha256(hashlib.sha256(data_of(number, served.size)).digest() + place.name.encode()).hexdigest()[:32]
    place.with_name(f".{mark}.partial").write_bytes(data)


def test_bytes_that_are_not_read_again_count_once_what_is_broken_off_in_between(served: Served) -> None:
    served.count, served.size, seen = 3, BLOCK + 3 * CHUNK, list[int]()
    served.sends = lambda number, right: broken_off(right) if number == 1 else right

    served.pull(lambda now: seen.append(now.bytes))

    assert seen == sorted(seen)
    assert seen[-1] == 3 * served.size


@pytest.mark.parametrize("lie", ["other bytes", "too little", "that it is refused"])
def test_bytes_that_came_in_vain_count_no_more(served: Served, lie: str) -> None:
    served.sends, seen = lambda number, right: LIES[lie] if number == 1 else right, list[int]()

    served.pull(lambda now: seen.append(now.bytes))

    assert seen[-1] == max(seen) == 6 * 9


def test_a_full_disk_ends_it(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StorageError("There is no room.")

    monkeypatch.setattr("audiera.consumer.fetching.fetch", full)

    with pytest.raises(StorageError, match="There is no room"):
        served.pull()

    assert served.asked.count("S") == 0


def test_connections_to_a_bucket_are_kept_for_its_next_url(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [f"https://a.example/{number}?sig=1" for number in range(6)]
    served.urls = lambda _: {"at": "0", "until": "60", "urls": places}
    opened, read = list[str](), list[tuple[str, int, int]]()

    def open_foreign(origin: str) -> object:
        def reading(name: str, start: int, stop: int) -> Iterator[bytes]:
            read.append((name, start, stop))
            yield data_of(int(name.partition("?")[0]), 9)[start:stop]

        opened.append(origin)
        return SimpleNamespace(url=origin, backend=SimpleNamespace(read=reading))

    monkeypatch.setattr("audiera.remote.remote.Store.open_foreign", open_foreign)

    served.pull()

    assert (served.asked, served.came()) == ("P", True)
    assert opened == ["https://a.example"]
    assert read == [(f"{number}?sig=1", 0, 9) for number in range(6)]


@pytest.mark.parametrize("other", ["https://b.example/x", "https://a.example:444/x", "http://a.example/x"])
def test_urls_that_lead_to_several_places_are_not_followed(
    served: Served, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiera.remote.remote.Store.open_foreign", None)
    served.urls = lambda urls: {"at": "0", "until": "60", "urls": ["https://a.example/x", other, *urls[2:]]}

    served.pull()

    assert (served.asked, served.came()) == ("PB", True)


def test_what_one_place_signed_goes_to_no_other_that_a_thread_is_led_to_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remote, read, turns = Remote("https://music.example"), list[tuple[str, str]](), iter([True])

    class Place:
        def __init__(self, origin: str) -> None:
            self.origin, self.backend = origin, self

        @property
        def url(self) -> str:
            if next(turns, False):  # of another thread
                list(remote.blocks_at("https://b.example/its?sig=b", 0, 1))
            return self.origin

        def read(self, name: str, *_: int) -> Iterator[bytes]:
            read.append((self.origin, name))
            yield b"x"

    monkeypatch.setattr("audiera.remote.remote.Store.open_foreign", Place)
    for _ in range(2):
        list(remote.blocks_at("https://a.example/mine?sig=a", 0, 1))

    assert set(read) == {("https://a.example", "mine?sig=a"), ("https://b.example", "its?sig=b")}


@dataclass(slots=True)
class Counted:
    """A gateway, and which paths it was asked for."""

    app: ASGIApp
    asked: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.asked.append(scope["path"])
        await self.app(scope, receive, send)


@contextmanager
def behind_nginx(venue: Venue, folder: Path, **told: Any) -> Iterator[tuple[str, Counted]]:  # noqa: ANN401  # settings
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    named = {"accel": "/objects", "presign": 60, "presign_secret": SECRET, "proxies": ("127.0.0.1",), **told}
    settings = venue.settings(folder / "gateway.db", public_url=f"https://127.0.0.1:{port}", explorer=False, **named)
    counted = Counted(create_app(settings))
    with (
        serving(counted) as behind,
        fronted(folder, port, behind.url, Path(venue.store).resolve()) as front,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("SSL_CERT_FILE", str(front.certificate))
        yield front.url, counted


@pytest.mark.heavy
def test_a_pull_through_nginx_asks_the_gateway_for_urls_and_nginx_for_the_files(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path
) -> None:
    with behind_nginx(own_venue, tmp_path) as (url, counted):
        done = result_of(run(*words(url)))

    about = [it for it in counted.asked if "/accesses/" in it]
    assert [it.rpartition("/")[2] for it in about] == ["presigned"]
    assert asking.files() == asking.all
    assert (done["fetched"], done["failed"]) == (len(asking.all), [])
    assert asking.signed() == PRICE


@pytest.mark.heavy
def test_a_pull_through_an_nginx_with_another_secret_brings_all_by_the_gateway(
    own_venue: Venue, asking: Asking, words: Words, tmp_path: Path
) -> None:
    with behind_nginx(own_venue, tmp_path, presign_secret="another-secret-than-nginx-checks-01") as (url, counted):
        done = result_of(run(*words(url)))

    about = [it.rpartition("/")[2] for it in counted.asked if "/accesses/" in it]
    assert about == ["presigned", "items"]
    assert asking.files() == asking.all
    assert (done["fetched"], done["failed"]) == (len(asking.all), [])
    assert asking.signed() == PRICE
