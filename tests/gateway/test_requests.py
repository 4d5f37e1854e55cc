"""Licences that are asked for: who may ask, see and answer, and that both sides keep what was said, signed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from audiera.errors import SignatureError
from audiera.gateway import Limits, create_app
from audiera.interface import KeptRequest
from tests.support.asking import TEXTS, answered, asked, made, signed
from tests.support.explorer import serving
from tests.support.gateway import Payer, Venue


@contextmanager
def at(venue: Venue, tmp_path: Path, limits: Limits) -> Iterator[Payer]:
    """A payer at a gateway with other limits."""
    with serving(create_app(venue.settings(tmp_path / "other.db", explorer=False, limits=limits))) as server:
        yield Payer(venue, server)


def listed(payer: Payer, role: str, query: str = "") -> Any:  # noqa: ANN401  # JSON
    """The page that a role sees."""
    status, page = payer.get(f"/v1/requests{query}", **payer.signed_in(role))
    assert status == 200, page
    return page


def sold(venue: Venue) -> str:
    """Who owns the album from now on."""
    creator, buyer = venue.as_("creator"), venue.as_("stranger").account
    creator.datasets.transfer_from(creator.account, buyer, venue.dataset)
    venue.read()
    return buyer


def test_who_asks_and_the_owner_see_what_was_said_with_both_signatures(payer: Payer) -> None:
    venue = payer.venue
    number, request = asked(payer)
    offer: dict[str, Any] = {"terms": b"\x07" * 32, "price": 10**30, "count": 1, "reason": ""}

    status, answer = payer.post(f"/v1/requests/{number}/answer", answered(venue, request, **offer))

    assert status == 200
    assert payer.get(f"/v1/requests/{number}", **payer.signed_in("creator")) == (200, answer)
    assert [listed(payer, role)["requests"] for role in ("payer", "creator")] == [[answer], [answer]]
    kept = KeptRequest.model_validate(answer)
    kept.check()
    assert kept.request.struct() == request
    assert kept.request.purpose == TEXTS["purpose"]  # as it was signed, to the letter
    assert kept.answer is not None
    assert (kept.answer.answer.price, kept.answer.answer.owner) == (10**30, venue.as_("creator").account)


def test_what_is_kept_does_not_check_once_a_word_of_it_is_another(payer: Payer) -> None:
    number, request = asked(payer)
    _, answer = payer.post(f"/v1/requests/{number}/answer", answered(payer.venue, request))
    forged, other = json.loads(json.dumps(answer)), json.loads(json.dumps(answer))
    forged["answer"]["answer"]["reason"] = "With pleasure."
    other["request"]["extent"] = "one item"

    with pytest.raises(SignatureError, match="The signature is by 0x"):
        KeptRequest.model_validate(forged).check()
    with pytest.raises(SignatureError, match="has another hash than its id"):
        KeptRequest.model_validate(other).check()


def test_strangers_see_nothing_of_it(payer: Payer) -> None:
    """AUD-G7"""
    number, _ = asked(payer)

    status, answer = payer.get(f"/v1/requests/{number}", **payer.signed_in("stranger"))

    assert (status, answer["code"]) == (404, "not_found")
    assert listed(payer, "stranger") == {"requests": [], "next": None}
    assert payer.get("/v1/requests")[1]["code"] == "unauthenticated"
    assert payer.get(f"/v1/requests/{number}")[1]["code"] == "unauthenticated"


def test_a_request_that_comes_again_is_the_same_request(payer: Payer) -> None:
    body = signed(payer.venue, made(payer.venue))

    first, again = payer.post("/v1/requests", body), payer.post("/v1/requests", body)

    assert first == again
    assert len(listed(payer, "payer")["requests"]) == 1


def test_requests_are_refused_that_are_forged_stale_misplaced_or_hold_what_is_no_text(payer: Payer) -> None:
    """AUD-G7"""
    wrong: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("signature_wrong", {}, {"extent": "everything"}),
        ("signature_wrong", {}, {"asker": "0x" + "11" * 20}),
        ("malformed", {"gateway": "0x" + "22" * 20}, {}),
        ("time_off", {"at": 1_700_000_000}, {}),
        ("item_unknown", {"dataset": 4_000_000_000}, {}),
        ("malformed", {}, {"who": "a\0b"}),
        ("malformed", {}, {"who": "two\nlines"}),
        ("malformed", {}, {"contact": "a@example.org\r\nBcc: everybody@example.org"}),
        ("malformed", {}, {"purpose": "\x1b[2J"}),
        ("malformed", {}, {"purpose": "x" * 2_001}),
        ("malformed", {}, {"extent": "x" * 201}),
        ("malformed", {}, {"extent": ""}),
        ("malformed", {}, {"rights": []}),
        ("malformed", {}, {"rights": ["Everything"]}),
    ]

    venue = payer.venue
    codes = [
        payer.post("/v1/requests", signed(venue, made(venue, **members), **changed))[1]["code"]
        for _, members, changed in wrong
    ]

    assert codes == [code for code, _, _ in wrong]
    assert listed(payer, "payer")["requests"] == []


def test_only_the_owner_answers(payer: Payer) -> None:
    """AUD-G7"""
    number, request = asked(payer)
    path, venue = f"/v1/requests/{number}/answer", payer.venue

    stranger = payer.post(path, answered(venue, request, "stranger"))
    forged = payer.post(path, answered(venue, request, "stranger", by="creator"))
    elsewhere = payer.post(path, answered(venue, made(venue)))

    owner = venue.as_("creator").account
    assert (stranger[0], stranger[1]["code"]) == (403, "forbidden")
    assert stranger[1]["detail"] == f"Dataset {venue.dataset} is owned by {owner}, who alone answers."
    assert (forged[0], forged[1]["code"]) == (403, "signature_wrong")
    assert (elsewhere[0], elsewhere[1]["code"]) == (404, "not_found")
    assert payer.get(f"/v1/requests/{number}", **payer.signed_in())[1]["answer"] is None


def test_an_answer_is_given_once(payer: Payer) -> None:
    number, request = asked(payer)
    path, no = f"/v1/requests/{number}/answer", answered(payer.venue, request)

    first, again = payer.post(path, no), payer.post(path, no)
    other = payer.post(path, answered(payer.venue, request, reason="On reflection, never."))

    assert first[0] == 200
    assert again == first
    assert (other[0], other[1]["code"]) == (409, "conflict")


def test_an_answer_is_an_offer_of_some_licences_or_a_no_with_a_reason(payer: Payer) -> None:
    number, request = asked(payer)
    wrong: list[dict[str, Any]] = [
        {"reason": ""},
        {"count": 1},
        {"terms": b"\x07" * 32},
        {"terms": b"\x07" * 32, "count": 2**32 - 1},
    ]

    told = [payer.post(f"/v1/requests/{number}/answer", answered(payer.venue, request, **it)) for it in wrong]

    assert [(status, answer["code"]) for status, answer in told] == [(400, "malformed")] * 4


def test_once_a_dataset_is_sold_its_new_owner_sees_and_answers(payer: Payer) -> None:
    number, request = asked(payer)
    buyer = sold(payer.venue)
    path = f"/v1/requests/{number}/answer"

    before, after = (listed(payer, it)["requests"] for it in ("creator", "stranger"))
    old, new = (payer.post(path, answered(payer.venue, request, it)) for it in ("creator", "stranger"))

    assert (before, len(after)) == ([], 1)
    assert (old[0], old[1]["code"]) == (403, "forbidden")
    assert new[0] == 200
    assert new[1]["answer"]["answer"]["owner"] == buyer


def test_who_answered_keeps_what_was_said_after_the_sale(payer: Payer) -> None:
    number, request = asked(payer)
    _, answer = payer.post(f"/v1/requests/{number}/answer", answered(payer.venue, request))
    sold(payer.venue)

    found = payer.get(f"/v1/requests/{number}", **payer.signed_in("creator"))

    assert found == (200, answer)


def test_an_account_awaits_a_bounded_number_of_answers(own_venue: Venue, tmp_path: Path) -> None:
    with at(own_venue, tmp_path, Limits(asked=1)) as payer:
        number, request = asked(payer)
        status, answer = payer.post("/v1/requests", signed(own_venue, made(own_venue)))
        payer.post(f"/v1/requests/{number}/answer", answered(own_venue, request))
        asked(payer)

    assert (status, answer["code"]) == (409, "conflict")


def test_an_address_asks_so_often(own_venue: Venue, tmp_path: Path) -> None:
    with at(own_venue, tmp_path, Limits(requests="1/hour")) as payer:
        asked(payer)
        status, answer = payer.post("/v1/requests", signed(own_venue, made(own_venue)))

    assert (status, answer["code"]) == (429, "rate_limited")


def test_requests_are_listed_by_page_and_by_dataset(payer: Payer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiera.gateway.requests._PAGE", 2)
    numbers = [asked(payer)[0] for _ in range(3)]

    first = listed(payer, "creator")
    second = listed(payer, "creator", f"?cursor={first['next']}")
    others = listed(payer, "creator", f"?dataset={payer.venue.dataset + 1}")

    assert [int(it["number"]) for it in [*first["requests"], *second["requests"]]] == numbers[::-1]
    assert (second["next"], others["requests"]) == (None, [])
