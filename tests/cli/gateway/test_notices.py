"""The file of those who are told of requests, as the operator writes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audiera.cli.gateway.notices import read_noticing
from audiera.errors import InputError
from audiera.gateway import Noticing, Receiver, Smtp

LABEL = "0x" + "11" * 20
SECRET = "whsec_" + "c2VjcmV0" * 4


def test_accounts_are_told_by_webhook_and_by_mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIERA_SMTP_USER", "me")
    monkeypatch.setenv("AUDIERA_SMTP_PASSWORD", "a word")
    hook = {"webhook": "https://label.example/hook?from=audiera", "secret": SECRET, "mail": "label@example.org"}
    (tmp_path / "told.json").write_text(json.dumps({LABEL: hook}))

    found = read_noticing(tmp_path / "told.json", "smtp://mail.example", "gateway@music.example")

    receiver = Receiver(webhook=str(hook["webhook"]), secret=b"secret" * 4, mail="label@example.org")
    smtp = Smtp(host="mail.example", port=587, sender="gateway@music.example", tls=False, user="me", password="a word")
    assert found == Noticing(receivers={LABEL: receiver}, smtp=smtp)
    assert not found.inside
    assert "a word" not in repr(found)
    assert "secret" not in repr(found)


def test_webhooks_may_lie_within_if_the_operator_says_so(tmp_path: Path) -> None:
    (tmp_path / "told.json").write_text(json.dumps({LABEL: {"webhook": "https://10.0.0.1", "secret": SECRET}}))

    found = read_noticing(tmp_path / "told.json", None, None, inside=True)

    assert found is not None
    assert found.inside


def test_nobody_is_told_unless_named() -> None:
    assert read_noticing(None, None, None) is None


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"webhook": "http://label.example", "secret": SECRET}, "a webhook is an https:// URL without credentials"),
        ({"webhook": "https://me:x@label.example", "secret": SECRET}, "a webhook is an https:// URL"),
        ({"webhook": "https://label.example"}, "a webhook's secret is whsec_ and 24 bytes or more in base64"),
        ({"webhook": "https://label.example", "secret": "whsec_c2VjcmV0"}, "24 bytes or more"),
        ({"secret": SECRET}, "a secret is for a webhook"),
        ({"mail": "label@example.org\nBcc: all@example.org"}, "a mail address is NAME@HOST"),
        ({"post": "label"}, "an account has a webhook with its secret, a mail, or both"),
        ({}, "an account has a webhook with its secret, a mail, or both"),
    ],
    ids=["in clear", "credentials", "no secret", "short secret", "no webhook", "two lines", "other", "nothing"],
)
def test_a_file_that_cannot_be_meant_is_refused(told: dict[str, str], said: str, tmp_path: Path) -> None:
    (tmp_path / "told.json").write_text(json.dumps({LABEL: told}))

    with pytest.raises(InputError, match=said):
        read_noticing(tmp_path / "told.json", "smtps://mail.example", "gateway@music.example")


@pytest.mark.parametrize(
    ("smtp", "sender", "said"),
    [
        ("smtps://mail.example", None, "give both --smtp and --mail-from, or neither"),
        ("smtps://me:secret@mail.example", "g@music.example", "no credentials"),
        ("http://mail.example", "g@music.example", "write smtps://HOST"),
        ("smtps://mail.example:port", "g@music.example", "check --smtp and --mail-from"),
        ("smtps://mail.example", "g@music.example\r\nBcc: a@b", "a mail address is NAME@HOST"),
        (None, None, "name the server that takes it by --smtp"),
    ],
    ids=["no sender", "credentials", "other", "port", "two lines", "no server"],
)
def test_a_server_that_cannot_be_meant_is_refused(
    smtp: str | None, sender: str | None, said: str, tmp_path: Path
) -> None:
    (tmp_path / "told.json").write_text(json.dumps({LABEL: {"mail": "label@example.org"}}))

    with pytest.raises(InputError, match=said):
        read_noticing(tmp_path / "told.json", smtp, sender)


def test_mail_without_anybody_to_get_it_and_a_file_that_is_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Nobody is named who gets mail"):
        read_noticing(None, "smtps://mail.example", "g@music.example")
    with pytest.raises(InputError, match="cannot be read"):
        read_noticing(tmp_path / "none.json", None, None)
