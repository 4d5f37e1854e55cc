"""A gateway behind a real nginx that ends TLS, as the documentation has it: sign-in, accesses, bytes, limits."""

import hashlib
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import urllib3

from audiera.gateway import Limits, create_app
from tests.support.explorer import Explorer, serving
from tests.support.gateway import Payer, Venue
from tests.support.nginx import fronted

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


def test_limits_count_who_asks_nginx_and_not_whom_he_names(payer: Payer) -> None:
    answers = [payer.server.get("/v1/blocked", X_Forwarded_For=f"10.0.0.{number}") for number in range(ALLOWED + 1)]
    elsewhere = urllib3.PoolManager(
        ca_certs=payer.server.http.connection_pool_kw["ca_certs"], source_address=("127.0.0.3", 0)
    )

    assert [it.status for it in answers] == [200] * ALLOWED + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert elsewhere.request("GET", f"{payer.server.url}/v1/blocked").status == 200
    elsewhere.clear()


def test_a_request_that_is_too_large_is_refused_on_the_way(payer: Payer) -> None:
    beyond_us = payer.post("/v1/access", b" " * (3 << 19))
    beyond_nginx = payer.server.http.request("POST", f"{payer.server.url}/v1/access", body=b" " * (3 << 20))

    assert (beyond_us[0], beyond_us[1]["code"]) == (413, "too_large")
    assert beyond_nginx.status == 413
