"""How much one address may ask, and who it is that asks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.responses import PlainTextResponse

from audiera.errors import InputError
from audiera.gateway import Limits, Settings
from audiera.gateway.grants import Grants
from audiera.gateway.limiting import Limiter, RateLimited, client_of
from audiera.gateway.problems import Problem
from tests.support.explorer import serving

KNOWN = bytes(range(32))
OWN = ("10.0.0.0/8", "fd00::/8")


def scope(client: str | None, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", it.encode()) for it in forwarded]
    return {"type": "http", "client": (client, 1) if client else None, "headers": headers}


@pytest.mark.parametrize(
    ("client", "forwarded", "proxies", "found"),
    [
        ("203.0.113.7", ("198.51.100.1",), (), "203.0.113.7"),
        ("203.0.113.7", ("198.51.100.1",), OWN, "203.0.113.7"),
        ("10.0.0.1", ("198.51.100.1",), OWN, "198.51.100.1"),
        ("10.0.0.1", ("192.0.2.66, 198.51.100.1, 10.2.3.4",), OWN, "198.51.100.1"),
        ("10.0.0.1", ("192.0.2.66", "198.51.100.1"), OWN, "198.51.100.1"),
        ("10.0.0.1", (), OWN, "10.0.0.1"),
        (None, ("198.51.100.1",), OWN, "198.51.100.1"),
        (None, (), OWN, ""),
        ("2001:db8:1:2:3:4:5:6", (), (), "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", (), (), "203.0.113.7"),
        ("10.0.0.1", ("no address at all",), OWN, "no address at all"),
    ],
)
def test_who_asks_is_told_only_by_proxies_of_the_operator(
    client: str | None, forwarded: tuple[str, ...], proxies: tuple[str, ...], found: str
) -> None:
    assert client_of(scope(client, *forwarded), proxies) == found


def test_one_too_many_is_refused_until_the_window_has_moved() -> None:
    limiter = Limiter("2/minute")
    limiter.take("a")
    limiter.take("a")
    limiter.take("b")

    with pytest.raises(Problem) as refused:
        limiter.take("a")

    assert (refused.value.status, refused.value.code) == (429, "rate_limited")
    assert 55 <= int(refused.value.headers["Retry-After"]) <= 61


def test_what_was_given_is_counted_until_its_time_and_no_thread_is_begun_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1_000.0
    monkeypatch.setattr("audiera.gateway.limiting.time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr("threading.Thread.start", None)
    limiter = Limiter("100/minute")

    limiter.take("a", 60)
    now += 30
    limiter.take("a", 40)
    with pytest.raises(Problem) as refused:
        limiter.take("a", 1)
    now += 29
    with pytest.raises(Problem):
        limiter.take("a", 1)
    now += 2
    limiter.take("a", 60)
    now += 62
    limiter.take("b", 1_000)  # as much as all that is allowed

    assert refused.value.headers["Retry-After"] == "31"
    assert list(limiter._given) == ["b"]
    with pytest.raises(Problem):
        limiter.look("b", 1)


def test_many_small_things_are_remembered_in_few_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("audiera.gateway.limiting.time", SimpleNamespace(monotonic=lambda: now))
    limiter = Limiter("100000/minute")

    for _ in range(6_000):
        limiter.take("a")
        now += 0.01

    assert len(limiter._given["a"].parts) <= 61
    assert limiter._given["a"].sum == 6_000


@pytest.mark.parametrize("rate", ["plenty", "-5/minute", f"5/{'9' * 400} years"], ids=["words", "less", "for ever"])
def test_a_rate_that_nobody_understands_is_refused(rate: str) -> None:
    with pytest.raises(InputError) as refused:
        Limiter(rate)

    assert str(refused.value) == f"{rate!r} is no rate; write 600/minute."


def test_a_rate_of_nothing_is_refused_and_does_not_allow_everything() -> None:
    with pytest.raises(InputError) as refused:
        Limiter("0/minute")

    assert str(refused.value) == (
        "'0/minute' allows nothing; write 1/year for next to nothing, or a bound like 600/minute."
    )


@pytest.mark.parametrize("rate", ["600/minute;100/day", "600/minute, 600/minute", "1/day|2 per 3 hours"])
def test_of_several_rates_none_is_passed_over_in_silence(rate: str) -> None:
    with pytest.raises(InputError) as refused:
        Limiter(rate)

    assert str(refused.value) == f"{rate!r} is several rates; write one alone, like 600/minute."


def test_what_is_written_for_next_to_nothing_allows_one() -> None:
    limiter = Limiter("1/year")
    limiter.take("a", 5)

    with pytest.raises(Problem) as refused:
        limiter.take("a")

    assert refused.value.status == 429


def test_a_proxy_that_is_no_network_is_refused() -> None:
    settings = cast("Settings", SimpleNamespace(limits=Limits(), proxies=("10.0.0.1/8",)))

    with pytest.raises(InputError) as refused:
        RateLimited(PlainTextResponse("yes"), settings, cast("Grants", None))

    assert str(refused.value) == "'10.0.0.1/8' is no network of proxies; write 10.0.0.0/8 or one address."


def test_the_bytes_of_a_known_access_are_not_counted() -> None:
    grants = cast("Grants", SimpleNamespace(knows=lambda access: access == KNOWN))
    settings = cast("Settings", SimpleNamespace(limits=Limits(rate="3/hour"), proxies=()))
    known, other = f"/v1/accesses/0x{KNOWN.hex()}/items/0x00", f"/v1/accesses/0x{'99' * 32}/items/0x00"
    together = known.removesuffix("/0x00")
    presigned = together.replace("/items", "/presigned")

    def ask(method: str, path: str) -> int:
        return server.http.request(method, f"{server.url}{path}", retries=False).status

    with serving(RateLimited(PlainTextResponse("yes"), settings, grants)) as server:
        asked = [("GET", known), ("HEAD", known), ("GET", f"{known}/key"), ("POST", together), ("POST", presigned)]
        fetched = [ask(*it) for it in asked for _ in range(10)]
        guessed = [ask("GET", other), ask("POST", known), ask("GET", presigned)]
        after = [ask("POST", other.removesuffix("/0x00")), ask("DELETE", known), ask("GET", known)]

    assert fetched == [200] * 50
    assert guessed == [200] * 3
    assert after == [429, 429, 200]
