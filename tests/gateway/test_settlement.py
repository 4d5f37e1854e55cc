"""Settling: what is closed and when, what is sent, and what the journal says of it while the chain moves."""

from __future__ import annotations

import sqlite3
import tracemalloc
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_typing import HexStr
from sqlalchemy import Table, create_engine, func, insert, select, update
from web3.types import RPCEndpoint

from audiera.client import NoSignerError, events
from audiera.client.chain import Node
from audiera.errors import ChainError, InputError
from audiera.gateway import Problem, Rules, create_app, unanswered
from audiera.gateway.settlement import sending, together
from audiera.gateway.settlement.closing import close, due
from audiera.gateway.settlement.dropping import drop, small
from audiera.gateway.tables import ACCESSES, BATCHES, LINES
from audiera.indexer.tables import BATCHES as SETTLED
from audiera.interface import SignedHead
from audiera.metering import Batch
from audiera.operations import collecting
from audiera.protocol import SignerScope, batch_id, channel_id
from tests.support.explorer import serving
from tests.support.gateway import DEPOSIT, PRICE, Payer, Venue
from tests.support.settling import AT_ONCE, books, changed, settler_of
from tests.support.studio import some_terms

NEVER = Rules(age=10**9)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The journal of the gateway of `payer`."""
    return tmp_path / "journal.db"


def first_batch(venue: Venue) -> bytes:
    return batch_id(channel_id(venue.as_("payer").account, venue.as_("gateway").account, venue.usdc), 1)


def take_back(venue: Venue, left: int) -> None:
    """Give the payer its deposit back, but for so much."""
    account, gateway = venue.as_("payer").account, venue.as_("gateway")
    balance = gateway.usage.channel_of(account, gateway.account, venue.usdc).balance
    gateway.usage.refund(account, venue.usdc, balance - left)


def mine(venue: Venue, count: int = 1) -> None:
    venue.w3.provider.make_request(RPCEndpoint("anvil_mine"), [hex(count)])


def test_a_batch_is_closed_settled_collected_and_booked(payer: Payer, journal: Path) -> None:
    venue = payer.venue
    payer.access([0, 1])
    with settler_of(venue, journal) as (settler, said):
        before = books(journal)

        failures = settler.step()
        sent = books(journal)
        venue.read()
        settler.step()
        booked = books(journal)

    settled = venue.as_("payer").usage.batch_of(first_batch(venue)).settled_at
    assert failures == 0
    assert [it.event for it in said] == ["closed", "settled", "collected", "booked"]
    assert (before.states, before.held) == (["open"], [2 * PRICE])
    assert (sent.states, sent.held, sent.counted) == (["closed"], [2 * PRICE], [False])
    assert (booked.states, booked.held, booked.counted) == (["done"], [0], [True])
    assert booked.settled_at == [settled]


def test_what_is_said_has_a_sentence_and_members_for_programs(payer: Payer, journal: Path) -> None:
    payer.access([0])

    with settler_of(payer.venue, journal) as (settler, said):
        settler.step()

    venue = payer.venue
    account = venue.as_("payer").account
    assert said[0].document() == {
        "what": "closed",
        "batchId": f"0x{first_batch(venue).hex()}",
        "voucher": {name: value for name, value in payer.sign(payer.kept)["voucher"].items() if name != "gateway"},  # type: ignore[attr-defined]
        "reason": "it is old enough",
        "text": f"Closed batch 1 of {account} at {PRICE} of {venue.usdc} for 1 call: it is old enough.",
    }
    assert {"transaction", "block", "gasUsed"} <= set(said[1].document())


def test_a_closed_batch_takes_nothing_more(payer: Payer, journal: Path) -> None:
    payer.access([0])
    with settler_of(payer.venue, journal) as (settler, _):
        settler.step()

    status, answer = payer.access([1])

    assert (status, answer["code"]) == (409, "batch_closed")


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (replace(NEVER, calls=2), "it has calls enough"),
        (replace(NEVER, age=0), "it is old enough"),
    ],
)
def test_a_batch_is_closed_for_one_reason_or_another(payer: Payer, journal: Path, rules: Rules, reason: str) -> None:
    payer.access([0, 1])

    with settler_of(payer.venue, journal, rules) as (settler, said):
        settler.step()

    assert said[0].more["reason"] == reason


def test_a_batch_is_closed_by_its_amount(payer: Payer, journal: Path) -> None:
    payer.access([0, 1])

    with settler_of(payer.venue, journal, replace(NEVER, amounts={payer.venue.usdc: 2 * PRICE + 1})) as (settler, said):
        settler.step()
        early = len(said)
        settler.office.rules = replace(NEVER, amounts={payer.venue.usdc: 2 * PRICE})
        settler.step()

    assert early == 0
    assert said[0].more["reason"] == "it amounts to enough"


def test_nothing_is_closed_before_it_is_due(payer: Payer, journal: Path) -> None:
    payer.access([0])

    with settler_of(payer.venue, journal, NEVER) as (settler, said):
        settler.step()

    assert said == []
    assert books(journal).states == ["open"]


def test_a_withdrawal_that_thaws_has_what_it_may_take_settled_at_once(payer: Payer, journal: Path) -> None:
    venue = payer.venue
    payer.access([0])
    venue.as_("payer").usage.start_withdrawal(venue.as_("gateway").account, venue.usdc, 1)
    venue.read()

    with settler_of(venue, journal, NEVER) as (settler, said):
        settler.step()

    assert said[0].more["reason"] == "a withdrawal thaws in its channel"
    assert venue.as_("payer").usage.batch_of(first_batch(venue)).settled_at


def test_a_batch_begun_long_after_a_withdrawal_is_not_closed_for_it(payer: Payer, journal: Path) -> None:
    venue = payer.venue
    venue.as_("payer").usage.start_withdrawal(venue.as_("gateway").account, venue.usdc, 1)
    venue.read()
    payer.access([0])
    engine = create_engine(f"sqlite:///{journal}")
    with engine.begin() as connection:
        connection.execute(update(BATCHES).values(opened_at=venue.as_("payer").node.timestamp() + 601))
    engine.dispose()

    with settler_of(venue, journal, NEVER) as (settler, said):
        settler.step()

    assert said == []


def test_a_deposit_that_is_too_short_is_said_once_and_settled_when_it_suffices(payer: Payer, journal: Path) -> None:
    venue = payer.venue
    client, gateway = venue.as_("payer"), venue.as_("gateway")
    payer.access([0, 1])
    take_back(venue, 1)
    with settler_of(venue, journal) as (settler, said):
        failures = [settler.step(), settler.step()]
        kept = books(journal)

        client.usage.deposit(client.account, gateway.account, venue.usdc, DEPOSIT)
        failures.append(settler.step())

    missing = 2 * PRICE - 1
    assert failures == [1, 1, 0]
    assert [it.event for it in said] == ["closed", "failed", "settled", "collected"]
    assert said[1].text == (
        f"Not settled, batch 1 of {client.account}: The channel has {missing} of {venue.usdc} too little; the payer "
        "has to deposit that."
    )
    assert (kept.states, kept.held) == (["closed"], [2 * PRICE])


def test_once_ends_with_an_error_if_something_could_not_be_settled(payer: Payer, journal: Path) -> None:
    venue = payer.venue
    payer.access([0])
    take_back(venue, 0)

    with settler_of(venue, journal) as (settler, _), pytest.raises(ChainError) as refused:
        settler.run(once=True)

    assert str(refused.value) == "1 of the batches could not be settled; see above, and run it again."


def test_a_fee_is_released_once_all_is_collected(own_venue: Venue, journal: Path) -> None:
    with serving(create_app(own_venue.settings(journal, fee_ppm=100_000))) as server:
        payer = Payer(own_venue, server)
        request = payer.request([0, 1])
        batch = payer.kept.extend(payer.uses(request))
        status, _ = payer.post("/v1/access", {**request, **payer.sign(batch, fee=200)})
    with settler_of(own_venue, journal) as (settler, said):
        settler.step()
        settler.step()
        before = [it.event for it in said]
        own_venue.read()
        settler.step()

    paid = own_venue.as_("gateway").usage.logs(events.FeeReleased, batch_id=first_batch(own_venue))
    assert status == 200
    assert before == ["closed", "settled", "collected", "fee_released"]
    assert [it.event.fee for it in paid] == [200]
    assert (books(journal).states, books(journal).held) == (["done"], [0])


def test_statements_of_less_than_the_least_are_left_to_others(payer: Payer, journal: Path) -> None:
    venue = payer.venue
    payer.access([0])
    rules = replace(AT_ONCE, least={venue.usdc: PRICE + 1})
    with settler_of(venue, journal, rules) as (settler, said):
        settler.step()
        venue.read()
        settler.step()
        settler.step()
        left = books(journal)

        settler.office.rules = AT_ONCE
        settler.step()
        venue.read()
        settler.step()

    assert [it.event for it in said] == ["closed", "settled", "booked", "collected"]
    assert (left.states, left.held, left.counted) == (["settled"], [0], [False])
    assert (books(journal).states, books(journal).counted) == (["done"], [True])


def test_a_settlement_is_booked_only_when_it_has_confirmations(payer: Payer, journal: Path) -> None:
    venue = payer.venue
    payer.access([0])
    with settler_of(venue, journal, replace(AT_ONCE, confirmations=5)) as (settler, _):
        settler.step()
        venue.read()
        settler.step()
        early = books(journal)

        mine(venue, 5)
        venue.read()
        settler.step()

    assert (early.states, early.held, early.counted) == (["closed"], [PRICE], [True])
    assert (books(journal).states, books(journal).held) == (["done"], [0])


def test_a_settlement_that_a_reorganisation_unmines_is_held_and_settled_again(payer: Payer, journal: Path) -> None:
    venue = payer.venue
    payer.access([0])
    request = venue.w3.provider.make_request
    with settler_of(venue, journal) as (settler, said):
        mark = request(RPCEndpoint("evm_snapshot"), [])["result"]
        settler.step()
        venue.read()
        settler.step()
        booked = books(journal)

        request(RPCEndpoint("evm_revert"), [mark])
        request(RPCEndpoint("evm_increaseTime"), ["0x7"])
        mine(venue, 8)
        venue.read()
        settler.step()
        undone = books(journal)
        settler.step()
        venue.read()
        settler.step()

    assert [it.event for it in said] == [
        *("closed", "settled", "collected", "booked"),
        *("unsettled", "settled", "collected", "booked"),
    ]
    assert (booked.states, booked.held, booked.counted) == (["done"], [0], [True])
    assert (undone.states, undone.held, undone.counted, undone.settled_at) == (["closed"], [PRICE], [False], [0])
    again = books(journal)
    assert (again.states, again.held, again.counted) == (["done"], [0], [True])
    assert again.settled_at == [venue.as_("payer").usage.batch_of(first_batch(venue)).settled_at]


def test_a_head_that_was_settled_by_hand_in_place_of_the_newest_is_said_and_held_no_longer(
    payer: Payer, journal: Path
) -> None:
    venue = payer.venue
    _, first = payer.access([0])
    payer.access([1])
    head = SignedHead.model_validate(first["head"])
    venue.as_("gateway").usage.settle(head.voucher.voucher(), head.signature)
    with settler_of(venue, journal) as (settler, said):
        settler.step()
        venue.read()
        settler.step()
        settler.step()

    assert [it.event for it in said] == ["closed", "failed", "booked"]
    assert "Another voucher was settled as batch 1" in said[1].text
    assert said[2].text.startswith("Another head of batch 1")
    assert (books(journal).states, books(journal).held, books(journal).counted) == (["done"], [0], [True])


def test_a_signer_with_the_scope_settles_for_the_gateway(payer: Payer, journal: Path) -> None:
    venue = payer.venue
    payer.access([0])
    hot = venue.as_("hot key")
    until = venue.as_("gateway").node.timestamp() + 7 * 86_400
    venue.as_("gateway").licenses.set_signer(hot.account, SignerScope.Settle, until)

    with settler_of(venue, journal, role="hot key") as (settler, said):
        settler.step()

    assert [it.event for it in said] == ["closed", "settled", "collected"]


def test_a_stranger_may_not_settle(payer: Payer, journal: Path) -> None:
    stranger = payer.venue.as_("stranger").account

    with pytest.raises(NoSignerError) as refused, settler_of(payer.venue, journal, role="stranger"):
        pass

    gateway = payer.venue.as_("gateway").account
    assert str(refused.value) == (
        f"{stranger} signs, which may not settle for {gateway}; sign with the gateway's key, or let it by `setSigner` "
        "with the scope settle."
    )


def test_only_one_settles_from_a_journal(payer: Payer, journal: Path) -> None:
    with (
        settler_of(payer.venue, journal),
        pytest.raises(InputError) as refused,
        settler_of(payer.venue, journal),
    ):
        pass

    assert (
        str(refused.value)
        == "Another process settles from this journal already; stop it first, or leave settling to it."
    )


def test_it_goes_on_when_a_database_was_away(payer: Payer, journal: Path) -> None:
    payer.access([0])
    looks = iter(range(2))

    class EnoughError(Exception):
        pass

    def sleep(seconds: float) -> None:
        assert seconds == 3.0
        if next(looks):
            raise EnoughError
        aside.rename(index)

    index = payer.venue.folder / "index.db"
    aside = index.with_name("aside")
    with settler_of(payer.venue, journal) as (settler, said):
        settler.office.index.dispose()
        index.rename(aside)
        with pytest.raises(EnoughError):
            settler.run(poll=3.0, sleep=sleep)

    assert [it.event for it in said] == ["waiting", "closed", "settled", "collected"]
    assert said[0].document() == {"what": "waiting", "text": said[0].text}
    assert said[0].text == (
        "Nothing can be done now; it is tried again in 3 seconds. "
        "The index does not answer (unable to open database file)."
    )


def test_a_journal_that_does_not_answer_is_said_to_who_settles_in_words_of_his_own(payer: Payer, journal: Path) -> None:
    class EnoughError(Exception):
        pass

    def sleep(_: float) -> None:
        raise EnoughError

    payer.access([0])
    with settler_of(payer.venue, journal) as (settler, said), closing(sqlite3.connect(journal)) as other:
        other.execute("ALTER TABLE batches RENAME TO aside")
        with pytest.raises(EnoughError):
            settler.run(poll=0.5, sleep=sleep)
        with pytest.raises(Problem) as silent:
            settler.run(once=True)

    (told,) = said
    assert told.text == (
        "Nothing can be done now; it is tried again in 0.5 seconds. "
        "The journal does not answer (no such table: batches)."
    )
    assert unanswered(silent.value) == "The journal does not answer (no such table: batches)"


def take_some(payer: Payer, count: int) -> None:
    """Take an access in each of so many batches."""
    for number in range(1, count + 1):
        payer.batch, payer.kept = number, Batch()
        assert payer.access([0])[0] == 200


@pytest.mark.parametrize("bound", [None, "deposit", "gas"])
def test_what_is_closed_together_is_settled_in_one_transaction_or_each_alone(
    payer: Payer, journal: Path, bound: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_some(payer, 3)
    changed(journal, moved_at=1)
    if bound == "deposit":
        take_back(payer.venue, 2 * PRICE)
    if bound == "gas":
        monkeypatch.setattr(together, "gas_limit", lambda _: 10**18)

    with settler_of(payer.venue, journal) as (settler, said):
        for row, why in due(settler.office):
            close(settler.office, row, why)
        changed(journal, moved_at=1)
        failures = settler.step()

    settled = [it.more for it in said if it.event == "settled"]
    assert (failures, len(settled)) == ((1, 2) if bound == "deposit" else (0, 3))
    assert len({str(it["transaction"]) for it in settled}) in {None: {1}, "deposit": {1, 2}, "gas": {3}}[bound]
    if bound != "deposit":  # the one in the way may be between the two others, or not
        assert (max(int(str(it["gasUsed"])) for it in settled) < 50_000) is (bound is None)
    done = [it.more for it in said if it.event == "collected"]
    assert [(it["statementCount"], it["value"]) for it in done] == [(1, str(PRICE))] * len(settled)
    assert len({str(it["transaction"]) for it in done}) in {None: {1}, "deposit": {1, 2}, "gas": {3}}[bound]


def test_what_was_settled_together_and_not_heard_of_is_found(
    payer: Payer, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_some(payer, 2)
    gateway = payer.venue.as_("gateway")
    with settler_of(payer.venue, journal) as (settler, said):
        for row, why in due(settler.office):
            close(settler.office, row, why)
        changed(journal, moved_at=1)
        sent = gateway.node.nonce(gateway.account)
        with monkeypatch.context() as lost:
            lost.setattr(together, "settled", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                settler.step()
        once = gateway.node.nonce(gateway.account) - sent
        settler.step()

    assert once == 1
    assert [it.event for it in said] == ["closed", "closed", "collected", "collected"]


def test_what_was_collected_together_and_not_heard_of_is_not_collected_again(
    payer: Payer, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_some(payer, 2)
    gateway = payer.venue.as_("gateway")
    with settler_of(payer.venue, journal) as (settler, said):
        for row, why in due(settler.office):
            close(settler.office, row, why)
        changed(journal, moved_at=1)
        sent = gateway.node.nonce(gateway.account)
        with monkeypatch.context() as lost:
            lost.setattr(together, "collected", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                settler.step()
        failures = settler.step()
        twice = gateway.node.nonce(gateway.account) - sent

    assert (failures, twice) == (0, 2)
    assert [it.event for it in said] == ["closed", "closed", "settled", "settled"]


def test_many_batches_are_sent_in_as_many_transactions_as_the_gas_of_each_allows(
    payer: Payer, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "_MOST_GAS", 150_000)
    take_some(payer, 5)
    with settler_of(payer.venue, journal) as (settler, said):
        for row, why in due(settler.office):
            close(settler.office, row, why)
        changed(journal, moved_at=1)
        failures = settler.step()

    told = [[it.more for it in said if it.event == what] for what in ("settled", "collected")]
    assert (failures, [len(it) for it in told]) == (0, [5, 5])
    assert 1 < len({str(it["transaction"]) for it in told[0]}) < 5
    for some in told:
        for name in {str(it["transaction"]) for it in some}:
            shares = [int(str(it["gasUsed"])) for it in some if it["transaction"] == name]
            used = payer.venue.w3.eth.get_transaction_receipt(HexStr(name))["gasUsed"]
            assert used - len(shares) < sum(shares) <= used


def test_a_gateway_that_cannot_pay_for_many_at_once_settles_each_alone(
    payer: Payer, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_some(payer, 3)
    monkeypatch.setattr(together, "most_of", lambda _: 1)
    monkeypatch.setattr(Node, "balance", lambda *_: 100_000)
    with settler_of(payer.venue, journal) as (settler, said):
        for row, why in due(settler.office):
            close(settler.office, row, why)
        changed(journal, moved_at=1)
        failures = settler.step()

    told = [[str(it.more["transaction"]) for it in said if it.event == what] for what in ("settled", "collected")]
    assert (failures, [len(set(it)) for it in told]) == (0, [3, 3])


def test_what_cannot_be_collected_is_said_once(payer: Payer, journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise ChainError("The node refuses.")

    take_some(payer, 1)
    monkeypatch.setattr(sending, "collect", refused)
    with settler_of(payer.venue, journal) as (settler, said):
        failures = [settler.step() for _ in range(3)]

    assert failures == [1, 1, 1]
    assert [it.event for it in said] == ["closed", "settled", "failed"]


def test_what_is_not_all_worth_collecting_is_collected_alone(payer: Payer, journal: Path) -> None:
    rules = replace(AT_ONCE, least={payer.venue.usdc: PRICE + 1})
    take_some(payer, 2)
    payer.batch, payer.kept = 3, Batch()
    assert payer.access([0, 1])[0] == 200
    with settler_of(payer.venue, journal, rules) as (settler, said):
        for row, why in due(settler.office):
            close(settler.office, row, why)
        changed(journal, moved_at=1)
        failures = settler.step()

    assert failures == 0
    assert [it.more["value"] for it in said if it.event == "collected"] == [str(2 * PRICE)]


def test_a_batch_of_many_statements_is_collected_whole(payer: Payer, journal: Path) -> None:
    venue = payer.venue
    license_id = venue.license
    other = venue.sell(some_terms(unit_price=PRICE, token=venue.usdc, notice=7))
    venue.read()
    for each in (other, license_id, other):
        assert payer.access([0, 1], license=str(each))[0] == 200
    with settler_of(venue, journal) as (settler, said):
        settler.step()
        venue.read()
        settler.step()

    collected = venue.as_("payer").usage.collected(first_batch(venue))
    assert [it.event for it in said] == ["closed", "settled", "collected", "booked"]
    assert [(it.license, it.calls) for it in collected] == [(license_id, 2), (other, 4)]
    assert books(journal).counted == [True, True]


def test_a_batch_that_comes_to_nothing_costs_nothing_unless_the_operator_wants_it(payer: Payer, journal: Path) -> None:
    gateway = payer.venue.as_("gateway")
    payer.go_free()
    assert payer.access([0])[0] == 200
    before = gateway.node.balance(gateway.account)

    with settler_of(payer.venue, journal) as (settler, said):
        settler.step()
        unsaid, kept = list(said), gateway.node.balance(gateway.account)
        settler.office.rules = replace(settler.office.rules, free=True)
        settler.step()

    assert (unsaid, kept) == ([], before)
    assert [it.event for it in said] == ["closed", "settled", "collected"]


def rows_of(journal: Path, *tables: Table) -> list[int]:
    """How many rows each of some tables has."""
    engine = create_engine(f"sqlite:///{journal}")
    with engine.connect() as connection:
        counts = [connection.execute(select(func.count()).select_from(it)).scalar_one() for it in tables]
    engine.dispose()
    return counts


def test_a_batch_is_not_settled_before_it_comes_to_the_smallest(payer: Payer, journal: Path) -> None:
    """AUD-G6"""
    rules = replace(AT_ONCE, smallest={payer.venue.usdc: 2 * PRICE})
    payer.access([0])

    with settler_of(payer.venue, journal, rules) as (settler, said):
        settler.step()
        early = [it.event for it in said]
        changed(journal, opened_at=1)
        old = payer.get("/readyz")
        payer.access([1])
        changed(journal, opened_at=1)
        due = payer.get("/readyz")
        settler.step()

    assert (early, [it.event for it in said]) == ([], ["closed", "settled", "collected"])
    assert (old[0], due[0]) == (200, 503)


@pytest.mark.parametrize("why", ["no use for a month", "as many uses as one may have"])
def test_what_comes_to_too_little_is_dropped_and_its_uses_are_gone_a_month_later(
    payer: Payer, journal: Path, why: str
) -> None:
    """AUD-G6"""
    rules = replace(NEVER, smallest={payer.venue.usdc: 10 * PRICE}, calls=2 if "many" in why else 9)
    payer.access([0, 1])
    if "month" in why:
        changed(journal, head_at=1)

    with settler_of(payer.venue, journal, rules) as (settler, said):
        settler.step()
        dropped, kept = books(journal), rows_of(journal, ACCESSES, LINES)
        log = payer.server.get(f"/v1/logs/0x{payer.kept.root().hash.hex()}").status
        after = payer.access([2])
        changed(journal, moved_at=1)
        settler.step()
        payer.venue.read()
        settler.step()

    assert [it.text.rpartition(": ")[2] for it in said] == ["that is not worth settling."]
    assert (dropped.states, dropped.held, kept, log) == (["dropped"], [0], [1, 1], 404)
    assert (after[0], after[1]["code"], after[1]["next"]) == (409, "batch_closed", "2")
    assert rows_of(journal, ACCESSES, LINES) == [0, 1]


def test_a_batch_that_grew_is_not_dropped(payer: Payer, journal: Path) -> None:
    payer.access([0])
    rules = replace(NEVER, calls=1, smallest={payer.venue.usdc: 9 * PRICE})
    with settler_of(payer.venue, journal, rules) as (settler, said):
        (row,) = small(settler.office)
        payer.access([1])
        drop(settler.office, row)

    assert said == []
    assert books(journal).states == ["open"]


def test_a_free_batch_that_is_closed_already_costs_nothing_either(payer: Payer, journal: Path) -> None:
    payer.go_free()
    payer.access([0])

    with settler_of(payer.venue, journal, replace(AT_ONCE, free=True)) as (settler, said):
        for row, why in due(settler.office):
            close(settler.office, row, why)
        settler.office.rules = AT_ONCE
        failures = settler.step()

    assert (failures, [it.event for it in said]) == (0, ["closed"])


def test_settling_on_an_old_chain_reads_what_came_after_the_settlement_alone(
    payer: Payer, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, logs, node = list[int](), Node.logs, payer.venue.as_("gateway").node
    monkeypatch.setattr(collecting, "_FEW", 0)

    def noted(node: Node, addresses: Sequence[Any], topics: Sequence[Any], first: int, last: int) -> list[Any]:
        asked.append(first)
        return logs(node, addresses, topics, first, last)

    payer.access([0])
    node.request("anvil_mine", hex(20), hex(1))  # a second each
    before = node.block_number() - 10
    monkeypatch.setattr(Node, "logs", noted)

    with settler_of(payer.venue, journal) as (settler, said):
        settler.step()

    assert [it.event for it in said] == ["closed", "settled", "collected"]
    assert min(asked) >= before


def test_batches_of_years_are_looked_through_in_little_memory(own_venue: Venue, journal: Path) -> None:
    count, venue = 4_000, own_venue
    with settler_of(venue, journal) as (settler, said):
        account, gateway = venue.as_("payer").account, venue.as_("gateway").account
        head = {"payer": account, "token": venue.usdc, "amount": 1, "fee": 0, "statements": 0, "settled_at": 1}
        ours = {"state": "done", "calls": 1, "signature": bytes(65), "receipt": bytes(65), "signer": account}
        ours |= {"opened_at": 1, "head_at": 1, "moved_at": 1, "log_bytes": 1}
        theirs = {"gateway": gateway, "calls": 1, "collected": 0, "collected_amount": 0, "fee_released": True}
        theirs |= {"block": 1, "log_index": 1, "at": 1, "transaction": bytes(32).hex()}
        names = [f"0x{it:064x}" for it in range(count)]
        with create_engine(f"sqlite:///{journal}").begin() as connection:
            rows = [{**head, **ours, "id": it, "root": it, "number": at} for at, it in enumerate(names)]
            connection.execute(insert(BATCHES), rows)
        with create_engine(venue.index).begin() as connection:
            rows = [{**head, **theirs, "id": it, "root": it, "voucher": it, "batch": at} for at, it in enumerate(names)]
            connection.execute(insert(SETTLED), rows)
        tracemalloc.start()
        settler.step()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert (said, most < 4 << 20) == ([], True), most
