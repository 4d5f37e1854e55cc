"""MIDI files: notes, not sound. Their length follows from their tempo; there are no samples.

A file holds a header and tracks, each of a stated size; all must be whole. Music of several sequences that do
not belong together (format 2) has no one length and is refused.

Source: MIDI Manufacturers Association, Standard MIDI Files 1.0 (RP-001) and RMID (RP-029).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from audiera.music.formats.bytesource import ByteSource
from audiera.music.sound.decoded import AudioError, breaks_off

__all__ = ["Midi", "read_midi"]


_MAX_BYTES: Final = 1 << 20  # hours of dense notes, which take a second
_MAX_DURATION_MS: Final = (1 << 32) - 1

_TEMPO: Final = 500_000  # microseconds for a beat: 120 beats a minute unless said otherwise
_META, _COPYRIGHT, _NAME, _SET_TEMPO = 0xFF, 0x02, 0x03, 0x51
_SYSEX: Final = (0xF0, 0xF7)
_DATA: Final = {
    **{status: 1 if 0xC0 <= status < 0xE0 else 2 for status in range(0x80, 0xF0)},
    **dict.fromkeys((0xF6, 0xF8, 0xFA, 0xFB, 0xFC, 0xFE), 0),  # these and the next are not for files, and are in some
    **dict.fromkeys((0xF1, 0xF3), 1),
    0xF2: 2,
}
"""How many bytes follow each status."""


@dataclass(frozen=True, slots=True)
class Midi:
    """The length of a MIDI file in milliseconds, rounded up, and what it says of itself, by the names of tags."""

    duration_ms: int
    texts: dict[str, list[str]]


@dataclass(slots=True)
class _Track:
    """What is told of one track. Times are in ticks from its beginning."""

    end: int = 0
    has_notes: bool = False
    tempos: list[tuple[int, int]] = field(default_factory=list)
    """Each with its time, in microseconds for a beat."""
    names: list[bytes] = field(default_factory=list)
    rights: list[bytes] = field(default_factory=list)


def read_midi(source: ByteSource) -> Midi:
    """Read a MIDI file, bare or within RIFF.

    Raises:
        AudioError: it is damaged, breaks off, is too large to be MIDI, or holds no notes.
        OSError: it cannot be read.
    """
    if source.size > _MAX_BYTES:
        raise AudioError("is too large for MIDI (1 MiB); get a whole copy")
    data = _bare(source.read(0, source.size))
    tracks = [_track(events) for events in _chunks(data)]
    if not any(track.has_notes for track in tracks):
        raise AudioError("holds no music: there is not one note in it")
    duration_ms = _milliseconds(tracks, int.from_bytes(data[12:14], "big"))
    if duration_ms > _MAX_DURATION_MS:
        raise AudioError("lasts more than 49 days; divide it")
    rights = [text for track in tracks for text in track.rights]
    return Midi(duration_ms, {"title": _decoded(tracks[0].names), "copyright": _decoded(rights)})


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


def _chunks(data: bytes) -> Iterator[bytes]:
    """Yield the events of each track that is announced; all must be there, and whole."""
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
        if head[:4] == b"MTrk":
            tracks += 1
            yield data[at + 8 : at + 8 + length]
        at += 8 + length


def _track(events: bytes) -> _Track:
    """Walk over a track's events, looking at no byte twice."""
    track = _Track()
    at, status, end = 0, 0, len(events)
    try:
        while at < end:
            delta, at = _number(events, at)
            track.end += delta
            if events[at] == _META:  # which leaves the status as it was
                kind = events[at + 1]
                length, at = _number(events, at + 2)
                _note(track, kind, _part(events, at, length))
                at += length
                continue
            if events[at] & 0x80:  # else the status is that of the event before
                status, at = events[at], at + 1
            if status in _SYSEX:
                length, at = _number(events, at)
                at += len(_part(events, at, length))
            else:
                length = _DATA.get(status, -1)
                if length < 0:
                    raise _damaged(f"there is no status {status:#04x}")
                if not _part(events, at, length).isascii():
                    raise _damaged("data byte must be in range 0..127")
                track.has_notes |= status & 0xF0 == 0x90
                at += length
            if status >= _SYSEX[0]:
                status = 0  # only that of a channel goes on
    except IndexError as error:
        raise _damaged("it ends too early") from error
    return track


def _note(track: _Track, kind: int, content: bytes) -> None:
    """Take what an event says that is not for instruments."""
    if kind == _SET_TEMPO:
        if len(content) != 3:
            raise _damaged("a tempo has three bytes")
        track.tempos.append((track.end, int.from_bytes(content, "big")))
    elif kind == _NAME:
        track.names.append(content)
    elif kind == _COPYRIGHT:
        track.rights.append(content)


def _number(events: bytes, at: int) -> tuple[int, int]:
    """Return a number of up to four bytes, and where it ends. An IndexError if it does not."""
    number = 0
    for place in range(at, at + 4):
        byte = events[place]
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            return number, place + 1
    raise _damaged("a number has more than four bytes")


def _part(events: bytes, at: int, length: int) -> bytes:
    part = events[at : at + length]
    if len(part) < length:
        raise _damaged("it ends too early")
    return part


def _milliseconds(tracks: list[_Track], division: int) -> int:
    """Return when the last event of all tracks happens, rounded up; of tempos at one time, that of the last counts."""
    changes = sorted((change for track in tracks for change in track.tempos), key=lambda change: change[0])
    ticks, total, tempo = 0, 0, _TEMPO
    for at, following in (*changes, (max(track.end for track in tracks), 0)):
        total += (at - ticks) * tempo
        ticks, tempo = at, following
    return -(-total // (1000 * division))


def _damaged(reason: str) -> AudioError:
    return AudioError(f"is damaged: it cannot be read as MIDI ({reason}); get a whole copy")


def _decoded(texts: list[bytes]) -> list[str]:
    """Return the first text, if there is one. MIDI does not say how text is coded."""
    try:
        return [text.decode("utf-8") for text in texts[:1]]
    except UnicodeError:
        return [text.decode("cp1252", "replace") for text in texts[:1]]
