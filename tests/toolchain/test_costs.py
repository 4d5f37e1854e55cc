"""`docs/costs.md` is what the snapshots make, and says what one can compute by hand."""

import pytest

from tools import costs
from tools.compiler import ROOT


def test_the_page_and_its_plot_are_fresh() -> None:
    assert costs.main(["--check"]) == 0


def test_other_prices_are_printed_and_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    before = (ROOT / costs.PAGE).read_bytes()

    assert costs.main(["--gas", "5", "--eth", "4000"]) == 0

    offer = costs.calls()["offer"]
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("| offer "))
    assert f"| {offer.gas * 5e-9 * 4_000:,.2f} |" in row
    assert (ROOT / costs.PAGE).read_bytes() == before


def test_a_stale_page_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(costs, "pages", lambda: {costs.PAGE: "something else"})

    assert costs.main(["--check"]) == 1

    assert capsys.readouterr().err == "These are not what the snapshots make; run `make costs`: docs/costs.md.\n"
