"""Speaking JSON-RPC with a node that may be anybody's: every answer is bounded in bytes and in time."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from queue import Empty, Queue
from threading import Thread
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import requests

from audiera.indexer.follow.refusals import RetryError, TooMuchError, refused
from audiera.text import nested, reason_of

__all__ = ["Call", "Wire"]

Call: TypeAlias = tuple[str, list[object]]
"""A method and its parameters."""

_TIMEOUT: Final = 30.0  # seconds for a whole answer
_MOST: Final = 1 << 26  # bytes of an answer
_PIECE: Final = 1 << 16
_BATCH: Final = 64  # calls sent as one, at first
_FEWEST: Final = 3  # what a node has to take as one: logs of a range and the headers that prove them
_LONGEST_PAUSE: Final = 600.0  # seconds; who asks for more is asked again all the same
_BUSY: Final = {429, 503}
_BATCHES: Final = re.compile(r"batch", re.IGNORECASE)


class Wire:
    """A node's URL."""

    def __init__(self, url: str, *, timeout: float = _TIMEOUT, most: int = _MOST) -> None:
        parts = urlsplit(url)
        self.name = f"The node at {parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        """By scheme, host and port: what else is in a URL may be a password or a key."""
        self.requests = 0
        """How many were made."""
        self._url, self._timeout, self._most = url, timeout, most
        self._batch = _BATCH
        self._session = requests.Session()

    def ask(self, calls: Sequence[Call]) -> list[object]:
        """Return the result of each call, in order; those of fewer calls than a batch may have come from one answer.

        Raises:
            TooMuchError: if it refuses to give so much.
            RetryError: if it cannot be reached, refuses, or answers what cannot be used.
        """
        found: list[object] = []
        while len(found) < len(calls):
            some = calls[len(found) : len(found) + self._batch]
            try:
                found += self._ask(some)
            except TooMuchError:
                raise
            except RetryError as error:
                if not _BATCHES.search(str(error)) or len(some) <= _FEWEST:
                    raise
                self._batch = max(_FEWEST, len(some) // 2)
        return found

    def _ask(self, calls: Sequence[Call]) -> list[object]:
        self.requests += 1
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in enumerate(calls)
        ]
        answers = self._read(self._post(json.dumps(body)), calls[0][0])
        if isinstance(answers, dict) and "error" in answers:
            raise refused(self.name, calls[0][0], answers["error"])
        by_id = {it["id"]: it for it in answers if _is_answer(it)} if isinstance(answers, list) else {}
        if len(by_id) != len(calls) or not isinstance(answers, list) or len(answers) != len(calls):
            raise RetryError(f"{self.name} answered {calls[0][0]} with what is no answer to it.")
        results: list[object] = []
        for number, (method, _) in enumerate(calls):
            answer = by_id.get(number, {})
            if "error" in answer:
                raise refused(self.name, method, answer["error"])
            if "result" not in answer:
                raise RetryError(f"{self.name} answered {method} with neither a result nor an error.")
            results.append(answer["result"])
        return results

    def _post(self, body: str) -> bytes:
        """Return the answer to a request, waiting for the whole of it no longer than is borne: a thread that a node
        holds on to, by a byte now and then, is left behind.
        """
        answers: Queue[bytes | RetryError] = Queue()
        request = Thread(target=self._fetch, args=(self._session, body, answers), daemon=True)
        request.start()
        try:
            answer = answers.get(timeout=self._timeout)
        except Empty:
            self._session = requests.Session()
            raise TooMuchError(f"{self.name} gave no answer within {self._timeout:g} seconds.") from None
        if isinstance(answer, RetryError):
            raise answer
        return answer

    def _fetch(self, session: requests.Session, body: str, answers: Queue[bytes | RetryError]) -> None:
        try:
            answers.put(self._exchange(session, body))
        except RetryError as error:
            answers.put(error)
        except requests.Timeout:
            answers.put(TooMuchError(f"{self.name} gave no answer within {self._timeout:g} seconds."))
        except (requests.RequestException, OSError, ValueError) as error:
            answers.put(RetryError(f"{self.name} cannot be reached ({reason_of(error)})."))

    def _exchange(self, session: requests.Session, body: str) -> bytes:
        headers = {"Content-Type": "application/json"}
        with session.post(
            self._url, body, headers=headers, timeout=self._timeout, allow_redirects=False, stream=True
        ) as response:
            answer, ends = bytearray(), time.monotonic() + self._timeout
            for piece in response.iter_content(_PIECE):
                answer += piece
                if len(answer) > self._most:
                    raise TooMuchError(f"{self.name} answered with more than {self._most:,} bytes.")
                if time.monotonic() > ends:
                    break  # nobody waits any more
        if response.status_code != 200 and (
            response.status_code in _BUSY or not answer.lstrip().startswith((b"[", b"{"))
        ):
            raise _failed(self.name, response)
        return bytes(answer)

    def _read(self, answer: bytes, method: str) -> object:
        if nested(answer):
            raise RetryError(f"{self.name} answered {method} with what is nested too deep.")
        try:
            found: object = json.loads(answer)
        except ValueError as error:
            raise RetryError(f"{self.name} answered {method} with what is not JSON, or not all of it.") from error
        return found


def _is_answer(answer: object) -> bool:
    return isinstance(answer, dict) and type(answer.get("id")) is int


def _failed(name: str, response: requests.Response) -> RetryError:
    """Return what a status of HTTP means."""
    said = f"{name} answered with HTTP {response.status_code}."
    if response.status_code in {413, 504}:
        return TooMuchError(said)
    error = RetryError(said)
    error.pause = _pause(response.headers.get("Retry-After"))
    return error


def _pause(text: str | None) -> float | None:
    """Return how many seconds `Retry-After` asks for: a number of them, or a day and time."""
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return min(max(seconds, 0.0), _LONGEST_PAUSE) if seconds == seconds else None  # noqa: PLR0124  # "nan"
