"""A gateway, asked over HTTP: by anybody, or by an account that is signed in. It is believed in nothing."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar
from urllib.parse import SplitResult, urlsplit

import urllib3
from pydantic import BaseModel, ValidationError
from urllib3.exceptions import HTTPError

from audiera.client import NoSignerError, Signer
from audiera.errors import InputError, StorageError
from audiera.interface import NewSession, Nonce, sign_in_text
from audiera.storage import ObjectError, Store, paced, pool_at
from audiera.text import hex_of, reason_of, shown

__all__ = ["AbsentError", "Answer", "Remote"]

T = TypeVar("T", bound=BaseModel)

_OTHER: Final = "ask its operator, or name another gateway"
_MOST: Final = 1 << 22  # bytes of an answer
_TRIES: Final = 6
_LONGEST: Final = 60.0  # seconds between two of them
_AGAIN: Final = urllib3.Retry(
    2, redirect=False, backoff_factor=0.3, respect_retry_after_header=False, allowed_methods=None
)
_TIMEOUT: Final = urllib3.Timeout(connect=10, read=60)


class AbsentError(ObjectError):
    """A gateway does not know a path, or takes nothing there; what it knows and has not is another matter."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def problem(self) -> str:
        """Return what a refusal says, as far as it says something."""
        return shown(self.member("detail"))[:500].rstrip(".") or f"HTTP {self.status}"

    def refusal(self, url: str) -> str:
        """Return what who asked is told of a refusal: the gateway's own words, with what to do where it has none."""
        step = "" if self.member("detail") else "; run it again later, or ask its operator"
        return f"{shown(url)} refused: {self.problem()}{step}."

    @property
    def code(self) -> str:
        """The code of a refusal; empty if it has none."""
        return self.member("code")

    def member(self, name: str) -> str:
        """Return the text that a refusal has under a name; empty if it has none."""
        try:
            told = json.loads(self.body)[name]
        except (ValueError, KeyError, TypeError, RecursionError):
            return ""
        return told if isinstance(told, str) else ""


