"""`audiera item-proof`: one file of a dataset, proven to whoever knows the content root."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from audiera.cli.terminal.output import print_json, print_lines
from audiera.dataset import (
    ItemProof,
    Registration,
    StoredVersion,
    default_record,
    find_bytes,
    find_path,
    hash_file,
    load_version,
    prove,
    read_registrations,
    versions_of,
)
from audiera.errors import InputError, StorageError
from audiera.protocol import TableRow, cid_of, digest_of
from audiera.quantities import format_length, format_size
from audiera.text import Json, hex_of, plain, shown

__all__ = ["item_json", "item_proof", "verify_call"]


@click.command()
@click.argument("file_or_path", type=click.Path(path_type=Path))
@click.option(
    "--record",
    type=click.Path(path_type=Path),
    help="The record of the dataset's folder; the one beside a folder that holds the file, unless told.",
)
@click.option(
    "--version",
    "wanted",
    metavar="DIGEST",
    help="The version: its manifest's sha-256 or CID; the newest that has the file, unless told.",
)
@click.option("--node", metavar="URL", help="A node of the chain, to ask whether what the record claims is so.")
@click.option("--json", "as_json", is_flag=True, help="Print the proof as JSON.")
def item_proof(file_or_path: Path, *, record: Path | None, wanted: str | None, node: str | None, as_json: bool) -> None:
    """Prove that one file belongs to a dataset.

    FILE_OR_PATH is a file, which is proven by its bytes under whatever name, or else the path of an item. What is
    printed is the item's leaf, the way from it to the content root, and what to ask the chain. That the content root
    was registered, the record only claims: anybody can write one. With --node the chain is asked, and the exit code is
    1 if it does not say so.

    \b
    Example:
      audiera item-proof "Night Ferry/01 Cast Off.flac"
    """
    place = record or default_record(file_or_path)
    version, row = _search(place, _wanted(place, wanted), file_or_path)
    proof = prove(version, row)
    claimed = [it for it in _registered(place) if it.manifest_digest == version.manifest_digest]
    checked = _checked(claimed, version, node) if node else []
    if as_json:
        print_json(_document(version, proof, claimed, checked))
    else:
        _print(file_or_path, version, proof, claimed, checked)


def _checked(claimed: Sequence[Registration], version: StoredVersion, node: str) -> list[Registration]:
    """Return the registrations on a node's chain, of which it says that they are of this version.

    Raises:
        InputError: if the record claims none there.
        StorageError: if the chain has another version there, or none.
    """
    from audiera.client import Audiera  # noqa: PLC0415  # the chain takes a second to load, and is seldom asked

    client = Audiera.connect(node)
    chain, registry = client.chain_id, client.datasets.address
    found = [it for it in claimed if (it.chain_id, it.registry) == (chain, registry)]
    if not found:
        raise InputError(
            f"The record claims no registration of this version in {registry} on chain {chain}; ask a node of the "
            "chain that it was registered on, or name another version with --version."
        )
    for it in found:
        if client.datasets.content_of(it.dataset, it.version) != (version.tree.root, version.manifest_digest):
            raise StorageError(
                f"The record claims that this is dataset {it.dataset}, version {it.version}, and chain {chain} has "
                "another there, or none; get the record from the dataset's creator."
            )
    return found


def _registered(record: Path) -> list[Registration]:
    return [it for it in read_registrations(record) if it.dataset]


def _wanted(record: Path, version: str | None) -> tuple[bytes, ...]:
    """Return the manifests of the versions to look into, the likeliest first."""
    kept = versions_of(record)
    if version is None:
        return kept
    if (digest := _digest(version)) not in kept:
        told = f"{shown(str(record))} holds no version {version}; choose one of those it has."
        raise InputError(told, *map(cid_of, kept))
    return (digest,)


def _digest(text: str) -> bytes:
    if text.removeprefix("ipfs://").startswith("b") and len(text) != 64:
        return digest_of(text)
    try:
        digest = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        digest = b""
    if len(digest) != 32:
        raise InputError(f"{text!r} is not a version; give the sha-256 of its manifest, or its CID.")
    return digest


def _search(record: Path, digests: Sequence[bytes], file: Path) -> tuple[StoredVersion, TableRow]:
    """Return the first version that has the file, and its item; else what is nearest in the first is told."""
    sha256 = hash_file(file) if file.exists() else None
    numbers = {it.manifest_digest: f" (dataset {it.dataset}, version {it.version})" for it in _registered(record)}
    refusals: list[InputError] = []
    for each in digests:
        version = load_version(record, each)
        where = f"{shown(version.description.name)}{numbers.get(each, '')}"
        try:
            if sha256 is None:
                return version, find_path(version.rows, str(file), where=where)
            return version, find_bytes(version.rows, sha256, file, where=where)
        except InputError as error:
            refusals.append(error)
    raise refusals[0]


def _print(
    file: Path,
    version: StoredVersion,
    proof: ItemProof,
    claimed: Sequence[Registration],
    checked: Sequence[Registration],
) -> None:
    item = proof.row.item
    print_lines(f"{shown(str(file))} is {shown(proof.row.metadata.path)} of {shown(version.description.name)}:")
    lines = (
        ("sha-256", hex_of(item.sha256)),
        ("size", format_size(item.size)),
        ("duration", f"{format_length(item.duration_ms)} ({item.duration_ms} ms)"),
        ("metadata", hex_of(item.metadata)),
        ("leaf", hex_of(proof.leaf)),
        *(("proof", hex_of(each)) for each in proof.siblings[:1]),
        *(("", hex_of(each)) for each in proof.siblings[1:]),
        ("content root", hex_of(proof.root)),
        ("manifest", cid_of(version.manifest_digest)),
    )
    for name, value in lines:
        print_lines(f"  {name:<13} {value}")
    for it in claimed:
        which = f"dataset {it.dataset}, version {it.version}, in {it.registry} on chain {it.chain_id}"
        if it in checked:
            print_lines(f"The chain confirms it: this is {which}.")
        else:
            print_lines(f"The record claims that this is {which}; --node URL asks there.")
        print_lines(f"To ask the chain: {verify_call(it.dataset, it.version, proof)}")
    if not claimed:
        print_lines("Not registered from here yet; verifyItem takes dataset, version, this item and this proof:")
        print_lines(f"  {_struct(proof)}, {_siblings(proof)}")


def verify_call(dataset: int, version: int, proof: ItemProof) -> str:
    """Write what to ask the registry, to have a proof verified there."""
    return f"verifyItem({dataset}, {version}, {_struct(proof)}, {_siblings(proof)})"


def item_json(proof: ItemProof) -> dict[str, Json]:
    """Return item, leaf and proof for programs, as `verifyItem` takes them."""
    item = proof.row.item
    struct: dict[str, Json] = {
        "sha256": hex_of(item.sha256),
        "size": item.size,
        "durationMs": item.duration_ms,
        "metadata": hex_of(item.metadata),
    }
    siblings: list[Json] = [hex_of(each) for each in proof.siblings]
    return {"item": struct, "leaf": hex_of(proof.leaf), "proof": siblings, "contentRoot": hex_of(proof.root)}


def _struct(proof: ItemProof) -> str:
    item = proof.row.item
    return f"({hex_of(item.sha256)},{item.size},{item.duration_ms},{hex_of(item.metadata)})"


def _siblings(proof: ItemProof) -> str:
    return f"[{','.join(map(hex_of, proof.siblings))}]"


def _document(
    version: StoredVersion, proof: ItemProof, claimed: Sequence[Registration], checked: Sequence[Registration]
) -> dict[str, Json]:
    calls: list[Json] = [
        {
            "chainId": it.chain_id,
            "registry": it.registry,
            "dataset": it.dataset,
            "version": it.version,
            "confirmed": it in checked,
        }
        for it in claimed
    ]
    return {
        "path": plain(proof.row.metadata.path),
        "row": dict(proof.row.metadata.row()),
        **item_json(proof),
        "manifest": cid_of(version.manifest_digest),
        "registered": calls,
    }
