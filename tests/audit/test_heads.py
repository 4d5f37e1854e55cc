"""Heads that payer and gateway both signed: a gateway that settles less than them is named, with what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiera.audit import Finding, Report, Severity
from audiera.protocol import SignerScope
from tests.support.audit import Market, keep, run_audit
from tests.support.gateway import PRICE
from tests.support.studio import Studio, some_terms

pytestmark = pytest.mark.heavy


def audited(market: Market, *heads: Path) -> list[Finding]:
    """What an audit of the album finds with these heads."""
    return list(market.audit(heads=heads or (market.folder / "music" / ".audiera",)).findings)


def short(report: Report) -> list[Finding]:
    """What was settled for less than both signed."""
    return [it for it in report.findings if it.code == "settled-short"]


def told(found: Finding) -> tuple[str, Severity, object, object]:
    return found.code, found.severity, found.about["amount"], found.about["calls"]


@pytest.mark.parametrize("log", [True, False], ids=["with its log", "alone"])
def test_a_gateway_that_settles_less_than_both_signed_is_named_with_what_is_missing(
    market: Market, *, log: bool
) -> None:
    uses = market.uses([0, 1, 2])
    keep(market, uses, log=log)
    market.settle(uses[:1])

    (found,) = audited(market)

    assert told(found) == ("settled-short", Severity.ERROR, str(2 * PRICE), 2)
    assert f"0.002 USDC({market.venue.usdc}) and 2 uses are missing" in found.text
    assert (f"for 2 uses of dataset {market.venue.dataset} under licence" in found.text) is log


def test_a_head_without_its_log_is_of_what_was_settled_of_it_and_else_not_known(market: Market) -> None:
    studio = Studio(market.venue.as_("creator"))
    other = str(studio.dataset())
    uses = market.uses([0, 1, 2])
    keep(market, uses, log=False)
    market.settle(uses[:1], published=False)
    heads = (market.folder / "music" / ".audiera",)
    (unknown,) = short(market.audit(named=other, heads=heads))
    market.settle(market.uses([0]))
    keep(market, uses, number=2, log=False)

    found = short(market.audit(named=other, heads=heads))
    payer = short(market.audit("licensee", market.venue.as_("payer").account, heads=heads))

    assert told(unknown) == ("settled-short", Severity.WARNING, str(2 * PRICE), 2)
    assert "so what it is of is not known" in unknown.text
    assert [it.about["batch"] for it in found] == [unknown.about["batch"]]
    assert [it.severity for it in payer] == [Severity.ERROR] * 2


def test_what_was_settled_for_others_instead_is_missing_though_the_sum_is_the_same(market: Market) -> None:
    first, second = market.uses([0]), market.uses([1])
    market.sell(some_terms(unit_price=PRICE, token=market.venue.usdc, max_units=9))
    other = market.uses([1])
    keep(market, [*first, *second])
    market.settle([*first, *other])

    (found,) = audited(market)

    assert told(found) == ("settled-short", Severity.ERROR, str(PRICE), 1)


def test_a_folder_in_which_one_document_is_no_head_is_passed_over(market: Market) -> None:
    (market.folder / "other").mkdir()
    (market.folder / "other" / "manifest.json").write_text("{}")

    assert audited(market, market.folder / "other") == []


def test_a_head_that_was_settled_or_a_later_one_says_nothing(market: Market) -> None:
    uses = market.uses([0, 1, 2])
    keep(market, uses[:2])
    market.settle(uses)
    keep(market, uses[:1], number=2)
    market.settle(uses[:1])

    assert [it.code for it in audited(market)] == ["use-repeated"]


def test_a_head_of_which_nothing_is_settled_waits_for_its_gateway(market: Market) -> None:
    keep(market, market.uses([0, 1]))

    (found,) = audited(market)

    assert told(found) == ("not-settled", Severity.OPEN, str(2 * PRICE), 2)
    assert f"only the gateway can. The channel holds 1000 USDC({market.venue.usdc})" in found.text


def test_a_head_that_the_gateway_did_not_countersign_shows_nothing_and_hides_no_other(market: Market) -> None:
    uses = market.uses([0, 1, 2])
    forged = keep(market, uses, by="stranger").rename(market.folder / "music" / "forged.json")
    market.settle(uses[:1])
    alone = audited(market, forged)
    true = keep(market, uses[:2])

    (found,) = audited(market, forged, true)

    assert [(it.code, it.severity) for it in alone] == [("head-unsigned", Severity.WARNING)]
    assert told(found) == ("settled-short", Severity.ERROR, str(PRICE), 1)


def test_a_countersignature_of_a_key_that_settles_no_more_may_have_come_after(market: Market) -> None:
    uses, gateway = market.uses([0, 1]), market.venue.as_("gateway")
    keep(market, uses, by="hot key")
    market.settle(uses[:1])
    until = gateway.node.timestamp() + 1_000
    gateway.licenses.set_signer(market.venue.as_("hot key").account, SignerScope.Settle, until)
    now = audited(market)
    market.wait(10_000)

    (after,) = audited(market)

    assert [(it.code, it.severity) for it in now] == [("settled-short", Severity.ERROR)]
    assert (after.code, after.severity) == ("settled-short", Severity.WARNING)
    assert "One of the keys acts no more" in after.text


def test_the_command_takes_heads_and_exits_with_what_is_missing(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    uses = market.uses([0, 1])
    head = keep(market, uses)
    market.settle(uses[:1])
    run, dataset = run_audit(market, monkeypatch), str(market.venue.dataset)

    clean, short = run(dataset), run(dataset, "--heads", str(head))
    wrong, missing = run(dataset, "--heads", __file__), run(dataset, "--heads", "nowhere")

    assert (clean.exit_code, short.exit_code, wrong.exit_code, missing.exit_code) == (0, 1, 3, 3)
    assert "ERROR settled-short: Of batch 1 of " in short.stdout
    assert "is no head that two have signed" in wrong.stderr
    assert "There is no nowhere" in missing.stderr
