"""Which gateways an audit asks for logs, and for how long: they are anybody's servers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from audiera.audit import Finding, Severity, logs
from audiera.errors import StorageError
from audiera.metering import PricedUse, use_line
from audiera.storage import Store
from tests.support.audit import Market
from tests.support.studio import Studio, some_terms

pytestmark = pytest.mark.heavy


@dataclass(slots=True)
class Server:
    """A gateway's server, which says how large a log is and gives some of it, slowly."""

    size_: int | None = None
    seconds: float = 0.0
    pieces: tuple[bytes, ...] = (b"",)
    pause: float = 0.0
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

    def find(self, *_: Any) -> None:  # noqa: ANN401
        raise StorageError("There are no documents here.")

    def read(self, *_: Any) -> Iterator[bytes]:  # noqa: ANN401
        for piece in self.pieces:
            self.now += self.pause
            yield piece
        if self.size_ != sum(map(len, self.pieces)):
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

    found = [it.text for it in market.audit("licensee", payer.account).findings if it.code == "log-missing"]

    assert any("has 1,099,511,627,776 bytes, and more than 4,294,967,296 are not taken" in it for it in found)


def log_of(uses: Sequence[PricedUse]) -> Server:
    """A server that has this log under any name."""
    body = "".join(map(use_line, uses)).encode()
    return Server(size_=len(body), pieces=(body,))


def missing(market: Market, *subject: str, stores: bool = True) -> list[Finding]:
    """The batches whose log is not here."""
    return [it for it in market.audit(*subject, stores=stores).findings if it.code == "log-missing"]


def test_a_disk_without_room_for_a_log_ends_no_audit(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    uses = market.uses([0])
    market.settle(uses, published=False)
    serve(market, monkeypatch, log_of(uses))
    spool = market.folder / "work" / "fetched.jsonl"
    spool.symlink_to("/dev/full")

    (found,) = missing(market, stores=False)

    assert "(No space left on device); make room." in found.text
    assert not spool.is_symlink()


def test_what_came_of_a_log_that_was_cut_off_does_not_stay(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    market.settle(market.uses([0]), published=False)
    serve(market, monkeypatch, Server(size_=1_000, pieces=(b"a" * 500,)))

    (found,) = missing(market)

    assert "It ends." in found.text
    assert not (market.folder / "work" / "fetched.jsonl").exists()


def test_a_log_that_comes_drop_by_drop_is_not_waited_for(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    market.settle(market.uses([0]), published=False)
    server = Server(size_=900, pieces=(b"a",) * 900, pause=30.0)
    serve(market, monkeypatch, server)

    (found,) = missing(market)

    assert "did not come within 120 seconds" in found.text
    assert server.now == 150.0


def test_a_licensee_of_something_else_is_asked_in_an_audit_of_everything_alone(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = Studio(market.venue.as_("creator"))
    other = studio.dataset()
    studio.license(other, studio.offer(other, some_terms()), market.venue.as_("stranger"))
    market.strangers(market.uses([0]), published=False)
    server = Server()
    serve(market, monkeypatch, server, role="stranger")

    missing(market)
    own = len(server.asked)
    missing(market, "all", "all")

    assert (own, len(server.asked)) == (0, 1)


@pytest.mark.parametrize("limit", ["uses", "statements"])
def test_no_more_than_so_much_is_taken_at_a_time_from_servers_that_nobody_answers_for(
    market: Market, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    few, many = market.uses([0]), market.uses([1, 2])
    market.settle(many, published=False)
    market.settle(few, published=False)
    server = log_of(few)
    serve(market, monkeypatch, server)
    monkeypatch.setattr(
        logs._Gateways, "__init__", _with(logs._Gateways.__init__, **{limit: {"uses": 2, "statements": 1}[limit]})
    )

    (found,) = missing(market)
    server.size_, server.pieces = log_of(many).size_, log_of(many).pieces

    assert len(server.asked) == 1
    assert "audit again to go on, or name the log by --logs" in found.text
    assert missing(market) == []


def _with(make: Any, **told: Any) -> Any:  # noqa: ANN401
    return lambda self: make(self, **told)


@pytest.mark.parametrize(("named", "itself"), [(True, True), (False, True), (True, False)])
def test_a_gateway_that_an_owner_named_and_that_publishes_another_log_itself_hides_it(
    market: Market, monkeypatch: pytest.MonkeyPatch, *, named: bool, itself: bool
) -> None:
    gateway = market.venue.as_("gateway").account
    market.venue.as_("creator").datasets.set_gateways(market.venue.dataset, [gateway] if named else [])
    voucher = market.settle(market.uses([0, 1]), published=False, collected=False)
    if itself:
        serve(market, monkeypatch, log_of(market.uses([2])))
    else:
        market.publish(voucher, market.uses([2]))

    found = {(it.code, it.severity) for it in market.audit().findings}

    said = ("log-of-another-batch", Severity.ERROR) if named and itself else ("log-missing", Severity.WARNING)
    assert found == {said, ("not-collected", Severity.OPEN)}
