"""The columns of the item table as Croissant describes them."""

from collections.abc import Collection
from typing import Final

from audiera.protocol import TABLE_NAME
from audiera.text import Json

__all__ = ["record_set"]


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
