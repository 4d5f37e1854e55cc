"""Findings that honest parties and contracts hardly make: each from a real history, or from one that was altered."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from audiera.audit import Finding, Severity, licences
from audiera.client import Content, events
from audiera.indexer.tables import CREDITS, SHARES
from audiera.protocol import ETHER, Kind, Parent, Right, TermsFlag
from tests.support.audit import Market
from tests.support.gateway import PRICE
from tests.support.studio import Studio, some_terms

pytestmark = pytest.mark.heavy

DAY = 86_400


def errors(market: Market, dataset: int | None = None) -> list[Finding]:
    """What does not add up."""
    report = market.audit(named=str(dataset or market.venue.dataset))
    return [it for it in report.findings if it.severity is Severity.ERROR]


def join(market: Market, catalogue: int, terms: bytes) -> None:
    """Have the album be a member of a catalogue."""
    creator = market.venue.as_("creator")
    creator.licenses.join(catalogue, terms, market.venue.dataset)
    creator.licenses.admit(catalogue, terms, market.venue.dataset)


def test_a_use_is_covered_by_a_catalogue_while_its_dataset_is_a_member_and_not_in_between(market: Market) -> None:
    venue, payer = market.venue, market.venue.as_("payer")
    creator, studio = venue.as_("creator"), Studio(venue.as_("creator"))
    catalogue = studio.dataset(kind=Kind.Catalogue)
    terms = some_terms(unit_price=PRICE, token=venue.usdc, flags=TermsFlag.Revocable, notice=3_600)
    studio.offer(catalogue, terms)
    venue.license = studio.license(catalogue, terms.id(), payer)
    early = market.uses([0])
    market.wait(DAY)
    join(market, catalogue, terms.id())
    member = market.uses([0])
    creator.licenses.leave(catalogue, terms.id(), venue.dataset)
    join(market, catalogue, terms.id())  # within the notice: it never ended
    market.wait(DAY)
    still = market.uses([1])
    creator.licenses.leave(catalogue, terms.id(), venue.dataset)
    within_notice = market.uses([1])
    market.wait(DAY)
    between = market.uses([1, 2])
    market.wait(DAY)
    join(market, catalogue, terms.id())
    market.settle([*early, *member, *still, *within_notice, *between, *market.uses([2])])

    (found,) = errors(market)

    assert (found.code, found.about["count"], found.about["position"]) == ("not-covered", 3, 0)


def test_why_a_statement_of_a_member_that_left_does_not_count_is_told(market: Market) -> None:
    venue, payer = market.venue, market.venue.as_("payer")
    creator, studio = venue.as_("creator"), Studio(venue.as_("creator"))
    catalogue = studio.dataset(kind=Kind.Catalogue)
    terms = some_terms(unit_price=PRICE, token=venue.usdc, flags=TermsFlag.Revocable)
    studio.offer(catalogue, terms)
    venue.license = studio.license(catalogue, terms.id(), payer)
    join(market, catalogue, terms.id())
    uses = market.uses([0])
    creator.licenses.leave(catalogue, terms.id(), venue.dataset)
    market.settle(uses)

    (found,) = market.audit().findings

    assert (found.code, found.severity) == ("not-counted", Severity.WARNING)
    assert "the licence did not cover the dataset when the batch was settled" in found.text


def test_an_item_that_was_withdrawn_again_stays_withdrawn_from_the_first_time_on(market: Market) -> None:
    venue, creator = market.venue, market.venue.as_("creator")
    creator.datasets.withdraw_items(venue.dataset, [venue.leaf(0)])
    market.sell(some_terms(unit_price=PRICE, token=venue.usdc))
    uses = market.uses([0])
    creator.datasets.withdraw_items(venue.dataset, [venue.leaf(0)])
    market.settle(uses)

    (found,) = errors(market)

    assert found.code == "use-after-withdrawal"


def test_uses_that_were_paid_in_another_token_are_found(market: Market) -> None:
    market.settle(market.uses([0]), token=ETHER)

    found = [it for it in market.audit().findings if it.severity is not Severity.OPEN]

    assert [(it.code, it.severity) for it in found] == [("token-differs", Severity.ERROR)]
    assert f"were paid in {ETHER}" in found[0].text


def test_a_fee_waits_until_it_is_released(market: Market) -> None:
    voucher = market.settle(market.uses([0]), fee=7)
    waits = market.audit().findings
    gateway = market.venue.as_("gateway")
    gateway.usage.release_fee(voucher, gateway.usage.batch_of(voucher.batch_id()).settled_at)

    after = market.audit().findings

    assert [(it.code, it.severity, it.about["amount"]) for it in waits] == [("fee-not-released", Severity.OPEN, "7")]
    assert after == ()


def test_a_manifest_of_other_items_than_the_chain_has_is_found(market: Market) -> None:
    creator = market.venue.as_("creator")
    _, manifest = creator.datasets.content_of(market.venue.dataset, 1)
    content = Content(Kind.Recordings, 0, 3, b"\x05" * 32, manifest)
    receipt = creator.datasets.register(content, Studio(creator).split())

    (found,) = errors(market, receipt.event(events.DatasetRegistered).id)

    assert found.code == "document-wrong"
    assert f"the chain has 0x{'05' * 32}" in found.text


def derived(market: Market, *, seconds: int, rights: int = Right.Training | Right.Commercial) -> int:
    """A dataset derived from the album, cleared by a licence for some seconds, and sold for half as many."""
    venue, creator = market.venue, market.venue.as_("creator")
    studio = Studio(creator)
    child = studio.dataset(parents=(Parent(venue.dataset, 250_000),))
    clear(market, child, seconds=seconds, rights=rights)
    terms = some_terms(rights=rights, unit_price=PRICE, token=venue.usdc, duration=seconds // 2)
    studio.offer(child, terms)
    studio.license(child, terms.id(), venue.as_("payer"))
    return child


def clear(market: Market, child: int, *, seconds: int, rights: int) -> None:
    """Clear a dataset by a licence of the album for some seconds."""
    venue, creator = market.venue, market.venue.as_("creator")
    terms = some_terms(rights=rights | Right.Derivation, token=venue.usdc, duration=seconds, flags=0)
    licence = Studio(creator).license(venue.dataset, Studio(creator).offer(venue.dataset, terms), creator)
    creator.licenses.clear(child, [Parent(venue.dataset, 250_000)], [licence])


def test_what_was_sold_under_an_earlier_clearance_is_not_held_to_a_narrower_one(market: Market) -> None:
    child = derived(market, seconds=DAY)
    market.wait(2 * DAY)
    clear(market, child, seconds=DAY, rights=Right.Training)

    assert errors(market, child) == []


def test_a_licence_beyond_what_the_parents_cleared_is_found(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    child = derived(market, seconds=DAY)
    monkeypatch.setattr(licences, "happened", lambda *_: iter(()))  # no chain has none

    found = errors(market, child)

    assert [it.code for it in found] == ["beyond-clearance"]
    assert "grants Training, Commercial" in found[0].text


def test_a_parent_whose_share_is_below_what_was_declared_is_found(market: Market) -> None:
    child = Studio(market.venue.as_("creator")).dataset(parents=(Parent(market.venue.dataset, 250_000),))
    market.audit(named=str(child))
    market.alter(update(SHARES).where(SHARES.c.ppm == 250_000).values(ppm=249_999))

    (found,) = errors(market, child)

    assert (found.code, found.about["parent"]) == ("parent-short", market.venue.dataset)
    assert "declared 250,000 ppm" in found.text
    assert "is 249,999 ppm" in found.text


def test_a_credit_that_is_less_than_what_was_paid_is_found(market: Market) -> None:
    market.settle(market.uses([0, 1]))
    market.audit()
    market.alter(update(CREDITS).where(CREDITS.c.dataset == market.venue.dataset).values(amount=PRICE))

    (found,) = errors(market)

    assert (found.code, found.about["dataset"]) == ("credit-missing", market.venue.dataset)
    assert found.text.startswith(f"Dataset {market.venue.dataset} was credited 0.001 ")
