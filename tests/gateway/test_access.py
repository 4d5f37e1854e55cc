"""Accesses over HTTP: what is granted, what is refused in which words, and what is on the record after either."""

import json
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from web3.types import RPCEndpoint

from audiera.client import Channel, events
from audiera.gateway import create_app
from audiera.gateway.access import Desk
from audiera.gateway.tables import ACCESSES, BATCHES, BLOCKED, CHANNELS
from audiera.gateway.taken import uses_in
from audiera.metering import Batch
from audiera.protocol import Domain, Meter, Receipt, Right, SignerScope, TermsFlag, recover
from tests.support.explorer import serving
from tests.support.gateway import DEPOSIT, PRICE, Payer, Venue, written
from tests.support.studio import some_terms

DAY = 86_400
HIGH = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture
def journal(tmp_path: Path) -> Callable[..., list[Any]]:
    """The rows of a table of the journal."""
    engine = create_engine(f"sqlite:///{tmp_path / 'journal.db'}")

    def rows(table: Any) -> list[Any]:  # noqa: ANN401
        with engine.connect() as connection:
            return list(connection.execute(select(table)))

    return rows


@contextmanager
def payer_at(venue: Venue, journal: Path, **told: object) -> Iterator[Payer]:
    """A payer at a gateway with other settings."""
    with serving(create_app(venue.settings(journal, **told))) as server:
        yield Payer(venue, server)


def refused(answer: tuple[int, Any]) -> tuple[int, str]:
    """Status and code of a refusal, which is the gateway's own in form and says that nothing is worth repeating."""
    status, body = answer
    assert (body["status"], body["type"]) == (status, f"urn:audiera:problem:{body['code']}"), body
    assert body["detail"].endswith(".") or body["detail"].endswith(")"), body
    assert body["repeat"] is (status >= 500)
    return status, body["code"]


# What is granted


def test_an_item_is_granted_against_the_voucher_for_it(payer: Payer, journal: Callable[..., list[Any]]) -> None:
    status, answer = payer.access([0])

    assert status == 200, answer
    assert (answer["price"], answer["fee"], answer["units"], answer["position"]) == (str(PRICE), "0", "1", "0")
    row = payer.venue.rows[0]
    (granted,) = answer["granted"]
    assert granted == {
        "item": f"0x{payer.venue.leaf(0).hex()}",
        "sha256": f"0x{row.item.sha256.hex()}",
        "size": str(row.item.size),
        "media_type": "audio/flac",
        "path": "a.flac",
        "url": f"/v1/accesses/{answer['id']}/items/0x{payer.venue.leaf(0).hex()}",
    }
    assert [(it.held,) for it in journal(CHANNELS)] == [(PRICE,)]
    assert [(it.number, it.calls, it.amount, it.state) for it in journal(BATCHES)] == [(1, 1, PRICE, "open")]
    assert [(it.position, len(uses_in(it))) for it in journal(ACCESSES)] == [(0, 1)]


def test_the_gateway_countersigns_the_head_that_the_payer_signed(payer: Payer) -> None:
    _, answer = payer.access([0, 1])

    client = payer.venue.as_("payer")
    voucher = payer.kept.voucher(
        payer=client.account, gateway=payer.venue.as_("gateway").account, token=payer.venue.usdc, batch=1
    )
    assert answer["head"]["voucher"] == written(voucher)
    receipt = bytes.fromhex(answer["head"]["receipt"][2:])
    signer = recover(payer.venue.domain.digest(Receipt(voucher.struct_hash())), receipt)
    assert signer == payer.venue.as_("gateway").account


def test_accesses_extend_the_batch_one_after_another(payer: Payer, journal: Callable[..., list[Any]]) -> None:
    answers = [payer.access(items) for items in ([0], [1, 2], [0])]

    assert [status for status, _ in answers] == [200, 200, 200]
    assert [answer["position"] for _, answer in answers] == ["0", "1", "3"]
    (batch,) = journal(BATCHES)
    assert (batch.calls, batch.statements, batch.amount) == (4, 1, 4 * PRICE)
    assert batch.root == f"0x{payer.kept.root().hash.hex()}"
    assert [(it.position, len(uses_in(it))) for it in journal(ACCESSES)] == [(0, 1), (1, 2), (3, 1)]


