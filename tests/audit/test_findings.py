"""Findings in a real market: each thing that does not add up, cannot be known or waits is found once, by its name."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import event, insert, update

from audiera.audit import Finding, Report, Severity, Subject, audit
from audiera.errors import InputError
from audiera.indexer.tables import LICENSE_USAGE, RECEIVED
from audiera.metering import Batch, PricedUse, write_log
from audiera.operations import collect
from audiera.protocol import ETHER, Kind, Meter, Parent, Right, TermsFlag, right_bit
from audiera.text import hex_of
from tests.support.audit import ISRC, Market
from tests.support.gateway import PRICE
from tests.support.studio import Studio, some_terms

pytestmark = pytest.mark.heavy


def the_finding(report: Report, code: str, severity: Severity = Severity.ERROR) -> Finding:
    """The only thing that is found."""
    assert [(it.code, it.severity) for it in report.findings] == [(code, severity)], report.findings
    return report.findings[0]


def test_a_price_above_the_terms_is_found_without_the_log_too(market: Market) -> None:
    market.settle(market.uses([0], price=2 * PRICE), published=False)

    errors = [it for it in market.audit().findings if it.severity is Severity.ERROR]

    assert [(it.code, it.about["charged"], it.about["due"]) for it in errors] == [
        ("price-differs", str(2 * PRICE), str(PRICE))
    ]


def test_a_use_of_an_item_that_was_withdrawn_is_found(market: Market) -> None:
    venue = market.venue
    venue.as_("creator").datasets.withdraw_items(venue.dataset, [venue.leaf(0)])
    market.sell(some_terms(unit_price=PRICE, token=venue.usdc))
    market.settle(market.uses([0, 1]))

    found = the_finding(market.audit(), "use-after-withdrawal")

    assert (found.about["count"], found.about["position"]) == (1, 0)


def test_what_was_sold_as_irrevocable_stays_after_a_withdrawal(market: Market) -> None:
    venue = market.venue
    venue.as_("creator").datasets.withdraw_items(venue.dataset, [venue.leaf(0)])
    market.wait(10_000)
    market.settle(market.uses([0]))

    assert market.audit().findings == ()


def test_a_use_after_the_end_of_a_licence_is_found(market: Market) -> None:
    market.sell(some_terms(unit_price=PRICE, token=market.venue.usdc, duration=3_600))
    before = market.uses([0])
    market.wait(10_000)
    market.settle([*before, *market.uses([1])])

    found = the_finding(market.audit(), "outside-term")

    assert (found.about["count"], found.about["position"]) == (1, 1)


def test_a_quota_that_two_gateways_overrun_together_is_found(market: Market) -> None:
    market.sell(some_terms(unit_price=PRICE, token=market.venue.usdc, max_units=3))
    market.settle(market.uses([0, 1]))
    market.settle(market.uses([0, 2]), role="other gateway")

    found = the_finding(market.audit(), "quota-exceeded")

    gateways = sorted(market.venue.as_(it).account for it in ("gateway", "other gateway"))
    assert (found.about["units"], found.about["gateways"]) == ("4", gateways)


def test_units_that_the_ledger_did_not_count_use_up_a_quota(market: Market) -> None:
    market.sell(some_terms(unit_price=PRICE, token=market.venue.usdc, max_units=1))
    market.settle(market.uses([0, 1], price=PRICE - 1))

    found = {it.code: it for it in market.audit().findings}

    assert set(found) == {"price-differs", "quota-exceeded", "not-counted"}
    assert found["quota-exceeded"].about["units"] == "2"
    assert "does not count as use: it cost less than is due by its terms" in found["not-counted"].text


def test_why_a_statement_does_not_count_is_told_with_its_log_and_without(market: Market) -> None:
    payer, gateway, other = (market.venue.as_(it) for it in ("payer", "gateway", "nobody"))
    market.sell(some_terms(unit_price=PRICE, token=market.venue.usdc, flags=TermsFlag.Transferable))
    uses = market.uses([0, 1])
    voucher = market.settle(uses, published=False, collected=False)
    payer.licenses.transfer_from(payer.account, other.account, market.venue.license)
    collect(gateway, *payer.usage.settled(voucher.batch_id()), Batch().extend(uses), [0])
    without = {it.code: it.text for it in market.audit().findings}
    market.publish(voucher, uses)

    found = the_finding(market.audit(), "not-counted", Severity.WARNING)

    assert set(without) == {"log-missing", "not-counted"}
    assert without["not-counted"] == found.text
    assert f"the licence was {other.account}'s when it was collected" in found.text


def test_nobody_uses_up_the_quota_of_another_s_licence(market: Market) -> None:
    market.sell(some_terms(unit_price=PRICE, token=market.venue.usdc, max_units=1))
    stranger, uses = market.venue.as_("stranger"), market.uses([0, 1])
    voucher = Batch().extend(uses).voucher(payer=stranger.account, gateway=stranger.account, token=ETHER, batch=1)
    stranger.usage.deposit(stranger.account, stranger.account, ETHER, voucher.amount)
    stranger.usage.settle(voucher, stranger.sign_voucher(voucher))
    hidden = {it.code for it in market.audit("all", "all").findings}
    market.publish(voucher, uses)

    found = {it.code for it in market.audit("all", "all").findings}

    assert hidden == {"log-missing", "not-collected"}
    assert found == {"payer-not-holder", "token-differs", "not-collected"}


def test_a_stranger_s_batch_of_the_same_root_has_no_part_in_its_log(market: Market) -> None:
    uses = market.uses([0, 1])
    voucher = market.settle(uses)
    first = market.settle_copy(voucher)

    reports = [market.audit("all", "all"), market.audit("all", "all")]

    for report in reports:
        logs = {it["batch"]: it["log"] for it in report.section("batches").rows()}
        assert logs == {hex_of(voucher.batch_id()): "verified", hex_of(first.batch_id()): "missing"}
        assert {(it.code, it.about["batch"]) for it in report.findings} == {
            ("log-missing", hex_of(first.batch_id())),
            ("not-collected", hex_of(first.batch_id())),
        }
        assert [it["batch"] for it in report.section("uses").rows()] == [hex_of(voucher.batch_id())] * 2


def test_a_use_while_somebody_else_held_the_licence_is_found_between_others(market: Market) -> None:
    payer, other = market.venue.as_("payer"), market.venue.as_("nobody")
    market.sell(some_terms(unit_price=PRICE, token=market.venue.usdc, flags=TermsFlag.Transferable))
    number = market.venue.license
    before = market.uses([0])
    market.wait(10_000)
    payer.licenses.transfer_from(payer.account, other.account, number)
    market.wait(10_000)
    between = market.uses([1])
    market.wait(10_000)
    other.licenses.transfer_from(other.account, payer.account, number)
    market.settle([*before, *between, *market.uses([2])])

    found = the_finding(market.audit(), "payer-not-holder")

    assert (found.about["count"], found.about["position"]) == (1, 1)


def test_a_use_of_the_whole_counts_less_by_what_was_withdrawn_before_and_no_other(market: Market) -> None:
    venue = market.venue
    market.sell(replace(some_terms(unit_price=PRICE, token=venue.usdc), meter=Meter.Second))
    seconds = [it.item.units(Meter.Second) for it in venue.rows]
    whole, less = sum(seconds), sum(seconds) - seconds[0]

    def uses(*units: int) -> list[PricedUse]:
        made = zip(market.uses([0] * len(units)), units, strict=True)
        return [replace(it, use=replace(it.use, item=bytes(32), units=n), price=n * PRICE) for it, n in made]

    early = uses(less, whole)
    market.wait(10_000)
    venue.as_("creator").datasets.withdraw_items(venue.dataset, [venue.leaf(0)])
    market.settle([*early, *uses(less, whole, less - 1, whole + 1)])

    found = the_finding(market.audit(), "units-differ")

    assert (found.about["count"], found.about["position"]) == (3, 0)


def test_a_use_of_the_whole_is_one_call_whatever_was_withdrawn(market: Market) -> None:
    venue = market.venue
    venue.as_("creator").datasets.withdraw_items(venue.dataset, [venue.leaf(0)])
    one, two = market.uses([1, 1])
    whole = replace(one, use=replace(one.use, item=bytes(32)))
    market.settle([whole, replace(two, use=replace(two.use, item=bytes(32), units=2), price=2 * PRICE)])

    found = the_finding(market.audit(), "units-differ")

    assert (found.about["count"], found.about["position"]) == (1, 1)


def test_a_log_that_nobody_has_is_named(market: Market) -> None:
    voucher = market.settle(market.uses([0, 1]), published=False)

    report = market.audit()

    found = the_finding(report, "log-missing", Severity.WARNING)
    assert found.about["root"] == hex_of(voucher.root)
    assert "2 calls that come to 0.002 " in found.text
    assert [it["calls"] for it in report.section("statements").rows()] == ["2"]


def test_the_log_of_another_batch_is_refused(market: Market) -> None:
    voucher = market.settle(market.uses([0]), published=False)
    market.publish(voucher, market.uses([0]))

    report = market.audit()

    the_finding(report, "log-of-another-batch")
    assert list(report.section("uses").rows()) == []


def test_a_statement_that_nobody_collected_waits(market: Market) -> None:
    market.settle(market.uses([0, 1]), collected=False)

    found = the_finding(market.audit(), "not-collected", Severity.OPEN)

    assert found.about["amount"] == str(2 * PRICE)


def test_a_use_for_a_right_that_the_licence_does_not_grant_is_found(market: Market) -> None:
    market.settle(market.uses([0], right=right_bit(Right.VoiceCloning)))

    the_finding(market.audit(), "right-not-granted")


def test_an_item_that_the_dataset_does_not_have_is_found(market: Market) -> None:
    (use,) = market.uses([0])
    market.settle([replace(use, use=replace(use.use, item=b"\x05" * 32))])

    the_finding(market.audit(), "item-unknown")


def test_units_that_the_item_does_not_measure_are_found(market: Market) -> None:
    (use,) = market.uses([0])
    market.settle([replace(use, use=replace(use.use, units=2), price=2 * PRICE)])

    the_finding(market.audit(), "units-differ")


def test_a_use_that_is_charged_twice_is_found(market: Market) -> None:
    uses = market.uses([0, 1])
    market.settle(uses)
    market.settle([uses[0], *market.uses([2])])

    found = the_finding(market.audit(), "use-repeated")

    assert found.about["nonce"] == hex_of(uses[0].use.nonce)


def test_a_batch_that_is_settled_again_under_another_number_is_found(market: Market) -> None:
    uses = market.uses([0, 1])
    market.settle(uses)
    again = market.settle(uses)

    report = market.audit()

    found = next(it for it in report.findings if it.code == "use-repeated")
    assert found.about["batch"] == hex_of(again.batch_id())
    assert {it.code for it in report.findings} == {"use-repeated"}
    assert len(list(report.section("uses").rows())) == 4


def test_a_credit_that_was_not_passed_on_to_a_parent_waits(market: Market) -> None:
    venue, buyer = market.venue, market.venue.as_("payer")
    studio = Studio(venue.as_("creator"))
    child = studio.dataset(parents=(Parent(venue.dataset, 250_000),))
    creator = venue.as_("creator")
    creator.licenses.clear(child, [Parent(venue.dataset, 250_000)], [0])
    terms = some_terms(unit_price=0, token=venue.usdc)
    studio.offer(child, terms, 1_000)
    buyer.approve("LicenseRegistry", venue.usdc, 1_000)
    buyer.licenses.acquire(child, terms.id(), buyer.account, max_price=1_000)

    found = [it for it in market.audit(named=str(child)).findings if it.severity is not Severity.WARNING]

    assert [(it.code, it.severity, it.about["amount"]) for it in found] == [("not-forwarded", Severity.OPEN, "250")]


def test_a_payer_that_does_not_hold_the_licence_is_found(market: Market) -> None:
    market.settle(market.uses([0], license=market.venue.license + 50))

    found = {it.code for it in market.audit("all", "all").findings}

    assert found == {"license-unknown"}


def test_an_audit_goes_on_from_the_one_before_and_not_back(market: Market) -> None:
    market.settle(market.uses([0]))
    first = market.audit()
    market.settle(market.uses([1]))

    second = market.audit()

    assert second.place.block > first.place.block
    assert len(list(second.section("batches").rows())) == 2
    with pytest.raises(InputError, match="An earlier audit"):
        market.audit(block=first.place.block)


def test_an_audit_up_to_a_block_knows_nothing_of_what_came_after(market: Market) -> None:
    market.settle(market.uses([0]))
    block = market.venue.as_("payer").node.block_number()
    market.settle(market.uses([1]))

    report = market.audit(block=block)

    assert report.place.block == block
    assert len(list(report.section("batches").rows())) == 1
    assert report.findings == ()


def test_a_licensee_s_audit_has_what_it_holds_and_paid(market: Market) -> None:
    market.settle(market.uses([0]))
    payer = market.venue.as_("payer").account

    report = market.audit("licensee", payer)

    assert report.findings == ()
    assert [it["license"] for it in report.section("licenses").rows()] == [market.venue.license]
    assert [it["payer"] for it in report.section("batches").rows()] == [payer]


def test_a_contributor_s_audit_has_the_claims_of_nobody_else(market: Market) -> None:
    creator, venue = market.venue.as_("creator"), market.venue
    market.settle(market.uses([0, 1]))
    account = creator.datasets.account_of(venue.dataset)
    split = creator.royalty.current_split(account)
    receipt = creator.royalty.claim(split, venue.usdc, split.shares[0].payee)

    report = market.audit("contributor", creator.account)

    assert report.findings == ()
    assert [(it["payee"], it["amount"], it["transaction"]) for it in report.section("claims").rows()] == [
        (creator.account, str(2 * PRICE), hex_of(receipt.transaction))
    ]
    assert [(it["due"], it["owed"]) for it in report.section("payees").rows() if it["token"] == venue.usdc] == [
        (str(2 * PRICE), "0")
    ]


def test_who_never_had_a_share_is_refused(market: Market) -> None:
    with pytest.raises(InputError, match="never had a share"):
        market.audit("contributor", market.venue.as_("nobody").account)


def test_a_wrong_index_is_noticed(market: Market) -> None:
    market.settle(market.uses([0]))
    market.audit()
    market.alter(update(LICENSE_USAGE).values(units=7))

    found = the_finding(market.audit(), "figures-differ")

    assert found.about["function"] == "usageOfLicense"
    assert f"use of licence {market.venue.license}" in found.text


def test_the_splits_of_an_audit_are_read_no_oftener_however_many_received_something(market: Market) -> None:
    market.settle(market.uses([0]))
    some = [{"split": hex_of(bytes([it]) * 32), "token": market.venue.usdc, "amount": 0} for it in range(50)]

    before = _reads_of_splits(market)
    market.alter(insert(RECEIVED).values(some))

    assert _reads_of_splits(market) == before


def _reads_of_splits(market: Market) -> int:
    """How often an audit of everything asks its index which splits there are."""
    asked: list[str] = []
    with market.history(Subject("all", ("all",))) as history:
        event.listen(history.connection, "before_cursor_execute", lambda *told: asked.append(told[2]))
        audit(history, Subject("all", ("all",)))
    return sum("FROM splits" in it for it in asked)


def test_a_recording_s_audit_has_its_uses_and_no_other_s(market: Market) -> None:
    market.tag()
    market.settle(market.uses([0, 1, 1]))

    report = market.audit("contributor", ISRC)

    the_finding(report, "not-forwarded", Severity.OPEN)
    assert [it["item"] for it in report.section("uses").rows()] == [hex_of(market.venue.leaf(0))]
    assert [it["path"] for it in report.section("items").rows()] == ["a.flac"]
    with pytest.raises(InputError, match="No item table that is here lists XXZZZ2600099"):
        market.audit("contributor", "XXZZZ2600099")


def test_a_payer_s_copy_may_go_beyond_what_was_settled(market: Market) -> None:
    settled, after = market.uses([0, 1]), market.uses([2])
    voucher = market.settle(settled, published=False)
    log = market.logs / "1.jsonl"
    write_log(log, [*settled, *after])
    head = {name: f"0x{it.hex()}" if isinstance(it, bytes) else str(it) for name, it in voucher.abi().items()}
    log.with_suffix(".json").write_text(json.dumps({"voucher": head}))

    report = market.audit()

    assert report.findings == ()
    assert len(list(report.section("uses").rows())) == 2


def test_a_model_is_audited_with_what_it_comes_from(market: Market) -> None:
    venue, studio = market.venue, Studio(market.venue.as_("creator"))
    model = studio.dataset(kind=Kind.Model, parents=(Parent(venue.dataset, 100_000),))

    report = market.audit("model", str(model))

    assert [it["dataset"] for it in report.section("datasets").rows()] == [venue.dataset, model]
    assert [(it["parent"], it["share_now"]) for it in report.section("parents").rows()] == [(venue.dataset, 100_000)]
    with pytest.raises(InputError, match="is of kind Recordings"):
        market.audit("model", str(venue.dataset))
