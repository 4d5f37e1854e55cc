"""A gateway behind a real nginx that ends TLS, as the documentation has it: sign-in, accesses, bytes, limits."""

import base64
import hashlib
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import urllib3

from audiera.gateway import Limits, create_app
from tests.support.explorer import Explorer, serving
from tests.support.gateway import Payer, Venue
from tests.support.nginx import SECRET, fronted, nginx

pytestmark = pytest.mark.heavy

CLIENT = "127.0.0.2"
"""Where clients are; nginx asks the gateway from 127.0.0.1."""
ALLOWED = 40


@pytest.fixture
def payer(own_venue: Venue, tmp_path: Path) -> Iterator[Payer]:
    """A payer that knows the gateway by nginx alone."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = own_venue.settings(
        tmp_path / "journal.db",
        accel="/objects",
        presign=60,
        presign_secret=SECRET,
        public_url=f"https://127.0.0.1:{port}",
        proxies=("127.0.0.1",),
        limits=Limits(rate=f"{ALLOWED}/hour"),
    )
    with (
        serving(create_app(settings)) as behind,
        fronted(tmp_path, port, behind.url, Path(own_venue.store).resolve()) as front,
    ):
        http = urllib3.PoolManager(ca_certs=str(front.certificate), source_address=(CLIENT, 0))
        yield Payer(own_venue, Explorer(front.url, http))
        http.clear()


def test_an_account_signs_in_to_the_name_that_the_world_knows(payer: Payer) -> None:
    _, nonce = payer.post("/v1/session/nonce", {})
    status, session = payer.sign_in()

    assert (nonce["uri"], nonce["domain"]) == (payer.server.url, payer.server.url.removeprefix("https://"))
    assert (status, session["account"]) == (200, payer.venue.as_("payer").account)
    assert payer.sign_in(domain="127.0.0.1:1", uri="https://127.0.0.1:1")[0] == 401


def test_nginx_sends_what_was_granted_under_the_gateways_own_tag(payer: Payer) -> None:
    status, answer = payer.access([0])
    assert status == 200, answer
    (granted,) = answer["granted"]
    name = granted["sha256"].removeprefix("0x")

    whole = payer.server.get(granted["url"])
    part = payer.server.get(granted["url"], Range="bytes=10-19")
    same = payer.server.get(granted["url"], Range="bytes=10-19", If_Range=f'"{name}"')
    other = payer.server.get(granted["url"], Range="bytes=10-19", If_Range='"other"')
    held = payer.server.get(granted["url"], If_None_Match=f'"{name}"')

    assert hashlib.sha256(whole.data).hexdigest() == name
    assert [it.headers["ETag"] for it in (whole, part)] == [f'"{name}"'] * 2
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert "X-Accel-Redirect" not in whole.headers
    assert (part.status, part.data) == (same.status, same.data) == (206, whole.data[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole.data)}"
    assert (other.status, other.data) == (200, whole.data)
    assert (held.status, held.data) == (304, b"")


def test_neither_the_stores_folder_nor_the_figures_are_for_the_world(payer: Payer) -> None:
    name = payer.venue.rows[0].item.sha256.hex()

    assert payer.server.get(f"/objects/sha256/{name[:2]}/{name}").status == 404
    assert payer.server.get("/metrics").status == 404
    assert payer.server.get("/healthz").status == 200


def presigned(payer: Payer, items: list[int]) -> list[str]:
    """URLs of items that are granted now."""
    status, answer = payer.access(items)
    assert status == 200, answer
    leaves = [f"0x{payer.venue.leaf(it).hex()}" for it in items]
    status, told = payer.post(f"/v1/accesses/{answer['id']}/presigned", {"items": leaves})
    assert (status, len(told["urls"])) == (200, len(items)), told
    return [str(it) for it in told["urls"]]


def signed(until: int, name: str, secret: str = SECRET) -> str:
    digest = hashlib.md5(f"{until}/{name} {secret}".encode()).digest()
    return f"/presigned/{until}/{base64.urlsafe_b64encode(digest).decode().rstrip('=')}/{name}"


def test_nginx_sends_what_was_presigned_without_asking_the_gateway(payer: Payer) -> None:
    urls, rows = presigned(payer, [0, 1, 2]), payer.venue.rows

    sent = [payer.server.get(it) for it in urls]
    head = payer.server.http.request("HEAD", f"{payer.server.url}{urls[0]}")
    last = payer.server.get(urls[1], Range="bytes=-7")

    for it, row in zip(sent, rows, strict=True):
        assert (it.status, hashlib.sha256(it.data).digest()) == (200, row.item.sha256)
        assert it.headers["Content-Type"] == "application/octet-stream"
        assert it.headers["Content-Disposition"] == "attachment"
        assert it.headers["X-Content-Type-Options"] == "nosniff"
        assert it.headers["Cache-Control"] == "private, max-age=86400, immutable"
        assert it.headers.getlist("ETag") == [f'"{row.item.sha256.hex()}"']
    assert (head.status, head.headers["Content-Length"]) == (200, str(rows[0].item.size))
    assert (last.status, last.data) == (206, sent[1].data[-7:])


def test_a_part_of_what_was_presigned_goes_on_where_another_ended(payer: Payer) -> None:
    (url,), row = presigned(payer, [0]), payer.venue.rows[0]
    whole = payer.server.get(url).data

    part = payer.server.get(url, Range="bytes=10-")
    same = payer.server.get(url, Range="bytes=10-", If_Range=f'"{row.item.sha256.hex()}"')
    other = payer.server.get(url, Range="bytes=10-", If_Range='"other"')
    held = payer.server.get(url, If_None_Match=f'"{row.item.sha256.hex()}"')
    not_held = payer.server.get(url, If_None_Match='"other"')
    beyond = payer.server.get(url, Range=f"bytes={len(whole)}-")

    assert (part.status, part.data) == (same.status, same.data) == (206, whole[10:])
    assert part.headers["Content-Range"] == f"bytes 10-{len(whole) - 1}/{len(whole)}"
    assert (other.status, other.data) == (200, whole)
    assert beyond.status == 416
    assert (held.status, held.data) == (304, b"")
    assert held.headers["ETag"] == f'"{row.item.sha256.hex()}"'
    assert (not_held.status, not_held.data) == (200, whole)


def test_nginx_sends_nothing_for_a_url_that_the_gateway_did_not_sign(payer: Payer) -> None:
    """AUD-G9"""
    (url,), now = presigned(payer, [0]), int(time.time())
    _, _, until, mac, *name = url.split("/")
    object_name, sha = "/".join(name), payer.venue.rows[1].item.sha256.hex()
    other = f"sha256/{sha[:2]}/{sha}"
    changed = "A" if mac[0] != "A" else "B"

    forged = [
        f"/presigned/{int(until) + 1}/{mac}/{object_name}",
        f"/presigned/{until}/{mac}/{other}",
        f"/presigned/{until}/{changed}{mac[1:]}/{object_name}",
        f"/presigned/{until}/{mac[:-1]}/{object_name}",
        f"/presigned/{until}/{mac}AA/{object_name}",
        f"/presigned/0{until}/{mac}/{object_name}",
        signed(now + 60, other, "another-secret-of-somebody-else-01"),
        signed(now + 60, other, ""),
    ]

    assert [payer.server.get(it).status for it in forged] == [403] * len(forged)
    assert payer.server.get(signed(now + 60, other)).status == 200


def test_a_url_is_good_to_its_last_second_and_no_longer(payer: Payer) -> None:
    """AUD-G9"""
    sha = payer.venue.rows[0].item.sha256.hex()
    name, now = f"sha256/{sha[:2]}/{sha}", int(time.time())

    over, lasting = payer.server.get(signed(now - 1, name)), payer.server.get(signed(now + 2, name))
    time.sleep(max(0.0, now + 3.01 - time.time()))

    assert (over.status, lasting.status) == (410, 200)
    assert payer.server.get(signed(now + 2, name)).status == 410


def test_only_unsealed_objects_are_presigned_and_nothing_else_of_the_store(payer: Payer, tmp_path: Path) -> None:
    sha, until = payer.venue.rows[0].item.sha256.hex(), int(time.time()) + 60
    name = f"sha256/{sha[:2]}/{sha}"
    (tmp_path / "outside").write_bytes(b"outside")

    for it in (f"{name}.sealed", f"sha256/{sha[:2]}/../../../outside", f"sha256/{sha[:2]}", "../outside"):
        assert payer.server.get(signed(until, it)).status in {400, 404}, it
    assert payer.server.get(signed(until, f"sha256/{sha[:2]}/{'0' * 64}")).status == 404
    assert payer.server.http.request("POST", f"{payer.server.url}{signed(until, name)}", body=b"x").status == 405


def test_nginx_does_not_start_where_nobody_made_a_secret(payer: Payer, tmp_path: Path) -> None:
    words = [nginx(), "-t", "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)]
    assert payer.server.get("/healthz").status == 200
    assert subprocess.run(words, capture_output=True, check=False).returncode == 0

    (tmp_path / "presign.conf").unlink()

    assert subprocess.run(words, capture_output=True, check=False).returncode == 1


def test_a_long_list_of_items_passes_nginx(payer: Payer) -> None:
    _, answer = payer.access([0])
    body = json.dumps({"items": [f"0x{payer.venue.leaf(0).hex()}"] * 1_024}).encode()

    status, told = payer.post(f"/v1/accesses/{answer['id']}/presigned", body)

    assert (status, len(told["urls"])) == (200, 1_024)


def test_limits_count_who_asks_nginx_and_not_whom_he_names(payer: Payer) -> None:
    answers = [payer.server.get("/v1/blocked", X_Forwarded_For=f"10.0.0.{number}") for number in range(ALLOWED + 1)]
    elsewhere = urllib3.PoolManager(
        ca_certs=payer.server.http.connection_pool_kw["ca_certs"], source_address=("127.0.0.3", 0)
    )

    assert [it.status for it in answers] == [200] * ALLOWED + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert elsewhere.request("GET", f"{payer.server.url}/v1/blocked").status == 200
    elsewhere.clear()


def test_what_brings_back_a_lost_journal_passes_nginx(payer: Payer) -> None:
    fits = payer.post("/v1/restore", b" " * Limits().restoration)
    beyond_us = payer.post("/v1/restore", b" " * (Limits().restoration + 1))

    assert (fits[0], fits[1]["code"]) == (400, "malformed")
    assert (beyond_us[0], beyond_us[1]["code"]) == (413, "too_large")


def test_a_request_that_is_too_large_is_refused_on_the_way(payer: Payer) -> None:
    beyond_us = payer.post("/v1/access", b" " * (3 << 19))
    beyond_nginx = payer.server.http.request("POST", f"{payer.server.url}/v1/access", body=b" " * (6 << 20))

    assert (beyond_us[0], beyond_us[1]["code"]) == (413, "too_large")
    assert beyond_nginx.status == 413