def test_a_head_that_was_taken_is_settled_by_the_chain_and_its_uses_verify(payer: Payer) -> None:
    payer.access([0, 1])
    _, answer = payer.access([2])
    gateway = payer.venue.as_("gateway")
    voucher = payer.kept.voucher(
        payer=payer.venue.as_("payer").account, gateway=gateway.account, token=payer.venue.usdc, batch=1
    )

    gateway.usage.settle(voucher, bytes.fromhex(answer["head"]["signature"][2:]))

    assert gateway.usage.channel_of(voucher.payer, voucher.gateway, voucher.token) == Channel(DEPOSIT - 3 * PRICE, 0, 0)


def test_a_whole_dataset_is_one_use(payer: Payer) -> None:
    status, answer = payer.access("all")

    assert status == 200, answer
    assert (answer["calls"], answer["price"], answer["granted"]) == ("1", str(PRICE), [])


def test_uses_of_bytes_that_are_held_already_are_reported_and_nothing_is_granted(payer: Payer) -> None:
    status, answer = payer.access([0], deliver=False)

    assert (status, answer["granted"], answer["until"]) == (200, [], "0")


@pytest.mark.parametrize(("meter", "units"), [(Meter.Second, 1), (Meter.Megabyte, 1)])
def test_seconds_and_megabytes_are_begun_ones(payer: Payer, meter: Meter, units: int) -> None:
    terms = replace(some_terms(unit_price=7, token=payer.venue.usdc), meter=meter)
    payer.venue.license = payer.venue.sell(terms)
    payer.venue.read()

    status, answer = payer.post("/v1/quote", payer.request([0, 2]))

    assert (status, answer["units"], answer["price"]) == (200, str(2 * units), str(14 * units))


def test_several_batches_of_a_channel_grow_beside_one_another(payer: Payer, journal: Callable[..., list[Any]]) -> None:
    others = [replace(payer, batch=number, kept=Batch()) for number in range(1, 5)]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda it: [it.access([0])[0] for _ in range(5)], others))

    assert answers == [[200] * 5] * 4
    assert [(it.calls, it.amount) for it in journal(BATCHES)] == [(5, 5 * PRICE)] * 4
    assert [it.held for it in journal(CHANNELS)] == [20 * PRICE]


def test_the_fee_is_on_top_and_rounded_up(own_venue: Venue, tmp_path: Path) -> None:
    with payer_at(own_venue, tmp_path / "journal.db", fee_ppm=50_001) as payer:
        request = payer.request([0])
        batch = payer.kept.extend(payer.uses(request))

        too_small = payer.post("/v1/access", {**request, **payer.sign(batch, fee=50)})
        enough = payer.post("/v1/access", {**request, **payer.sign(batch, fee=51)})

    assert refused(too_small) == (402, "fee_too_small")
    assert too_small[1]["fee"] == "51"
    assert (enough[0], enough[1]["fee"]) == (200, "51")


# A repeat


def test_the_same_voucher_again_gets_the_same_answer_and_is_charged_once(
    payer: Payer, journal: Callable[..., list[Any]]
) -> None:
    request = payer.request([0])
    body = {**request, **payer.sign(payer.kept.extend(payer.uses(request)))}

    first, second = payer.post("/v1/access", body), payer.post("/v1/access", body)

    assert first[0] == 200
    assert first == second
    assert [it.calls for it in journal(BATCHES)] == [1]


def test_an_idempotency_key_finds_its_answer_also_at_another_process_and_after_more_accesses(
    payer: Payer, tmp_path: Path, journal: Callable[..., list[Any]]
) -> None:
    request = payer.request([0])
    batch = payer.kept.extend(payer.uses(request))
    body = {**request, **payer.sign(batch)}
    first = payer.post("/v1/access", body, Idempotency_Key="mine")
    payer.kept = batch
    payer.access([1])

    with payer_at(payer.venue, tmp_path / "journal.db") as other:
        again = other.post("/v1/access", body, Idempotency_Key="mine")

    assert first[0] == 200
    assert again == first
    assert [it.calls for it in journal(BATCHES)] == [2]


