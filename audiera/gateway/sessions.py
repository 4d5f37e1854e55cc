"""Signing in with Ethereum (EIP-4361), and who is signed in.

A text is good for this gateway alone, by its domain, URI and chain; once, by its nonce; and for minutes. What a client
shows afterwards is random, and the journal has only its hash. A key that may access for an account signs in for it by
naming it; whether it still may is looked up with every request, so that a revoked key is out at once.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from typing import Final
from urllib.parse import urlsplit

from siwe import InvalidSignature, SiweMessage, VerificationError, generate_nonce
from sqlalchemy import Connection, delete, insert, select
from web3 import HTTPProvider

from audiera.client.chain import connect
from audiera.errors import ChainError
from audiera.gateway.access import Desk
from audiera.gateway.chain import moment_of
from audiera.gateway.problems import Code, Problem
from audiera.gateway.tables import NONCES, SESSIONS
from audiera.indexer.tables import SIGNERS
from audiera.interface import NewSession, Nonce, Session, account_in
from audiera.protocol import to_address
from audiera.text import hex_of

__all__ = ["Sessions"]

_LINE: Final = 200  # letters of a line: the grammar's parser takes the square of their number
_LINES: Final = 20
_ASKING: Final = 4  # texts whose signatures nodes are asked about at the same time
_HERE: Final = ("127.0.0.1", "localhost", "::1")


class Sessions:
    """Who is signed in. Threads share it."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._settings, self._journal = desk, desk.settings, desk.journal
        self._asking = threading.BoundedSemaphore(_ASKING)

    def nonce(self, found_at: str) -> Nonce:
        """Return what the next text has to hold.

        Args:
            found_at: the URL at which the request found the gateway.

        Raises:
            Problem: nobody can sign in here.
        """
        origin, now = self._origin(found_at), int(time.time())
        nonce, until = generate_nonce(), now + self._settings.limits.nonce

        def write(journal: Connection) -> None:
            journal.execute(delete(NONCES).where(NONCES.c.until <= now))
            journal.execute(insert(NONCES).values(nonce=nonce, until=until))

        self._journal.write(("nonces",), write)
        chain_id = self._desk.domain.chain_id
        return Nonce(nonce=nonce, domain=urlsplit(origin).netloc, uri=origin, chain_id=chain_id, until=until)

    def begin(self, text: str, signature: bytes, found_at: str) -> NewSession:
        """Sign in who signed a text.

        Raises:
            Problem: why not.
        """
        message = self._read(text, self._origin(found_at))
        now = int(time.time())
        self._take(message.nonce, now)  # before the signature is looked at, so that each try takes one
        self._check_signature(message, signature)
        signer = to_address(message.address)
        account = self._for_whom(message, signer)
        token = secrets.token_urlsafe(32)
        until = now + self._settings.limits.session

        def write(journal: Connection) -> None:
            journal.execute(delete(SESSIONS).where(SESSIONS.c.until <= now))
            row = {"token": _hashed(token), "account": account, "signer": signer, "until": until}
            journal.execute(insert(SESSIONS).values(row))

        self._journal.write(("sessions",), write)
        return NewSession(account=account, signer=signer, until=until, token=token)

    def find(self, token: str | None) -> Session:
        """Return whose session a token is.

        Raises:
            Problem: it is nobody's, or no longer.
        """
        if token is None:
            raise _unknown("Sign in first: `/v1/session/nonce` has what to sign.")
        with self._journal.reading() as journal:
            row = journal.execute(
                select(SESSIONS).where(SESSIONS.c.token == _hashed(token), SESSIONS.c.until > int(time.time()))
            ).one_or_none()
        if row is None:
            raise _unknown("The session has ended; sign in again.")
        self._check_signer(row.account, row.signer)
        return Session(account=row.account, signer=row.signer, until=row.until)

    def end(self, token: str | None) -> None:
        """End a session, whether there is one or not."""
        if token is not None:
            query = delete(SESSIONS).where(SESSIONS.c.token == _hashed(token))
            self._journal.write(("sessions",), lambda journal: journal.execute(query))

    def _origin(self, found_at: str) -> str:
        """Return where the gateway is, which every text names: as it was told, never as a request from afar says."""
        if self._settings.public_url is not None:
            return self._settings.public_url.rstrip("/")
        if urlsplit(found_at).hostname in _HERE:
            return found_at.rstrip("/")
        raise Problem(
            Code.FORBIDDEN, "Nobody can sign in here before the operator says by --public where the gateway is."
        )

    def _read(self, text: str, origin: str) -> SiweMessage:
        """Return a text in its parts, if it is for this gateway and this moment."""
        lines = text.split("\n")
        try:
            if len(lines) > _LINES or max(map(len, lines)) > _LINE:
                raise ValueError(f"it has more than {_LINES} lines, or one of more than {_LINE} letters")
            message = SiweMessage.from_message(text, abnf=False)
            if message.prepare_message() != text:  # what is signed is what was read, to the letter
                raise ValueError("it is written otherwise")
        except ValueError as error:
            raise Problem(Code.MALFORMED, "The message is not as EIP-4361 writes it.") from error
        wanted = {"domain": urlsplit(origin).netloc, "uri": origin, "chain_id": self._desk.domain.chain_id}
        for name, value in wanted.items():
            if getattr(message, name) != value:
                told = f"The message is for {name} {getattr(message, name)}, and this gateway is {value}."
                raise Problem(Code.UNAUTHENTICATED, told, more={name: str(value)})
        if message.scheme not in (None, urlsplit(origin).scheme):
            raise Problem(Code.UNAUTHENTICATED, f"The message is for another scheme than that of {origin}.")
        return message

    def _take(self, nonce: str, now: int) -> None:
        def write(journal: Connection) -> int:
            return journal.execute(delete(NONCES).where(NONCES.c.nonce == nonce, NONCES.c.until > now)).rowcount

        if not self._journal.write(("nonces",), write):
            raise Problem(Code.UNAUTHENTICATED, "The nonce was used, or is too old; ask for another, and sign it.")

    def _check_signature(self, message: SiweMessage, signature: bytes) -> None:
        written = hex_of(signature)
        try:
            message.verify(written)
        except InvalidSignature as error:
            if self._settings.node is None:
                raise Problem(
                    Code.SIGNATURE_WRONG,
                    f"The signature is not by the key of {message.address}; the signature of a contract account is "
                    "looked at by a node, and this gateway asks none.",
                ) from error
        except VerificationError as error:
            raise Problem(Code.UNAUTHENTICATED, "The message is not good yet, or no longer; sign another.") from error
        else:
            return
        if not self._asking.acquire(blocking=False):
            raise _node_busy()
        try:
            message.verify(written, provider=self._provider())
        except VerificationError as error:
            raise Problem(
                Code.SIGNATURE_WRONG, f"Neither the key nor the code of {message.address} says that it signed this."
            ) from error
        except Exception as error:  # whatever a library makes of what a node and a stranger's contract answer
            raise _node_busy() from error
        finally:
            self._asking.release()

    def _provider(self) -> HTTPProvider:
        """Return the node, whose answers are bounded, and which a contract cannot send anywhere else (EIP-3668)."""
        assert self._settings.node is not None
        provider = connect(self._settings.node, chain_id=self._desk.domain.chain_id).hurried().web3.provider
        if not isinstance(provider, HTTPProvider):
            raise ChainError("The node is not spoken to over HTTP.")
        provider.global_ccip_read_enabled = False
        return provider

    def _for_whom(self, message: SiweMessage, signer: str) -> str:
        named = {account_in(it, message.chain_id) for it in message.resources or ()} - {None}
        if not named:
            return signer
        if len(named) > 1:
            raise Problem(Code.MALFORMED, "The message names more than one account; sign in for one.")
        account = to_address(str(named.pop()))
        self._check_signer(account, signer)
        return account

    def _check_signer(self, account: str, signer: str) -> None:
        if account == signer:
            return
        with self._desk.index() as index:
            moment = moment_of(index, self._settings)
            row = index.execute(
                select(SIGNERS.c.access_until).where(SIGNERS.c.account == account, SIGNERS.c.signer == signer)
            ).one_or_none()
        if row is None or row.access_until <= moment.now:
            raise Problem(
                Code.SIGNER_NOT_ALLOWED,
                f"{signer} may not access for {account}; sign in with the account's key, or allow it by `setSigner`.",
            )


def _hashed(token: str) -> str:
    return f"0x{hashlib.sha256(token.encode('utf-8', 'replace')).hexdigest()}"


def _unknown(detail: str) -> Problem:
    return Problem(Code.UNAUTHENTICATED, detail, headers={"WWW-Authenticate": "Bearer"})


def _node_busy() -> Problem:
    detail = "The node that looks at signatures of contract accounts does not answer; sign in again, with a new nonce."
    return Problem(Code.UNAVAILABLE, detail, headers={"Retry-After": "5"})
