"""`ape run dataset`: who published what."""

from __future__ import annotations

from pathlib import Path

import click

from audiera.cli.dataset import croissant as dataset_croissant
from audiera.cli.dataset import items as dataset_items
from audiera.cli.dataset import overlap as dataset_overlap
from audiera.cli.dataset import owned as dataset_owned
from audiera.cli.dataset import owner as dataset_owner
from audiera.cli.dataset import register as dataset_register
from audiera.cli.dataset import show as dataset_show
from audiera.cli.dataset import transfer as dataset_transfer
from audiera.cli.dataset import verify as dataset_verify
from audiera.cli.dataset import versions as dataset_versions
from audiera.cli.dataset.catalogue import register_catalogue
from audiera.cli.dataset.new_dataset import NewDataset, signed_run
from audiera.cli.dataset.offers import plan_offers
from audiera.cli.dataset.versions import NextVersion
from audiera.cli.folder.named_store import open_named_store, store_options
from audiera.cli.folder.request import folder_options
from audiera.cli.terminal.beginning import today
from audiera.cli.terminal.options import sending, viewing, whose
from audiera.cli.terminal.parse import DATASET, parse_parent, parse_payee, parse_split
from audiera.cli.terminal.session import Session
from audiera.dataset import DatasetRequest
from audiera.folder import Duplicates
from audiera.licensing import TEMPLATES
from audiera.protocol import to_address
from scripts._command import SuiteCommand, SuiteGroup

__all__ = ["cli"]

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the record is kept; beside the folder, as FOLDER.audiera, unless told.",
)

_VERSION = click.option(
    "--version", type=click.IntRange(1, 2**16 - 1), help="Which version of the dataset; the newest unless told."
)


@click.group(cls=SuiteGroup, short_help="Register folders of music, publish versions, prove them.")
def cli() -> None:
    """Register folders of music, publish versions of them, and prove them against the chain."""


@cli.command(cls=SuiteCommand, short_help="Register a folder of files.")
@sending()
@folder_options
@click.option(
    "--parent",
    "parents",
    multiple=True,
    metavar="ID:PPM",
    help="Made from dataset ID, which gets this share: PPM, or a percentage with %. May be repeated.",
)
@click.option("--synthetic", is_flag=True, help="Declare it made wholly or mainly by a generative model.")
@click.option(
    "--offer",
    "offers",
    multiple=True,
    metavar="TEXT",
    help=f"Offer it under a licence text: {', '.join(TEMPLATES)}. May be repeated.",
)
@click.option(
    "--price",
    "prices",
    multiple=True,
    metavar="AMOUNT",
    help='Price of a licence, such as "5 USDC": one for each --offer, in their order.',
)
@click.option(
    "--unit-price",
    "unit_prices",
    multiple=True,
    metavar="PRICE",
    help='Price of use, such as "0.001 USDC/second": for each --offer or for none.',
)
@click.option("--duration", default="perpetual", show_default=True, help="How long offered licences last.")
@click.option(
    "--derivative-share",
    "derivative_shares",
    multiple=True,
    metavar="SHARE",
    help='What derived datasets owe at least, such as "5 %": for each --offer or for none.',
)
@click.option(
    "--run",
    type=_FOLDER,
    help="The signed run that made a model (`audiera run`): what it used are parents, and its licences clear it.",
)
@store_options("Store its files there before it is registered: a folder or s3://BUCKET/PREFIX.")
@click.option("--again", is_flag=True, help="Register even files that are registered already.")
def register(
    session: Session,
    *,
    request: DatasetRequest,
    parents: tuple[str, ...],
    synthetic: bool,
    offers: tuple[str, ...],
    prices: tuple[str, ...],
    unit_prices: tuple[str, ...],
    duration: str,
    derivative_shares: tuple[str, ...],
    url: str | None,
    run: Path | None,
    key: Path | None,
    again: bool,
) -> None:
    """Register FOLDER: hash and decode every file, divide the income, publish both on the chain.

    The bytes stay where they are, unless --store names a place for them, too. A record beside the folder keeps what
    `dataset verify` needs. Nothing is stored or sent before you have seen who gets which share.

    \b
    Example:
      ape run dataset register "Harbour Lights" --contributors people.csv --shares seconds \\
        --offer training --price "5 USDC" --token USDC=0x5FbDB2315678afecb367f032d93F642f64180aa3 --account label
    """
    new = NewDataset(
        request=request,
        synthetic=synthetic,
        parents=tuple(map(parse_parent, parents)),
        store=open_named_store(url, key, to_fill=True),
        run=signed_run(run) if run else None,
        again=again,
    )
    planned = plan_offers(session, offers, prices, unit_prices, duration, derivative_shares=derivative_shares)
    dataset_register.register(session, new, planned)


