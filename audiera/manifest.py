"""The manifest: what a dataset is, as a Croissant document of facts.

It is canonical JSON (RFC 8785), named by its sha-256; the date in it is given, never read from a clock,
so that the same folder described in the same words has the same bytes everywhere. It names the item table
(`audiera.table`) by sha-256. Terms live on chain and are not in it, and neither are shares and addresses,
which are in the split.

Vocabulary: schema.org and Croissant 1.1, in the namespace that its own tools accept.
"""

__all__ = ["Commitments", "build_manifest", "read_commitments"]

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

import rfc8785

from audiera.description import Description
from audiera.errors import StorageError
from audiera.items import ContentTree
from audiera.jsontypes import Json, as_hash, as_list, as_object
from audiera.table import TABLE_NAME, TableRow, write_table

_CROISSANT: Final = "http://mlcommons.org/croissant/"
_ROOT_PROPERTY: Final = "contentRoot"
_TERMS: Final = (
    *(
        "arrayShape",
        "citeAs",
        "column",
        "containedIn",
        "equivalentProperty",
        "extract",
        "field",
        "fileObject",
    ),
    *("fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5"),
    *("parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate"),
    *("separator", "source", "subField", "transform"),
)
_CONTEXT: Final[dict[str, Json]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": _CROISSANT,
    "dct": "http://purl.org/dc/terms/",
    "rai": f"{_CROISSANT}RAI/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{term: f"cr:{term}" for term in _TERMS},
}
_FIELDS: Final = {
    "path": ("sc:Text", "Where the file is in the folder."),
    "sha256": ("sc:Text", "SHA-256 of the file, in hexadecimal."),
    "size": ("sc:Integer", "Bytes."),
    "media_type": ("sc:Text", "By content, not by extension."),
    "duration_ms": ("sc:Integer", "Decoded length in milliseconds, rounded up."),
    "sample_rate": ("sc:Integer", "Hertz."),
    "channels": ("sc:Integer", "Channels of sound."),
    "title": ("sc:Text", "Title, as tagged."),
    "artists": ("sc:Text", "Artists in the order of the credits, as tagged."),
    "album": ("sc:Text", "Album, as tagged."),
    "track": ("sc:Integer", "Position on the album, as tagged."),
    "date": ("sc:Text", "Date of release, as tagged: year, month or day (ISO 8601)."),
    "genre": ("sc:Text", "Genre, as tagged."),
    "bpm": ("sc:Integer", "Beats per minute, as tagged."),
    "key": ("sc:Text", "Musical key, as tagged."),
    "isrc": ("sc:Text", "International Standard Recording Code."),
    "iswc": ("sc:Text", "International Standard Musical Work Code."),
    "copyright": ("sc:Text", "Copyright notice, as tagged."),
    "licence": ("sc:Text", "What the file's own tags say of its licence."),
}


@dataclass(frozen=True, slots=True)
class Commitments:
    """The hashes that a manifest states."""

    content_root: bytes
    table_sha256: bytes


def build_manifest(description: Description, rows: Sequence[TableRow]) -> bytes:
    """Returns the manifest of a dataset version as canonical bytes; their sha-256 is its digest."""
    table = write_table(rows)
    root = ContentTree.of(row.item for row in rows).root
    document: dict[str, Json] = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": f"{_CROISSANT}1.1",
        "name": description.name,
        "description": description.description,
        "datePublished": description.date,
        "version": f"{description.version}.0.0",
        "isLiveDataset": False,
        "creator": [{"@type": "sc:Person", "name": name} for name in description.creators],
        "identifier": [{"@type": "sc:PropertyValue", "propertyID": _ROOT_PROPERTY, "value": f"0x{root.hex()}"}],
        "distribution": [_table_object(table), _file_set(rows)],
        "recordSet": [_record_set(rows)],
    }
    if description.contributors:
        document["contributor"] = [party.json() for party in description.contributors]
    if description.keywords:
        document["keywords"] = list(description.keywords)
    return rfc8785.dumps(document)


def read_commitments(manifest: bytes) -> Commitments:
    """Reads the hashes that a manifest states, whichever release wrote it.

    Raises:
        StorageError: it does not state them.
    """
    try:
        document = as_object(json.loads(manifest))
        identifiers = map(as_object, as_list(document["identifier"]))
        objects = map(as_object, as_list(document["distribution"]))
        root = next(each["value"] for each in identifiers if each.get("propertyID") == _ROOT_PROPERTY)
        table = next(each["sha256"] for each in objects if each.get("@id") == TABLE_NAME)
        return Commitments(as_hash(root), as_hash(table))
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        raise StorageError(f"The manifest cannot be read ({error!r}); fetch it again.") from error


def _table_object(table: bytes) -> Json:
    return {
        "@type": "cr:FileObject",
        "@id": TABLE_NAME,
        "name": TABLE_NAME,
        "description": "One line for each item.",
        "contentUrl": TABLE_NAME,
        "contentSize": f"{len(table)} B",
        "encodingFormat": "application/jsonlines",
        "sha256": hashlib.sha256(table).hexdigest(),
    }


def _file_set(rows: Iterable[TableRow]) -> Json:
    suffixes = {PurePosixPath(row.metadata.path).suffix for row in rows}
    return {
        "@type": "cr:FileSet",
        "@id": "files",
        "name": "files",
        "description": "The files of audio, by their paths in the item table.",
        "encodingFormat": sorted({row.metadata.media_type for row in rows}),
        "includes": sorted(f"**/*{suffix}" for suffix in suffixes),
    }


def _record_set(rows: Iterable[TableRow]) -> Json:
    present = {"sha256", "size"}.union(*(row.metadata.row() for row in rows))
    return {
        "@type": "cr:RecordSet",
        "@id": "items",
        "name": "items",
        "description": "The items of the dataset.",
        "key": {"@id": "items/path"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"items/{name}",
                "name": name,
                "description": text,
                "dataType": data_type,
                "source": {"fileObject": {"@id": TABLE_NAME}, "extract": {"column": name}},
                **({"isArray": True, "arrayShape": "-1"} if name == "artists" else {}),
            }
            for name, (data_type, text) in _FIELDS.items()
            if name in present  # a column that no item has would not load
        ],
    }
