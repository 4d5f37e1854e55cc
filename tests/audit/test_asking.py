"""Which gateways an audit asks for logs, and for how long: they are anybody's servers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from audiera.audit import logs
from audiera.errors import StorageError
from audiera.storage import Store
from tests.support.audit import Market

pytestmark = pytest.mark.heavy


@dataclass(slots=True)
class Server:
    """A gateway's server, which says how large a log is and gives nothing of it, slowly."""

    size_: int | None = None
    seconds: float = 0.0
    now: float = 0.0
    asked: list[str] = field(default_factory=list)

    @property
    def backend(self) -> Server:
        return self

    url = "https://gateway.example"

    def size(self, name: str) -> int | None:
        self.asked.append(name)
        self.now += self.seconds
        return self.size_

    def read(self, *_: Any) -> Iterator[bytes]:  # noqa: ANN401
        yield b""
        raise StorageError("It ends.")


def serve(market: Market, monkeypatch: pytest.MonkeyPatch, server: Server, role: str = "gateway") -> None:
    """Have a gateway say that it answers there."""
    market.venue.as_(role).usage.announce(server.url)
    monkeypatch.setattr(Store, "open_foreign", lambda _: server)
    monkeypatch.setattr(logs, "monotonic", lambda: server.now)


def test_the_gateway_of_a_licensee_is_asked_and_that_of_a_stranger_is_not(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_licensee, of_stranger = Server(), Server()
    market.settle(market.uses([0]), published=False)
    market.strangers(market.uses([1]), published=False)

    serve(market, monkeypatch, of_licensee)
    market.audit()
    serve(market, monkeypatch, of_stranger, role="stranger")
    monkeypatch.setattr(Store, "open_foreign", lambda url: of_stranger if "stranger" in url else of_licensee)
    market.venue.as_("stranger").usage.announce("https://stranger.example")
    market.audit()

    assert len(of_licensee.asked) == 2
    assert of_stranger.asked == []


def test_a_gateway_that_gives_nothing_for_long_is_asked_no_more(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    for item in range(3):
        market.settle(market.uses([item]), published=False)
    server = Server(seconds=70.0)
    serve(market, monkeypatch, server)

    found = [it for it in market.audit().findings if it.code == "log-missing"]

    assert (len(found), len(server.asked)) == (3, 2)
    assert "gave nothing for 120 seconds, and was asked no more" in found[2].text


def test_a_log_of_any_size_is_not_taken_from_a_gateway(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    payer, gateway = market.venue.as_("payer"), market.venue.as_("gateway")
    settled = market.settle(market.uses([0]), published=False)
    endless = replace(settled, batch=9, amount=0, calls=1 << 63)
    gateway.usage.settle(endless, payer.sign_voucher(endless))
    serve(market, monkeypatch, Server(size_=1 << 40))

    found = [it.text for it in market.audit().findings if it.code == "log-missing"]

    assert any("has 1,099,511,627,776 bytes, and more than 4,294,967,296 are not taken" in it for it in found)
