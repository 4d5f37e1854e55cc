"""`docs/gateway.md` against the gateway: every code of a refusal, and every figure."""

import re

import click

from audiera.cli.gateway.limits import NAMES, RANGES, Bounds, limit_option
from audiera.gateway.problems import Code, Problem
from tests.support.places import DOCS, ROOT

PAGE = (DOCS / "gateway.md").read_text("utf-8")


def test_every_code_of_a_refusal_is_there_with_its_status() -> None:
    stated = {code: int(status) for code, status in re.findall(r"`([a-z_]+)` \((\d+)\)", PAGE)}
    for codes, statuses in re.findall(r"^\| ((?:`[a-z_]+` ?)+) \| ([45]\d\d(?:, [45]\d\d)*) \|", PAGE, re.MULTILINE):
        names, numbers = re.findall(r"`([a-z_]+)`", codes), [int(it) for it in statuses.split(", ")]
        stated |= dict(zip(names, numbers * len(names) if len(numbers) == 1 else numbers, strict=True))

    assert [it.value for it in Code if f"`{it.value}`" not in PAGE] == []
    assert stated == {code: Problem(Code(code), "").status for code in stated}
    assert len(stated) > 30


def test_every_figure_is_there() -> None:
    figures = re.findall(r'tell\("([a-z_]+)"', (ROOT / "audiera/gateway/figures.py").read_text("utf-8"))

    assert len(figures) > 8
    assert [it for it in figures if it not in PAGE] == []


@click.command()
@limit_option
def taken(limits: Bounds) -> Bounds:
    return limits


def test_every_limit_is_there_as_it_is_typed_with_what_it_is_unless_told() -> None:
    section = PAGE.split("\n## Limits\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([a-z_.]+)` \| ([^|]+) \|", section, re.MULTILINE)

    typed = [word for name, value in rows for word in ("--limit", f"{name}={value}")]

    assert taken.main(typed, standalone_mode=False) == {name: default for name, (_, default) in NAMES.items()}


def test_every_limit_says_what_it_may_be() -> None:
    section = PAGE.split("\n## Limits\n")[1].split("\n## ")[0]
    told = dict(re.findall(r"^\| `([a-z_.]+)` \| [^|]+ \| ([0-9a-z][^|]*) \|", section, re.MULTILINE))

    assert told == {
        name: f"from {least}" if most is None else f"{least} to {most}" for name, (least, most) in RANGES.items()
    }