def test_a_key_is_of_one_request(payer: Payer) -> None:
    request = payer.request([0])
    batch = payer.kept.extend(payer.uses(request))
    payer.post("/v1/access", {**request, **payer.sign(batch)}, Idempotency_Key="mine")
    payer.kept, other = batch, payer.request([1])

    answer = payer.post("/v1/access", {**other, **payer.sign(batch.extend(payer.uses(other)))}, Idempotency_Key="mine")

    assert refused(answer) == (422, "key_reused")


@pytest.mark.parametrize(("name", "most"), [("Idempotency_Key", 200), ("PAYMENT_SIGNATURE", 65_536)])
@pytest.mark.parametrize("length", [0, 1])
def test_a_header_that_is_empty_or_too_long_is_named_and_nothing_is_charged(
    payer: Payer, journal: Callable[..., list[Any]], name: str, most: int, length: int
) -> None:
    value = "k" * (length and most + length)
    request = payer.request([0])
    body = {**request, **payer.sign(payer.kept.extend(payer.uses(request)))}

    status, problem = payer.post("/v1/access", body, **{name: value})

    assert (status, problem["code"]) == (400, "malformed")
    assert problem["detail"] == f"{name.replace('_', '-')} has 1 to {most:,} letters, and not {len(value):,}."
    assert journal(BATCHES) == []


def test_who_reads_a_voucher_on_the_chain_does_not_get_its_answer(payer: Payer) -> None:
    request = payer.request([0])
    body = {**request, **payer.sign(payer.kept.extend(payer.uses(request)))}
    payer.post("/v1/access", body)

    answer = payer.post("/v1/access", {**body, "nonce": f"0x{secrets.token_hex(32)}"})

    assert refused(answer) == (422, "key_reused")


def test_the_same_request_sent_many_times_at_once_is_charged_once(
    payer: Payer, journal: Callable[..., list[Any]]
) -> None:
    request = payer.request([0])
    body = {**request, **payer.sign(payer.kept.extend(payer.uses(request)))}

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: payer.post("/v1/access", body), range(8)))

    assert {status for status, _ in answers} == {200}
    assert len({answer["id"] for _, answer in answers}) == 1
    assert [it.held for it in journal(CHANNELS)] == [PRICE]


# What is refused


def test_without_a_voucher_the_head_to_sign_comes_with_a_402(payer: Payer, journal: Callable[..., list[Any]]) -> None:
    request = payer.request([0, 1])

    answer = payer.post("/v1/access", request)

    assert refused(answer) == (402, "payment_required")
    expected = payer.sign(payer.kept.extend(payer.uses(request)))["voucher"]
    assert answer[1]["quote"]["voucher"] == expected
    assert journal(BATCHES) == journal(ACCESSES) == []


@pytest.mark.parametrize("role", [None, "stranger", "payer"])
def test_only_who_is_signed_in_as_the_payer_is_told_what_it_has_used_and_has_left(
    payer: Payer, role: str | None
) -> None:
    """AUD-G3"""
    payer.access([0])
    header = payer.signed_in(role) if role else {}

    _, quote = payer.post("/v1/quote", payer.request([0, 1]), **header)

    told = (quote["before"] and quote["before"]["calls"], quote["voucher"]["calls"], quote["available"])
    assert told == (("1", "3", str(DEPOSIT - PRICE)) if role == "payer" else (None, "2", None))


def test_what_is_signed_for_an_open_batch_after_a_402_is_answered_with_its_head(payer: Payer) -> None:
    payer.access([0])
    request = payer.request([0, 1])
    _, asked = payer.post("/v1/access", request)
    told = asked["accepts"][0]["extra"]["voucher"]
    signed = payer.sign(Batch().extend(payer.uses(request)))

    _, moved = payer.post("/v1/access", {**request, **signed})
    batch = payer.kept.extend(payer.uses(request))
    done, _ = payer.post("/v1/access", {**request, **payer.sign(batch)})

    assert signed["voucher"] == told
    assert (moved["code"], moved["expected"]) == ("head_moved", payer.sign(batch)["voucher"])
    assert done == 200


def test_nobody_learns_from_a_refusal_what_a_payer_has_left(payer: Payer) -> None:
    """AUD-G3"""
    request = payer.request([0])
    payer.price = DEPOSIT
    payer.access([0])
    signed = payer.sign(Batch().extend(payer.uses(request)), role="stranger")

    answer = payer.post("/v1/access", {**request, **signed})

    assert refused(answer) == (403, "signer_not_allowed")
    assert set(answer[1]) == {"type", "title", "status", "detail", "code", "repeat"}


