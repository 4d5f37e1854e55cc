"""`license requests answer` and `relay --at`, below the command line: what an owner without coin signs, the gateway
carries out, and once.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest
from eth_typing import ChecksumAddress
from web3.types import RPCEndpoint

from audiera.cli.license import requests
from audiera.cli.license.requests import Offered
from audiera.cli.network.relay import carry_out
from audiera.cli.terminal.session import Session
from audiera.client import Run, SignedCall
from audiera.client.chain import FundsError
from audiera.client.contracts.events import OfferMade
from audiera.consumer import Keeping, carrying
from audiera.consumer.keeping import Signed
from audiera.errors import ChainError, GatewayError, InputError, StorageError
from audiera.gateway import Relaying, create_app
from audiera.gateway.settings import RELAYED
from audiera.operations import TokenBook
from audiera.remote import Remote
from tests.support.asking import asked
from tests.support.explorer import serving
from tests.support.gateway import Payer, Venue
from tests.support.studio import some_terms

TERMS = some_terms().id()
OTHER = some_terms(unit_price=6)
HandedOver: TypeAlias = tuple[Callable[[Offered | None], None], SignedCall]
OFFERED = Offered(f"0x{TERMS.hex()}", "0.5 ETH", 2)
OTHERS = {
    "more": replace(OFFERED, price="50 ETH"),
    "other terms": replace(OFFERED, terms=f"0x{OTHER.id().hex()}"),
    "no": None,
}


@contextmanager
def at(venue: Venue, tmp_path: Path, anvil: str, functions: frozenset[str] = RELAYED) -> Iterator[Payer]:
    """Somebody at a gateway that carries out so much."""
    signer = venue.as_("relayer").signer
    assert signer is not None
    relaying = Relaying(signer=signer, state=tmp_path / "state", functions=functions)
    settings = venue.settings(tmp_path / "answers.db", explorer=False, relaying=relaying, node=anvil)
    with serving(create_app(settings)) as server:
        yield Payer(venue, server)


@pytest.fixture(autouse=True)
def owner(own_venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ChecksumAddress:
    """The account that owns the album; it published terms, and has no coin any more."""
    creator = own_venue.as_("creator")
    creator.licenses.publish_terms(some_terms())
    creator.licenses.publish_terms(OTHER)
    own_venue.w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [creator.account, "0x0"])
    monkeypatch.setenv("AUDIERA_STATE", str(tmp_path / "own"))
    return creator.account


def session(venue: Venue, *, relay: bool = False) -> Session:
    """What a command of the owner works with."""
    client = venue.as_("creator")
    signer = client.signer
    assert signer is not None
    run = Run(b"\x07" * 32, int(time.time()))
    return Session(client, TokenBook.of(client), lambda: signer, yes=True, relay=relay, run=run)


def offers(venue: Venue) -> list[tuple[int, str, int, int]]:
    """What was offered to who asks."""
    asker = venue.as_("payer").account
    logs = venue.as_("payer").licenses.logs(OfferMade, licensee=asker)
    return [(it.event.dataset, it.event.licensee, it.event.price, it.event.left) for it in logs]


def the_offer(venue: Venue) -> tuple[int, str, int, int]:
    return venue.dataset, venue.as_("payer").account, 5 * 10**17, 2


def test_an_owner_without_coin_answers_with_an_offer(
    own_venue: Venue, owner: ChecksumAddress, tmp_path: Path, anvil: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with at(own_venue, tmp_path, anvil) as payer:
        number, _ = asked(payer)
        requests.answer(session(own_venue), payer.server.url, number, OFFERED, "Welcome.")

    told = capsys.readouterr()
    assert "You have 0 ETH, too little for gas: the gateway carries out what you sign" in told.err
    assert f"Request {number} is answered: an offer under terms" in told.out
    assert ", which stands; Welcome." in told.out
    assert offers(own_venue) == [the_offer(own_venue)]
    assert own_venue.as_("payer").node.balance(owner) == 0
    assert not list((tmp_path / "own" / "answers").glob("*/*.json"))


def test_an_offer_that_was_carried_out_is_not_made_again_where_the_answer_did_not_arrive(
    own_venue: Venue, tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise StorageError("as if the line broke")

    with at(own_venue, tmp_path, anvil) as payer:
        number, _ = asked(payer)
        with monkeypatch.context() as patched:
            patched.setattr(Remote, "post", lost)
            with pytest.raises(StorageError, match="as if the line broke"):
                requests.answer(session(own_venue), payer.server.url, number, OFFERED, "")
        assert offers(own_venue) == [the_offer(own_venue)]
        requests.answer(session(own_venue), payer.server.url, number, OFFERED, "")

    assert offers(own_venue) == [the_offer(own_venue)]


@pytest.fixture
def handed_over(own_venue: Venue, tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[HandedOver]:
    """What answers the request, and the offer that an earlier run handed over to a gateway that was slow."""

    def slow(*_: object) -> None:
        raise GatewayError("as if it were slow")

    with at(own_venue, tmp_path, anvil) as payer:
        number, _ = asked(payer)

        def answer(offered: Offered | None) -> None:
            requests.answer(session(own_venue), payer.server.url, number, offered, "So it is.")

        with monkeypatch.context() as patched:
            patched.setattr(carrying, "_await", slow)
            with pytest.raises(GatewayError, match="as if it were slow"):
                answer(OFFERED)
        (path,) = (tmp_path / "own" / "answers").glob("*/relay.json")
        yield answer, SignedCall.from_json(Signed.model_validate_json(path.read_bytes()).call)


@pytest.mark.parametrize("other", OTHERS)
def test_another_answer_waits_until_the_offer_that_was_handed_over_cannot_be_made(
    own_venue: Venue, handed_over: HandedOver, other: str
) -> None:
    answer, _ = handed_over
    first = "An earlier run handed over an offer under terms 2 for 0.5 ETH, 2 times: it may be made yet, for 11 minutes"

    with pytest.raises(InputError, match=first):
        answer(OTHERS[other])
    before = offers(own_venue)
    own_venue.w3.provider.make_request(RPCEndpoint("evm_increaseTime"), [601])
    own_venue.w3.provider.make_request(RPCEndpoint("evm_mine"), [])
    answer(OTHERS[other])

    assert before == []
    assert [it[2] for it in offers(own_venue)] == {"more": [50 * 10**18], "other terms": [5 * 10**17], "no": []}[other]


@pytest.mark.parametrize("other", ["other terms", "no"])
def test_another_answer_is_given_once_the_offer_that_was_made_is_withdrawn(
    own_venue: Venue,
    handed_over: HandedOver,
    other: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer, signed = handed_over
    asker = own_venue.as_("payer").account
    own_venue.as_("relayer").submit(signed)

    with pytest.raises(
        InputError,
        match=f"and an offer under these terms stands; withdraw it first: `.* withdraw 1 2 --licensee {asker}`",
    ):
        answer(OTHERS[other])
    assert offers(own_venue) == [the_offer(own_venue)]
    withdrawal = own_venue.as_("creator").signing().licenses.withdraw_offer(own_venue.dataset, TERMS, asker)
    own_venue.as_("relayer").submit(withdrawal)
    answer(OTHERS[other])

    assert "for 0.5 ETH, 2 times; it does not stand." in capsys.readouterr().err
    assert len(offers(own_venue)) == (1 if other == "no" else 2)


def test_an_offer_that_was_made_is_changed_by_another_under_the_same_terms(
    own_venue: Venue,
    handed_over: HandedOver,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer, signed = handed_over
    own_venue.as_("relayer").submit(signed)

    answer(OTHERS["more"])

    assert "for 0.5 ETH, 2 times; this one takes its place." in capsys.readouterr().err
    assert [it[2] for it in offers(own_venue)] == [5 * 10**17, 50 * 10**18]


def test_what_was_written_down_and_is_no_offer_is_refused(
    own_venue: Venue, handed_over: HandedOver, tmp_path: Path
) -> None:
    answer, _ = handed_over
    (folder,) = (tmp_path / "own" / "answers").iterdir()
    call = own_venue.as_("creator").signing().licenses.cancel([7])
    Keeping(folder).hand_over(Signed(call=call.to_json(), block=1))

    with pytest.raises(StorageError, match="What an earlier run handed over is no offer"):
        answer(None)


def test_who_has_coin_sends_the_offer_unless_told_to_relay(
    own_venue: Venue, owner: ChecksumAddress, tmp_path: Path, anvil: str
) -> None:
    rich = 10**18
    own_venue.w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [owner, hex(rich)])
    node = own_venue.as_("payer").node
    with at(own_venue, tmp_path, anvil) as payer:
        (first, _), (second, _) = asked(payer), asked(payer)
        requests.answer(session(own_venue, relay=True), payer.server.url, first, OFFERED, "")
        relayed = node.balance(owner)
        requests.answer(session(own_venue), payer.server.url, second, OFFERED, "")

    assert relayed == rich
    assert node.balance(owner) < rich
    assert offers(own_venue) == [the_offer(own_venue)] * 2


def test_an_offer_that_the_owner_sent_is_not_handed_over_as_well(
    own_venue: Venue, owner: ChecksumAddress, tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise StorageError("as if the line broke")

    own_venue.w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [owner, hex(10**18)])
    with at(own_venue, tmp_path, anvil) as payer:
        number, _ = asked(payer)
        with monkeypatch.context() as patched:
            patched.setattr(Remote, "post", lost)
            with pytest.raises(StorageError, match="as if the line broke"):
                requests.answer(session(own_venue), payer.server.url, number, OFFERED, "")
        again = session(own_venue, relay=True)
        again.go_on()  # as every command begins
        requests.answer(again, payer.server.url, number, OFFERED, "")

    assert offers(own_venue) == [the_offer(own_venue)]


def test_a_gateway_that_carries_out_no_offers_leaves_it_to_the_owner(
    own_venue: Venue, tmp_path: Path, anvil: str
) -> None:
    with at(own_venue, tmp_path, anvil, frozenset({"LicenseRegistry.acquire"})) as payer:
        number, _ = asked(payer)
        with pytest.raises(FundsError):
            requests.answer(session(own_venue), payer.server.url, number, OFFERED, "")
        with pytest.raises(InputError, match="carries out no offers; leave out --relay"):
            requests.answer(session(own_venue, relay=True), payer.server.url, number, OFFERED, "")

    assert offers(own_venue) == []


def test_any_signed_call_is_handed_to_a_gateway(
    own_venue: Venue, tmp_path: Path, anvil: str, capsys: pytest.CaptureFixture[str]
) -> None:
    creator, asker = own_venue.as_("creator"), own_venue.as_("payer").account
    call = creator.signing().licenses.offer(own_venue.dataset, some_terms().id(), 5 * 10**17, asker, left=2)
    withdrawn = creator.signing().datasets.withdraw_all(own_venue.dataset)
    with at(own_venue, tmp_path, anvil) as payer:
        carry_out(session(own_venue), [call, withdrawn], payer.server.url)
        first = capsys.readouterr()
        carry_out(session(own_venue), [call], payer.server.url)
        again = capsys.readouterr()

    assert f"{payer.server.url} carries it out, and pays the gas." in first.err
    assert "OfferMade(" in first.err
    lines = first.out.splitlines()
    assert lines[0] == "Carried out 2 calls."
    assert lines[1].startswith(f"Dataset {own_venue.dataset} is offered to {asker} alone under terms 2 for 0.5")
    assert lines[1].endswith(", 2 times.")
    assert "was carried out before, or cancelled; nothing was done." in again.err
    assert "Carried out 0 calls." in again.out
    assert offers(own_venue) == [the_offer(own_venue)]


def test_a_call_that_the_gateway_refuses_is_not_done(own_venue: Venue, tmp_path: Path, anvil: str) -> None:
    call = own_venue.as_("creator").signing().licenses.offer(own_venue.dataset, some_terms().id(), 1)
    refusal = "does not carry out what was signed: offer of LicenseRegistry is not carried out here"
    with (
        at(own_venue, tmp_path, anvil, frozenset({"LicenseRegistry.acquire"})) as payer,
        pytest.raises(GatewayError, match=refusal),
    ):
        carry_out(session(own_venue), [call], payer.server.url)


@pytest.fixture
def lost(
    own_venue: Venue, owner: ChecksumAddress, tmp_path: Path, anvil: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Offered | None], None]]:
    """What answers the request with the owner's own coin; the first answer, an offer, never arrived at the gateway."""

    def broken(*_: object) -> None:
        raise StorageError("as if the line broke")

    own_venue.w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [owner, hex(10**18)])
    with at(own_venue, tmp_path, anvil) as payer:
        number, _ = asked(payer)

        def answer(offered: Offered | None) -> None:
            requests.answer(session(own_venue), payer.server.url, number, offered, "So it is.")

        with monkeypatch.context() as patched:
            patched.setattr(Remote, "post", broken)
            with pytest.raises(StorageError, match="as if the line broke"):
                answer(OFFERED)
        yield answer