@dataclass(slots=True)
class Remote:
    """A gateway for one account, or for nobody. Threads share it."""

    url: str
    signer: Signer | None = field(default=None, repr=False)
    public: bool = False
    """A stranger named the URL: it is asked over https only, and at public addresses."""
    http: urllib3.HTTPConnectionPool = field(init=False, repr=False)
    _base: str = field(default="", repr=False)
    _token: str = field(default="", repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _elsewhere: Store | None = field(default=None, repr=False)
    """Where it led last."""
    chain_id: int = 0
    """Of its chain; known once somebody is signed in."""

    def __post_init__(self) -> None:
        place = _split(self.url)
        if (
            place is None
            or place.scheme not in ("http", "https")
            or not place.hostname
            or place.query
            or place.fragment
        ):
            raise InputError(f"{shown(self.url)} is no gateway's URL; write https://HOST.")
        if self.public and place.scheme != "https":
            raise InputError(f"{shown(self.url)} was named by somebody else, and is not asked without TLS.")
        self.url, self._base = self.url.rstrip("/"), place.path.rstrip("/")
        self.http = pool_at(self.url, public=self.public)

    @property
    def key(self) -> Signer:
        """Who signs.

        Raises:
            NoSignerError: nobody does.
        """
        if self.signer is None:
            raise NoSignerError("Nobody signs in here; name a key.")
        return self.signer

    def sign_in(self) -> None:
        """Sign in, with a text that is good at this URL only.

        Raises:
            NoSignerError: nobody signs.
            StorageError: the gateway refuses, or cannot be reached.
        """
        key = self.key
        nonce = self.read(Nonce, self._refused(self._send("POST", "/v1/session/nonce", b"{}", {})))
        text = sign_in_text(self.url, key.address, nonce.nonce, nonce.chain_id)
        signature = key.sign_text(text)
        body = json.dumps({"message": text, "signature": hex_of(signature)}).encode()
        session = self.read(NewSession, self._refused(self._send("POST", "/v1/session", body, {})))
        self._token, self.chain_id = session.token, nonce.chain_id

    def get(self, path: str) -> Answer:
        """Return what a path answers that is not refused; see `ask`."""
        return self._refused(self.ask("GET", path))

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

    def ask_openly(self, method: str, path: str, body: bytes = b"") -> Answer:
        """Return what a path answers to anybody.

        Raises:
            StorageError: the gateway cannot be reached.
        """
        return self._send(method, path, body, {})

    def document(self, digest: bytes, most: int) -> bytes:
        """Return a public document by its sha-256: what it is, or an error.

        Raises:
            StorageError: it is not there, has more bytes than `most`, or is another.
        """
        name = f"{shown(self.url)} has no document {hex_of(digest)}"
        path = f"/sha256/{digest[:1].hex()}/{digest.hex()}"
        found = b"".join(self.blocks(path, 0, most + 1))
        if hashlib.sha256(found).digest() != digest:
            raise StorageError(f"{name}: it answered with something else; {_OTHER}.")
        return found

    def blocks(self, path: str, start: int, stop: int) -> Iterator[bytes]:
        """Give the bytes of a path from `start`, and none from `stop` on; nobody has checked what they are.

        A redirect is followed once, over https and to a public address, as a bucket's presigned URL is.

        Raises:
            ObjectError: the gateway refuses.
            StorageError: it cannot be reached, or fails.
        """
        with self._answer_to(lambda: self._opened(f"{self._base}{path}", start, stop)) as answer:
            if answer.status not in (302, 303, 307):
                yield from self._part(answer, start, stop)
                return
            place = answer.headers.get("Location", "")
        yield from self._foreign(place, start, stop)

    def blocks_at(self, url: str, start: int, stop: int) -> Iterator[bytes]:
        """Give likewise what is at a URL that the gateway gave out: a path below it, or an https:// one at a public
        address. It is asked for once, and no redirect is followed.

        Raises:
            StorageError: it is neither, is refused, cannot be reached, or fails; that says nothing of what is there.
        """
        try:
            if not url.startswith("/"):
                yield from self._foreign(url, start, stop)
                return
            with self._answer_to(lambda: self._asked("GET", f"{self._base}{url}", _wanting(start, stop))) as answer:
                yield from self._part(answer, start, stop)
        except ObjectError as error:
            raise StorageError(str(error)) from error

    def _part(self, answer: urllib3.BaseHTTPResponse, start: int, stop: int) -> Iterator[bytes]:
        is_part = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {start}-")
        if not is_part and (answer.status != 200 or start > 0):
            raise self._refusal_in(answer)
        yield from paced(answer, stop - start)

    def _foreign(self, place: str, start: int, stop: int) -> Iterator[bytes]:
        """Give what is at a place that the gateway names, on connections that are kept for the next one there."""
        found = _split(place) if place.startswith("https://") else None
        if found is None:
            raise ObjectError(f"{shown(self.url)} leads to {shown(place)[:200]}, which is not followed; {_OTHER}.")
        origin = f"https://{found.netloc}"
        store = self._elsewhere  # read once: other threads may be led elsewhere meanwhile
        if store is None or store.url != origin:
            self._elsewhere = store = Store.open_foreign(origin)
        yield from store.backend.read(f"{found.path.lstrip('/')}?{found.query}", start, stop)

    def answered(self, path: str, body: bytes, size: int) -> Iterator[bytes]:
        """Send JSON to a path, once, and give the bytes that it answers, none beyond a size; nobody has checked them.

        Raises:
            AbsentError: the gateway does not know such a path.
            ObjectError: it refuses.
            StorageError: it cannot be reached, or fails.
        """
        headers = {"Accept-Encoding": "identity", "Content-Type": "application/json"}
        with self._answer_to(lambda: self._asked("POST", f"{self._base}{path}", headers, body)) as answer:
            if answer.status >= 500:
                raise StorageError(f"{shown(self.url)} failed: HTTP {answer.status}; run it again later.")
            if answer.status != 200:
                raise self._refusal_in(answer)
            yield from paced(answer, size)

    @contextmanager
    def _answer_to(self, ask: Callable[[], urllib3.BaseHTTPResponse]) -> Iterator[urllib3.BaseHTTPResponse]:
        try:
            answer = ask()
            try:
                yield answer
            finally:
                if answer.length_remaining != 0:
                    answer.close()
                answer.release_conn()
        except (HTTPError, OSError) as error:
            told = f"{shown(self.url)} broke off ({reason_of(error)}); run it again later."
            raise StorageError(told) from error

    def _refusal_in(self, answer: urllib3.BaseHTTPResponse) -> ObjectError:
        refused = Answer(answer.status, answer.headers, b"".join(paced(answer, _MOST)))
        is_absent = answer.status == 405 or (answer.status == 404 and refused.code in {"", "not_found"})
        kind = AbsentError if is_absent else ObjectError
        return kind(refused.refusal(self.url))

    def _opened(self, url: str, start: int, stop: int) -> urllib3.BaseHTTPResponse:
        headers, wait = _wanting(start, stop), 0.5
        for tries in range(_TRIES):
            answer = self._asked("GET", url, headers)
            if tries == _TRIES - 1 or _stands(answer.status, answer.headers):
                return answer
            answer.close()
            wait = _pause(answer.headers, wait)
            time.sleep(wait)
            wait = min(wait * 2, _LONGEST)
        raise AssertionError("the last try returns")

    def _asked(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> urllib3.BaseHTTPResponse:
        """Ask for bytes, again where the line broke before there was an answer."""
        return self.http.request(
            method,
            url,
            body=body,
            headers=headers,
            redirect=False,
            retries=_AGAIN,
            timeout=_TIMEOUT,
            preload_content=False,
            decode_content=False,
        )

    def refusal(self, answer: Answer) -> StorageError:
        """Return the error that a refusal is."""
        return StorageError(answer.refusal(self.url))

    def _refused(self, answer: Answer) -> Answer:
        if answer.status >= 300:
            raise self.refusal(answer)
        return answer

    def _send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a request, again where the gateway says that the same may do soon or nothing was heard of it."""
        wait = 0.5
        for tries in range(_TRIES):
            last = tries == _TRIES - 1
            try:
                answer = self._once(method, path, body, headers)
            except HTTPError as error:
                if last:
                    told = f"{shown(self.url)} cannot be reached ({reason_of(error)}); run it again later."
                    raise StorageError(told) from error
            else:
                if last or _stands(answer.status, answer.headers):
                    return answer
                wait = _pause(answer.headers, wait)
            time.sleep(wait)
            wait = min(wait * 2, _LONGEST)
        raise AssertionError("the last try returns or raises")

    def _once(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        named = {"Content-Type": "application/json", "Accept-Encoding": "identity", **headers}
        answer = self.http.request(
            method,
            f"{self._base}{path}",
            body=body or None,
            headers=named,
            redirect=False,
            retries=False,
            timeout=_TIMEOUT,
            preload_content=False,
            decode_content=False,
        )
        try:
            data = b"".join(paced(answer, _MOST + 1))
        finally:
            answer.release_conn()
        if len(data) > _MOST:
            raise StorageError(
                f"{shown(self.url)} answered with more than {_MOST:,} bytes; it is no gateway, so name another."
            )
        return Answer(answer.status, answer.headers, data)

    def read(self, kind: type[T], answer: Answer) -> T:
        """Return an answer as what it should be.

        Raises:
            StorageError: it is something else.
        """
        try:
            return kind.model_validate_json(answer.body)
        except ValidationError as error:
            raise StorageError(f"{shown(self.url)} answered what no gateway of this release does; {_OTHER}.") from error


def _stands(status: int, headers: Mapping[str, str]) -> bool:
    """Say whether an answer stays what it is, for good or for longer than all tries take."""
    return (status < 500 and status != 429) or _wanted(headers) > _LONGEST * (_TRIES - 1)


def _pause(headers: Mapping[str, str], wait: float) -> float:
    return max(wait, min(_wanted(headers), _LONGEST))


def _wanted(headers: Mapping[str, str]) -> float:
    """Return the seconds for which a gateway wants to be left alone; 0: it does not say."""
    told = headers.get("Retry-After", "")
    return float(told[:9]) if told.isascii() and told.isdigit() else 0.0


def _split(url: str) -> SplitResult | None:
    try:
        found = urlsplit(url)
        _ = found.port
    except ValueError:
        return None
    return found


def _wanting(start: int, stop: int) -> dict[str, str]:
    return {"Accept-Encoding": "identity", **({"Range": f"bytes={start}-{stop - 1}"} if start > 0 else {})}
