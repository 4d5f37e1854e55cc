"""`audiera push`: a folder of music, published through a gateway that stores it and pays the gas."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from audiera.cli.folder.findings import first_of, show_findings
from audiera.cli.folder.push_again import push_again
from audiera.cli.folder.pushed import Push, here
from audiera.cli.folder.request import folder_options, prepare_folder
from audiera.cli.terminal.documents import content_json, payee_id
from audiera.cli.terminal.keys import key_option, open_key
from audiera.cli.terminal.output import say
from audiera.cli.terminal.parse import DATASET
from audiera.client import Content
from audiera.credits import Credits
from audiera.dataset import (
    DatasetRequest,
    Prepared,
    RecordedShare,
    Registration,
    objects_of,
    publishing,
    recorded_shares,
    store_version,
    write_registration,
)
from audiera.errors import InputError, StorageError
from audiera.pushing import Registered, forget, register
from audiera.quantities import format_ppm, format_size
from audiera.remote import Remote
from audiera.text import hex_of, plain, shown

__all__ = ["push"]


@click.command(short_help="Publish a folder through a gateway.")
@folder_options
@click.option("--to", "url", required=True, metavar="URL", help="The gateway that stores the files and pays the gas.")
@click.option(
    "--dataset",
    type=DATASET,
    metavar="ID",
    help="The dataset that FOLDER is already, and that gets a new version; unless told, the one in its record.",
)
@key_option
@click.option("--yes", is_flag=True, help="Do not ask before anything is sent.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
def push(
    request: DatasetRequest, *, url: str, dataset: int | None, keystore: Path | None, yes: bool, as_json: bool
) -> None:
    """Publish FOLDER through a gateway: it takes the files, and carries out what you sign.

    That takes neither coin nor a store of your own. The gateway gets only what it lacks, each file is verified there by
    its hash, and what broke off goes on when the command is run again; nothing is registered twice. A folder that is a
    dataset already is published as its next version, if anything in it has changed.

    \b
    Example:
      audiera push "Harbour Lights" --contributors people.csv --shares seconds --to https://music.example
    """
    if request.group_by:
        raise InputError("One dataset is pushed at a time; leave out --group-by, or register with `ape run dataset`.")
    remote = Remote(url, open_key(keystore))
    with publishing(request.record):
        remote.sign_in()
        given = Push(remote, request, yes=yes, as_json=as_json)
        number = given.number() if dataset is None else dataset
        if number is None:
            _push_first(given)
        else:
            push_again(given, number)


def _push_first(given: Push) -> None:
    request, remote = given.request, given.remote
    (prepared,) = prepare_folder(request)
    shared = _credits(prepared)
    if any(it.content_root == prepared.content_root for it in here(remote, request.record)):
        raise InputError(
            "A registration of these files was signed before, to be carried out by somebody else. If it was, say with "
            "--dataset which number it has; else name another record with --out."
        )
    bringing = given.lacking(objects_of([prepared]))
    say(
        f"To publish {shown(str(request.folder))} as {shown(prepared.description.name)}:",
        *given.plan(),
        f"  files     {len(prepared.rows):,} ({format_size(prepared.scan.size, prepared.scan.duration_ms)})",
        f"  to bring  {bringing}",
        f"  payees    {len(shared.split.shares):,}",
    )
    show_findings(prepared.scan)
    for note in dict.fromkeys((*prepared.notes, *shared.notes)):
        say(f"  note: {plain(note)}")
    given.ask("Publish it?")
    store_version(request.record, prepared.documents)
    given.bring(bringing)
    content = Content(request.kind, 0, len(prepared.rows), prepared.content_root, prepared.manifest_digest)
    done = register(remote, content, shared.split, request.record)
    as_shown = done.split == shared.split
    write_registration(
        request.record,
        Registration(
            chain_id=remote.chain_id,
            registry=given.registry,
            dataset=done.dataset,
            version=1,
            transaction=done.transaction,
            content_root=prepared.content_root,
            manifest_digest=done.content.manifest,
            shares=recorded_shares(shared) if as_shown else _shares_of(done, shared),
            options={
                **({"shares": shared.rule} if as_shown else {}),
                "folder": request.folder.resolve().name,
                "gateway": remote.url,
            },
        ),
    )
    forget(request.record)
    _check_it_is_what_was_shown(request, done, content, shared)
    told = f"Dataset {done.dataset} is registered, and {shown(remote.url)} stores it; {bringing.brought}"
    given.result(
        {
            "dataset": done.dataset,
            "version": 1,
            "name": prepared.description.name,
            **content_json(len(prepared.rows), prepared.content_root, done.content.manifest),
            "published": True,
            "transaction": hex_of(done.transaction),
        },
        bringing,
        told,
    )


def _shares_of(done: Registered, shown_before: Credits) -> tuple[RecordedShare, ...]:
    """Return the shares on the chain, with the names of those payees who were to be paid now, too."""
    names = {it.payee: it.names for it in shown_before.payouts}
    return tuple(RecordedShare(it.payee, it.ppm, names.get(it.payee, ())) for it in done.split.shares)


def _check_it_is_what_was_shown(request: DatasetRequest, done: Registered, content: Content, shared: Credits) -> None:
    """Return if what was registered is what was asked about, but for when it was written down.

    Raises:
        StorageError: it is what an earlier run had signed, of another kind or with other shares.
    """
    if done.split == shared.split and replace(done.content, manifest=content.manifest) == content:
        return
    shares = [f"{payee_id(it.payee)} {format_ppm(it.ppm)}" for it in done.split.shares]
    raise StorageError(
        f"What an earlier run signed was carried out, not what was shown now: dataset {done.dataset} is registered, of "
        f"kind {done.content.kind.name}, and its income is shared for ever by {first_of(shares)}, as "
        f"{shown(str(request.record))} says. To register these files once more as shown, use `ape run dataset register "
        "--again`."
    )


def _credits(prepared: Prepared) -> Credits:
    if prepared.credits is None:
        raise InputError("A registration needs a contributors file; name it with --contributors.")
    if prepared.credits.groups:
        raise InputError(
            "So many payees are paid through groups, which take several transactions; register the folder with "
            "`ape run dataset register`."
        )
    return prepared.credits
