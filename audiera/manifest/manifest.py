"""The manifest: what a dataset is, as a Croissant 1.1 document of facts.

It is canonical JSON (RFC 8785), named by its sha-256; the date in it is given, never read from a clock, so that the
same folder described in the same words has the same bytes everywhere. What grows with the dataset is in files beside
it, which it names by sha-256 (`audiera.manifest.documents`), so that it stays below 1 MiB and its IPFS name is one
block.

Terms live on chain and change after a manifest is written, so it states none. Croissant requires a `license` all the
same: here it says that licences are offered on chain, and in which contracts' roles, without naming a chain or a host.
`audiera.manifest.view` joins a manifest with the terms in force. Shares and addresses are in the split.

Croissant requires a `url`, too; a dataset has no page of its own, so it is the IPFS name of the item table.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from audiera.errors import InputError, StorageError
from audiera.manifest.citation import cite
from audiera.manifest.cover import COVER_NAMES
from audiera.manifest.croissant import CONTEXT, CROISSANT_1_1, RAI_1_0, file_object, file_set, record_set
from audiera.manifest.description import Description
from audiera.manifest.peaks import PEAKS_NAME
from audiera.manifest.previews import PREVIEWS_NAME
from audiera.protocol import TABLE_NAME, TableRow, cid_of, columns
from audiera.runs import RUN_NAME
from audiera.text import Json, as_hash, as_list, as_object, as_text, canonical, read_json

__all__ = [
    "CONTRIBUTORS_NAME",
    "LEFT_OUT_NAME",
    "MANIFEST_BYTES",
    "Commitments",
    "NamedFile",
    "read_commitments",
    "read_description",
    "write_manifest",
]


LEFT_OUT_NAME: Final = "left-out.json"
"""What the list of files that were left out is called beside the manifest."""

CONTRIBUTORS_NAME: Final = "contributors.json"
"""What a list of contributors that is too long for the manifest is called beside it."""

MANIFEST_BYTES: Final = 1 << 20
"""The most bytes of a manifest."""

_MOST_CREDITS: Final = 1 << 28  # bytes: millions of credits
_ROOT_PROPERTY: Final = "contentRoot"
_LICENCES: Final[Json] = {
    "@type": "sc:CreativeWork",
    "name": "Licences are offered on chain",
    "description": "Licences, under terms that may change, are offered in the LicenseRegistry contract for the dataset "
    "that has this manifest in the DatasetRegistry contract. What files say of their own licence is in the item table.",
}
_ABOUT: Final = {
    TABLE_NAME: "One row for each item.",
    LEFT_OUT_NAME: "Files of the folder that are not in the dataset, and why.",
    CONTRIBUTORS_NAME: "Everyone who contributed, with roles.",
    PEAKS_NAME: "The waveform of each item, 400 bytes, in the order of the item table.",
    PREVIEWS_NAME: "Excerpts of items that anyone may hear.",
    RUN_NAME: "The training run that made the model.",
}


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file beside the manifest, as the manifest names it."""

    name: str
    sha256: bytes
    size: int
    media_type: str = "application/json"

    @classmethod
    def of(cls, name: str, data: bytes, media_type: str = "application/json") -> Self:
        """Name a file by its bytes."""
        return cls(name, hashlib.sha256(data).digest(), len(data), media_type)


@dataclass(frozen=True, slots=True)
class Commitments:
    """The hashes that a manifest states."""

    content_root: bytes
    files: tuple[NamedFile, ...]

    @property
    def table(self) -> NamedFile:
        """The item table."""
        return next(file for file in self.files if file.name == TABLE_NAME)


