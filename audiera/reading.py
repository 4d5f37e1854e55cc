"""Reads one file of music truthfully: what it is by content, how long it sounds, what it says of itself.

Headers, names and extensions are not believed: sound is decoded from its first sample to its last, and
whatever is damaged or breaks off is refused. Tags never stop a file.
"""

__all__ = ["Reading", "read"]

from dataclasses import dataclass
from io import FileIO

from audiera.audio import decode
from audiera.metadata import Row
from audiera.tags import read_tags


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file is.

    `row` is its metadata row without `path`. `sound` is the same for two files of the same samples, however
    they are tagged (and, for what is coded without loss, in whatever format); None for music without
    samples. `fingerprint` is Chromaprint's, if asked for. `notes` are clauses to put after the file's name,
    on what is odd but stops nothing.
    """

    row: Row
    sound: bytes | None
    fingerprint: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()


def read(file: FileIO, name: str, *, fingerprint: bool = False) -> Reading:  # noqa: ARG001  # used by the next step
    """Reads an open file from its beginning to its end, wherever it was left.

    Args:
        file: the file, open for reading.
        name: its name, which decides only where the content says nothing.
        fingerprint: also return its acoustic fingerprint.

    Raises:
        AudioError: it is not music, damaged, or cannot be decoded; a clause to put after its name.
        OSError: it cannot be read.
    """
    decoded = decode(file)
    tags = read_tags(file, decoded.strings)
    row = tags.row | {
        "media_type": decoded.media_type,
        "duration_ms": decoded.duration_ms,
        "sample_rate": decoded.sample_rate,
        "channels": decoded.channels,
    }
    if decoded.bit_depth is not None:
        row["bit_depth"] = decoded.bit_depth
    return Reading(row, decoded.samples, notes=decoded.notes + tags.notes)
