"""`audiera push`: a folder of music, published through a gateway that stores it and pays the gas."""

from __future__ import annotations

from pathlib import Path

import click

from audiera.cli.folder.findings import show_findings
from audiera.cli.folder.push_again import push_again
from audiera.cli.folder.pushed import Push, here
from audiera.cli.folder.request import folder_options, prepare_folder
from audiera.cli.terminal.documents import content_json
from audiera.cli.terminal.keys import key_option, open_key
from audiera.cli.terminal.output import say
from audiera.cli.terminal.parse import DATASET
from audiera.client import Content
from audiera.credits import Credits
from audiera.dataset import (
    DatasetRequest,
    Prepared,
    Registration,
    objects_of,
    publishing,
    recorded_shares,
    store_version,
    write_registration,
)
from audiera.errors import InputError
from audiera.pushing import register
from audiera.quantities import format_size
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
    number, manifest, transaction = register(remote, content, shared.split, request.record)
    write_registration(
        request.record,
        Registration(
            chain_id=remote.chain_id,
            registry=given.registry,
            dataset=number,
            version=1,
            transaction=transaction,
            content_root=prepared.content_root,
            manifest_digest=manifest,
            shares=recorded_shares(shared),
            options={"shares": shared.rule, "folder": request.folder.resolve().name, "gateway": remote.url},
        ),
    )
    told = f"Dataset {number} is registered, and {shown(remote.url)} stores it; {bringing.brought}"
    given.result(
        {
            "dataset": number,
            "version": 1,
            "name": prepared.description.name,
            **content_json(len(prepared.rows), prepared.content_root, manifest),
            "published": True,
            "transaction": hex_of(transaction),
        },
        bringing,
        told,
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
