"""Documents by their hash: as a gateway of IPFS gives them, as a store does, and no item among them."""

from __future__ import annotations

import hashlib
import json

import pytest
from sqlalchemy import select

from audiera.gateway import documents
from audiera.indexer import open_index
from audiera.indexer.documents import Paper, body_of
from audiera.indexer.tables import DOCUMENTS
from audiera.protocol import cid_of
from tests.support.explorer import Explorer
from tests.support.gateway import Payer


def named(payer: Payer, paper: Paper) -> tuple[bytes, bytes]:
    """The hash and the bytes of the newest document of a kind."""
    engine = open_index(payer.venue.index)
    with engine.connect() as connection:
        digest = connection.execute(select(DOCUMENTS.c.digest).where(DOCUMENTS.c.kind == paper)).scalars().first()
        assert digest is not None
        body = body_of(connection, paper, digest)
    engine.dispose()
    assert body is not None
    return bytes.fromhex(digest[2:]), body


def in_store(digest: bytes) -> str:
    return f"/sha256/{digest[:1].hex()}/{digest.hex()}"


@pytest.fixture
def server(payer: Payer) -> Explorer:
    return payer.server


@pytest.mark.parametrize("paper", [Paper.MANIFEST, Paper.ITEMS])
def test_a_document_is_a_raw_block_of_ipfs(payer: Payer, server: Explorer, paper: Paper) -> None:
    digest, body = named(payer, paper)
    cid = cid_of(digest)

    by_format = server.get(f"/ipfs/{cid}?format=raw")
    by_header = server.get(f"/ipfs/{cid}", Accept="application/vnd.ipld.raw")

    assert by_format.data == by_header.data == body
    assert hashlib.sha256(by_format.data).digest() == digest
    assert by_format.headers["Content-Type"] == "application/vnd.ipld.raw"
    assert by_format.headers["Cache-Control"] == "public, max-age=29030400, immutable"
    assert by_format.headers["ETag"] == f'"{cid}.raw"'
    assert by_format.headers["X-Content-Type-Options"] == "nosniff"
    assert by_format.headers["X-Ipfs-Roots"] == cid
    assert by_format.headers["Content-Disposition"] == f'attachment; filename="{cid}.bin"'


def test_other_forms_and_other_names_are_refused(payer: Payer, server: Explorer) -> None:
    cid = cid_of(named(payer, Paper.MANIFEST)[0])

    asked = (
        f"/ipfs/{cid}",
        f"/ipfs/{cid}?format=car",
        "/ipfs/QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG?format=raw",
    )
    answers = [server.get(it) for it in asked]
    unknown = server.get(f"/ipfs/{cid_of(bytes(32))}?format=raw")

    assert [(it.status, json.loads(it.data)["code"]) for it in answers] == [(400, "malformed")] * 3
    assert unknown.status == 404


def test_a_store_is_read_as_the_index_reads_it(payer: Payer, server: Explorer) -> None:
    digest, body = named(payer, Paper.ITEMS)
    path = in_store(digest)

    size = server.http.request("HEAD", f"{server.url}{path}", retries=False)
    sealed = server.http.request("HEAD", f"{server.url}{path}.sealed", retries=False)
    part = server.get(path, Range=f"bytes=0-{len(body) - 1}")
    held = server.get(path, If_None_Match=size.headers["ETag"])

    assert (size.status, size.headers["Content-Length"], size.data) == (200, str(len(body)), b"")
    assert "Transfer-Encoding" not in size.headers
    assert sealed.status == 404
    assert (part.status, part.data) == (206, body)
    assert part.headers["Content-Range"] == f"bytes 0-{len(body) - 1}/{len(body)}"
    assert held.status == 304


def test_a_large_document_is_read_from_the_store_piece_by_piece(
    payer: Payer, server: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "_SMALL", 10)
    digest, body = named(payer, Paper.ITEMS)

    whole, part = server.get(in_store(digest)), server.get(in_store(digest), Range="bytes=5-9")

    assert (whole.status, whole.data, part.status, part.data) == (200, body, 206, body[5:10])
    assert whole.headers["Cache-Control"].startswith("public")


def test_no_item_is_had_by_its_hash(payer: Payer, server: Explorer) -> None:
    sha256 = payer.venue.rows[0].item.sha256

    answers = [server.get(in_store(sha256)), server.get(f"/ipfs/{cid_of(sha256)}?format=raw")]
    strange = [server.get(it) for it in (f"/sha256/00/{sha256.hex()}", "/sha256/ab/..%2f..%2fetc", "/sha256/zz/zz")]

    assert [it.status for it in answers] == [404, 404]
    assert [it.status for it in strange] == [404, 404, 400]