def write_manifest(
    description: Description, rows: Sequence[TableRow], stated: Commitments, *, missing: str = ""
) -> bytes:
    """Return the manifest of a dataset version as canonical bytes; their sha-256 is its digest.

    Args:
        description: what people say of it. Contributors go into the manifest unless a file of that name is stated.
        rows: the items.
        stated: their content root, and the files that lie beside the manifest.
        missing: what is not in the dataset though it is in the folder, in words.

    Raises:
        InputError: it would be too large for one block.
    """
    files = {file.name: file for file in stated.files}
    document: dict[str, Json] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CROISSANT_1_1,
        "name": description.name,
        "description": description.description,
        "url": f"ipfs://{cid_of(stated.table.sha256)}",
        "datePublished": description.date,
        "version": f"{description.version}.0.0",
        "isLiveDataset": False,
        "license": _LICENCES,
        "citeAs": description.citation or cite(description, stated.content_root),
        "creator": [party.json() for party in description.creators],
        "identifier": [
            {"@type": "sc:PropertyValue", "propertyID": _ROOT_PROPERTY, "value": f"0x{stated.content_root.hex()}"}
        ],
        "distribution": [*map(_object, stated.files), file_set(rows)],
        "recordSet": [record_set(columns(rows))],
    }
    if description.contributors and CONTRIBUTORS_NAME not in files:
        document["contributor"] = [party.json() for party in description.contributors]
    if description.keywords:
        document["keywords"] = list(description.keywords)
    if missing:
        document |= {"conformsTo": [CROISSANT_1_1, RAI_1_0], "rai:dataCollectionMissingData": missing}
    if pictures := [_image(file) for file in stated.files if _is_picture(file)]:
        document["image"] = pictures[0]
    manifest = canonical(document)
    if len(manifest) > MANIFEST_BYTES:
        raise InputError(
            f"The manifest would be {len(manifest):,} bytes; shorten its texts to stay within {MANIFEST_BYTES:,}."
        )
    return manifest


def read_commitments(manifest: bytes) -> Commitments:
    """Read the hashes that a manifest states.

    Raises:
        StorageError: it does not state them, or names files that this package does not know.
    """
    try:
        document = as_object(read_json(manifest))
        identifiers = map(as_object, as_list(document["identifier"]))
        root = next(each["value"] for each in identifiers if each.get("propertyID") == _ROOT_PROPERTY)
        objects = map(as_object, as_list(document["distribution"]))
        files = tuple(_named(each) for each in objects if each["@type"] == "cr:FileObject")
        stated = Commitments(as_hash(root), files)
        names = [file.name for file in files]
        if TABLE_NAME not in names:
            raise ValueError("it names no item table")
        if len(set(names)) < len(names):
            raise ValueError("it names a file twice")
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        raise _unreadable(error) from error
    return stated


def read_description(manifest: bytes, contributors: bytes | None = None) -> Description:
    """Read back what people said, to carry it over into the next version.

    Args:
        manifest: as `write_manifest` writes it.
        contributors: the file of them, if the manifest names one.

    Raises:
        StorageError: it is not a manifest of this package.
    """
    root = read_commitments(manifest).content_root
    try:
        credited = None if contributors is None else read_json(contributors, most=_MOST_CREDITS)
        said = Description.from_document(as_object(read_json(manifest)), credited)
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(error) from error
    plain = replace(said, citation="")
    return plain if cite(plain, root) == said.citation else said


def _object(file: NamedFile) -> dict[str, Json]:
    about = _ABOUT.get(file.name, "The cover.")
    return file_object(file.name, file.sha256, file.size, file.media_type, about)


def _image(file: NamedFile) -> dict[str, Json]:
    return {
        "@type": "sc:ImageObject",
        "contentUrl": file.name,
        "encodingFormat": file.media_type,
        "sha256": file.sha256.hex(),
    }


def _is_picture(file: NamedFile) -> bool:
    return file.name not in _ABOUT


def _named(each: dict[str, object]) -> NamedFile:
    name, media_type = as_text(each["@id"]), as_text(each["encodingFormat"])
    if name not in _ABOUT and COVER_NAMES.get(media_type) != name:
        raise ValueError(f"it names the unknown file {name!r}")  # a name is a path to whoever loads it
    size = int(as_text(each["contentSize"]).removesuffix(" B"))
    if size < 0:
        raise ValueError(f"{size} is not the size of a file")
    return NamedFile(name, as_hash(each["sha256"]), size, media_type)


def _unreadable(error: Exception) -> StorageError:
    return StorageError(f"The manifest cannot be read ({error!r}); fetch it again.")
