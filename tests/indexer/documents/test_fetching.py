"""Documents are fetched from real stores and servers, proven, kept, tried again, and none stands in another's way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event
from typing import Any, Final

import pytest
from sqlalchemy import Connection, delete, func, insert, select, update

from audiera.indexer.documents import (
    Failure,
    Paper,
    Round,
    Sources,
    body_of,
    failures,
    fetch_due,
    peaks_of,
    retry,
    text_of,
)
from audiera.indexer.documents.kept import keep
from audiera.indexer.tables import BATCHES, DOCUMENTS, ENTRIES, ITEMS, PEOPLE, TERMS, USES, VERSIONS, WANTED
from audiera.licensing import template
from audiera.manifest.catalogue import catalogue_manifest
from audiera.metering import log_name
from audiera.metering.batch import Batch
from audiera.metering.files import use_line
from audiera.protocol import ETHER, Item, Kind, Metadata, TableRow, Voucher, write_table
from audiera.storage import Store
from audiera.text import hex_of
from tests.support.excerpts import preview_of
from tests.support.shelf import LOG, NOW, Shelf, documents_of, item_row
from tests.support.usage import make_uses
from tests.support.websites import Website, certificate, website

__all__ = ["certificate", "website"]


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def told(shelf: Shelf) -> list[Failure]:
    with shelf.engine.connect() as connection:
        return failures(connection)


def problem_of(shelf: Shelf, dataset: int) -> str:
    (row,) = shelf.rows(select(ENTRIES.c.problem).where(ENTRIES.c.dataset == dataset))
    return str(row.problem)


def publish_at(website: Website, *files: bytes) -> None:
    for data in files:
        name = sha256(data).hex()
        website.files[f"/music/sha256/{name[:2]}/{name}"] = data


def test_a_manifest_its_table_and_people_are_had_from_a_store(shelf: Shelf) -> None:
    documents = documents_of("Night Ferry", [item_row("b.flac"), item_row("a.flac", title="Lull", bpm=90)])
    shelf.publish(documents)
    dataset = shelf.register(documents)

    assert shelf.fetch() == Round(fetched=1)
    assert shelf.fetch() == Round(fetched=1)
    assert shelf.fetch() == Round()
    assert shelf.refresh() == 1

    with shelf.engine.connect() as connection:
        assert body_of(connection, Paper.MANIFEST, hex_of(documents.digest)) == documents.manifest
        assert body_of(connection, Paper.ITEMS, hex_of(sha256(documents.table))) == documents.table
        assert body_of(connection, Paper.TEXT, hex_of(documents.digest)) is None
    (hit,) = shelf.find().hits
    assert (hit.dataset, hit.name, hit.people, hit.problem) == (dataset, "Night Ferry", ("Ada Moreau",), "")
    assert (hit.item_count, hit.duration_ms, hit.bytes, hit.bpm) == (2, 120_000, 2_000, (90, 90))
    assert [(it.position, it.path, it.title) for it in shelf.rows(select(ITEMS).order_by(ITEMS.c.position))] == [
        (0, "a.flac", "Lull"),
        (1, "b.flac", None),
    ]
    assert [(it.name, it.creator) for it in shelf.rows(select(PEOPLE))] == [("Ada Moreau", True)]


def test_a_gateway_that_a_dataset_names_is_asked_after_the_stores(
    shelf: Shelf, website: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiera.storage.https._is_public", lambda _: True)  # this machine, in place of the world
    documents = documents_of()
    publish_at(website, documents.manifest, *documents.files.values())
    dataset = shelf.register(documents)
    shelf.name_gateway(dataset, website.url)
    (shelf.store.backend.root).mkdir()  # type: ignore[attr-defined]  # a folder

    shelf.learn()

    assert shelf.found(text="ferry") == [dataset]
    name = documents.digest.hex()
    assert f"GET /music/sha256/{name[:2]}/{name}" in website.asked


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://localhost/music", "http://localhost/music cannot be a store; name a folder, s3://BUCKET/PREFIX or"),
        ("/etc", "/etc cannot be a store; name a folder, s3://BUCKET/PREFIX or https://HOST/PATH."),
        ("https://127.0.0.1:9/x", "127.0.0.1 is not at a public address, and nobody here has named it; it is not"),
        ("https://u:p@127.0.0.1/x", "https://127.0.0.1/x came with a password or a query; leave it out"),
        ("https://", "https:// cannot be a store (it names no host); write https://HOST/PATH."),
        ("https://[::1", "cannot be a store"),
    ],
)
def test_a_gateway_at_an_address_of_ones_own_is_not_asked(shelf: Shelf, url: str, reason: str) -> None:
    dataset = shelf.register()
    shelf.name_gateway(dataset, url)

    assert shelf.fetch(sources=Sources()) == Round(failed=1)

    (failure,) = told(shelf)
    assert reason in failure.reason


def test_what_is_missing_is_tried_again_later_each_time(shelf: Shelf) -> None:
    documents = documents_of()
    dataset = shelf.register(documents)
    shelf.put(b"something else")
    missing = (
        f"{shelf.store.url}/sha256/{documents.digest[:1].hex()}/{documents.digest.hex()} is missing; store it from"
    )

    for attempts, wait in enumerate((60, 120, 240), start=1):
        assert shelf.fetch() == Round(failed=1)
        (failure,) = told(shelf)
        assert failure.reason.startswith(missing)
        assert (failure.paper, failure.digest, failure.dataset) == (Paper.MANIFEST, hex_of(documents.digest), dataset)
        assert (failure.attempts, failure.next_try) == (attempts, shelf.now + wait)
        shelf.now += wait - 1
        assert shelf.fetch() == Round()
        shelf.now += 1

    shelf.publish(documents)
    assert shelf.fetch() == Round(fetched=1)
    assert told(shelf) == []


def test_nothing_is_tried_less_than_once_a_day(shelf: Shelf) -> None:
    shelf.register()
    with shelf.writing() as connection:
        connection.execute(update(WANTED).values(attempts=40))

    shelf.fetch(sources=Sources())

    (failure,) = told(shelf)
    assert failure.reason == "No store and no gateway is known to ask; name a store with --store."
    assert failure.next_try == NOW + 86_400


def test_what_is_wrong_or_missing_keeps_nothing_else_from_being_fetched(shelf: Shelf) -> None:
    good = documents_of("Good")
    shelf.publish(good)
    shelf.put(b"junk")
    shelf.register(manifest=sha256(b"junk"))
    shelf.register(manifest=bytes(31) + b"\x01")
    shelf.register(good)

    assert shelf.fetch() == Round(fetched=1, wrong=1, failed=1)
    shelf.learn()

    assert shelf.found(text="good") == [3]
    assert [(it.dataset, it.next_try is None) for it in told(shelf)] == [(1, True), (2, False)]
    assert problem_of(shelf, 1).startswith("The manifest of version 1 cannot be used: The manifest cannot be read")


def test_a_wrong_document_is_told_with_the_dataset_that_names_it_and_tried_again_with_it(shelf: Shelf) -> None:
    documents = documents_of("Wrong", [item_row("a.flac")])
    table = documents.table
    shelf.publish(documents)
    shelf.register(documents_of("Other"))
    dataset = shelf.register(documents)
    shelf.fetch()
    with shelf.writing() as connection:
        keep(connection, Paper.ITEMS, hex_of(sha256(table)), table, facts="It is no item table.", now=NOW)

    (failure,) = [it for it in told(shelf) if it.paper is Paper.ITEMS]
    with shelf.writing() as connection:
        others, own = retry(connection, 1), retry(connection, dataset)

    assert (failure.dataset, failure.reason, others, own) == (dataset, "It is no item table.", 1, 1)


def test_an_item_is_no_legal_text_and_a_legal_text_stays_one(shelf: Shelf) -> None:
    lyrics, deed = b"Out on the pier", b"You may listen."
    rows = [text_row("pier.txt", lyrics), text_row("deed.txt", deed)]
    documents = documents_of("Lyrics", rows)
    shelf.publish(documents)
    shelf.put(lyrics, deed)
    dataset = shelf.register(documents, kind=Kind.Lyrics)
    shelf.offer(dataset, text=sha256(lyrics))
    shelf.offer(dataset, text=sha256(deed))
    with shelf.writing() as connection:
        connection.execute(update(TERMS).where(TERMS.c.text == hex_of(sha256(deed))).values(block=0))
    shelf.learn()

    with shelf.engine.connect() as connection:
        assert body_of(connection, Paper.TEXT, hex_of(sha256(lyrics))) == lyrics
        assert text_of(connection, hex_of(sha256(lyrics))) is None
        assert text_of(connection, hex_of(sha256(deed))) == deed


def text_row(path: str, body: bytes) -> TableRow:
    metadata = Metadata.from_row({"path": path, "media_type": "text/plain"})
    return TableRow(Item.of(sha256(body), len(body), metadata), metadata)


def test_a_retry_tries_at_once_all_or_those_of_a_dataset(shelf: Shelf) -> None:
    shelf.put(b"junk")
    shelf.register(manifest=sha256(b"junk"))
    shelf.register(manifest=bytes(31) + b"\x01")
    assert shelf.fetch() == Round(wrong=1, failed=1)

    for dataset, count in ((2, 1), (1, 1), (None, 2)):
        with shelf.writing() as connection:
            assert retry(connection, dataset) == count

        assert shelf.fetch().tried == count


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (b"[\n]\n", "The item table is damaged (it is not an array with one row to the line); fetch it again."),
        (b"\xff", "The item table is damaged (it is not an array with one row to the line); fetch it again."),
        (write_table([item_row("other.flac")]), ""),
    ],
)
def test_an_item_table_that_is_none_or_of_others_is_told(shelf: Shelf, table: bytes, reason: str) -> None:
    documents = documents_of()
    forged = documents.manifest.replace(sha256(documents.table).hex().encode(), sha256(table).hex().encode())
    forged = forged.replace(f'"{len(documents.table)} B"'.encode(), f'"{len(table)} B"'.encode())
    shelf.put(forged, table)
    dataset = shelf.register(documents, manifest=sha256(forged))

    shelf.learn()

    expected = "The item table of version 1 has other items than are registered; trust neither."
    if reason:
        expected = f"The item table of version 1 cannot be used: {reason}"
    assert problem_of(shelf, dataset) == expected
    assert shelf.found(text="ferry") == [dataset]
    assert shelf.rows(select(ITEMS)) == []


def test_waveforms_and_previews_are_had_with_the_items(shelf: Shelf) -> None:
    rows = [item_row(f"{at:03}.flac") for at in range(150)]
    previews = [preview_of(it.item.sha256) for it in rows[:2]]
    peaks = {it.metadata.path: bytes([at % 256]) * 400 for at, it in enumerate(rows)}
    documents = documents_of("Night Ferry", rows, peaks=peaks, previews=previews)
    shelf.publish(documents)
    dataset = shelf.register(documents)

    shelf.learn()

    (entry,) = shelf.rows(select(ENTRIES.c.peaks, ENTRIES.c.previews, ENTRIES.c.problem))
    assert entry == (*(hex_of(sha256(documents.files[it])) for it in ("peaks.bin", "previews.json")), "")
    with shelf.engine.connect() as connection:
        parts = {start: peaks_of(connection, entry.peaks, start, 70) for start in (0, 63, 149, 200)}
    assert {start: [it[0] for it in part] for start, part in parts.items()} == {
        start: list(range(start, min(start + 70, 150))) for start in parts
    }
    assert all(len(it) == 400 for part in parts.values() for it in part)
    heard = shelf.rows(select(ITEMS.c.preview, ITEMS.c.preview_bytes, ITEMS.c.preview_ms).order_by(ITEMS.c.position))
    assert heard[:3] == [*((hex_of(it.sha256), it.size, it.duration_ms) for it in previews), (None, None, None)]
    assert dataset == 1


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("peaks.bin", bytes(401), "The waveforms of version 1 cannot be used: peaks.bin has 401 bytes, which is not"),
        ("peaks.bin", b"", "The waveforms of version 1 cannot be used: peaks.bin has 0 bytes"),
        ("peaks.bin", bytes(800), "The waveforms of version 1 are of another number of items; none is shown."),
        ("previews.json", b"[" * 5_000, "The previews of version 1 cannot be used: The list of previews is damaged"),
        ("previews.json", b"{}", "The previews of version 1 cannot be used: The list of previews is damaged"),
    ],
)
def test_what_is_no_drawing_and_no_list_is_told_and_the_items_are_shown(
    shelf: Shelf, name: str, data: bytes, problem: str
) -> None:
    row = item_row("a.flac")
    previews = [preview_of(row.item.sha256)]
    documents = documents_of("Night Ferry", [row], peaks={"a.flac": bytes(400)}, previews=previews)
    true = documents.files[name]
    forged = documents.manifest.replace(sha256(true).hex().encode(), sha256(data).hex().encode())
    forged = forged.replace(f'"{len(true)} B"'.encode(), f'"{len(data)} B"'.encode())
    shelf.put(forged, data, *(it for other, it in documents.files.items() if other != name))
    dataset = shelf.register(documents, manifest=sha256(forged))

    shelf.learn()

    assert problem_of(shelf, dataset).startswith(problem)
    (item,) = shelf.rows(select(ITEMS.c.path, ITEMS.c.preview))
    assert item == ("a.flac", hex_of(previews[0].sha256) if name == "peaks.bin" else None)
    assert [it.paper.value for it in told(shelf)] == ([] if len(data) == 800 else [name.partition(".")[0]])


def test_a_manifest_of_another_root_shows_no_items(shelf: Shelf) -> None:
    documents = documents_of()
    shelf.publish(documents)
    thief = shelf.register(documents, root=b"\x05" * 32)
    owner = shelf.register(documents)

    shelf.learn()

    said = "The manifest of version 1 names another content root than is registered; trust neither."
    assert (problem_of(shelf, thief), problem_of(shelf, owner)) == (said, "")
    assert [it.dataset for it in shelf.rows(select(ITEMS))] == [owner]


@pytest.mark.parametrize("is_first", [True, False], ids=["first", "later"])
def test_a_stranger_s_manifest_that_says_a_table_is_smaller_keeps_it_from_nobody(
    shelf: Shelf, *, is_first: bool
) -> None:
    """AUD-I5"""
    documents = documents_of()
    size = f'"contentSize":"{len(documents.table)} B"'
    lie = documents.manifest.decode().replace(size, '"contentSize":"1 B"').encode()
    shelf.put(lie)
    stranger = shelf.register(documents, manifest=sha256(lie))
    if is_first:
        shelf.learn()
    shelf.publish(documents)
    own = shelf.register(documents)
    if not is_first:
        with shelf.writing() as connection:
            connection.execute(update(WANTED).where(WANTED.c.dataset == stranger).values(next_try=NOW + 1))

    shelf.learn()

    assert lie != documents.manifest
    assert [it.dataset for it in shelf.rows(select(ITEMS).where(ITEMS.c.dataset == own))] == [own]


def test_a_manifest_that_is_too_large_is_not_read(shelf: Shelf) -> None:
    large = b"x" * ((1 << 20) + 1)
    shelf.put(large)
    shelf.register(manifest=sha256(large))

    assert shelf.fetch() == Round(failed=1)

    assert "has 1,048,577 bytes, where 1,048,576 at most belong, and is not read" in told(shelf)[0].reason


def test_a_newer_version_is_described_once_its_manifest_is_here(shelf: Shelf) -> None:
    first, second = documents_of("First"), documents_of("Second", [item_row("new.flac")])
    shelf.publish(first)
    dataset = shelf.register(first)
    shelf.learn()

    shelf.publish_version(dataset, second)
    shelf.learn()
    (hit,) = shelf.find().hits
    assert (hit.version, hit.name) == (2, "First")

    shelf.publish(second)
    shelf.now += 60
    shelf.learn()

    (hit,) = shelf.find().hits
    assert (hit.version, hit.name) == (2, "Second")
    assert [it.path for it in shelf.rows(select(ITEMS))] == ["new.flac"]
    assert shelf.found(text="first") == []


def test_a_catalogue_is_described_without_items(shelf: Shelf) -> None:
    manifest = catalogue_manifest("Sea songs", description="All of them.", date="2026-03-01", creator="0x" + "1" * 40)
    shelf.put(manifest)
    dataset = shelf.register(kind=Kind.Catalogue, manifest=sha256(manifest), root=bytes(32), items=0)

    shelf.learn()

    assert shelf.found(text="sea songs") == [dataset]
    assert told(shelf) == []
    assert problem_of(shelf, dataset) == ""


def test_legal_texts_are_had_too_and_those_of_this_package_without_asking(shelf: Shelf) -> None:
    own, other, packed = template("training"), b"Do as you like.", b"\xff\xfe"
    shelf.put(other, packed)
    dataset = shelf.register(manifest=bytes(31) + b"\x01")
    for text in (own.digest, sha256(other), sha256(packed)):
        shelf.offer(dataset, text=text)

    assert shelf.fetch() == Round(fetched=2, wrong=1, failed=1)

    with shelf.engine.connect() as connection:
        assert body_of(connection, Paper.TEXT, hex_of(own.digest)) == own.text
        assert body_of(connection, Paper.TEXT, hex_of(sha256(other))) == other
    assert [it.reason for it in told(shelf) if it.next_try is None] == [
        "The legal text is not UTF-8; it can be had as a file only."
    ]


PAYER, GATEWAY = "0x" + "1" * 40, "0x" + "9" * 40


def settle(shelf: Shelf, *, calls: int = 3, **changed: Any) -> tuple[Voucher, bytes]:  # noqa: ANN401  # as vouchers have it
    """Settles a batch, or another of its root, and returns what was settled and the log of the one."""
    uses = make_uses(1, 1, calls, price=2, units=2)
    made = Batch().extend(uses).voucher(payer=PAYER, gateway=GATEWAY, token=ETHER, batch=1)
    voucher = replace(made, **changed)
    row: dict[str, object] = {
        **voucher.abi(),
        "id": hex_of(voucher.batch_id()),
        "root": hex_of(voucher.root),
        "voucher": hex_of(voucher.struct_hash()),
        "settled_at": NOW,
    }
    row |= {"collected": 0, "collected_amount": 0, "fee_released": False, **LOG}
    with shelf.writing() as connection:
        connection.execute(insert(BATCHES), row)
    return voucher, "".join(map(use_line, uses)).encode()


def publish_log(folder: Path, voucher: Voucher, log: bytes) -> None:
    file = folder / log_name(voucher.root)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(log)


def logged(shelf: Shelf) -> dict[str, int]:
    """How many uses are here of each voucher."""
    found = shelf.rows(select(USES.c.voucher, func.count()).group_by(USES.c.voucher))
    return {it.voucher: it[1] for it in found}


def test_a_use_log_is_had_by_the_root_of_its_batch_and_kept_by_its_voucher(shelf: Shelf, tmp_path: Path) -> None:
    voucher, log = settle(shelf)
    forged = tmp_path / "forged"
    publish_log(forged, voucher, log.replace(b'"units":"2"', b'"units":"9"'))
    publish_log(tmp_path / "true", voucher, log)

    assert shelf.fetch(sources=Sources([Store.open(str(forged))])) == Round(failed=1)
    (failure,) = told(shelf)
    assert failure.reason.startswith("The use log is of another batch: it has 3 calls in 1 statement with root 0x")

    shelf.now += 60
    assert shelf.fetch(sources=Sources([Store.open(str(forged)), Store.open(str(tmp_path / "true"))])) == Round(1)

    found = shelf.rows(select(USES).order_by(USES.c.position))
    name = hex_of(voucher.struct_hash())
    assert [(it.voucher, it.license, it.dataset, it.units, it.price) for it in found] == [(name, 1, 1, 2, 2)] * 3
    assert [it.nonce for it in found] == [hex_of(it.use.nonce) for it in make_uses(1, 1, 3, price=2, units=2)]
    assert told(shelf) == []


STRANGER = "0x" + "2" * 40
COPY: Final[dict[str, Any]] = {"payer": STRANGER, "gateway": STRANGER, "token": "0x" + "3" * 40, "amount": 0}


@pytest.mark.parametrize("is_first", [True, False], ids=["first", "later"])
def test_who_settles_the_root_of_another_batch_has_no_part_in_its_log(shelf: Shelf, *, is_first: bool) -> None:
    """AUD-I1"""
    if is_first:
        (copy, _), (own, log) = settle(shelf, **COPY), settle(shelf)
    else:
        (own, log), (copy, _) = settle(shelf), settle(shelf, **COPY)
    publish_log(Path(shelf.store.url), own, log)

    assert shelf.fetch() == Round(fetched=1, failed=1)

    assert logged(shelf) == {hex_of(own.struct_hash()): 3}
    (failure,) = told(shelf)
    assert failure.digest == hex_of(copy.struct_hash())
    assert failure.reason.startswith("The use log is of another batch")


def test_two_batches_of_the_very_same_uses_each_have_their_log(shelf: Shelf) -> None:
    (own, log), (copy, _) = settle(shelf), settle(shelf, payer=STRANGER, gateway=STRANGER)
    publish_log(Path(shelf.store.url), own, log)

    assert shelf.fetch() == Round(fetched=2)

    assert logged(shelf) == {hex_of(it.struct_hash()): 3 for it in (own, copy)}


def test_another_head_that_is_settled_after_the_chain_took_one_back_has_its_own_log(shelf: Shelf) -> None:
    """AUD-I2"""
    before, log = settle(shelf)
    publish_log(Path(shelf.store.url), before, log)
    shelf.fetch()
    with shelf.writing() as connection:
        connection.execute(delete(BATCHES))
    after, longer = settle(shelf, calls=4)
    missing = shelf.fetch()
    publish_log(Path(shelf.store.url), after, longer)
    shelf.now += 60

    found = shelf.fetch()

    assert before.batch_id() == after.batch_id()
    assert (missing, found) == (Round(failed=1), Round(fetched=1))
    assert logged(shelf)[hex_of(after.struct_hash())] == 4


def test_a_log_is_asked_of_the_gateway_of_its_batch_alone(
    shelf: Shelf, website: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AUD-I1"""
    monkeypatch.setattr("audiera.storage.https._is_public", lambda _: True)  # this machine, in place of the world
    copies = [f"0x{number:040x}" for number in range(1, 9)]
    own, log = settle(shelf)
    for number, stranger in enumerate(copies):
        settle(shelf, **{**COPY, "payer": stranger, "gateway": stranger})
        shelf.announce(stranger, website.url.replace("/music", f"/a{number}"))
    shelf.announce(GATEWAY, website.url)
    website.files[f"/music/{log_name(own.root)}"] = log

    assert shelf.fetch(sources=Sources()) == Round(fetched=1, failed=8)

    assert logged(shelf) == {hex_of(own.struct_hash()): 3}
    assert sum("/music/" in it for it in website.asked) <= 2  # its size, and itself
    assert all(it.reason.count("is missing") == 1 for it in told(shelf))


