"""Audits of a real market: what adds up says nothing, and what does not is told, by the command, too."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from audiera.audit import Severity
from audiera.audit.works import Works
from audiera.text import hex_of
from tests.support.audit import Market, keep, run_audit
from tests.support.gateway import PRICE
from tests.support.studio import some_terms

Run = Callable[..., Result]


@pytest.fixture
def run(market: Market, monkeypatch: pytest.MonkeyPatch) -> Run:
    return run_audit(market, monkeypatch)


def test_a_history_that_adds_up_has_no_findings(market: Market) -> None:
    market.settle(market.uses([0, 1]))
    market.settle(market.uses([2]))

    report = market.audit()

    assert report.findings == ()
    rows = [(it["calls"], it["charged"], it["due"]) for it in report.section("statements").rows()]
    assert rows == [("2", str(2 * PRICE), str(2 * PRICE)), ("1", str(PRICE), str(PRICE))]
    assert [it["log"] for it in report.section("batches").rows()] == ["verified"] * 2
    assert [it["price"] for it in report.section("uses").rows()] == [str(PRICE)] * 3
    assert [it["documents"] for it in report.section("versions").rows()] == ["verified"]
    assert report.asked > 10


def test_free_uses_of_whoever_never_deposited_stop_no_index(market: Market) -> None:
    market.sell(some_terms(unit_price=0, token=market.venue.usdc))
    market.settle(market.uses([0], price=0), role="other gateway")

    assert market.audit("all", "all").findings == ()


def test_a_price_above_the_terms_is_found_although_the_payer_signed_it(market: Market) -> None:
    voucher = market.settle([*market.uses([0]), *market.uses([1], price=3 * PRICE)])

    (found,) = market.audit().findings

    assert (found.code, found.severity) == ("price-differs", Severity.ERROR)
    assert (found.about["charged"], found.about["due"], found.about["count"]) == (str(3 * PRICE), str(PRICE), 1)
    assert (found.about["position"], found.about["root"]) == (1, hex_of(voucher.root))
    assert "1 use of dataset" in found.text


def test_the_command_tells_of_it_and_exits_with_what_it_found(market: Market, run: Run) -> None:
    market.settle(market.uses([0]))
    clean = run(str(market.venue.dataset), "--json")
    market.settle(market.uses([1], price=2 * PRICE))

    told = run(str(market.venue.dataset))

    document = json.loads(clean.stdout)
    assert (clean.exit_code, document["summary"]) == (0, {"error": 0, "warning": 0, "open": 0, "note": 0})
    assert [it["price"] for it in document["sections"]["uses"]] == [str(PRICE)]
    assert told.exit_code == 1
    assert "ERROR price-differs: 1 use of dataset" in told.stdout
    assert "It does not add up: 1 errors" in told.stdout


def test_tables_write_tokens_by_what_they_call_themselves_and_one_legend_says_which_those_are(
    market: Market, run: Run, tmp_path: Path
) -> None:
    market.settle(market.uses([0]))
    token, name = market.venue.usdc, f"USDC ({market.venue.usdc[:10]}…)"

    told = run(str(market.venue.dataset), "--format", "html", "--to", str(tmp_path))

    page = (tmp_path / "report.html").read_text("utf-8")
    for text in (told.stdout, page):
        assert f"0.001 {name}" in text
        assert text.count(token) == 1
        assert text.count(f"which proves nothing: {name} is {token}.") == 1


def test_uses_that_are_signed_and_not_settled_are_told_from_the_heads_beside_logs(market: Market, run: Run) -> None:
    folder = keep(market, market.uses([0, 1, 2])).parent

    told = run(str(market.venue.dataset), "--logs", str(folder))

    assert told.exit_code == 0, told.output
    assert (
        f"3 uses that come to 0.003 USDC({market.venue.usdc}) were signed for by both, and nothing is settled"
        in told.stdout
    )
    assert told.stdout.endswith("All adds up (0 errors, 0 that cannot be known, 1 that wait, 0 that strangers say).\n")


def test_what_cannot_be_known_is_not_said_to_add_up(market: Market, run: Run) -> None:
    market.settle(market.uses([0]), published=False)

    told = run(str(market.venue.dataset))

    assert told.exit_code == 0
    assert told.stdout.endswith("Nothing contradicts it; 1 thing cannot be known.\n")


def test_an_audit_that_cannot_be_completed_exits_with_three(run: Run) -> None:
    missing, unclear = run("999"), run("1", "--all")

    assert (missing.exit_code, unclear.exit_code) == (3, 3)
    assert "There is no dataset 999 up to this block" in missing.stderr
    assert "Name what to audit" in unclear.stderr


@pytest.mark.heavy
def test_the_report_is_written_as_parquet(market: Market, run: Run, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    market.settle(market.uses([0, 1]))

    done = run(str(market.venue.dataset), "--format", "parquet", "--to", str(tmp_path / "report"))

    assert done.exit_code == 0, done.stderr
    uses = parquet.read_table(tmp_path / "report" / "uses.parquet")
    assert uses.column("price").to_pylist() == [str(PRICE)] * 2
    assert str(uses.schema.field("at").type) == "int64"
    assert parquet.read_table(tmp_path / "report" / "findings.parquet").num_rows == 0
    assert json.loads((tmp_path / "report" / "report.json").read_bytes())["summary"]["error"] == 0


@pytest.mark.heavy
def test_a_size_that_fits_no_column_is_written_as_its_publisher_says(
    market: Market, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    largest = [replace(it, item=replace(it.item, size=(1 << 64) - 1)) for it in market.venue.rows]
    monkeypatch.setattr(Works, "rows", lambda *_: tuple(largest))

    run(str(market.venue.dataset), "--format", "parquet", "--to", str(tmp_path / "report"))

    items = parquet.read_table(tmp_path / "report" / "items.parquet")
    assert set(items.column("size").to_pylist()) == {"18446744073709551615"}


def test_the_report_is_written_as_a_page(market: Market, run: Run, tmp_path: Path) -> None:
    market.settle(market.uses([0], price=2 * PRICE))

    done = run(str(market.venue.dataset), "--format", "html", "--to", str(tmp_path / "report"))

    page = (tmp_path / "report" / "report.html").read_text("utf-8")
    assert done.exit_code == 1
    assert f'<h1 dir="auto">Audit of dataset {market.venue.dataset}</h1>' in page
    assert "It does not add up: 1 errors" in page
    assert "<code>price-differs</code>" in page
    assert "Night Ferry" in page


@pytest.mark.heavy
def test_the_report_is_set_for_print(market: Market, run: Run, tmp_path: Path) -> None:
    pypdf = pytest.importorskip("pypdf")
    market.settle(market.uses([0]))

    done = run(str(market.venue.dataset), "--format", "pdf", "--to", str(tmp_path / "report"))

    text = "".join(it.extract_text() for it in pypdf.PdfReader(tmp_path / "report" / "report.pdf").pages)
    assert done.exit_code == 0, done.stderr
    assert "All adds up" in text
