"""Makes an excerpt of one file of audio."""

from contextlib import suppress
from io import FileIO

from audiera.music.decode import decode
from audiera.music.sound.excerpt import Excerpt, HeardEnough

__all__ = ["excerpt"]


def excerpt(file: FileIO) -> bytes:
    """Return the excerpt of an open file (`audiera.music.sound.excerpt`), decoding no more of it than that takes.

    Raises:
        AudioError: it cannot be decoded, or has no sound.
        OSError: it cannot be read.
    """
    heard = Excerpt()
    with suppress(HeardEnough):
        decode(file, heard)
    return heard.finish()
