"""`audiera scan`: a folder as the dataset that it would become. Nothing is written but the rows of a part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from audiera.cli.folder.findings import findings_json, listed
from audiera.cli.folder.part import scan_one_part
from audiera.cli.folder.request import kind_option
from audiera.cli.terminal.output import print_json, print_lines, print_table, progress_bar, say
from audiera.credits import (
    Contributors,
    ContributorsError,
    in_rows,
    mismatches,
    read_address_book,
    read_contributors,
    unsaid,
)
from audiera.dataset import disagreements
from audiera.errors import InputError
from audiera.folder import Duplicates, Scan, ScanOptions, nothing_found
from audiera.folder import scan as read_folder
from audiera.protocol import Metadata, holds_music, parse_kind
from audiera.quantities import format_length, format_size
from audiera.text import Json, plain, shown

__all__ = ["scan"]

_SHOWN_ITEMS: Final = 1_000


@click.command()
@click.argument("folder", type=click.Path(path_type=str))
@kind_option
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
    help="Check this contributors file, and compare what it says of titles, lengths and the like.",
)
@click.option("--address-book", type=click.Path(path_type=Path), help="Addresses of the aliases in it.")
@click.option("--part", metavar="I/N", help="Read the I-th of N parts, and write down what is in it; see --out.")
@click.option(
    "--ray",
    "cluster",
    metavar="ADDRESS",
    help="Let a Ray cluster read: `auto`, HOST:PORT, or `local` for one begun here; see --out.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of all parts, from which `audiera pack --parts` goes on.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Files read at once; by default one for each core.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def scan(
    folder: str,
    *,
    kind: str,
    skip_bad: bool,
    duplicates: str,
    fingerprint: bool,
    contributors: Path | None,
    address_book: Path | None,
    part: str | None,
    cluster: str | None,
    out: Path | None,
    workers: int | None,
    as_json: bool,
) -> None:
    """Look at a folder as a dataset: what is in it, and what stands in the way.

    Every file is read from its first byte to its last. Nothing is written. The exit code is 1 if something
    stands in the way.

    With --part, FOLDER may also be s3://BUCKET/PREFIX, and many machines share the work: each reads its part and
    writes what it found below --out, and begins where it stopped if it is run again (docs/scanning-at-scale.md). With
    --ray, a cluster does that.

    \b
    Example:
      audiera scan "Night Ferry" --skip-bad --duplicates keep-first
      audiera scan s3://label/music --part 3/16 --out /shared/parts
    """
    if part is not None or cluster is not None:
        how = {"fingerprint": fingerprint, "as_json": as_json}
        scan_one_part(folder, part, out, cluster=cluster, kind=kind, workers=workers, **how)
        return
    if out is not None:
        raise InputError("Only the rows of parts are written; leave out --out, or say which part with --part.")
    if folder.startswith("s3://"):
        raise InputError("A bucket is read in parts; say --part 1/1 and --out, then `audiera pack --parts`.")
    _scan_folder(
        Path(folder),
        ScanOptions(
            everything=not holds_music(parse_kind(kind)),
            skip_bad=skip_bad,
            duplicates=Duplicates(duplicates),
            fingerprint=fingerprint,
            tolerate=True,
            workers=workers,
        ),
        contributors,
        address_book,
        as_json=as_json,
    )


def _scan_folder(
    folder: Path, options: ScanOptions, contributors: Path | None, address_book: Path | None, *, as_json: bool
) -> None:
    credited, wrong = _read_credits(contributors, address_book) if contributors else (None, ())
    with progress_bar(f"Reading {shown(folder.name)}") as progress:
        found = read_folder(folder, options, progress=progress)
    if not (found.files or found.problems or found.left_out):
        raise nothing_found(folder, options, found.passed_over)
    left_open: tuple[str, ...] = ()
    if credited is not None:
        found = replace(found, notes=(*found.notes, *disagreements(credited, found.rows)))
        wrong = tuple(_mismatches(credited, found))
        if not wrong:
            left_open = tuple(unsaid(credited, rule=None, custodian=None, grouped=False, may_leave_out=False))
    if as_json:
        print_json(_document(found, wrong, left_open))
    else:
        _show(found)
        _list(f"To put right in {contributors}", wrong)
        _list(f"Left open in {contributors}, to be said there or to the command that publishes", left_open)
    if found.problems or wrong or not found.files:
        raise click.exceptions.Exit(1)


def _read_credits(path: Path, book: Path | None) -> tuple[Contributors | None, tuple[str, ...]]:
    """Return a contributors file as every command reads it, or all that is wrong with it."""
    try:
        return read_contributors(path, read_address_book(book) if book else None), ()
    except ContributorsError as error:
        return None, error.problems


def _mismatches(credited: Contributors, found: Scan) -> Iterator[str]:
    """Yield which rows have no file and which files no row; files that are in the way are told already."""
    absent = in_rows(problem.path for problem in (*found.left_out, *found.problems))
    located = credited.located([*(row.metadata.path for row in found.rows), *absent])
    return mismatches(located, found.rows, absent, {each.path: each.reason for each in found.passed_over})


def _show(found: Scan) -> None:
    files = found.rows[:_SHOWN_ITEMS]
    if files:
        columns = ("path", "type", "length", "bytes", "sound", "title", "artists")
        rows = [(*_cells(row.metadata), f"{row.item.size:,}", *_more(row.metadata)) for row in files]
        print_table(columns, rows, right=("length", "bytes"), err=False)
    if more := len(found.files) - len(files):
        print_lines(f"... and {more:,} items more; --json lists them all.")
    _totals(found)
    _list("Passed over", listed(found.passed_over))
    _list("Worth knowing", listed(found.notes, None))
    _list("Left out as asked", listed(found.left_out, None))
    _list("In the way", listed(found.problems, None))
    if count := len(found.problems):
        files_cannot = "1 file cannot" if count == 1 else f"{count} files cannot"
        say("", f"{files_cannot} be taken; mend them, move them out, or see --skip-bad and --duplicates.")


def _totals(found: Scan) -> None:
    items, sizes = Counter[str](), Counter[str]()
    for row in found.rows:
        items[row.metadata.media_type] += 1
        sizes[row.metadata.media_type] += row.item.size
    print_lines("", f"{_count(len(found.files))}, {format_size(found.size, found.duration_ms)}")
    for name in sorted(items):
        print_lines(f"  {name}: {_count(items[name])}, {format_size(sizes[name])}")


def _list(title: str, lines: Iterable[str]) -> None:
    if told := [f"  {line}" for line in lines]:
        print_lines("", f"{title}:", *told)


def _count(number: int) -> str:
    return "1 item" if number == 1 else f"{number:,} items"


def _cells(metadata: Metadata) -> tuple[str, str, str]:
    return (
        shown(metadata.path),
        metadata.media_type,
        format_length(metadata.duration_ms) if metadata.duration_ms else "",
    )


def _more(metadata: Metadata) -> tuple[str, str, str]:
    sound = [
        f"{metadata.sample_rate} Hz" * bool(metadata.sample_rate),
        f"{metadata.channels} ch" * bool(metadata.channels),
        f"{metadata.bit_depth} bit" * bool(metadata.bit_depth),
    ]
    title, artists = metadata.title or "", ", ".join(metadata.artists)
    return ", ".join(filter(None, sound)), plain(title), plain(artists)


def _document(found: Scan, wrong: Sequence[str], left_open: Sequence[str]) -> dict[str, Json]:
    items: list[Json] = [
        {**row.metadata.row(), "sha256": row.item.sha256.hex(), "size": row.item.size} for row in found.rows
    ]
    return {
        "folder": plain(str(found.folder)),
        "itemCount": len(items),
        "bytes": found.size,
        "durationMs": found.duration_ms,
        "items": items,
        **findings_json(found),
        "corrections": [*wrong],
        "leftOpen": [*left_open],
    }
