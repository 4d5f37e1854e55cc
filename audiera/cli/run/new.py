"""`audiera run new`: the document of a run, from the folder of a pull."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from audiera.cli.terminal.output import print_json, print_lines
from audiera.consumer import Trained, make_run
from audiera.errors import InputError
from audiera.runs import RUN_NAME, RunFolder
from audiera.text import Json, hex_of, shown

__all__ = ["new"]

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(short_help="Write down what was trained on a pulled folder.")
@click.argument("music", type=_FOLDER)
@click.option("--to", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder RUN, made.")
@click.option(
    "--weights", required=True, multiple=True, type=_FILE, help="A file that came of the run. May be repeated."
)
@click.option("--code", required=True, type=_FOLDER, help="The code that trained: a folder, or a clone by Git.")
@click.option("--started", required=True, metavar="TIME", help="When it began, as 2027-01-31T09:30Z, or Unix seconds.")
@click.option("--ended", metavar="TIME", help="When it ended; now unless told.")
@click.option(
    "--served",
    multiple=True,
    type=_FOLDER,
    help="A folder of served logs, one for each machine; MUSIC/.audiera/served unless told. May be repeated.",
)
@click.option(
    "--license",
    "licenses",
    multiple=True,
    type=click.IntRange(1),
    help="A licence of uses that `ape run usage record` puts on the chain. May be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def new(
    music: Path,
    *,
    to: Path,
    weights: tuple[Path, ...],
    code: Path,
    started: str,
    ended: str | None,
    served: tuple[Path, ...],
    licenses: tuple[int, ...],
    as_json: bool,
) -> None:
    """Write down a run that was trained on MUSIC, the folder of a pull: what its loader served, and what came of it.

    \b
    Example:
      audiera run new music --weights model.safetensors --code src --started 2027-01-31T09:30Z --to run
    """
    trained = Trained(
        started=_second(started),
        ended=int(time.time()) if ended is None else _second(ended),
        served=served or (music / ".audiera" / "served",),
        weights=weights,
        code=code,
        licenses=frozenset(licenses),
    )
    run = make_run(music, trained, RunFolder(to))
    document: dict[str, Json] = {
        "run": str(to),
        "ref": hex_of(run.digest()),
        "licensee": run.licensee,
        "datasets": [it.dataset for it in run.datasets],
        "licenses": list(run.licenses),
        "items": run.count,
        "served": run.times,
        "weights": [it.path for it in run.weights],
    }
    if as_json:
        print_json(document)
        return
    print_lines(
        f"{run.count:,} items, served {run.times:,} times, are in {shown(str(to / RUN_NAME))}; its SHA-256, which "
        f"records of use name, is {hex_of(run.digest())}. Sign it with `audiera run sign`."
    )


def _second(text: str) -> int:
    """Return the Unix second of a time, which is UTC where it does not say."""
    if text.isascii() and text.isdecimal() and len(text) < 12:
        return int(text)
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(f"{text!r} is no time; write it as 2027-01-31T09:30Z.") from error
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
