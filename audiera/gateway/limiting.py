"""How much one address may ask: counted in a moving window, in the memory of each process."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address, ip_network
from typing import Final

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter, RateLimiter
from starlette.types import ASGIApp, Receive, Scope, Send

from audiera.errors import InputError
from audiera.gateway.answers import problem_response
from audiera.gateway.grants import Grants
from audiera.gateway.problems import Code, Problem
from audiera.gateway.settings import Settings

__all__ = ["Limiter", "RateLimited", "Scale", "client_of"]

_GRANTED: Final = re.compile(r"/v1/accesses/0x([0-9a-fA-F]{64})/items(/[^/]+(/key)?)?")


class Limiter:
    """One limit, for each address."""

    def __init__(self, rate: str, window: type[RateLimiter] = MovingWindowRateLimiter) -> None:
        """Allow so much, as `limits` writes it: 600/minute.

        Args:
            rate: how much.
            window: how it is counted; of what is weighed in a fixed one, since the moving one remembers each unit.

        Raises:
            InputError: if nobody can tell what is meant.
        """
        try:
            self._item = parse(rate)
        except ValueError as error:
            raise InputError(f"{rate!r} is no rate; write 600/minute.") from error
        self._strategy = window(MemoryStorage())

    def take(self, address: str, weight: int = 1) -> None:
        """Count what an address asks for. What is more than all that is allowed weighs as much as that.

        Raises:
            Problem: `RATE_LIMITED`: it is too much.
        """
        self.look(address, weight)
        self.count(address, weight)

    def count(self, address: str, weight: int) -> None:
        """Count what an address was given, even if it is too much."""
        self._strategy.hit(self._item, address, cost=self._bounded(weight))

    def look(self, address: str, weight: int) -> None:
        """Return if an address may ask for so much now, and count nothing.

        Raises:
            Problem: `RATE_LIMITED`: it may not.
        """
        if self._strategy.test(self._item, address, cost=self._bounded(weight)):
            return
        free = self._strategy.get_window_stats(self._item, address).reset_time
        wait = max(round(free - time.time() + 0.5), 1)
        raise Problem(
            Code.RATE_LIMITED,
            f"This address asks too often ({self._item}); go on in {wait:,} seconds.",
            headers={"Retry-After": str(wait)},
        )

    def _bounded(self, weight: int) -> int:
        return min(weight, self._item.amount)


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
            granted = _GRANTED.fullmatch(scope["path"])
            if granted is None or not self._grants.knows(bytes.fromhex(granted[1])):
                try:
                    self._limiter.take(address)
                except Problem as problem:
                    await problem_response(problem)(scope, receive, send)
                    return
        await self._app(scope, receive, send)


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
