"""Music as notes: MIDI and MusicXML of a few notes."""

import io
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

NOTE = b"\x00\x90\x3c\x40" + b"\x83\x60\x80\x3c\x40"
"""Middle C for 480 ticks."""
TRACK_END = b"\x00\xff\x2f\x00"

CONTAINER = (
    '<?xml version="1.0"?><container><rootfiles>'
    '<rootfile full-path="score.musicxml" media-type="application/vnd.recordare.musicxml+xml"/>'
    "</rootfiles></container>"
)


def meta(kind: int, data: bytes) -> bytes:
    """Returns a MIDI event that is no sound: 2 copyright, 3 track name, 0x51 tempo."""
    return b"\x00\xff" + bytes([kind, len(data)]) + data


def midi(tracks: Sequence[bytes] = (NOTE,), *, kind: int = 1, beat: int = 480) -> bytes:
    """Returns a MIDI file of these tracks, without their ends."""
    parts = [b"MTrk" + struct.pack(">I", len(track + TRACK_END)) + track + TRACK_END for track in tracks]
    return b"MThd" + struct.pack(">IHHH", 6, kind, len(tracks), beat) + b"".join(parts)


def musicxml(identification: str = "", *, root: str = "score-partwise", title: str = "Lullaby") -> str:
    """Returns a score of one note."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<!DOCTYPE {root} PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/p.dtd">\n'
        f'<{root} version="4.0"><work><work-title>{title}</work-title></work>'
        f"<identification>{identification}</identification>"
        '<part-list><score-part id="P1"><part-name>Flute</part-name></score-part></part-list>'
        '<part id="P1"><measure number="1"><note><rest/><duration>4</duration></note></measure></part>'
        f"</{root}>\n"
    )


def write_mxl(path: Path, score: str | bytes, *, container: str = CONTAINER) -> Path:
    """Writes a packed score."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/container.xml", container)
        archive.writestr("score.musicxml", score)
    path.write_bytes(data.getvalue())
    return path
