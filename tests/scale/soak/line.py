"""How a client asks: the very same again, of whichever gateway process, until one answers."""

import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import urllib3
from urllib3.exceptions import HTTPError

from audiera.errors import StorageError
from tests.scale.soak.told import Pace, Told

__all__ = ["Answer", "Line", "insisted"]

T = TypeVar("T")

_PATIENCE: Final = 180.0  # seconds
_TIMEOUT: Final = 30.0  # seconds of one try
_TRIES: Final = 8  # of what says that it is to be run again later


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered in the end."""

    status: int
    body: bytes
    seconds: float
    """From the first try."""

    @property
    def document(self) -> Any:  # noqa: ANN401  # JSON
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a refusal; empty: it is none."""
        return str(self.document.get("code", "")) if self.status >= 400 else ""


@dataclass(slots=True)
class Line:
    """A client's own, under an address of its own. What fails on the gateway's side is asked again, as it may be."""

    ports: Sequence[int]
    address: str
    told: Told
    pace: Pace
    chance: random.Random
    http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(maxsize=4))

    def post(self, path: str, document: object, **headers: str) -> Answer:
        """Return what JSON is answered by."""
        named = {it.replace("_", "-"): value for it, value in headers.items()}
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return self.ask("POST", path, body, {"Content-Type": "application/json", **named})

    def get(self, path: str, **headers: str) -> Answer:
        """Return what a path is answered by."""
        return self.ask("GET", path, None, headers)

    def ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Return what one of the gateways answers in the end.

        Raises:
            AssertionError: none did, or one failed as none ever should.
        """
        self.pace.wait()
        start, named = time.monotonic(), {**headers, "X-Forwarded-For": self.address}
        said: object = "nothing"
        while time.monotonic() < start + _PATIENCE:
            url = f"http://127.0.0.1:{self.chance.choice(self.ports)}{path}"
            wait = 0.2
            try:
                found = self.http.request(
                    method, url, body=body, headers=named, retries=False, redirect=False, timeout=_TIMEOUT
                )
            except HTTPError as error:
                self.told.count("broken off")
                said = error
            else:
                answer = Answer(found.status, found.data, time.monotonic() - start)
                if answer.status == 500:
                    self.told.fault(f"{method} {path} was answered by 500: {answer.body[:500]!r}")
                if answer.status < 500 and answer.code != "rate_limited":
                    return answer
                self.told.count("told to come again")
                said, wait = answer.body[:300], min(float(found.headers.get("Retry-After", "0.2")), 10)
            time.sleep(wait)
        raise AssertionError(f"no gateway answered {method} {path} within {_PATIENCE:,.0f} seconds, but {said!r}")


def insisted(work: Callable[[], T], told: Told) -> T:
    """Run what says that it is to be run again until it does not."""
    for _ in range(_TRIES):
        try:
            return work()
        except StorageError:
            told.count("runs again")
            time.sleep(1)
    return work()