def test_the_work_of_an_address_is_bounded_but_for_what_it_pays_for(own_venue: Venue, tmp_path: Path) -> None:
    """AUD-G2"""
    limits = replace(own_venue.settings(tmp_path / "journal.db").limits, work="4/minute")
    with payer_at(own_venue, tmp_path / "journal.db", limits=limits) as payer:
        granted = [payer.access([0, 1])[0] for _ in range(3)]
        quoted = payer.post("/v1/quote", payer.request([0, 1]))
        request = payer.request([0, 1])
        batch = payer.kept.extend(payer.uses(request))
        wrong = payer.post("/v1/access", {**request, **payer.sign(batch, changed={"root": bytes(32)})})
        more = payer.post("/v1/quote", payer.request([0]))
        paid = payer.access([0])

    assert (granted, quoted[0], refused(wrong)) == ([200] * 3, 200, (409, "head_wrong"))
    assert refused(more) == (429, "rate_limited")
    assert refused(paid) == (429, "rate_limited")


def test_what_comes_to_nothing_is_bounded_for_each_address(own_venue: Venue, tmp_path: Path) -> None:
    """AUD-G6"""
    limits = replace(own_venue.settings(tmp_path / "journal.db").limits, free="3/day")
    with payer_at(own_venue, tmp_path / "journal.db", limits=limits) as payer:
        paid = payer.access([0, 1, 2])
        license_, payer.batch, payer.kept = own_venue.license, 2, Batch()
        payer.go_free()
        free = [payer.access([0, 1]) for _ in range(2)]
        own_venue.license, payer.price = license_, PRICE
        after = payer.access([0, 1])

    assert (paid[0], free[0][0], refused(free[1]), after[0]) == (200, 200, (429, "rate_limited"), 200)


def test_what_breaks_is_answered_whole_and_the_connection_serves_on(
    payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Desk, "quote", lambda *_: 1 / 0)
        answer = payer.post("/v1/quote", payer.request([0]))
    after = payer.post("/v1/quote", payer.request([0]))

    (pool,) = [payer.server.http.connection_from_url(payer.server.url)]
    assert (refused(answer), after[0], pool.num_connections) == ((500, "internal"), 200, 1)


def test_a_quote_says_what_the_payer_signs_as_typed_data(payer: Payer) -> None:
    _, quote = payer.post("/v1/quote", payer.request([0]))

    typed = quote["typed_data"]
    domain = Domain("UsageLedger", typed["domain"]["chainId"], typed["domain"]["verifyingContract"])
    assert domain == payer.venue.domain
    assert {name: str(value) for name, value in typed["message"].items()} == quote["voucher"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"license": "999"}, (403, "license_unknown")),
        ({"license": str(2**255)}, (403, "license_unknown")),
        ({"dataset": "999"}, (403, "not_covered")),
        ({"dataset": str(2**70)}, (403, "not_covered")),
        ({"right": "VoiceCloning"}, (403, "right_not_granted")),
        ({"version": "2"}, (404, "item_unknown")),
        ({"items": [f"0x{'11' * 32}"]}, (404, "item_unknown")),
        ({"at": "1"}, (400, "time_off")),
        ({"batch": str(2**64)}, (400, "malformed")),
        ({"items": []}, (400, "malformed")),
        ({"items": ["0x11"]}, (400, "malformed")),
        ({"items": "some"}, (400, "malformed")),
        ({"license": "-1"}, (400, "malformed")),
        ({"license": 1.5}, (400, "malformed")),
        ({"license": str(2**256)}, (400, "malformed")),
        ({"payer": "0x1234"}, (400, "malformed")),
        ({"right": "Everything"}, (400, "malformed")),
        ({"surprise": 1}, (400, "malformed")),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_with_its_code(
    payer: Payer, told: dict[str, object], expected: tuple[int, str]
) -> None:
    assert refused(payer.post("/v1/quote", {**payer.request([0]), **told})) == expected


def test_a_licence_of_somebody_else_is_refused(payer: Payer) -> None:
    stranger = payer.venue.as_("stranger").account

    assert refused(payer.post("/v1/quote", payer.request([0], payer=stranger))) == (403, "not_holder")