def test_strangers_who_register_a_manifest_again_keep_no_gateway_from_being_asked(
    shelf: Shelf, website: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AUD-I3"""
    monkeypatch.setattr("audiera.storage.https._is_public", lambda _: True)
    documents = documents_of()
    own = shelf.register(documents)
    shelf.name_gateway(own, website.url)
    for number in range(1, 9):
        url = website.url.replace("/music", f"/a{number}")
        shelf.name_gateway(shelf.register(documents), url, f"0x{number:040x}")
    asked = set[int]()
    for _ in range(4):
        assert shelf.fetch(sources=Sources()) == Round(failed=1)
        (failure,) = told(shelf)
        assert f"{website.url}/" in failure.reason
        asked |= {it for it in range(1, 9) if f"/a{it}/" in failure.reason}
        shelf.now = failure.next_try or 0
    publish_at(website, documents.manifest, *documents.files.values())

    shelf.learn(sources=Sources())

    assert asked == set(range(1, 9))
    assert own in shelf.found(text="ferry")


@pytest.mark.parametrize("log", [b"", b"{}", b"\xff\n", b"[" * 100_000, b'{"license":"7"}'])
def test_what_is_no_use_log_is_told(shelf: Shelf, log: bytes) -> None:
    voucher, _ = settle(shelf)
    publish_log(Path(shelf.store.url), voucher, log)

    assert shelf.fetch() == Round(failed=1)

    assert shelf.rows(select(USES)) == []


def test_what_nobody_names_any_more_is_forgotten(shelf: Shelf) -> None:
    shelf.register()
    shelf.offer(1, text=b"\x07" * 32)
    settle(shelf)
    shelf.fetch(sources=Sources())
    assert len(told(shelf)) == 3

    with shelf.writing() as connection:
        for table in (VERSIONS, TERMS, BATCHES):
            connection.execute(delete(table))
    shelf.fetch(sources=Sources())

    assert shelf.rows(select(WANTED)) == []


def test_a_slow_gateway_keeps_no_others_documents(
    shelf: Shelf, website: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiera.storage.https._is_public", lambda _: True)
    others_are_here = Event()

    def wait(request: BaseHTTPRequestHandler) -> None:
        request.send_error(404 if others_are_here.wait(30) else 500)

    for number in range(8):
        digest = sha256(bytes([number]))
        website.instead[f"/music/sha256/{digest[:1].hex()}/{digest.hex()}"] = wait
        shelf.name_gateway(shelf.register(manifest=digest), website.url, f"0x{number:040x}")
    several = [documents_of(f"Number {number}") for number in range(6)]
    for documents in several:
        shelf.publish(documents)
        shelf.register(documents)

    @contextmanager
    def writing() -> Iterator[Connection]:
        with shelf.writing() as connection:
            yield connection
            if connection.scalar(select(func.count()).select_from(DOCUMENTS)) == len(several):
                others_are_here.set()

    assert fetch_due(writing, Sources([shelf.store]), NOW) == Round(fetched=6, failed=8)
    assert others_are_here.is_set()
    assert {it.reason.count("is missing") for it in told(shelf)} == {2}
