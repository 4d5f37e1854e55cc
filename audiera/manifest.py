"""The manifest: what a dataset is, as a Croissant document of facts.

It is canonical JSON (RFC 8785), named by its sha-256; the date in it is given, never read from a clock,
so that the same folder described in the same words has the same bytes everywhere. It names the item table
(`audiera.table`) by sha-256. Terms live on chain and are not in it, and neither are shares and addresses,
which are in the split.

Vocabulary: schema.org and Croissant 1.1, in the namespace that its own tools accept.
"""

__all__ = ["Description", "Party", "build_manifest"]

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, TypeAlias

import rfc8785

from audiera.errors import InputError
from audiera.items import ContentTree
from audiera.table import TABLE_NAME, TableRow, write_table

Json: TypeAlias = "str | bool | Sequence[Json] | dict[str, Json]"

_CROISSANT: Final = "http://mlcommons.org/croissant/"
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
class Party:
    """Someone credited with a dataset, by name, with roles and ISNI where known."""

    name: str
    roles: tuple[str, ...] = ()
    isni: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What people say of a dataset, beside what its files show.

    Raises:
        InputError: a text is blank, nobody is named as creator, or the date is not YYYY-MM-DD.
    """

    name: str
    description: str
    creators: tuple[str, ...]
    date: str
    """When this version is published, as YYYY-MM-DD."""
    version: int = 1
    contributors: tuple[Party, ...] = ()
    keywords: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (
            self.creators and all(text.strip() for text in (self.name, self.description, *self.creators))
        ):
            raise InputError("A dataset needs a name, a description and a creator; give all three.")
        try:
            day = dt.date.fromisoformat(self.date)
        except ValueError as error:
            raise InputError(f"date {self.date!r} is not a day; write it as YYYY-MM-DD.") from error
        if day.isoformat() != self.date:
            raise InputError(f"date {self.date!r} is not in the one form used here; write {day.isoformat()}.")


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
        "identifier": [
            {"@type": "sc:PropertyValue", "propertyID": "contentRoot", "value": f"0x{root.hex()}"}
        ],
        "distribution": [_table_object(table), _file_set(rows)],
        "recordSet": [_record_set(rows)],
    }
    if description.contributors:
        document["contributor"] = [_contributor(party) for party in description.contributors]
    if description.keywords:
        document["keywords"] = list(description.keywords)
    return rfc8785.dumps(document)


def _contributor(party: Party) -> Json:
    person: dict[str, Json] = {"@type": "sc:Person", "name": party.name}
    if party.isni:
        person["sameAs"] = f"https://isni.org/isni/{party.isni}"
    if party.roles:
        return {"@type": "sc:Role", "roleName": list(party.roles), "contributor": person}
    return person


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
