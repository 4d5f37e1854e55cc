"""Croissant as manifests write it: the words and where they are defined, the files, and the columns of their table.

Source: Croissant 1.1 (http://mlcommons.org/croissant/1.1), appendix 1, with the namespaces that MLCommons' own reader
accepts: http for Croissant, https for schema.org.
"""

import glob
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import PurePosixPath
from typing import Final

from audiera.protocol import TABLE_NAME, TableRow
from audiera.text import Json

__all__ = ["CONTEXT", "CROISSANT_1_1", "RAI_1_0", "file_object", "file_set", "record_set"]


_CROISSANT: Final = "http://mlcommons.org/croissant/"

CROISSANT_1_1: Final = f"{_CROISSANT}1.1"
"""What a manifest conforms to."""

RAI_1_0: Final = f"{_CROISSANT}RAI/1.0"
"""What it conforms to besides when it says which data are missing: the vocabulary of responsible AI."""

_TERMS: Final = (
    *("annotation", "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "excludes", "extract"),
    *("field", "fileObject", "fileProperty", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath"),
    *("key", "md5", "parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate"),
    *("sdVersion", "separator", "source", "subField", "transform"),
)

CONTEXT: Final[dict[str, Json]] = {
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
"""The JSON-LD context of every manifest."""

_SUFFIX: Final = re.compile(r"\.[A-Za-z0-9]{1,16}")
_PATTERN_LETTERS: Final = 65_536
"""The most that all patterns take, so that names without suffixes do not swell the manifest."""

_TEXT: Final = "sc:Text"
_WHOLE: Final = "sc:Integer"
_COLUMNS: Final = {
    "path": (_TEXT, "Where the file is in the folder."),
    "sha256": (_TEXT, "SHA-256 of the file, in hexadecimal."),
    "size": (_WHOLE, "Bytes."),
    "media_type": (_TEXT, "By content, not by extension."),
    "duration_ms": (_WHOLE, "Decoded length in milliseconds, rounded up."),
    "sample_rate": (_WHOLE, "Hertz."),
    "channels": (_WHOLE, "Channels of sound."),
    "bit_depth": (_WHOLE, "Bits of a sample, where nothing was lost in coding."),
    "title": (_TEXT, "Title, as tagged."),
    "artists": (_TEXT, "Artists in the order of the credits, as tagged."),
    "album": (_TEXT, "Album, as tagged."),
    "track": (_WHOLE, "Position on the album, as tagged."),
    "date": (_TEXT, "Date of release, as tagged: year, month or day (ISO 8601)."),
    "genre": (_TEXT, "Genre, as tagged."),
    "bpm": (_WHOLE, "Beats per minute, as tagged."),
    "key": (_TEXT, "Musical key, as tagged."),
    "isrc": (_TEXT, "International Standard Recording Code."),
    "iswc": (_TEXT, "International Standard Musical Work Code."),
    "copyright": (_TEXT, "Copyright notice, as tagged."),
    "licence": (_TEXT, "What the file's own tags say of its licence."),
}


def file_object(name: str, data_sha256: bytes, size: int, media_type: str, description: str) -> dict[str, Json]:
    """Return one file that lies beside the manifest."""
    return {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "description": description,
        "contentUrl": name,
        "contentSize": f"{size} B",
        "encodingFormat": media_type,
        "sha256": data_sha256.hex(),
    }


def file_set(rows: Sequence[TableRow]) -> dict[str, Json]:
    """Return the items as a set: all their paths match its patterns, and nothing else that can be helped does."""
    return {
        "@type": "cr:FileSet",
        "@id": "files",
        "name": "files",
        "description": "The files of the dataset, by their paths in the item table.",
        "encodingFormat": sorted({row.metadata.media_type for row in rows}),
        "includes": _patterns(row.metadata.path for row in rows),
    }


def record_set(present: Collection[str]) -> dict[str, Json]:
    """Return the item table as a set of records, with the columns that it has: one that no item has would not load.

    A date is text, because ISO 8601 lets a release have a year and no day, which readers of dates would make up.
    """
    return {
        "@type": "cr:RecordSet",
        "@id": "items",
        "name": "items",
        "description": "The items of the dataset.",
        "key": {"@id": "items/path"},
        "field": [_field(name, *known) for name, known in _COLUMNS.items() if name in present],
    }


def _patterns(paths: Iterable[str]) -> list[str]:
    """Return globs in the sense of fnmatch, where `*` goes on across slashes, and of shells, where it does not.

    A file that has a suffix is named by it, in the letter case that it has; any other by its own path.
    """
    patterns = sorted({_pattern(PurePosixPath(path)) for path in paths})
    return patterns if sum(map(len, patterns)) <= _PATTERN_LETTERS else ["*", "**/*"]


def _pattern(path: PurePosixPath) -> str:
    if not _SUFFIX.fullmatch(path.suffix):
        return glob.escape(str(path))
    return f"*{path.suffix}" if len(path.parts) == 1 else f"**/*{path.suffix}"


def _field(name: str, data_type: str, text: str) -> dict[str, Json]:
    return {
        "@type": "cr:Field",
        "@id": f"items/{name}",
        "name": name,
        "description": text,
        "dataType": data_type,
        "source": {"fileObject": {"@id": TABLE_NAME}, "extract": {"jsonPath": f"$[*].{name}"}},
        **({"isArray": True, "arrayShape": "-1"} if name == "artists" else {}),
    }
