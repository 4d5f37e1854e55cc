"""`audiera pack`: a folder as a dataset, described and stored, ready to be registered."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

import click

from audiera.cli.folder.findings import findings_json, show_findings
from audiera.cli.folder.named_store import store_options
from audiera.cli.folder.request import command_line, folder_options, prepare_folder
from audiera.cli.terminal.documents import content_json
from audiera.cli.terminal.output import print_json, print_lines, progress_bar, say
from audiera.dataset import DatasetRequest, Prepared, objects_of, open_store
from audiera.dataset import pack as pack_prepared
from audiera.errors import InputError
from audiera.quantities import format_size
from audiera.storage import Store, Survey, Uploaded, read_key, survey
from audiera.text import Json, hex_of, plain, shown

__all__ = ["pack"]


@click.command(short_help="Describe a folder as a dataset, and store it.")
@folder_options
@store_options("Where its files are stored: a folder or s3://BUCKET/PREFIX; `store` in the record unless told.")
@click.option("--recheck", is_flag=True, help="Read back what is stored already, and replace what is damaged.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
def pack(request: DatasetRequest, *, url: str | None, key: Path | None, recheck: bool, as_json: bool) -> None:
    """Describe FOLDER as a dataset and store it: manifest, item table, and every file by its hash.

    Nothing is registered and nothing in FOLDER is changed. Run it again after an interruption or a change: it reads
    and sends only what is new.

    \b
    Example:
      audiera pack "Harbour Lights" --contributors people.csv --shares seconds --store s3://label/music
    """
    if key is not None and key.resolve().is_relative_to(request.folder.resolve()):
        raise InputError(f"The key {key} is among the files to store; keep it elsewhere.")
    store = open_store(request.folder, request.record, url, read_key(key) if key else None)
    several = prepare_folder(request)
    found = survey(store, objects_of(several))
    _show(request, several, store, found)
    with progress_bar("Storing", goes_on=True) as progress:
        done = pack_prepared(several, request.record, store, found, recheck=recheck, progress=progress)
    following = _next(request, store.url, key)
    if as_json:
        datasets: list[dict[str, Json]] = [_document(it) for it in several]
        described = {"datasets": datasets} if request.group_by else datasets[0]
        print_json(described | _outcome(store, found, done, record=request.record, following=following))
        return
    for prepared in several:
        print_lines(
            f"Packed {_files(len(prepared.rows))} of {shown(prepared.description.name)} as {prepared.manifest_cid}, "
            f"content root {hex_of(prepared.content_root)}."
        )
    print_lines(
        f"{_files(done.sent)} stored ({format_size(done.sent_bytes)}), {done.present:,} there already; "
        f"the record is in {shown(str(request.record))}.",
        f"To register: {plain(following)}",
    )


def _show(request: DatasetRequest, several: Sequence[Prepared], store: Store, found: Survey) -> None:
    first, items = several[0], sum(len(it.rows) for it in several)
    say(f"To pack {shown(str(request.folder))}:")
    if request.group_by:
        say(f"  datasets      {len(several):,}, one for each list of credits")
    else:
        say(f"  name          {shown(first.description.name)}")
        say(f"  content root  {hex_of(first.content_root)}")
        say(f"  manifest      {first.manifest_cid}")
    size, known = sum(it.scan.size for it in several), min(items, first.scan.reused)
    length = sum(it.scan.duration_ms for it in several)
    again = f", {known:,} of them not read again" if known else ""
    say(f"  files         {items:,} ({format_size(size, length)}){again}")
    say(f"  store         {shown(store.url)}{', items sealed' if store.key else ''}")
    say(f"  to store      {_files(len(found.missing))} ({format_size(sum(it.size for it in found.missing))})")
    if excerpts := [it for each in several for it in each.excerpts]:
        say(f"  excerpts      {len(excerpts):,}, of half a minute at most, for anyone to hear")
    show_findings(first.scan)
    paid = [note for it in several if it.credits for note in it.credits.notes]
    for note in dict.fromkeys((*first.notes, *paid)):
        say(f"  note: {plain(note)}")
    if found.exposed:
        say(
            f"  {_files(len(found.exposed))} of these can be read in the store without the key, since they were stored "
            f"without it before; remove them there: {', '.join(found.exposed[:3])}{', ...' * (len(found.exposed) > 3)}"
        )


def _next(request: DatasetRequest, url: str, key: Path | None) -> str:
    """Write the command that registers what was packed, and finds it in the store where it is.

    On which network and by whom, only the user knows; without them Ape would register on a chain of its own.
    """
    kept = ["--store", url, *(["--key", str(key.resolve())] if key else [])]
    asked = ["--network", "NETWORK", "--account", "ALIAS"]
    return shlex.join(["ape", "run", "dataset", "register", *command_line(request), *kept, *asked])


def _document(prepared: Prepared) -> dict[str, Json]:
    return {
        "name": prepared.description.name,
        **content_json(len(prepared.rows), prepared.content_root, prepared.manifest_digest),
        "bytes": prepared.scan.size,
        "durationMs": prepared.scan.duration_ms,
        "manifestSha256": hex_of(prepared.manifest_digest),
        "previewCount": len(prepared.excerpts),
        **findings_json(prepared.scan),
    }


def _outcome(store: Store, found: Survey, done: Uploaded, *, record: Path, following: str) -> dict[str, Json]:
    return {
        "record": plain(str(record)),
        "store": plain(store.url),
        "sealed": store.key is not None,
        "sentCount": done.sent,
        "sentBytes": done.sent_bytes,
        "presentCount": done.present,
        "presentBytes": done.present_bytes,
        "exposed": list(found.exposed),
        "next": plain(following),
    }


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number:,} files"
