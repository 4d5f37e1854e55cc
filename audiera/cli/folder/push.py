"""`audiera push`: a folder of music, published through a gateway that stores it and pays the gas."""

from __future__ import annotations

from pathlib import Path

import click

from audiera.cli.folder.findings import show_findings
from audiera.cli.folder.request import folder_options, prepare_folder
from audiera.cli.terminal.documents import content_json
from audiera.cli.terminal.keys import key_option, open_key
from audiera.cli.terminal.output import ask, print_json, print_lines, progress_bar, say
from audiera.client import Content
from audiera.client.deployment import stated_domain
from audiera.credits import Credits
from audiera.dataset import (
    DatasetRequest,
    Prepared,
    Registration,
    objects_of,
    read_registrations,
    recorded_shares,
    store_version,
    write_registration,
)
from audiera.errors import InputError
from audiera.pushing import bring, lacking, register
from audiera.quantities import format_size
from audiera.remote import Remote
from audiera.text import hex_of, plain, shown

__all__ = ["push"]


@click.command(short_help="Publish a folder through a gateway.")
@folder_options
@click.option("--to", "url", required=True, metavar="URL", help="The gateway that stores the files and pays the gas.")
@key_option
@click.option("--yes", is_flag=True, help="Do not ask before anything is sent.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
def push(request: DatasetRequest, *, url: str, keystore: Path | None, yes: bool, as_json: bool) -> None:
    """Publish FOLDER through a gateway: it takes the files, and carries out the registration that you sign.

    That takes neither coin nor a store of your own. The gateway gets only what it lacks, each file is verified there by
    its hash, and what broke off goes on when the command is run again; nothing is registered twice.

    \b
    Example:
      audiera push "Harbour Lights" --contributors people.csv --shares seconds --to https://music.example
    """
    if request.group_by:
        raise InputError("One dataset is pushed at a time; leave out --group-by, or register with `ape run dataset`.")
    remote = Remote(url, open_key(keystore))
    (prepared,) = prepare_folder(request)
    shared = _credits(prepared)
    remote.sign_in()
    registry = stated_domain("DatasetRegistry", remote.chain_id).contract
    for known in read_registrations(request.record):
        here = (known.chain_id, known.registry) == (remote.chain_id, registry)
        if here and known.dataset and known.content_root == prepared.content_root:
            raise InputError(
                f"These files are dataset {known.dataset} on this chain already; publish changes with "
                "`ape run dataset version`."
            )
    missing = lacking(remote, objects_of([prepared]))
    size = sum(it.size for it in missing)
    say(
        f"To publish {shown(str(request.folder))} as {shown(prepared.description.name)}:",
        f"  creator   {remote.key.address}",
        f"  chain     {remote.chain_id}",
        f"  gateway   {shown(remote.url)}",
        f"  files     {len(prepared.rows):,} ({format_size(prepared.scan.size, prepared.scan.duration_ms)})",
        f"  to bring  {len(missing):,} ({format_size(size)})",
        f"  payees    {len(shared.split.shares):,}",
    )
    show_findings(prepared.scan)
    for note in dict.fromkeys((*prepared.notes, *shared.notes)):
        say(f"  note: {plain(note)}")
    if not yes:
        ask("Publish it?")
    store_version(request.record, prepared.documents)
    with progress_bar("Bringing", goes_on=True) as progress:
        bring(remote, missing, progress=progress)
    content = Content(request.kind, 0, len(prepared.rows), prepared.content_root, prepared.manifest_digest)
    number, transaction = register(remote, content, shared.split, request.record)
    write_registration(
        request.record,
        Registration(
            chain_id=remote.chain_id,
            registry=registry,
            dataset=number,
            version=1,
            transaction=transaction,
            content_root=prepared.content_root,
            manifest_digest=prepared.manifest_digest,
            shares=recorded_shares(shared),
            options={"shares": shared.rule, "folder": request.folder.resolve().name},
        ),
    )
    if as_json:
        print_json(
            {
                "dataset": number,
                "name": prepared.description.name,
                **content_json(len(prepared.rows), prepared.content_root, prepared.manifest_digest),
                "transaction": hex_of(transaction),
                "gateway": remote.url,
                "sentCount": len(missing),
                "sentBytes": size,
                "record": str(request.record),
            }
        )
        return
    print_lines(
        f"Dataset {number} is registered, and {shown(remote.url)} stores it; {len(missing):,} files were brought "
        f"({format_size(size)}). Its record is in {shown(str(request.record))}."
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
