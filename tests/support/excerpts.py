"""Excerpts of items, as a creator publishes them who allows that they are heard."""

from __future__ import annotations

import io
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import soundfile

from audiera.manifest import Preview, preview_mark
from audiera.storage import Store, StoredObject

__all__ = ["excerpt", "preview_of", "store_excerpts"]

_RATE, _SECONDS = 8_000, 3


@cache
def excerpt(item: bytes) -> bytes:
    """Three seconds of a tone, marked as an excerpt of an item."""
    moments = np.arange(_RATE * _SECONDS) / _RATE
    file = io.BytesIO()
    soundfile.write(file, 0.2 * np.sin(2 * np.pi * (220 + item[0]) * moments), _RATE, format="MP3")
    return preview_mark(item) + file.getvalue()


def preview_of(item: bytes) -> Preview:
    """What the list of previews says of it."""
    data = excerpt(item)
    return Preview(item, sha256(data).digest(), len(data), start_ms=30_000, duration_ms=_SECONDS * 1_000)


def store_excerpts(folder: Path, *items: bytes) -> str:
    """Store excerpts of items, and return where."""
    store = Store.open(str(folder))
    for data in map(excerpt, items):
        store.put(StoredObject(sha256(data).digest(), len(data), data))
    return str(folder)
