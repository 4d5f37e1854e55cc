"""One webhook, one mail: what is sent of a request, to whom the operator named.

Webhooks are as https://www.standardwebhooks.com has them. Nothing that a stranger wrote is in a header of either.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import smtplib
import ssl
import time
from contextlib import closing, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Final
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError

from audiera.errors import AudieraError
from audiera.gateway.settings import Receiver, Smtp
from audiera.interface import KeptRequest
from audiera.protocol import describe_rights
from audiera.storage import pool_at
from audiera.text import plain

__all__ = ["UnsentError", "post", "send_mail"]

_PATIENCE: Final = 20.0  # seconds
_HERE: Final = ("127.0.0.1", "localhost", "::1")


class UnsentError(AudieraError):
    """A receiver did not take what was sent."""


def post(receiver: Receiver, name: str, what: str, asked: KeptRequest, *, public: bool) -> None:
    """Post a request to a receiver's webhook, signed with its secret.

    Args:
        receiver: with a webhook.
        name: the same at each try, so that the receiver knows what it has.
        what: happened to the request.
        asked: the request, with both signatures.
        public: refuse addresses of this machine and of networks that not everybody reaches.

    Raises:
        UnsentError: it was not taken.
    """
    now = int(time.time())
    stamp = datetime.fromtimestamp(now, UTC).isoformat()
    document = {"type": f"request.{what}", "timestamp": stamp, "data": asked.model_dump(mode="json")}
    body = json.dumps(document).encode()
    signature = hmac.digest(receiver.secret, f"{name}.{now}.".encode() + body, hashlib.sha256)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "audiera",
        "webhook-id": name,
        "webhook-timestamp": str(now),
        "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
    }
    parts = urlsplit(receiver.webhook)
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    pool = pool_at(receiver.webhook, public=public)
    try:
        answer = pool.urlopen(
            "POST",
            path,
            body=body,
            headers=headers,
            timeout=_PATIENCE,
            retries=False,
            redirect=False,
            preload_content=False,
        )
        status = answer.status
        answer.close()
    except (HTTPError, OSError, AudieraError) as error:
        raise UnsentError(f"{parts.hostname} does not take it ({type(error).__name__}: {error})") from error
    finally:
        pool.close()
    if not 200 <= status < 300:
        raise UnsentError(f"{parts.hostname} answered HTTP {status}")


def send_mail(smtp: Smtp, to: str, what: str, asked: KeptRequest, url: str | None) -> None:
    """Mail what happened to a request, in plain text.

    Args:
        smtp: the server that takes it.
        to: the address.
        what: happened to the request.
        asked: the request.
        url: where the gateway is, as far as it is known.

    Raises:
        UnsentError: the server did not take it, or offers no TLS.
    """
    message = EmailMessage()
    message["From"], message["To"] = smtp.sender, to
    message["Subject"] = f"Request {asked.number}: a licence of dataset {asked.request.dataset} is {what}"
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=smtp.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join([*_told(asked), "", *_next(asked, url)]) + "\n")
    context = ssl.create_default_context()
    try:
        with closing(_server(smtp, context)) as server:
            if not smtp.tls and smtp.host not in _HERE:
                server.starttls(context=context)
            if smtp.user:
                server.login(smtp.user, smtp.password)
            server.send_message(message)
            with suppress(smtplib.SMTPException, OSError):  # it has the mail, whatever it says to a goodbye
                server.quit()
    except (smtplib.SMTPException, OSError) as error:
        raise UnsentError(f"{smtp.host} does not take it ({type(error).__name__})") from error


def _server(smtp: Smtp, context: ssl.SSLContext) -> smtplib.SMTP:
    name = smtp.sender.rpartition("@")[2]  # or this machine's own would be looked up, and told
    if smtp.tls:
        return smtplib.SMTP_SSL(smtp.host, smtp.port, name, timeout=_PATIENCE, context=context)
    return smtplib.SMTP(smtp.host, smtp.port, name, timeout=_PATIENCE)


def _told(asked: KeptRequest) -> list[str]:
    request = asked.request
    lines = [
        f"Request {asked.number}, dataset {request.dataset}",
        "",
        f"Asked by   {request.asker}",
        f"Rights     {describe_rights(request.struct().rights)}",
        f"How much   {plain(request.extent)}",
        f"Who        {plain(request.who)}",
        f"Contact    {plain(request.contact)}",
        "What for",
        *(f"| {plain(line)}" for line in request.purpose.split("\n")),
    ]
    if asked.answer is not None:
        answer = asked.answer.answer
        lines += ["", f"Answered by {answer.owner}: {'an offer' if answer.is_offer else 'no'}"]
        lines += [f"| {plain(line)}" for line in answer.reason.split("\n") if line]
    return lines


def _next(asked: KeptRequest, url: str | None) -> list[str]:
    at = url or "URL"
    if asked.answer is None:
        return [
            "To answer, with the owner's account:",
            f'  ape run license requests answer {asked.number} --at {at} --offer TERMS --price "5 USDC"',
            f'  ape run license requests answer {asked.number} --at {at} --no "Why not."',
        ]
    answer = asked.answer.answer
    if answer.is_offer:
        return ["To take it:", f"  ape run license acquire {asked.request.dataset} 0x{answer.terms.hex()}"]
    return [f"What was said, signed: ape run license requests --at {at} --json"]