def test_a_licence_that_ends_within_the_minute_has_ended(payer: Payer) -> None:
    payer.venue.license = payer.venue.sell(some_terms(unit_price=PRICE, token=payer.venue.usdc, duration=45))
    payer.venue.read()

    assert refused(payer.post("/v1/quote", payer.request([0]))) == (403, "license_ended")


def test_a_quota_counts_what_no_batch_has_settled_yet(payer: Payer) -> None:
    payer.venue.license = payer.venue.sell(some_terms(unit_price=PRICE, token=payer.venue.usdc, max_units=3))
    payer.venue.read()
    assert payer.access([0, 1])[0] == 200

    too_many, enough = payer.access([0, 1]), payer.access([2])

    assert refused(too_many) == (403, "quota_exhausted")
    assert too_many[1]["left"] == "1"
    assert enough[0] == 200


def test_an_item_that_is_withdrawn_is_refused_to_licences_taken_afterwards(payer: Payer) -> None:
    venue = payer.venue
    venue.as_("creator").datasets.withdraw_items(venue.dataset, [venue.leaf(0)])
    before = venue.license
    later = venue.sell(some_terms(unit_price=PRICE, token=venue.usdc, flags=TermsFlag.Transferable))
    venue.read()

    old = payer.post("/v1/quote", payer.request([0], license=str(before)))
    new = payer.post("/v1/quote", payer.request([0], license=str(later)))
    other = payer.post("/v1/quote", payer.request([1], license=str(later)))

    assert (old[0], refused(new), other[0]) == (200, (451, "item_withdrawn"), 200)


def test_what_the_operator_blocks_is_refused_with_his_reason(payer: Payer, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'journal.db'}")
    row = {
        "dataset": payer.venue.dataset,
        "item": f"0x{payer.venue.leaf(1).hex()}",
        "reason": "A court said so.",
        "at": 1,
    }
    with engine.begin() as connection:
        connection.execute(BLOCKED.insert().values(row))

    one, other = payer.access([1]), payer.access([0])

    assert refused(one) == (451, "item_blocked")
    assert one[1]["reason"] == "A court said so."
    assert other[0] == 200


def test_more_than_the_channel_holds_is_refused_and_says_how_much_is_missing(payer: Payer) -> None:
    price = DEPOSIT // 2 + 1
    payer.venue.license = payer.venue.sell(some_terms(unit_price=price, token=payer.venue.usdc))
    payer.venue.read()
    request = payer.request([0, 1])

    answer = payer.post("/v1/access", {**request, **payer.sign(payer.kept.extend(payer.uses(request)))})

    assert refused(answer) == (402, "deposit_too_small")
    assert (answer[1]["balance"], answer[1]["held"], answer[1]["missing"]) == (str(DEPOSIT), "0", "2")


def test_what_is_being_withdrawn_is_not_there(payer: Payer) -> None:
    venue = payer.venue
    venue.as_("payer").usage.start_withdrawal(venue.as_("gateway").account, venue.usdc, DEPOSIT - PRICE)
    venue.read()

    assert [payer.access([0])[0], refused(payer.access([1]))] == [200, (402, "deposit_too_small")]


def test_a_deposit_counts_once_it_is_sure(own_venue: Venue, tmp_path: Path) -> None:
    with payer_at(own_venue, tmp_path / "journal.db", confirmations=10_000) as payer:
        _, quote = payer.post("/v1/quote", payer.request([0]), **payer.signed_in())

    assert quote["available"] == "0"


def test_a_signature_by_anybody_else_is_refused(payer: Payer) -> None:
    request = payer.request([0])
    batch = payer.kept.extend(payer.uses(request))

    answer = payer.post("/v1/access", {**request, **payer.sign(batch, role="stranger")})

    assert refused(answer) == (403, "signer_not_allowed")


@pytest.mark.parametrize("change", ["short", "high", "compact", "zero"])
def test_a_signature_in_another_form_than_the_ledgers_is_refused(payer: Payer, change: str) -> None:
    request = payer.request([0])
    signed = payer.sign(payer.kept.extend(payer.uses(request)))
    raw = bytes.fromhex(str(signed["signature"])[2:])
    high = raw[:32] + (HIGH - int.from_bytes(raw[32:64])).to_bytes(32) + bytes([55 - raw[64]])
    forms = {"short": raw[:-1], "high": high, "compact": raw[:64], "zero": bytes(65)}

    answer = payer.post("/v1/access", {**request, **signed, "signature": f"0x{forms[change].hex()}"})

    assert refused(answer) == (403, "signature_wrong")


