"""Telling accounts of requests and answers: webhooks that are signed and tried again, mail that says no more than it
should, and nobody whom the operator did not name.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from sqlalchemy import func, select

from audiera.gateway import Noticing, Receiver, Smtp, create_app
from audiera.gateway.sending import UnsentError, send_mail
from audiera.gateway.tables import NOTICES
from audiera.indexer import open_reader
from audiera.interface import KeptRequest
from tests.support.asking import answered, asked, made, signed
from tests.support.explorer import serving
from tests.support.gateway import Payer, Venue
from tests.support.mail import mail_server
from tests.support.postgres import new_postgres, postgres_server
from tests.support.websites import Website, certificate, website

__all__ = ["certificate", "new_postgres", "postgres_server", "website"]

SECRET = b"what only the two know"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again without a pause."""
    monkeypatch.setattr("audiera.gateway.notices._FIRST", 0)
    monkeypatch.setattr("audiera.gateway.notices._POLL", 0.02)


@contextmanager
def at(venue: Venue, tmp_path: Path, noticing: Noticing, journal: str = "") -> Iterator[Payer]:
    """A payer at a gateway that tells."""
    settings = venue.settings(
        tmp_path / "told.db", explorer=False, noticing=noticing, public_url="https://music.example"
    )
    settings = replace(settings, journal=journal or settings.journal)
    with serving(create_app(settings)) as server:
        yield Payer(venue, server)


