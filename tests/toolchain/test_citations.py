"""Every property, requirement and attack has a test that names it, and tests name none that does not exist."""

from pathlib import Path

import pytest

from tests.support.places import ROOT
from tools import citations


def lay_out(root: Path, test: str) -> None:
    for folder in ("docs", "tests"):
        (root / folder).mkdir()
    (root / "docs" / "invariants.md").write_text("| P1 | one |\n| P2 | two |\n")
    (root / "docs" / "spec.md").write_text("- **AUD-R1** It MUST.\n")
    (root / "docs" / "trust.md").write_text("| AUD-A1 | theft | refused |\n")
    (root / "tests" / "test_it.py").write_text(test)


def test_the_repository_cites_all_that_is_stated_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert (citations.main(ROOT), capsys.readouterr().err) == (0, "")


def test_what_no_test_cites_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(tmp_path, '"""P1"""')

    assert citations.main(tmp_path) == 1
    assert capsys.readouterr().err == "No test cites P2.\nNo test cites AUD-R1.\nNo test cites AUD-A1.\n"


def test_what_is_stated_twice_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(tmp_path, '"""P1 to P2, AUD-R1, AUD-A1"""')
    (tmp_path / "docs" / "trust.md").write_text("| AUD-A1 | theft | refused |\n| AUD-A1 | fraud | refused |\n")

    assert citations.main(tmp_path) == 1
    assert capsys.readouterr().err == "AUD-A1 is stated 2 times.\n"


def test_what_is_cited_and_stated_nowhere_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(tmp_path, '"""P1 to P3, AUD-R1, AUD-A1, AUD-A2"""')

    assert citations.main(tmp_path) == 1
    assert capsys.readouterr().err == (
        "tests/test_it.py cites P3, which is stated nowhere.\ntests/test_it.py cites AUD-A2, which is stated nowhere.\n"
    )
