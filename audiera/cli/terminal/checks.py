"""How commands tell of statements that were checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import click

from audiera.cli.terminal.output import print_json, print_lines
from audiera.runs import Check
from audiera.text import Json, one_line

__all__ = ["tell_checks"]

_MARKS: Final = {True: "holds", False: "does NOT hold", None: "not shown"}


def tell_checks(what: str, checks: Sequence[Check], about: Mapping[str, Json], *, as_json: bool) -> None:
    """Print each statement with what shows it, and whether all hold.

    Args:
        what: what was checked, as a sentence begins.
        checks: the statements.
        about: what is told of it, for programs.
        as_json: whether for programs.

    Raises:
        click.exceptions.Exit: with code 1, if one does not hold.
    """
    failed = any(it.holds is False for it in checks)
    if as_json:
        listed: list[Json] = [{"said": it.said, "holds": it.holds, "why": it.why} for it in checks]
        print_json({**about, "holds": not failed, "checks": listed})
    else:
        print_lines(*(one_line(f"{_MARKS[it.holds]}: {it.said} Why: {it.why}") for it in checks))
        open_ = any(it.holds is None for it in checks)
        holds = "holds, but for what is not shown" if open_ else "holds"
        print_lines(f"{what} {'does not hold' if failed else holds}.")
    if failed:
        raise click.exceptions.Exit(1)