def withdraw(venue: Venue) -> None:
    """Withdraw what was offered, as a command that was told what came of it."""
    creator = venue.as_("creator")
    creator.licenses.withdraw_offer(venue.dataset, TERMS, venue.as_("payer").account)


def test_no_is_said_once_the_offer_that_the_owner_sent_is_withdrawn(
    own_venue: Venue, lost: Callable[[Offered | None], None]
) -> None:
    with pytest.raises(InputError, match=r"An earlier run made an offer .* stands; withdraw it first"):
        lost(None)
    withdraw(own_venue)

    lost(None)

    assert offers(own_venue) == [the_offer(own_venue)]


@pytest.mark.parametrize("other", OTHERS)
def test_another_answer_waits_until_the_offer_that_the_owner_sent_is_mined(
    own_venue: Venue, tmp_path: Path, anvil: str, owner: ChecksumAddress, other: str
) -> None:
    request = own_venue.w3.provider.make_request
    request(RPCEndpoint("anvil_setBalance"), [owner, hex(10**18)])
    with at(own_venue, tmp_path, anvil) as payer:
        number, _ = asked(payer)
        request(RPCEndpoint("evm_setAutomine"), [False])
        try:
            hurried = session(own_venue)
            hurried.client = replace(hurried.client, timeout=0.1)
            with pytest.raises(ChainError, match="is not mined after"):
                requests.answer(hurried, payer.server.url, number, OFFERED, "So.")
            with pytest.raises(
                InputError, match=r"for 0\.5 ETH, 2 times, as 0x.*, which is not mined yet; answer with"
            ):
                requests.answer(session(own_venue), payer.server.url, number, OTHERS[other], "So.")
        finally:
            request(RPCEndpoint("evm_setAutomine"), [True])
            request(RPCEndpoint("evm_mine"), [])
        requests.answer(session(own_venue), payer.server.url, number, OFFERED, "So.")

    assert offers(own_venue) == [the_offer(own_venue)]


