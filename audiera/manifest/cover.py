"""The picture that stands for a dataset."""

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audiera.errors import InputError
from audiera.manifest.bare import bare
from audiera.text import read_file

__all__ = ["COVER_NAMES", "Cover", "read_cover"]


_MOST: Final = 16 << 20  # bytes; a cover is looked at in lists

COVER_NAMES: Final = {
    "image/gif": "cover.gif",
    "image/jpeg": "cover.jpg",
    "image/png": "cover.png",
    "image/webp": "cover.webp",
}
"""What a cover is called beside its manifest, by its media type."""


@dataclass(frozen=True, slots=True)
class Cover:
    """A picture, as its bytes."""

    media_type: str
    data: bytes

    @classmethod
    def of(cls, data: bytes) -> "Cover | None":
        """Return the picture if these bytes are one that browsers show (PNG, JPEG, GIF, WebP), else None."""
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return cls("image/png", data)
        if data.startswith(b"\xff\xd8\xff"):
            return cls("image/jpeg", data)
        if data.startswith((b"GIF87a", b"GIF89a")):
            return cls("image/gif", data)
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return cls("image/webp", data)
        return None

    @property
    def name(self) -> str:
        """What the picture is called beside its manifest."""
        return COVER_NAMES[self.media_type]


def read_cover(path: Path) -> Cover:
    """Read a picture, whatever its name says it is, without its metadata: a photograph may tell where it was taken.

    Raises:
        InputError: it cannot be read, is too large, or is no picture of a kind that browsers show.
    """
    try:
        data = read_file(path, _MOST)
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise InputError(f"{path} is larger than {_MOST >> 20} MiB; choose a smaller cover.") from error
        raise InputError(f"{path} cannot be read ({error.strerror}); name a picture with --cover.") from error
    if (cover := Cover.of(data)) is None:
        raise InputError(f"{path} is not a PNG, JPEG, GIF or WebP picture; convert it to one.")
    return Cover(cover.media_type, bare(cover.media_type, data))
