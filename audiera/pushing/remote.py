"""A gateway, asked over HTTP by an account that is signed in."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar
from urllib.parse import urlsplit

import urllib3
from eth_account.messages import encode_defunct
from pydantic import BaseModel, ValidationError
from urllib3.exceptions import HTTPError

from audiera.client import KeySigner
from audiera.errors import InputError, StorageError
from audiera.interface import NewSession, Nonce, sign_in_text
from audiera.text import hex_of, shown

__all__ = ["Answer", "Remote"]

T = TypeVar("T", bound=BaseModel)

_MOST: Final = 1 << 22  # bytes of an answer
_TRIES: Final = 6
_LONGEST: Final = 60.0  # seconds between two of them
_TIMEOUT: Final = urllib3.Timeout(connect=10, read=60)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def problem(self) -> str:
        """Return what a refusal says, as far as it says something."""
        try:
            told = json.loads(self.body)["detail"]
        except (ValueError, KeyError, TypeError):
            return f"HTTP {self.status}"
        return shown(str(told))[:500].rstrip(".")


@dataclass(slots=True)
class Remote:
    """A gateway for one account. Threads share it."""

    url: str
    signer: KeySigner = field(repr=False)
    http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(maxsize=8), repr=False)
    _token: str = field(default="", repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    chain_id: int = 0
    """Of its chain; known once somebody is signed in."""

    def __post_init__(self) -> None:
        place = urlsplit(self.url)
        if place.scheme not in ("http", "https") or not place.netloc or place.query or place.fragment:
            raise InputError(f"{shown(self.url)} is no gateway's URL; write https://HOST.")
        self.url = self.url.rstrip("/")

    def sign_in(self) -> None:
        """Sign in, with a text that is good at this URL only.

        Raises:
            StorageError: the gateway refuses, or cannot be reached.
        """
        nonce = self.read(Nonce, self._refused(self._send("POST", "/v1/session/nonce", b"{}", {})))
        text = sign_in_text(self.url, self.signer.address, nonce.nonce, nonce.chain_id)
        signature = bytes(self.signer.account.sign_message(encode_defunct(text=text)).signature)
        body = json.dumps({"message": text, "signature": hex_of(signature)}).encode()
        session = self.read(NewSession, self._refused(self._send("POST", "/v1/session", body, {})))
        self._token, self.chain_id = session.token, nonce.chain_id

    def post(self, path: str, body: bytes, **headers: str) -> Answer:
        """Send JSON to a path; see `ask`."""
        return self._refused(self.ask("POST", path, body, {"Content-Type": "application/json", **headers}))

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """Return what a path answers to who is signed in; a session that has ended is begun again.

        Raises:
            StorageError: the gateway cannot be reached, or refuses to sign in.
        """
        token = self._token
        answer = self._send(method, path, body, {**(headers or {}), "Authorization": f"Bearer {token}"})
        if answer.status != 401:
            return answer
        with self._lock:
            if self._token == token:
                self.sign_in()
        return self._send(method, path, body, {**(headers or {}), "Authorization": f"Bearer {self._token}"})

    def refusal(self, answer: Answer) -> StorageError:
        """Return the error that a refusal is."""
        return StorageError(f"{shown(self.url)} refused: {answer.problem()}.")

    def _refused(self, answer: Answer) -> Answer:
        if answer.status >= 300:
            raise self.refusal(answer)
        return answer

    def _send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a request, again where the gateway says that the same may do later or nothing was heard of it."""
        wait = 0.5
        for tries in range(_TRIES):
            last = tries == _TRIES - 1
            try:
                answer = self._once(method, path, body, headers)
            except HTTPError as error:
                if last:
                    told = f"{shown(self.url)} cannot be reached ({type(error).__name__}); run it again later."
                    raise StorageError(told) from error
            else:
                if last or (answer.status < 500 and answer.status != 429):
                    return answer
                told = answer.headers.get("Retry-After", "")
                wait = max(wait, min(float(told), _LONGEST)) if told.isdigit() else wait
            time.sleep(wait)
            wait = min(wait * 2, _LONGEST)
        raise AssertionError("the last try returns or raises")

    def _once(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        named = {"Content-Type": "application/json", "Accept-Encoding": "identity", **headers}
        answer = self.http.request(
            method,
            f"{self.url}{path}",
            body=body or None,
            headers=named,
            redirect=False,
            retries=False,
            timeout=_TIMEOUT,
            preload_content=False,
            decode_content=False,
        )
        try:
            data = answer.read(_MOST + 1)
        finally:
            answer.release_conn()
        if len(data) > _MOST:
            raise StorageError(f"{shown(self.url)} answered with more than {_MOST:,} bytes; it is no gateway.")
        return Answer(answer.status, answer.headers, data)

    def read(self, kind: type[T], answer: Answer) -> T:
        """Return an answer as what it should be.

        Raises:
            StorageError: it is something else.
        """
        try:
            return kind.model_validate_json(answer.body)
        except ValidationError as error:
            raise StorageError(f"{shown(self.url)} answered what no gateway of this release does.") from error
