"""MIDI files: notes, not sound. Their length follows from their tempo; there are no samples.

A file holds a header and tracks, each of a stated size; all must be whole. Music of several sequences that do
not belong together (format 2) has no one length and is refused.

Source: MIDI Manufacturers Association, Standard MIDI Files 1.0 (RP-001) and RMID (RP-029). Read by mido.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import mido

from audiera.music.formats.bytesource import ByteSource
from audiera.music.sound.decoded import AudioError, breaks_off

__all__ = ["Midi", "read_midi"]


_MAX_BYTES: Final = 1 << 20  # hours of dense notes; each byte costs some three hundred while it is read
_MAX_DURATION_MS: Final = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Midi:
    """The length of a MIDI file in milliseconds, rounded up, and what it says of itself, by the names of tags."""

    duration_ms: int
    texts: dict[str, list[str]]


def read_midi(source: ByteSource) -> Midi:
    """Read a MIDI file, bare or within RIFF.

    Raises:
        AudioError: it is damaged, breaks off, is too large to be MIDI, or holds no notes.
        OSError: it cannot be read.
    """
    if source.size > _MAX_BYTES:
        raise AudioError("is too large for MIDI (1 MiB); get a whole copy")
    data = _bare(source.read(0, source.size))
    _check_tracks(data)
    try:
        file = mido.MidiFile(file=BytesIO(data), clip=False)
        seconds = _seconds(file)
    except (EOFError, OSError, ValueError, KeyError, IndexError, LookupError, TypeError) as error:
        reason = str(error).rstrip(".") or "it ends too early"
        raise AudioError(f"is damaged: it cannot be read as MIDI ({reason}); get a whole copy") from error
    if not any(message.type == "note_on" for message in _messages(file)):
        raise AudioError("holds no music: there is not one note in it")
    duration_ms = math.ceil(seconds * 1000)
    if duration_ms > _MAX_DURATION_MS:
        raise AudioError("lasts more than 49 days; divide it")
    return Midi(duration_ms, _texts(file))


def _bare(data: bytes) -> bytes:
    if data[:4] != b"RIFF":
        return data
    at = data.find(b"data", 12, 4096)
    if at < 0:
        raise AudioError("is damaged: there is no MIDI in it; get a whole copy")
    (size,) = struct.unpack("<I", data[at + 4 : at + 8].rjust(4, b"\0"))
    if at + 8 + size > len(data):
        raise breaks_off(f"{size:,} bytes", len(data) - at - 8)
    return data[at + 8 : at + 8 + size]


def _check_tracks(data: bytes) -> None:
    """Walk over the chunks, as a reader that meets the end of a file takes the tracks so far for all of it."""
    if len(data) < 14 or data[:4] != b"MThd":
        raise AudioError("breaks off in its header; get a whole copy")
    size, kind, announced, division = struct.unpack(">IHHH", data[4:14])
    if kind > 1:
        raise AudioError("holds several pieces that do not belong together (MIDI format 2); divide it")
    if division & 0x8000 or not division:
        raise AudioError("counts time in frames of film (SMPTE), not in beats; export it anew")
    at, tracks = 8 + size, 0
    while tracks < announced:
        head = data[at : at + 8]
        if len(head) < 8:
            raise breaks_off(f"{announced:,} tracks", tracks)
        length = int.from_bytes(head[4:], "big")
        if at + 8 + length > len(data):
            raise breaks_off(f"{length:,} bytes of a track", len(data) - at - 8)
        tracks += head[:4] == b"MTrk"
        at += 8 + length


def _messages(file: mido.MidiFile) -> Iterator[mido.Message]:
    return (message for track in file.tracks for message in track)


def _seconds(file: mido.MidiFile) -> float:
    """Return when the last event of all tracks happens."""
    tempo, seconds = 500_000, 0.0  # microseconds for a beat: 120 beats a minute unless said otherwise
    for message in mido.merge_tracks(file.tracks):
        if message.time < 0:
            raise ValueError("time runs backwards")
        seconds += mido.tick2second(message.time, file.ticks_per_beat, tempo)
        if message.type == "set_tempo":
            tempo = message.tempo
    return seconds


def _texts(file: mido.MidiFile) -> dict[str, list[str]]:
    first = file.tracks[0] if file.tracks else ()
    names = [_decoded(message.name) for message in first if message.type == "track_name"]
    rights = [_decoded(message.text) for message in _messages(file) if message.type == "copyright"]
    return {"title": names[:1], "copyright": rights[:1]}


def _decoded(text: str) -> str:
    """MIDI does not say how text is coded; mido takes each byte for a letter, of which many are UTF-8."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text.encode("latin-1", "replace").decode("cp1252", "replace")
