"""The previews of a dataset as one document: for each item that has one, an excerpt that anyone may hear.

    previews.json   [
                    {"duration_ms":30000,"item":"<sha-256>","media_type":"audio/mpeg","sha256":"<sha-256>","size":240744,
                     "start_ms":30000},
                    ...
                    ]

One row of canonical JSON to the line, in order of the items' sha-256. The excerpts lie in the store under their own,
for all to read, whether or not the items are sealed. Each begins with a mark that says which item it is of: so no list
has an item itself handed out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from audiera.errors import StorageError
from audiera.text import Json, as_hash, as_int, as_list, as_object, as_text, canonical_lines, read_json

__all__ = [
    "PREVIEWS_NAME",
    "PREVIEW_BYTES",
    "PREVIEW_TYPE",
    "Preview",
    "marked_item",
    "preview_mark",
    "read_previews",
    "write_previews",
]

PREVIEWS_NAME: Final = "previews.json"
"""What the document is called beside the manifest."""

PREVIEW_TYPE: Final = "audio/mpeg"
"""The media type of every excerpt."""

PREVIEW_BYTES: Final = 1 << 20
"""The most bytes of one excerpt."""

_DOCUMENT_BYTES: Final = 1 << 28
_LONGEST_MS: Final = 60_000
_LATEST_MS: Final = (1 << 32) - 1


_MARK: Final = b"\3AUDIERA_PREVIEW_OF\0"  # in UTF-8: what the frame says, and of what


@dataclass(frozen=True, slots=True)
class Preview:
    """An excerpt of one item."""

    item: bytes
    """The sha-256 of the file that it is of."""
    sha256: bytes
    """Of the excerpt."""
    size: int
    """Bytes."""
    start_ms: int
    """Where in the item it begins."""
    duration_ms: int

    def __post_init__(self) -> None:
        if not 0 < self.size <= PREVIEW_BYTES:
            raise ValueError(f"{self.size:,} is not the size of an excerpt")
        if not (0 <= self.start_ms <= _LATEST_MS and 0 < self.duration_ms <= _LONGEST_MS):
            raise ValueError(f"no excerpt begins at {self.start_ms:,} and lasts {self.duration_ms:,}")

    def json(self) -> dict[str, Json]:
        """Return the row of the document."""
        return {
            "item": self.item.hex(),
            "sha256": self.sha256.hex(),
            "size": self.size,
            "start_ms": self.start_ms,
            "duration_ms": self.duration_ms,
            "media_type": PREVIEW_TYPE,
        }

    @classmethod
    def from_json(cls, value: object) -> "Preview":
        """Read a row back; a KeyError, TypeError or ValueError if it is something else."""
        row = as_object(value)
        if as_text(row["media_type"]) != PREVIEW_TYPE:
            raise ValueError(f"{row['media_type']!r} is not the media type of an excerpt")
        numbers = (as_int(row[name]) for name in ("size", "start_ms", "duration_ms"))
        return cls(as_hash(row["item"]), as_hash(row["sha256"]), *numbers)


def preview_mark(item: bytes) -> bytes:
    """Return what every excerpt of an item begins with: an ID3v2.4 tag that names the item by its sha-256."""
    text = _MARK + item.hex().encode()
    frame = b"TXXX" + _synchsafe(len(text)) + b"\0\0" + text
    return b"ID3\4\0\0" + _synchsafe(len(frame)) + frame


def marked_item(excerpt: bytes) -> bytes | None:
    """Return the sha-256 of the item that an excerpt names by its mark; None: it has none."""
    length = len(preview_mark(bytes(32)))
    try:
        item = bytes.fromhex(excerpt[length - 64 : length].decode("ascii"))
    except ValueError:
        return None
    return item if excerpt.startswith(preview_mark(item)) else None


def write_previews(previews: Iterable[Preview]) -> bytes:
    """Return the document of some excerpts, in any order."""
    return canonical_lines(it.json() for it in sorted(previews, key=lambda it: it.item))


def read_previews(document: bytes) -> tuple[Preview, ...]:
    """Read a document back, accepting only what `write_previews` writes.

    Raises:
        StorageError: it is anything else.
    """
    try:
        found = tuple(map(Preview.from_json, as_list(read_json(document, most=_DOCUMENT_BYTES))))
        if len({it.item for it in found}) < len(found) or write_previews(found) != document:
            raise ValueError("it is out of order, or not canonical")
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"The list of previews is damaged ({error}); fetch it again.") from error
    return found


def _synchsafe(number: int) -> bytes:
    """Return a number as ID3 writes it: seven bits to the byte."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
