"""Signing in with Ethereum (EIP-4361): the text that an account signs, and the session that it gets for that.

https://eips.ethereum.org/EIPS/eip-4361
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field

from audiera.interface.fields import Account, Bytes, Number
from audiera.interface.model import Model

__all__ = ["NewSession", "Nonce", "Session", "SignIn", "account_in", "account_uri", "sign_in_text"]

_MOST: Final = 1_000
_ACCOUNT: Final = re.compile(r"did:pkh:eip155:([0-9]{1,20}):(0x[0-9a-fA-F]{40})")


class Nonce(Model):
    """What the next text to sign has to hold."""

    nonce: str
    domain: str
    uri: str
    chain_id: Number
    until: Number
    """Unix seconds until which the nonce is good; it is good once."""


class SignIn(Model):
    """A text that was signed."""

    message: str = Field(max_length=_MOST, description="As EIP-4361 writes it, with what `/v1/session/nonce` answered.")
    signature: Bytes = Field(description="Of the text (EIP-191), by its account: 65 bytes, or what its wallet takes.")


class Session(Model):
    """Who is signed in."""

    account: Account
    signer: Account
    """Who signed: the account, or a key that may access for it."""
    until: Number
    """Unix seconds."""


class NewSession(Session):
    """A session, and what shows that it is one's own."""

    token: str = Field(pattern=r"^[\x21-\x7e]{1,500}$")
    """Goes along as `Authorization: Bearer`. Only the answer to signing in holds it."""


def account_uri(chain_id: int, account: str) -> str:
    """Return how a text names the account that its signer signs in for: as `did:pkh` does, which is CAIP-10."""
    return f"did:pkh:eip155:{chain_id}:{account}"


def account_in(uri: str, chain_id: int) -> str | None:
    """Return the account of a chain that a resource of a text names; None if it names none."""
    found = _ACCOUNT.fullmatch(uri)
    return found[2] if found and int(found[1]) == chain_id else None


def sign_in_text(url: str, signer: str, nonce: str, chain_id: int, *, account: str | None = None) -> str:
    """Return the text that signs in at a gateway.

    Args:
        url: where the gateway is, as the client knows it, so that no other can pass the text on to it.
        signer: who signs the text, checksummed.
        nonce: as that gateway answered.
        chain_id: of its chain.
        account: for whom the signer signs in; for itself unless told.
    """
    url = url.rstrip("/")
    lines = [
        f"{urlsplit(url).netloc} wants you to sign in with your Ethereum account:",
        signer,
        "",
        "",
        f"URI: {url}",
        "Version: 1",
        f"Chain ID: {chain_id}",
        f"Nonce: {nonce}",
        f"Issued At: {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    ]
    if account not in (None, signer):
        lines += ["Resources:", f"- {account_uri(chain_id, str(account))}"]
    return "\n".join(lines)
