"""`audiera scan`: a folder as the dataset that it would become. Nothing is written anywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from audiera.cli.terminal.output import print_json, print_table, progress_bar, say
from audiera.dataset import disagreements
from audiera.folder import Duplicates, Problem, Scan, ScanOptions, nothing_found
from audiera.folder import scan as read_folder
from audiera.protocol import Kind, Metadata, holds_music, parse_kind
from audiera.text import Json, plain, shown

__all__ = ["scan", "show_notes"]

_SHOWN_ITEMS: Final = 1_000
_SHOWN_OTHERS: Final = 20


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--kind", default=Kind.Recordings.name, show_default=True, help="What the dataset is made of.")
@click.option("--skip-bad", is_flag=True, help="Leave out files that cannot be taken, and say which.")
@click.option(
    "--duplicates",
    type=click.Choice([each.value for each in Duplicates]),
    default=Duplicates.STOP.value,
    show_default=True,
    help="What to do about files of the same bytes.",
)
@click.option("--fingerprint", is_flag=True, help="Find the same recording in two encodings, by ear (Chromaprint).")
@click.option(
    "--contributors",
    type=click.Path(path_type=Path),
    help="Compare what this contributors file says of titles, lengths and the like.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Files read at once; by default one for each core.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def scan(
    folder: Path,
    *,
    kind: str,
    skip_bad: bool,
    duplicates: str,
    fingerprint: bool,
    contributors: Path | None,
    workers: int | None,
    as_json: bool,
) -> None:
    """Look at a folder as a dataset: what is in it, and what stands in the way.

    Every file is read from its first byte to its last. Nothing is written. The exit code is 1 if something
    stands in the way.

    \b
    Example:
      audiera scan "Night Ferry" --skip-bad --duplicates keep-first
    """
    options = ScanOptions(
        everything=not holds_music(parse_kind(kind)),
        skip_bad=skip_bad,
        duplicates=Duplicates(duplicates),
        fingerprint=fingerprint,
        tolerate=True,
        workers=workers,
    )
    with progress_bar(f"Reading {shown(folder.name)}") as progress:
        found = read_folder(folder, options, progress=progress)
    if not (found.files or found.problems or found.skipped):
        raise nothing_found(folder, options, len(found.left_out))
    notes = (*found.notes, *(disagreements(contributors, found.rows) if contributors else ()))
    if as_json:
        print_json(_document(found, notes))
    else:
        _show(found, notes)
    if found.problems or not found.files:
        raise click.exceptions.Exit(1)


def show_notes(found: Scan) -> None:
    """Tell what is worth knowing of a folder that is about to be used, and what of it is left out."""
    for note in found.notes:
        say(f"  note: {note}.")
    for problem in found.skipped:
        say(f"  left out: {problem}.")


def _show(found: Scan, notes: Sequence[Problem]) -> None:
    files = found.rows[:_SHOWN_ITEMS]
    if files:
        columns = ("path", "type", "length", "bytes", "sound", "title", "artists")
        rows = [(*_cells(row.metadata), f"{row.item.size:,}", *_more(row.metadata)) for row in files]
        print_table(columns, rows, right=("length", "bytes"), err=False)
    if more := len(found.files) - len(files):
        click.echo(f"... and {more:,} items more; --json lists them all.")
    _totals(found)
    _list("Passed over", [shown(path) for path in found.left_out], _SHOWN_OTHERS)
    _list("Worth knowing", [f"{note}." for note in notes])
    _list("Left out as asked", [f"{problem}." for problem in found.skipped])
    _list("In the way", [f"{problem}." for problem in found.problems])
    if count := len(found.problems):
        files_cannot = "1 file cannot" if count == 1 else f"{count} files cannot"
        say(f"\n{files_cannot} be taken; mend them, move them out, or see --skip-bad and --duplicates.")


def _totals(found: Scan) -> None:
    items, sizes = Counter[str](), Counter[str]()
    for row in found.rows:
        items[row.metadata.media_type] += 1
        sizes[row.metadata.media_type] += row.item.size
    click.echo(f"\n{_count(len(found.files))}, {found.size:,} bytes, {_length(found.duration_ms) or 'no length'}")
    for name in sorted(items):
        click.echo(f"  {name}: {_count(items[name])}, {sizes[name]:,} bytes")


def _list(title: str, lines: Sequence[str], most: int | None = None) -> None:
    if lines:
        listed = lines[:most]
        more = [f"... and {len(lines) - len(listed):,} more; --json lists them all."] * (len(listed) < len(lines))
        click.echo("\n".join([f"\n{title}:", *(f"  {line}" for line in (*listed, *more))]))


def _count(number: int) -> str:
    return "1 item" if number == 1 else f"{number:,} items"


def _cells(metadata: Metadata) -> tuple[str, str, str]:
    return shown(metadata.path), metadata.media_type, _length(metadata.duration_ms)


def _more(metadata: Metadata) -> tuple[str, str, str]:
    sound = [
        f"{metadata.sample_rate} Hz" * bool(metadata.sample_rate),
        f"{metadata.channels} ch" * bool(metadata.channels),
        f"{metadata.bit_depth} bit" * bool(metadata.bit_depth),
    ]
    title, artists = metadata.title or "", ", ".join(metadata.artists)
    return ", ".join(filter(None, sound)), plain(title), plain(artists)


def _length(milliseconds: int | None) -> str:
    """Write a length as a clock does, to the millisecond: 3:07.250, 1:02:03.004."""
    if not milliseconds:
        return ""
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{clock}:{rest // 1000:02d}.{rest % 1000:03d}"


def _document(found: Scan, notes: Sequence[Problem]) -> dict[str, Json]:
    items: list[Json] = [
        {**row.metadata.row(), "sha256": row.item.sha256.hex(), "size": row.item.size} for row in found.rows
    ]
    return {
        "folder": plain(str(found.folder)),
        "count": len(items),
        "bytes": found.size,
        "durationMs": found.duration_ms,
        "items": items,
        "leftOut": [plain(path) for path in found.left_out],
        "notes": _listed(notes),
        "skipped": _listed(found.skipped),
        "problems": _listed(found.problems),
    }


def _listed(problems: Sequence[Problem]) -> list[Json]:
    return [{"path": plain(problem.path), "reason": plain(problem.reason)} for problem in problems]
