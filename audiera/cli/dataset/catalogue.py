"""`dataset catalogue`: a dataset without files, which others join so that one licence covers them all."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Final

from audiera.cli.terminal.session import Session
from audiera.client import Content
from audiera.client.contracts.events import DatasetRegistered
from audiera.dataset import publishing
from audiera.errors import InputError, StorageError
from audiera.manifest import catalogue_manifest
from audiera.protocol import ZERO_WORD, Kind, Split, cid_of, is_account, payee_address
from audiera.quantities import format_ppm
from audiera.text import Json, hex_of, replace_file

__all__ = ["register_catalogue"]

_MANIFEST: Final = "manifest.json"


def register_catalogue(session: Session, name: str, split: Split, *, description: str, date: str, out: Path) -> None:
    """Show the catalogue and who shares its income, ask, keep its manifest, and register it.

    Raises:
        InputError: if the name is blank, or another command is registering it.
        StorageError: if the manifest cannot be written.
    """
    name = name.strip()
    if not name:
        raise InputError("A catalogue needs a name; write one.")
    manifest = catalogue_manifest(name, description=description, date=date, creator=session.me)
    digest = sha256(manifest).digest()
    session.plan(
        "To register a catalogue:",
        [
            ("name", name),
            ("manifest", cid_of(digest)),
            ("creator", session.me),
            ("chain", session.client.chain_id),
        ],
    )
    rows = [
        (f"account {hex_of(it.payee)}" if is_account(it.payee) else payee_address(it.payee), format_ppm(it.ppm))
        for it in split.shares
    ]
    title = "Who shares the price of its licences (each use is paid to the dataset that was used):"
    session.table(("payee", "share"), rows, title=title, right=("share",))
    content = Content(Kind.Catalogue, 0, 0, ZERO_WORD, digest)
    with publishing(out):
        path = _keep(out / digest.hex(), manifest)
        session.names.keep(manifest)
        receipt = session.act(lambda client: client.datasets.register(content, split), "Register it?")
    if receipt:
        number = receipt.event(DatasetRegistered).id
        fields: dict[str, Json] = {"dataset": number, "manifest": cid_of(digest), "manifestFile": str(path)}
        told = f"The catalogue is dataset {number}; its manifest is in {path}. Offer it, and admit those who join."
        session.result(fields, told, receipt)


def _keep(folder: Path, manifest: bytes) -> Path:
    path = folder / _MANIFEST
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(path, [manifest])
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror}); choose another --out.") from error
    return path
