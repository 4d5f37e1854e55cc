"""Reads one file of music truthfully: what it is by content, how long it sounds, what it says of itself.

Headers, names and extensions are not believed: sound is decoded from its first sample to its last, and
whatever is damaged or breaks off is refused. Tags never stop a file.
"""

from dataclasses import dataclass
from io import FileIO

from audiera.music.decode import decode
from audiera.music.formats.bytesource import ByteSource
from audiera.music.formats.midi import read_midi
from audiera.music.formats.musicxml import read_musicxml
from audiera.music.identify import HEAD_BYTES, FileKind, Reader, identify
from audiera.music.sound.decoded import Ears
from audiera.music.sound.fingerprint import Listener
from audiera.music.sound.peaks import Peaks
from audiera.music.suffixes import misnamed
from audiera.music.tags import normalise, read_tags
from audiera.protocol import Row

__all__ = ["Reading", "read"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file is.

    `row` is its metadata row without `path`. `sound` is the same for two files of the same samples, however
    they are tagged (and, for what is coded without loss, in whatever format); None for music without
    samples. `peaks` draw it (`audiera.music.sound.peaks`); None likewise. `fingerprint` is Chromaprint's, if asked for.
    `notes` are clauses to put after the file's name,
    on what is odd but stops nothing.
    """

    row: Row
    sound: bytes | None
    peaks: bytes | None = None
    fingerprint: tuple[int, ...] | None = None
    notes: tuple[str, ...] = ()


def read(file: FileIO, name: str, *, fingerprint: bool = False) -> Reading:
    """Read an open file from its beginning to its end, wherever it was left.

    Args:
        file: the file, open for reading.
        name: its name; the content decides alone, and a note says so where the name says otherwise.
        fingerprint: also return its acoustic fingerprint.

    Raises:
        AudioError: it is not music, damaged, or cannot be decoded; a clause to put after its name.
        InputError: a fingerprint is asked for and Chromaprint is not installed.
        OSError: it cannot be read.
    """
    source = ByteSource(file)
    kind = identify(source.read(0, HEAD_BYTES))
    if kind is not None and kind.reader in (Reader.MIDI, Reader.MUSICXML):
        return _read_score(source, kind, name)
    peaks, listener = Peaks(), Listener() if fingerprint else None
    decoded = decode(file, Ears(peaks, listener) if listener else peaks)
    tags = read_tags(file, decoded.strings)
    row = tags.row | {
        "media_type": decoded.media_type,
        "duration_ms": decoded.duration_ms,
        "sample_rate": decoded.sample_rate,
        "channels": decoded.channels,
    }
    if decoded.bit_depth is not None:
        row["bit_depth"] = decoded.bit_depth
    notes = decoded.notes + tags.notes
    if note := misnamed(name, decoded.media_type):
        notes += (note,)
    return Reading(row, decoded.samples, peaks.finish(), listener.finish() if listener else None, notes)


def _read_score(source: ByteSource, kind: FileKind, name: str) -> Reading:
    if kind.reader is Reader.MIDI:
        midi = read_midi(source)
        tags = normalise(midi.texts)
        row = tags.row | {"media_type": kind.media_type, "duration_ms": midi.duration_ms}
    else:
        tags = normalise(read_musicxml(source))
        row = tags.row | {"media_type": kind.media_type}
    note = misnamed(name, kind.media_type)
    return Reading(row, None, notes=tags.notes + ((note,) if note else ()))
