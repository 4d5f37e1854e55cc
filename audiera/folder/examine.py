"""What the bytes of one file are; and the same as text, to be handed on or kept."""

import hashlib
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from io import FileIO
from typing import Final

from audiera.errors import ItemError
from audiera.music import COLUMNS, HEAD_BYTES, AudioError, Reading, is_score, read
from audiera.protocol import Row
from audiera.text import Json, as_hash, as_int, as_list, as_object, as_text, as_texts, tidy

__all__ = ["OCTETS", "Found", "examine", "sha256_of"]


OCTETS: Final = "application/octet-stream"
"""The media type of what is taken as bytes."""

_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Found:
    """The hash of a file, and what reading it told."""

    sha256: bytes
    reading: Reading

    def json(self) -> dict[str, Json]:
        """Return it as JSON values."""
        reading = self.reading
        return {
            "sha256": self.sha256.hex(),
            "row": reading.row,
            "sound": reading.sound.hex() if reading.sound is not None else "",
            "peaks": b64encode(reading.peaks or b"").decode(),
            "fingerprint": reading.fingerprint,
            "notes": reading.notes,
        }

    @classmethod
    def from_json(cls, found: dict[str, object]) -> "Found":
        """Read back what `json` wrote; what the row says of itself, `Metadata` checks.

        Raises:
            ValueError, KeyError, TypeError: it is something else.
        """
        numbers = found["fingerprint"]
        reading = Reading(
            _row(as_object(found["row"])),
            bytes.fromhex(as_text(found["sound"])) or None,
            _peaks(as_text(found["peaks"])),
            tuple(map(as_int, as_list(numbers))) if numbers is not None else None,
            as_texts(found["notes"]),
        )
        return cls(as_hash(found["sha256"]), reading)


def examine(file: FileIO, name: str, *, everything: bool, fingerprint: bool) -> Found:
    """Read an open file from its beginning to its end.

    Args:
        file: the file.
        name: its name, for the note that it is something else.
        everything: take it as bytes, unless it is a score.
        fingerprint: also take its fingerprint.

    Raises:
        ItemError: it cannot be an item; a clause to put after its name.
        OSError: it cannot be read.
        MemoryError: there is not enough for it.
    """
    try:
        if not os.fstat(file.fileno()).st_size:
            raise AudioError("is empty")
        sha256 = sha256_of(file)
        if everything and not is_score(_head(file)):
            return Found(sha256, Reading({"media_type": OCTETS}, None))
        return Found(sha256, read(file, name, fingerprint=fingerprint))
    except (ItemError, OSError, MemoryError):
        raise
    except Exception as error:  # damaged bytes make libraries fail in ways that they do not state
        raise AudioError(
            f"cannot be read ({type(error).__name__}: {tidy(str(error))}); restore it from a copy"
        ) from error


def sha256_of(file: FileIO) -> bytes:
    """Hash an open file from its beginning, wherever it was left.

    No more of it than its size at first: one that grows as fast as it is read has no end.

    Raises:
        OSError: it cannot be read.
    """
    sha256, size = hashlib.sha256(), os.fstat(file.fileno()).st_size
    buffer = memoryview(bytearray(min(_CHUNK_BYTES, size)))
    file.seek(0)
    while size > 0 and (count := file.readinto(buffer[:size])):
        sha256.update(buffer[:count])
        size -= count
    return sha256.digest()


def _head(file: FileIO) -> bytes:
    file.seek(0)
    return file.read(HEAD_BYTES)


def _peaks(text: str) -> bytes | None:
    peaks = b64decode(text, validate=True)
    if len(peaks) not in (0, COLUMNS):
        raise ValueError("these are no peaks")
    return peaks or None


def _row(values: dict[str, object]) -> Row:
    row: Row = {}
    for key, value in values.items():
        row[key] = list(as_texts(value)) if isinstance(value, list) else value  # type: ignore[assignment]  # Metadata checks it
    return row