def await_(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def left(tmp_path: Path, url: str = "") -> int:
    """Notices that are still to be sent."""
    engine = open_reader(url or f"sqlite:///{tmp_path / 'told.db'}", 10.0)
    with engine.connect() as journal:
        found = journal.execute(select(func.count()).select_from(NOTICES)).scalar_one()
    engine.dispose()
    return found


class Hook:
    """What a webhook got, and what it answers."""

    def __init__(self, *statuses: int) -> None:
        self.statuses, self.got = list(statuses), list[tuple[dict[str, str], bytes]]()

    def __call__(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self.got.append((dict(request.headers), body))
        request.send_response(self.statuses.pop(0) if self.statuses else 204)
        request.send_header("Content-Length", "0")
        request.end_headers()


def test_a_webhook_is_signed_tried_again_and_told_once_of_each(
    own_venue: Venue, tmp_path: Path, website: Website
) -> None:
    hook = website.instead["/hook?to=label"] = Hook(500, 302)
    url = website.url.removesuffix("/music") + "/hook?to=label"
    owner, asker = (own_venue.as_(it).account for it in ("creator", "payer"))
    receivers: dict[str, Receiver] = {it: Receiver(webhook=url, secret=SECRET) for it in (owner, asker)}

    with at(own_venue, tmp_path, Noticing(receivers=receivers, inside=True)) as payer:
        request = made(own_venue)
        for _ in range(2):
            payer.post("/v1/requests", signed(own_venue, request))
        await_(lambda: len(hook.got) == 3)
        payer.post("/v1/requests/1/answer", answered(own_venue, request))
        await_(lambda: left(tmp_path) == 0 and len(hook.got) > 3)

    names = [headers["webhook-id"] for headers, _ in hook.got]
    assert names == [f"{request.struct_hash().hex()}-{what}" for what in ("asked", "asked", "asked", "answered")]
    for headers, body in hook.got:
        text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        made_here = base64.b64encode(hmac.digest(SECRET, text, hashlib.sha256)).decode()
        assert headers["webhook-signature"] == f"v1,{made_here}"
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    told = [json.loads(body) for _, body in hook.got]
    assert [it["type"] for it in told] == ["request.asked"] * 3 + ["request.answered"]
    kept = KeptRequest.model_validate(told[-1]["data"])
    kept.check()
    assert kept.answer is not None


@pytest.mark.parametrize("dialect", ["sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def test_of_two_gateways_over_one_journal_one_tries_each_notice(
    dialect: str,
    request: pytest.FixtureRequest,
    own_venue: Venue,
    tmp_path: Path,
    website: Website,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = request.getfixturevalue("new_postgres")() if dialect == "postgres" else f"sqlite:///{tmp_path / 'told.db'}"
    monkeypatch.setattr("audiera.gateway.notices._FIRST", 60)
    hook = website.instead["/hook"] = Hook()
    receivers: dict[str, Receiver] = {
        own_venue.as_("creator").account: Receiver(webhook=website.url.replace("music", "hook"))
    }
    noticing = Noticing(receivers=receivers, inside=True)

    with at(own_venue, tmp_path, noticing, url) as first, at(own_venue, tmp_path, noticing, url) as second:
        for payer in (first, second) * 4:
            asked(payer)
        await_(lambda: left(tmp_path, url) == 0)

    names = [headers["webhook-id"] for headers, _ in hook.got]
    assert len(names) == len(set(names)) == 8


def test_what_nobody_takes_is_given_up(
    own_venue: Venue, tmp_path: Path, website: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiera.gateway.notices._TRIES", 3)
    hook = website.instead["/hook"] = Hook(*[503] * 9)
    receivers: dict[str, Receiver] = {
        own_venue.as_("creator").account: Receiver(webhook=website.url.replace("music", "hook"))
    }

    with at(own_venue, tmp_path, Noticing(receivers=receivers, inside=True)) as payer:
        asked(payer)
        await_(lambda: left(tmp_path) == 0)
        _, page = payer.get("/v1/requests", **payer.signed_in("creator"))

    assert len(hook.got) == 3
    assert len(page["requests"]) == 1


def test_no_webhook_goes_to_this_machine_unless_the_operator_says_so(
    own_venue: Venue, tmp_path: Path, website: Website, caplog: pytest.LogCaptureFixture
) -> None:
    """AUD-G7"""
    receiver = Receiver(webhook=website.url, secret=SECRET)

    with at(own_venue, tmp_path, Noticing(receivers={own_venue.as_("creator").account: receiver})) as payer:
        asked(payer)
        await_(lambda: "is tried again" in caplog.text)

    assert "localhost is not at a public address" in caplog.text
    assert website.asked == []


def test_nobody_is_told_whom_the_operator_did_not_name(own_venue: Venue, tmp_path: Path) -> None:
    """AUD-G7"""
    stranger = Receiver(webhook="https://example.org", secret=SECRET, mail="a@example.org")

    with at(own_venue, tmp_path, Noticing(receivers={own_venue.as_("stranger").account: stranger})) as payer:
        asked(payer)

    assert left(tmp_path) == 0


def test_mail_tells_the_owner_in_plain_text_over_tls(
    own_venue: Venue, tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AUD-G7"""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    receivers: dict[str, Receiver] = {own_venue.as_("creator").account: Receiver(mail="label@example.org")}

    with mail_server(certificate) as server:
        smtp = Smtp(host="localhost", port=server.port, sender="gateway@music.example", user="me", password="secret")
        with at(own_venue, tmp_path, Noticing(receivers=receivers, smtp=smtp)) as payer:
            asked(payer, who="Choir\u202eLab", purpose="Voices.\nSubject: cheap pills")
            await_(lambda: left(tmp_path) == 0)

    (mail,) = server.taken
    text = mail.get_content().replace("\r\n", "\n")
    assert [it.split()[0] for it in server.said[:2]] == ["ehlo", "AUTH"]
    assert (mail["To"], mail["From"]) == ("label@example.org", "gateway@music.example")
    assert mail["Subject"] == f"Request 1: a licence of dataset {own_venue.dataset} is asked"
    assert mail.get_content_type() == "text/plain"
    assert "Who        Choir\\u202eLab\n" in text
    assert "| Voices.\n| Subject: cheap pills\n" in text
    assert "ape run license requests answer 1 --at https://music.example --offer TERMS" in text


def kept_of(venue: Venue) -> KeptRequest:
    request = made(venue)
    domain = venue.as_("payer").domain("LicenseRegistry")
    place = {"number": 1, "id": request.struct_hash(), "chainId": domain.chain_id, "registry": domain.contract}
    return KeptRequest.model_validate({**place, **signed(venue, request), "answer": None})


def test_mail_goes_over_starttls_or_not_at_all(
    venue: Venue, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setattr("audiera.gateway.sending._HERE", ())
    kept = kept_of(venue)

    with mail_server(certificate, starttls=True) as safe, mail_server() as bare:
        smtp = [Smtp(host="localhost", port=it.port, sender="g@music.example", tls=False) for it in (safe, bare)]
        send_mail(smtp[0], "label@example.org", "asked", kept, None)
        with pytest.raises(UnsentError, match=r"localhost does not take it \(SMTPNotSupportedError\)"):
            send_mail(smtp[1], "label@example.org", "asked", kept, None)

    assert (len(safe.taken), "STARTTLS" in safe.said) == (1, True)
    assert bare.taken == []


def test_an_address_of_two_lines_is_no_address(venue: Venue) -> None:
    smtp = Smtp(host="localhost", port=1, sender="g@music.example", tls=False)

    with pytest.raises(ValueError, match="linefeed or carriage return"):
        send_mail(smtp, "label@example.org\nBcc: everybody@example.org", "asked", kept_of(venue), None)
