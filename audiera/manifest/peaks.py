"""The waveforms of a dataset as one document: the peaks of each item, in the order of the item table.

    peaks.bin       400 bytes for each item (docs/formats.md, section 12); 400 zeros for one without sound

An item's hash does not depend on it: it is a drawing, that the manifest names.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from audiera.errors import StorageError
from audiera.music import COLUMNS
from audiera.protocol import TableRow

__all__ = ["PEAKS_NAME", "PEAKS_TYPE", "PEAK_COLUMNS", "count_peaks", "write_peaks"]

PEAKS_NAME: Final = "peaks.bin"
"""What the document is called beside the manifest."""

PEAKS_TYPE: Final = "application/octet-stream"
"""Its media type."""

PEAK_COLUMNS: Final = COLUMNS
"""Bytes of one item in it."""


def write_peaks(rows: Sequence[TableRow], peaks: Mapping[str, bytes]) -> bytes:
    """Return the document of some items.

    Args:
        rows: the items, in any order.
        peaks: of those that sound, by path.
    """
    silent = bytes(COLUMNS)
    return b"".join(peaks.get(path, silent) for path in sorted(row.metadata.path for row in rows))


def count_peaks(document: bytes) -> int:
    """Return how many items a document is of.

    Raises:
        StorageError: it is no such document.
    """
    count, rest = divmod(len(document), COLUMNS)
    if rest or not count:
        raise StorageError(f"{PEAKS_NAME} has {len(document):,} bytes, which is not {COLUMNS} for each item.")
    return count