@cli.command(cls=SuiteCommand, short_help="Register a catalogue that others join.")
@sending()
@click.argument("name")
@click.argument("shares", nargs=-1, metavar="[PAYEE:SHARE]...")
@click.option("--description", default="", help="What the catalogue is, in a sentence or more.")
@click.option("--date", metavar="YYYY-MM-DD", help="The day of publication; today unless told.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the record is kept; NAME.audiera here unless told.",
)
def catalogue(
    session: Session, *, name: str, shares: tuple[str, ...], description: str, date: str | None, out: Path | None
) -> None:
    """Register a catalogue: no files, but one licence for every dataset that joins it (`license join`, `admit`).

    The price of its licences goes to the PAYEEs, all of it to you unless told.

    \b
    Example:
      ape run dataset catalogue "Small Sounds" --account collective
    """
    split = parse_split(shares or (f"{session.me}:100%",), session.client.datasets.address)
    day, record = date or today(), out or Path(f"{name.strip().replace('/', '-')}.audiera")
    register_catalogue(session, name, split, description=description, date=day, out=record)


@cli.command(cls=SuiteCommand, short_help="Publish a folder as the next version.")
@sending()
@click.argument("dataset", type=DATASET, metavar="ID")
@click.argument("folder", type=_FOLDER)
@click.option("--description", default="", help="What the dataset is; what the version before said unless told.")
@click.option("--date", metavar="YYYY-MM-DD", help="The day of publication; today unless told.")
@click.option(
    "--skip-bad",
    is_flag=True,
    help="Leave out files that cannot be taken, besides those that the version before left out; the manifest says "
    "which.",
)
@click.option(
    "--duplicates",
    type=click.Choice([each.value for each in Duplicates]),
    default=Duplicates.STOP.value,
    show_default=True,
    help="What to do about files of the same bytes, besides those that the version before left out.",
)
@click.option(
    "--synthetic/--not-synthetic",
    default=None,
    help="Declare it made wholly or mainly by a generative model, or not; as the version before unless told.",
)
@click.option("--contributors", type=_FILE, help="Who made which file: needed for a dataset that --group-by made.")
@click.option(
    "--address-book", type=_FILE, help="Addresses of the aliases in the contributors file, as at the registration."
)
@click.option(
    "--custodian",
    metavar="ADDRESS",
    help="Who holds in trust for contributors without an address, as at the registration.",
)
@click.option(
    "--salt",
    default="",
    envvar="AUDIERA_SALT",
    show_envvar=True,
    help="The salt of the accounts held in trust, as at the registration.",
)
@click.option(
    "--preview/--no-preview", default=None, help="Let anyone hear half a minute of each item; as before unless told."
)
@store_options("Store the files there that are not there yet, before the version is published.")
@_OUT
def version(
    session: Session,
    *,
    dataset: int,
    folder: Path,
    description: str,
    date: str | None,
    skip_bad: bool,
    duplicates: str,
    synthetic: bool | None,
    contributors: Path | None,
    address_book: Path | None,
    custodian: str | None,
    salt: str,
    preview: bool | None,
    url: str | None,
    key: Path | None,
    out: Path | None,
) -> None:
    """Publish FOLDER as the next version of dataset ID, having said what was added, removed and altered.

    Only what has changed since it was last read is read again. What the version before left out stays out, as long as
    something is wrong with it.

    \b
    Example:
      ape run dataset version 7 "Harbour Lights" --account label
    """
    request = DatasetRequest(
        folder=folder,
        date=date or today(),
        description=description,
        contributors=contributors,
        address_book=address_book,
        custodian=custodian,
        salt=salt,
        skip_bad=skip_bad,
        duplicates=Duplicates(duplicates),
        preview=preview,
        out=out,
    )
    store = open_named_store(url, key, to_fill=True)
    new = NextVersion(dataset=dataset, request=request, store=store, synthetic=synthetic)
    dataset_versions.publish(session, new)


@cli.command("move-share", cls=SuiteCommand, short_help="Give your share to another payee.")
@sending()
@click.argument("dataset", type=DATASET, metavar="ID")
@click.option("--to", required=True, metavar="PAYEE", help="An address, an account, or dataset:NUMBER.")
def move_share(session: Session, dataset: int, to: str) -> None:
    """Give your whole share of dataset ID's income to another payee. Nobody can undo this.

    \b
    Example:
      ape run dataset move-share 7 --to 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --account composer
    """
    dataset_owner.move_share(session, dataset, parse_payee(to, session.client.datasets.address))


@cli.command("withdraw-items", cls=SuiteCommand, short_help="Withdraw consent to single items.")
@sending()
@click.argument("dataset", type=DATASET, metavar="ID")
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@click.option("--folder", type=_FOLDER, help="The folder of the dataset, whose record knows items by their paths.")
@_OUT
def withdraw_items(
    session: Session, *, dataset: int, items: tuple[str, ...], folder: Path | None, out: Path | None
) -> None:
    """Withdraw consent to ITEMs of dataset ID: their leaf hashes or, with --folder, their paths in it.

    It holds for licences acquired from then on, and for revocable ones after their notice. What was sold as irrevocable
    stays. A later version that has an item consents anew.

    \b
    Example:
      ape run dataset withdraw-items 7 "03 Lull.ogg" --folder "Harbour Lights" --account label
    """
    found = dataset_items.find_items(session, dataset, items, folder, out=out)
    dataset_items.withdraw_items(session, dataset, found)


