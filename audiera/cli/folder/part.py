"""`audiera scan --part`: one of many machines reads what is its own."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Final

import click
from click.core import ParameterSource

from audiera.cli.folder.pace import Pace
from audiera.cli.terminal.output import print_json, print_lines, progress_bar
from audiera.errors import InputError
from audiera.spread import Part, Task, on_ray, scan_part
from audiera.text import plain, shown

__all__ = ["scan_one_part"]

_LATER: Final = ("skip_bad", "duplicates", "contributors", "address_book")
"""Options about all files together."""


def scan_one_part(
    folder: str,
    part: str | None,
    out: Path | None,
    *,
    cluster: str | None,
    kind: str,
    fingerprint: bool,
    workers: int | None,
    as_json: bool,
) -> None:
    """Read one part of a folder or bucket, as far as it was not read before, and say what it came to.

    Args:
        folder: the folder, or the s3:// URL.
        part: which part of it; all of it unless told.
        out: the folder of the parts.
        cluster: the address of the Ray cluster that reads, if this machine does not.
        kind: what the files are.
        fingerprint: also take fingerprints.
        workers: how many slices to read at once.
        as_json: print what it came to as JSON.

    Raises:
        InputError: an option is missing or has no place here, or the folder of the parts is of another scan.
        StorageError: a bucket cannot be read.
    """
    context = click.get_current_context()
    for name in _LATER:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            option = f"--{name.replace('_', '-')}"
            raise InputError(f"{option} is about all files together; give it to `audiera pack --parts`, not to a part.")
    if out is None:
        raise InputError("A part needs a folder for what it finds, one for all parts; name it with --out.")
    is_bucket = folder.startswith("s3://")
    url = f"s3://{folder[5:].rstrip('/')}" if is_bucket else str(Path(folder).resolve())
    if not is_bucket and out.resolve().is_relative_to(url):
        raise InputError(f"{out} is among the music; keep the parts elsewhere.")
    task, which = Task(url, kind, fingerprint), Part.parse(part or "1/1")
    run = on_ray(cluster, workers) if cluster else None
    with progress_bar(f"Reading part {which}") as progress:
        done = scan_part(task, which, out, workers=workers, progress=progress or Pace(f"Part {which}"), run=run)
    if as_json:
        found = {"files": done.files, "itemCount": done.items, "problemCount": done.problems, "reused": done.reused}
        print_json({"part": str(which), "out": plain(str(out)), **found})
        return
    print_lines(
        f"Part {which} of {shown(url)} is complete: {done.files:,} files, {done.items:,} of them items, "
        f"{done.problems:,} in the way, {done.reused:,} read before.",
        f"When all parts are: {plain(shlex.join(['audiera', 'pack', '--parts', str(out), '--contributors', 'FILE']))}",
    )
