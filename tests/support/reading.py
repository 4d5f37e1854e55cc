"""Files read as folders are: what is decoded, what is known of it, or why not."""

from collections.abc import Callable
from io import FileIO
from pathlib import Path

import pytest

from audiera.music.decode import AudioError, decode
from audiera.music.reading import Reading, read
from audiera.music.sound.decoded import Decoded

__all__ = ["decoded", "reading", "refusal"]


def decoded(path: Path) -> Decoded:
    """What is decoded of a file."""
    with FileIO(path) as file:
        return decode(file)


def reading(path: Path, *, name: str | None = None) -> Reading:
    """What is known of a file, under its own name or another."""
    with FileIO(path) as file:
        return read(file, name or path.name)


def refusal(path: Path, reader: Callable[[Path], object] = decoded) -> str:
    """Why a file is not taken."""
    with pytest.raises(AudioError) as caught:
        reader(path)
    return str(caught.value)
