"""How much one address may ask: counted in a moving window, in the memory of each process."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from ipaddress import ip_address, ip_network
from math import ceil
from typing import Final

from limits import parse_many
from starlette.types import ASGIApp, Receive, Scope, Send

from audiera.errors import InputError
from audiera.gateway.answers import problem_response
from audiera.gateway.grants import Grants
from audiera.gateway.problems import Code, Problem
from audiera.gateway.settings import Settings

__all__ = ["Limiter", "RateLimited", "Scale", "client_of"]

_STEPS: Final = 60
_GRANTED: Final = re.compile(r"/v1/accesses/0x([0-9a-fA-F]{64})/(presigned|items(/[^/]+(/key)?)?)")


class Limiter:
    """One limit, for each address: a moving window, in steps of a sixtieth."""

    def __init__(self, rate: str) -> None:
        """Allow so much, as `limits` writes one rate: 600/minute.

        Raises:
            InputError: if nobody can tell what is meant, or nothing is allowed.
        """
        try:
            self._item, *others = parse_many(rate)
            self._most, self._window = self._item.amount, float(self._item.get_expiry())
        except (ValueError, OverflowError) as error:
            raise InputError(f"{rate!r} is no rate; write 600/minute.") from error
        if others:
            raise InputError(f"{rate!r} is several rates; write one alone, like 600/minute.")
        if self._most < 1:
            raise InputError(f"{rate!r} allows nothing; write 1/year for next to nothing, or a bound like 600/minute.")
        self._given: dict[str, _Given] = {}
        self._guard, self._swept = threading.RLock(), time.monotonic()

    def take(self, address: str, weight: int = 1) -> None:
        """Count what an address asks for. What is more than all that is allowed weighs as much as that.

        Raises:
            Problem: `RATE_LIMITED`: it is too much.
        """
        with self._guard:
            self.look(address, weight)
            self.count(address, weight)

    def count(self, address: str, weight: int) -> None:
        """Count what an address was given, even if it is too much."""
        now = time.monotonic()
        with self._guard:
            if now > self._swept + self._window:  # those who ask no more are forgotten
                self._swept = now
                for name in [name for name, it in self._given.items() if it.ended(now)]:
                    del self._given[name]
            given = self._given.setdefault(address, _Given())
            given.add(now + self._window, self._window / _STEPS, min(weight, self._most))

    def look(self, address: str, weight: int) -> None:
        """Return if an address may ask for so much now, and count nothing.

        Raises:
            Problem: `RATE_LIMITED`: it may not.
        """
        now = time.monotonic()
        with self._guard:
            given = self._given.get(address)
            if given is None or given.total(now) + min(weight, self._most) <= self._most:
                return
            wait = ceil(given.parts[0][0] - now)
        raise Problem(
            Code.RATE_LIMITED,
            f"This address asks too often ({self._item}); go on in {wait:,} seconds.",
            headers={"Retry-After": str(wait)},
        )


class _Given:
    """What one address was given."""

    __slots__ = ("parts", "sum")

    def __init__(self) -> None:
        self.parts: deque[tuple[float, int]] = deque()
        """The time at which each ends to count, and what it weighs."""
        self.sum = 0

    def total(self, now: float) -> int:
        """Return what counts still."""
        while self.parts and self.parts[0][0] <= now:
            self.sum -= self.parts.popleft()[1]
        return self.sum

    def ended(self, now: float) -> bool:
        """Say whether nothing counts any more."""
        return not self.parts or self.parts[-1][0] <= now

    def add(self, until: float, step: float, weight: int) -> None:
        """Count something until a time, or a step later at the most: so what ends at about the same time is one."""
        self.sum += weight
        if self.parts and until <= self.parts[-1][0]:
            self.parts[-1] = (self.parts[-1][0], self.parts[-1][1] + weight)
        else:
            self.parts.append((until + step, weight))


class Scale:
    """Weighs what one address asks for: the items and uses that it is about, for the work is as much."""

    def __init__(self, limiter: Limiter, free: Limiter, address: str) -> None:
        self._limiter, self._free, self._address = limiter, free, address

    def take(self, weight: int) -> None:
        """Count so much.

        Raises:
            Problem: `RATE_LIMITED`: it is too much.
        """
        self._limiter.take(self._address, weight)

    def give(self, uses: int) -> None:
        """Count uses that come to nothing.

        Raises:
            Problem: `RATE_LIMITED`: they are too many.
        """
        self._free.take(self._address, uses)

    @contextmanager
    def unless_granted(self) -> Iterator[Callable[[int], None]]:
        """Yield what weighs, and count it only if the request is refused: what is paid for is not limited.

        Raises:
            Problem: `RATE_LIMITED`: it would be too much.
        """
        total = 0

        def weigh(weight: int) -> None:
            nonlocal total
            self._limiter.look(self._address, weight)
            total += weight

        try:
            yield weigh
        except Problem as problem:
            if total and not problem.repeat:
                self._limiter.count(self._address, total)
            raise


class RateLimited:
    """Refuses requests of an address that asks too often; the bytes of a known access are its own to fetch."""

    def __init__(self, app: ASGIApp, settings: Settings, grants: Grants) -> None:
        """Limit an application.

        Raises:
            InputError: if a proxy is no network, or nobody can tell what the rate is.
        """
        for it in settings.proxies:
            try:
                ip_network(it)
            except ValueError as error:
                raise InputError(f"{it!r} is no network of proxies; write 10.0.0.0/8 or one address.") from error
        self._app, self._grants, self._proxies = app, grants, settings.proxies
        self._limiter = Limiter(settings.limits.rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "http":
            scope.setdefault("state", {})["address"] = address = client_of(scope, self._proxies)
            if not self._is_granted(scope["method"], scope["path"]):
                try:
                    self._limiter.take(address)
                except Problem as problem:
                    await problem_response(problem)(scope, receive, send)
                    return
        await self._app(scope, receive, send)

    def _is_granted(self, method: str, path: str) -> bool:
        found = _GRANTED.fullmatch(path)
        if found is None or not self._grants.knows(bytes.fromhex(found[1])):
            return False
        return method == "POST" if found[3] is None else method in {"GET", "HEAD"}


def client_of(scope: Scope, proxies: Sequence[str]) -> str:
    """Return who asks: an address, or of IPv6 the network of a customer (/64).

    `X-Forwarded-For` is read from its end, as far as those who wrote it are the operator's own proxies.
    """
    client = scope.get("client")
    address = client[0] if client else ""
    told = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    hops = [it.strip() for it in ",".join(told).split(",") if it.strip()][-16:]
    while hops and (not address or _is_of(address, proxies)) and proxies:
        address = hops.pop()
    return _customer(address)


@lru_cache(maxsize=4096)
def _customer(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if found.version == 6:
        return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
    return str(found)


def _is_of(address: str, networks: Sequence[str]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in ip_network(it) for it in networks)
