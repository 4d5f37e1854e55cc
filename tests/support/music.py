"""Real files of audio, a fraction of a second long, for tests that need a folder of music."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import mutagen
import numpy as np
import soundfile
from mutagen import id3

from audiera.protocol.metadata import Row
from audiera.protocol.table import TableRow

RATE = 8_000
ADA, BEN, CARA = ("0x" + digit * 40 for digit in "123")
CUSTODIAN = "0x" + "4" * 40

_FORMATS = {
    ".aiff": ("AIFF", "PCM_16"),
    ".au": ("AU", "PCM_16"),
    ".caf": ("CAF", "PCM_16"),
    ".flac": ("FLAC", "PCM_16"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
    ".ogg": ("OGG", "VORBIS"),
    ".opus": ("OGG", "OPUS"),
    ".w64": ("W64", "PCM_16"),
    ".wav": ("WAV", "PCM_16"),
}


EVERY_TAG: Row = {
    "title": "Écluse",
    "artists": ["Night Ferry", "Inès Varga"],
    "album": "Harbour Lights",
    "track": 4,
    "date": "2026-03-01",
    "genre": "Folk",
    "bpm": 98,
    "key": "F#m",
    "isrc": "XXAUD2600004",
    "iswc": "T0345246801",
    "copyright": "2026 Night Ferry",
    "licence": "https://creativecommons.org/publicdomain/zero/1.0/",
}
"""A row of everything that tags say."""


def write_tone(
    path: Path, *, hertz: float = 440, frames: int = RATE // 4, channels: int = 1, like: str | None = None
) -> Path:
    """Writes a tone, in the format of the name's suffix or of `like`, and returns the path."""
    container, subtype = _FORMATS[like or path.suffix]
    wave = 0.3 * np.sin(2 * np.pi * hertz * np.arange(frames) / RATE)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.stack([wave] * channels, axis=1), RATE, format=container, subtype=subtype)
    return path


def write_album(folder: Path) -> Path:
    """Writes three tones of 250, 500 and 750 ms in three formats, and what else lies about in a folder of music."""
    write_tone(folder / "a.flac", hertz=220)
    write_tone(folder / "b.ogg", hertz=330, frames=RATE // 2)
    write_tone(folder / "side 2" / "c.wav", hertz=440, frames=RATE * 3 // 4)
    (folder / "LICENCE.txt").write_text("Take what you like.")
    (folder / ".DS_Store").write_bytes(b"litter")
    return folder


def write_comments(path: Path, comments: Mapping[str, Sequence[str]]) -> Path:
    """Adds Vorbis comments to a FLAC or Ogg file."""
    file = mutagen.File(path)
    for name, values in comments.items():
        file[name] = list(values)
    file.save()
    return path


def write_frames(path: Path, frames: Mapping[str, str | Sequence[str]]) -> Path:
    """Adds ID3 frames (by name, ``TXXX:ISWC`` for one's own) to an MP3, WAV or AIFF file."""
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    for name, value in frames.items():
        kind, _, description = name.partition(":")
        frame: Callable[..., id3.Frame] = getattr(id3, kind)
        if kind.startswith("W"):
            file.tags.add(frame(url=value))
        elif description:
            file.tags.add(frame(desc=description, text=value))
        else:
            file.tags.add(frame(text=value))
    file.save()
    return path


def write_contributors(path: Path, *lines: str) -> Path:
    """Writes a contributors file of these lines."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def row_at(rows: Sequence[TableRow], path: str) -> TableRow:
    """Returns the one row of this path."""
    (row,) = (row for row in rows if row.metadata.path == path)
    return row