@cli.command("withdraw-all", cls=SuiteCommand, short_help="Withdraw every offer at once.")
@sending()
@click.argument("dataset", type=DATASET, metavar="ID")
def withdraw_all(session: Session, dataset: int) -> None:
    """Withdraw every offer of dataset ID at once; licences that were bought stay.

    \b
    Example:
      ape run dataset withdraw-all 7 --account label
    """
    dataset_owner.withdraw_all(session, dataset)


@cli.command(cls=SuiteCommand, short_help="Give a dataset to another owner.")
@sending(relay=False)
@click.argument("dataset", type=DATASET, metavar="ID")
@click.argument("to", metavar="ADDRESS")
def transfer(session: Session, dataset: int, to: str) -> None:
    """Make ADDRESS the owner of dataset ID: every offer lapses, and only the new owner can give it back.

    Whoever shares the income keeps the share, you too (`move-share` gives yours away), and what was sold stays. You
    send it yourself, since the contract refuses transfers that somebody else carries out.

    \b
    Example:
      ape run dataset transfer 7 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --account label
    """
    dataset_transfer.transfer(session, dataset, to_address(to))


@cli.command(cls=SuiteCommand, short_help="Show what the chain says of a dataset.")
@viewing
@click.argument("dataset", type=DATASET, metavar="ID")
def show(session: Session, dataset: int) -> None:
    """Show what the chain says of dataset ID: owner, versions, parents, shares, offers.

    \b
    Example:
      ape run dataset show 7 --json
    """
    dataset_show.show(session, dataset)


@cli.command("list", cls=SuiteCommand, short_help="List the datasets that an account owns.")
@viewing
@click.argument("address", required=False)
def list_(session: Session, address: str | None) -> None:
    """List the datasets that ADDRESS owns now, or you: with how many offers are in force of each.

    The chain knows numbers only: names are in manifests, of which those that you ever registered, verified or listed
    are remembered, and those in the records of this folder are looked up.

    \b
    Example:
      ape run dataset list --account label
    """
    dataset_owned.list_owned(session, whose(session, address), Path())


@cli.command(cls=SuiteCommand, short_help="Print what machines read: facts and terms in force.")
@viewing
@click.argument("dataset", type=DATASET, metavar="ID")
@click.argument("folder", type=_FOLDER, required=False)
@store_options("Where the manifest is, if not in the record of FOLDER.")
@_VERSION
@_OUT
def croissant(
    session: Session,
    *,
    dataset: int,
    folder: Path | None,
    url: str | None,
    key: Path | None,
    version: int | None,
    out: Path | None,
) -> None:
    """Print dataset ID as a Croissant document with the terms in force: its manifest, and its offers on the chain.

    Rights are there as ODRL offers and as CAWG training-mining entries. It is good for the moment; ask again.

    \b
    Example:
      ape run dataset croissant 7 "Harbour Lights"
    """
    store = open_named_store(url, key)
    dataset_croissant.croissant(session, dataset, folder, store=store, version=version, out=out)


@cli.command(cls=SuiteCommand, short_help="Prove a folder or a store against the chain.")
@viewing
@click.argument("dataset", type=DATASET, metavar="ID")
@click.argument("folder", type=_FOLDER, required=False)
@store_options("A store to prove, besides FOLDER or instead of it.")
@_VERSION
@_OUT
def verify(
    session: Session,
    *,
    dataset: int,
    folder: Path | None,
    url: str | None,
    key: Path | None,
    version: int | None,
    out: Path | None,
) -> None:
    """Prove that FOLDER, or what is in a store, is dataset ID: bytes, tags, content root and manifest, by the chain.

    Every byte is read, whatever was read before. Ends with exit code 1 and a list if anything differs.

    \b
    Example:
      ape run dataset verify 7 "Harbour Lights"
      ape run dataset verify 7 --store s3://label/music
    """
    store = open_named_store(url, key)
    dataset_verify.verify(session, dataset, folder, store=store, version=version, out=out)


@cli.command(cls=SuiteCommand, short_help="Show the files that two datasets share, and who was first.")
@viewing
@click.argument("one", type=DATASET, metavar="A")
@click.argument("other", type=DATASET, metavar="B")
@click.argument("folders", nargs=-1, type=_FOLDER, metavar="[FOLDER]...")
@store_options("Where their manifests and item tables are, if not in the records of FOLDERs.")
def overlap(
    session: Session, *, one: int, other: int, folders: tuple[Path, ...], url: str | None, key: Path | None
) -> None:
    """Show which files datasets A and B share, byte for byte: both item proofs, and when each was registered.

    Every version counts, with the earliest that has a file. A FOLDER is one that was registered, or its record; what is
    found there or in the store is held to the content roots on the chain. No music is read.

    \b
    Example:
      ape run dataset overlap 7 9 "Harbour Lights" "Somebody's Lights.audiera"
      ape run dataset overlap 7 9 --store s3://label/music
    """
    dataset_overlap.overlap(session, (one, other), folders, open_named_store(url, key))