@pytest.mark.parametrize("since", ["withdrawn", "changed", "all withdrawn"])
def test_an_offer_that_does_not_stand_any_more_is_made_again_by_the_very_same_answer(
    own_venue: Venue, lost: Callable[[Offered | None], None], since: str, capsys: pytest.CaptureFixture[str]
) -> None:
    creator, asker = own_venue.as_("creator"), own_venue.as_("payer").account
    if since == "withdrawn":
        withdraw(own_venue)
    elif since == "changed":
        creator.licenses.offer(own_venue.dataset, TERMS, 7, asker)
    else:
        creator.datasets.withdraw_all(own_venue.dataset)

    lost(OFFERED)

    told = capsys.readouterr()
    assert "which was withdrawn or changed since: it is made again." in told.err
    assert ", which stands; So it is." in told.out
    assert [it for it in offers(own_venue) if it[2] != 7] == [the_offer(own_venue)] * 2


def test_what_was_handed_over_and_withdrawn_is_handed_over_again(own_venue: Venue, handed_over: HandedOver) -> None:
    answer, signed = handed_over
    own_venue.as_("relayer").submit(signed)
    withdrawal = (
        own_venue.as_("creator")
        .signing()
        .licenses.withdraw_offer(own_venue.dataset, TERMS, own_venue.as_("payer").account)
    )
    own_venue.as_("relayer").submit(withdrawal)

    answer(OFFERED)

    assert offers(own_venue) == [the_offer(own_venue)] * 2


def test_an_offer_that_was_taken_up_is_not_made_again(own_venue: Venue, lost: Callable[[Offered | None], None]) -> None:
    payer, price = own_venue.as_("payer"), 5 * 10**17
    for _ in range(2):
        payer.licenses.acquire(own_venue.dataset, TERMS, payer.account, max_price=price)

    lost(OFFERED)

    assert offers(own_venue) == [the_offer(own_venue)]