def test_a_signer_needs_another_day_and_both_scopes(payer: Payer) -> None:
    venue = payer.venue
    request, signer = payer.request([0]), venue.as_("hot key").account
    body = {**request, **payer.sign(payer.kept.extend(payer.uses(request)), role="hot key")}
    now, licenses = venue.as_("payer").node.timestamp(), venue.as_("payer").licenses
    both = SignerScope.Access | SignerScope.Pay

    def allowed(scopes: SignerScope, until: int) -> tuple[int, str]:
        licenses.set_signer(signer, scopes, until)
        venue.read()
        status, answer = payer.post("/v1/access", body)
        return status, answer.get("code", "")

    assert allowed(SignerScope.Pay, now + 30 * DAY) == (403, "signer_not_allowed")
    assert allowed(both, now + 30 * DAY) == (200, "")


@pytest.mark.parametrize(
    "changed", [{"amount": PRICE - 1}, {"amount": PRICE + 1}, {"root": b"\1" * 32}, {"statements": 2}, {"fee": 1}]
)
def test_a_voucher_for_another_head_is_refused_with_the_one_that_is_due(
    payer: Payer, changed: dict[str, object]
) -> None:
    request = payer.request([0])
    batch = payer.kept.extend(payer.uses(request))

    answer = payer.post("/v1/access", {**request, **payer.sign(batch, changed=changed)})

    assert refused(answer) == (409, "head_wrong")
    assert answer[1]["expected"] == payer.sign(batch)["voucher"]


def test_a_stale_head_is_refused_with_the_newer_one_and_both_its_signatures(payer: Payer) -> None:
    stale = replace(payer, kept=Batch())
    _, taken = payer.access([0, 1])

    answer = stale.access([2])

    assert refused(answer) == (409, "head_moved")
    assert answer[1]["head"] == taken["head"]


def test_a_head_that_was_forked_is_refused(payer: Payer, journal: Callable[..., list[Any]]) -> None:
    fork = replace(payer, kept=Batch())
    payer.access([0])
    fork.kept = fork.kept.extend(fork.uses(fork.request([1])))

    answer = fork.access([2])

    assert refused(answer) == (409, "head_wrong")
    assert [it.calls for it in journal(BATCHES)] == [1]


def test_a_channel_has_so_many_open_batches(own_venue: Venue, tmp_path: Path) -> None:
    limits = replace(own_venue.settings(tmp_path / "journal.db").limits, batches=2)
    with payer_at(own_venue, tmp_path / "journal.db", limits=limits) as payer:
        answers = [replace(payer, batch=number, kept=Batch()).access([0]) for number in (1, 2, 3)]

    assert [status for status, _ in answers] == [200, 200, 429]
    assert refused(answers[2]) == (429, "too_many_batches")
    assert answers[2][1]["detail"] == (
        "This channel has as many open batches as it may (2); extend one, or wait until one is closed."
    )


def test_a_new_batch_is_numbered_above_all_that_the_chain_has_settled(payer: Payer) -> None:
    venue, gateway = payer.venue, payer.venue.as_("gateway")
    other = Payer(venue, payer.server)
    elsewhere = other.kept.extend(other.uses(other.request([0])))
    voucher = elsewhere.voucher(payer=venue.as_("payer").account, gateway=gateway.account, token=venue.usdc, batch=2)
    gateway.usage.settle(voucher, venue.as_("payer").sign_voucher(voucher))
    venue.read()

    below = payer.access([0])
    payer.batch = 2
    same = payer.access([0])
    payer.batch = 3
    above = payer.access([0])

    assert (refused(below), below[1]["next"]) == ((409, "batch_closed"), "3")
    assert (refused(same), same[1]["next"]) == ((409, "batch_closed"), "3")
    assert above[0] == 200


