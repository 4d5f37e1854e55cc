"""How statements that were checked are told of."""

import click
import pytest

from audiera.cli.terminal.checks import tell_checks
from audiera.runs import Check


def test_a_statement_that_does_not_hold_is_told_as_one_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    checks = [
        Check("The licensee signed the document.", False, "It is not signed; `audiera run sign` does."),
        Check("model.pt is the file that the document names.", True, "Its SHA-256 is 0xab."),
        Check("Batch 7 is settled.", None, "Not yet."),
    ]

    with pytest.raises(click.exceptions.Exit):
        tell_checks("The run 0x1", checks, {}, as_json=False)

    assert capsys.readouterr().out.splitlines() == [
        "does NOT hold: The licensee signed the document. Why: It is not signed; `audiera run sign` does.",
        "holds: model.pt is the file that the document names. Why: Its SHA-256 is 0xab.",
        "not shown: Batch 7 is settled. Why: Not yet.",
        "The run 0x1 does not hold.",
    ]
