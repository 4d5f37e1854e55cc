"""Who is told of requests for licences: a file that the operator writes, and the server that takes mail."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import urlsplit

import click

from audiera.errors import InputError
from audiera.gateway import Noticing, Receiver, Smtp
from audiera.protocol import to_address
from audiera.text import as_object, as_text, read_file, read_json, shown

__all__ = ["notice_options", "read_noticing"]

F = TypeVar("F", bound=Callable[..., object])

_USER: Final = "AUDIERA_SMTP_USER"
_PASSWORD: Final = "AUDIERA_SMTP_PASSWORD"
_SECRET: Final = "whsec_"
_LEAST: Final = 24  # bytes of a secret
_MAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){0,9}")
_PORTS: Final = {"smtps": 465, "smtp": 587}
_MEMBERS: Final = {"webhook", "secret", "mail"}


def notice_options(function: F) -> F:
    """Give a command the options --notices, --notices-inside, --smtp and --mail-from."""
    for option in (
        click.option(
            "--notices-inside",
            "inside",
            is_flag=True,
            help="Let webhooks lie on this machine and in networks that not everybody reaches.",
        ),
        click.option(
            "--mail-from", "sender", metavar="ADDRESS", help="The address that mail about requests is sent from."
        ),
        click.option(
            "--smtp",
            metavar="URL",
            help="The server that takes mail: smtps://HOST, or smtp://HOST for STARTTLS. Who you are there, "
            f"{_USER} and {_PASSWORD} say.",
        ),
        click.option(
            "--notices",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Who is told of requests for licences, and how: a JSON file (docs/gateway.md).",
        ),
    ):
        function = option(function)
    return function


def read_noticing(path: Path | None, smtp: str | None, sender: str | None, *, inside: bool = False) -> Noticing | None:
    """Return who is told; None: nobody.

    Raises:
        InputError: a file, a URL or an address cannot be used.
    """
    if (smtp is None) != (sender is None):
        raise InputError("Mail takes a server and a sender; give both --smtp and --mail-from, or neither.")
    if path is None:
        if smtp is not None:
            raise InputError("Nobody is named who gets mail; name accounts in a file, by --notices.")
        return None
    try:
        document = as_object(read_json(read_file(path)))
        receivers: dict[str, Receiver] = {to_address(it): _receiver(as_object(told)) for it, told in document.items()}
    except OSError as error:
        raise InputError(f"{shown(str(path))} cannot be read ({error.strerror}); check the name.") from error
    except (ValueError, TypeError) as error:
        raise InputError(f"{shown(str(path))} does not say who is told ({error}); see docs/gateway.md.") from error
    if smtp is None and any(it.mail for it in receivers.values()):
        raise InputError("Some are told by mail; name the server that takes it by --smtp, and --mail-from.")
    return Noticing(receivers=receivers, smtp=None if smtp is None else _server(smtp, str(sender)), inside=inside)


def _receiver(told: Mapping[str, object]) -> Receiver:
    if not told or told.keys() - _MEMBERS:
        raise ValueError("an account has a webhook with its secret, a mail, or both")
    webhook, secret, mail = (as_text(told.get(name, "")) for name in ("webhook", "secret", "mail"))
    if webhook:
        place = urlsplit(webhook)
        if place.scheme != "https" or not place.hostname or "@" in place.netloc or place.fragment:
            raise ValueError("a webhook is an https:// URL without credentials")
        key = base64.b64decode(secret.removeprefix(_SECRET), validate=True) if secret.startswith(_SECRET) else b""
        if len(key) < _LEAST:
            raise ValueError(f"a webhook's secret is {_SECRET} and {_LEAST:,} bytes or more in base64")
    elif secret:
        raise ValueError("a secret is for a webhook")
    else:
        key = b""
    if mail:
        _check_mail(mail)
    return Receiver(webhook=webhook, secret=key, mail=mail)


def _server(url: str, sender: str) -> Smtp:
    place = urlsplit(url)
    if place.scheme not in _PORTS or not place.hostname or "@" in place.netloc or place.path.strip("/") or place.query:
        raise InputError(f"{shown(place.scheme)}:// is no server for mail; write smtps://HOST, and no credentials.")
    try:
        _check_mail(sender)
        port = place.port or _PORTS[place.scheme]
    except ValueError as error:
        raise InputError(f"Mail cannot be sent ({error}); check --smtp and --mail-from.") from error
    return Smtp(
        host=place.hostname,
        port=port,
        sender=sender,
        tls=place.scheme == "smtps",
        user=os.environ.get(_USER, ""),
        password=os.environ.get(_PASSWORD, ""),
    )


def _check_mail(address: str) -> None:
    if not _MAIL.fullmatch(address):
        raise ValueError("a mail address is NAME@HOST")
