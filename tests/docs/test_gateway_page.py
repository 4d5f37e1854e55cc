"""`docs/gateway.md` against the gateway: every code of a refusal, and every figure."""

import re

from audiera.gateway.problems import Code, Problem
from tests.support.places import DOCS, ROOT

PAGE = (DOCS / "gateway.md").read_text("utf-8")


def test_every_code_of_a_refusal_is_there_with_its_status() -> None:
    stated = {code: int(status) for code, status in re.findall(r"`([a-z_]+)` \((\d+)\)", PAGE)}
    for codes, statuses in re.findall(r"^\| ((?:`[a-z_]+` ?)+) \| (\d+(?:, \d+)*) \|", PAGE, re.MULTILINE):
        names, numbers = re.findall(r"`([a-z_]+)`", codes), [int(it) for it in statuses.split(", ")]
        stated |= dict(zip(names, numbers * len(names) if len(numbers) == 1 else numbers, strict=True))

    assert [it.value for it in Code if f"`{it.value}`" not in PAGE] == []
    assert stated == {code: Problem(Code(code), "").status for code in stated}
    assert len(stated) > 30


def test_every_figure_is_there() -> None:
    figures = re.findall(r'tell\("([a-z_]+)"', (ROOT / "audiera/gateway/figures.py").read_text("utf-8"))

    assert len(figures) > 8
    assert [it for it in figures if it not in PAGE] == []