def test_requests_beyond_their_bounds_end_early(own_venue: Venue, tmp_path: Path) -> None:
    limits = replace(own_venue.settings(tmp_path / "journal.db").limits, items=2, body=4_096)
    with payer_at(own_venue, tmp_path / "journal.db", limits=limits) as payer:
        many = payer.post("/v1/quote", payer.request([0, 1, 2]))
        long = payer.post("/v1/quote", b'{"payer":"' + b"0" * 5_000 + b'"}')

    assert (refused(many), refused(long)) == ((413, "too_large"), (413, "too_large"))


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"a":' * 500, b'{"payer":1e999}'])
def test_what_is_no_request_is_refused_in_a_sentence(payer: Payer, body: bytes) -> None:
    assert refused(payer.post("/v1/access", body)) == (400, "malformed")


@pytest.mark.parametrize("explorer", [True, False])
def test_paths_and_methods_that_are_not_there_are_problems_too(
    own_venue: Venue, tmp_path: Path, explorer: bool
) -> None:
    with payer_at(own_venue, tmp_path / "journal.db", explorer=explorer) as payer:
        nowhere = payer.post("/v1/nothing", {})
        answer = payer.server.get("/v1/access")
        page = payer.server.get("/").status

    assert page == (200 if explorer else 404)
    assert refused(nowhere) == (404, "not_found")
    assert (answer.status, json.loads(answer.data)["code"]) == (405, "method_not_allowed")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_index_going_away_is_503_and_never_402(payer: Payer) -> None:
    request = payer.request([0])
    (payer.venue.folder / "index.db").unlink()
    (payer.venue.folder / "index.db").mkdir()

    # Connections that are open already still read the file that was there; others cannot.
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: payer.post("/v1/quote", request), range(16)))

    assert {status for status, _ in answers} <= {200, 503}


def test_the_document_describes_what_is_asked_and_answered(payer: Payer) -> None:
    document = json.loads(payer.server.get("/v1/openapi.json").data)

    assert document["openapi"].startswith("3.1")
    assert {"/v1/access", "/v1/quote"} <= set(document["paths"])
    number = document["components"]["schemas"]["AccessRequest"]["properties"]["license"]
    assert (number["type"], number["pattern"]) == ("string", "^[0-9]{1,78}$")


def test_rights_are_named_as_everywhere(payer: Payer) -> None:
    document = json.loads(payer.server.get("/v1/openapi.json").data)

    names = document["components"]["schemas"]["QuoteRequest"]["properties"]["right"]["enum"]
    assert names == [it.name for it in Right]


def test_what_is_known_of_the_chain_is_forgotten_when_a_block_is_exchanged_for_another(payer: Payer) -> None:
    venue, client = payer.venue, payer.venue.as_("payer")

    def rpc(method: str, *params: object) -> Any:  # noqa: ANN401  # what the node says
        return venue.w3.provider.make_request(RPCEndpoint(method), list(params))["result"]

    terms = some_terms(unit_price=PRICE, token=venue.usdc).id()
    venue.read()
    snapshot = rpc("evm_snapshot")
    licence = client.licenses.acquire(venue.dataset, terms, client.account).event(events.LicenseAcquired).license_id
    venue.read()
    height = venue.w3.eth.block_number
    before = payer.post("/v1/quote", payer.request([0], license=str(licence)))
    rpc("evm_revert", snapshot)
    while venue.w3.eth.block_number < height:
        rpc("evm_increaseTime", 3)
        rpc("evm_mine")
    venue.read()

    after = payer.post("/v1/quote", payer.request([0], license=str(licence)))

    assert (before[0], refused(after)) == (200, (403, "license_unknown"))


# What one payer may owe


def test_a_payer_whose_unsettled_heads_come_to_the_limit_waits_until_some_are_settled(
    own_venue: Venue, tmp_path: Path
) -> None:
    with payer_at(own_venue, tmp_path / "journal.db", credit={own_venue.usdc: 3 * PRICE}) as payer:
        granted, _ = payer.access([0, 1, 2])
        status, answer = payer.access([0])
        figures = payer.server.page("/metrics")

    assert (granted, *refused((status, answer))) == (200, 429, "credit_exhausted")
    assert (answer["held"], answer["credit"]) == (str(3 * PRICE), str(3 * PRICE))
    assert f'audiera_gateway_held_of_one_payer{{token="{own_venue.usdc}"}} {3 * PRICE}\n' in figures
