import struct
from pathlib import Path

import pytest

from audiera.music.reading import Reading
from tests.support.reading import reading, refusal
from tests.support.scores import NOTE, meta, midi


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_midi_file_has_a_length_and_no_samples(tmp_path: Path) -> None:
    found = reading(written(tmp_path / "a.mid", midi()))

    assert found == Reading({"media_type": "audio/midi", "duration_ms": 500}, None)


@pytest.mark.parametrize(
    ("tracks", "milliseconds"),
    [
        ((meta(0x51, (1_000_000).to_bytes(3, "big")), NOTE), 1_000),
        ((meta(0x51, (333_333).to_bytes(3, "big")), NOTE), 334),
        ((NOTE, NOTE * 3), 1_500),
        ((NOTE + meta(0x51, (250_000).to_bytes(3, "big")) + NOTE,), 750),
        ((NOTE, meta(0x51, (250_000).to_bytes(3, "big")), NOTE), 250),
        ((meta(0x51, (250_000).to_bytes(3, "big")), meta(0x51, (750_000).to_bytes(3, "big")), NOTE), 750),
        ((NOTE[:4] + meta(1, b"") + b"\x83\x60\x40\x00",), 500),
        ((b"\x00\xf0\x02\x01\xf7\x00\xc0\x01" + NOTE,), 500),
    ],
    ids=[
        *("slower", "rounded up", "the longest track", "a change of tempo", "a tempo of another track"),
        *("the last of tempos", "a status that goes on behind texts", "what instruments alone understand"),
    ],
)
def test_the_length_follows_the_tempo(tmp_path: Path, tracks: tuple[bytes, ...], milliseconds: int) -> None:
    assert reading(written(tmp_path / "a.mid", midi(tracks))).row["duration_ms"] == milliseconds


@pytest.mark.parametrize("coding", ["utf-8", "cp1252"])
def test_the_first_name_and_the_rights_are_read_in_either_coding(tmp_path: Path, coding: str) -> None:
    conductor = meta(3, "Écluse".encode(coding)) + meta(2, "© Inès".encode(coding))

    row = reading(written(tmp_path / "a.kar", midi([conductor, meta(3, b"Piano") + NOTE]))).row

    assert (row["title"], row["copyright"]) == ("Écluse", "© Inès")


def test_midi_within_riff_is_midi(tmp_path: Path) -> None:
    data = midi()
    body = b"RMIDdata" + struct.pack("<I", len(data)) + data

    row = reading(written(tmp_path / "a.rmi", b"RIFF" + struct.pack("<I", len(body)) + body)).row

    assert row == {"media_type": "audio/midi", "duration_ms": 500}


def test_every_cut_is_refused(tmp_path: Path) -> None:
    data = midi([meta(3, b"Lullaby") + NOTE, NOTE * 4])

    for cut in range(4, len(data)):
        assert refusal(written(tmp_path / "a.mid", data[:cut]), reading).startswith(("breaks off", "is damaged"))


def test_a_track_that_is_cut_is_named_with_what_lacks(tmp_path: Path) -> None:
    data = midi()
    length = len(NOTE) + 4

    expected = f"breaks off: it announces {length} bytes of a track and has {length - 3}; get a whole copy"
    assert refusal(written(tmp_path / "a.mid", data[:-3]), reading) == expected


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (midi(kind=2), "holds several pieces that do not belong together (MIDI format 2); divide it"),
        (midi(beat=0xE728), "counts time in frames of film (SMPTE), not in beats; export it anew"),
        (midi([meta(3, b"Silence")]), "holds no music: there is not one note in it"),
        (midi()[:30] + b"\xff" * 12, "is damaged: it cannot be read as MIDI (data byte must be in range 0..127)"),
        (midi([b"\x00\x90\xff\xff"]), "is damaged: it cannot be read as MIDI (data byte must be in range 0..127)"),
        (midi([b"\xff\xff\xff\x7f" * 20 + NOTE]), "is damaged: it cannot be read as MIDI"),
        (midi([b"\x80" * 4 + NOTE]), "is damaged: it cannot be read as MIDI (a number has more than four bytes)"),
        (midi([NOTE + b"\x00\xf0\x01\xf7\x00\x40\x40"]), "is damaged: it cannot be read as MIDI"),
        (midi([b"\x00\xf4" + NOTE]), "is damaged: it cannot be read as MIDI (there is no status 0xf4)"),
        (midi([meta(0x51, b"\7") + NOTE]), "is damaged: it cannot be read as MIDI (a tempo has three bytes)"),
        (midi([NOTE, b"\xff\xff\xff\x7f\xf7" + NOTE]), "is damaged: it cannot be read as MIDI"),
    ],
    ids=[
        "format 2",
        "SMPTE",
        "no note",
        "junk",
        "data of a status",
        "no status",
        "a long number",
        "no status after others",
        "an unknown status",
        "no tempo",
        "endless data",
    ],
)
def test_what_cannot_be_played_is_refused(tmp_path: Path, data: bytes, reason: str) -> None:
    assert refusal(written(tmp_path / "a.mid", data), reading).startswith(reason)


def test_a_file_larger_than_any_midi_is_refused_before_it_is_read(tmp_path: Path) -> None:
    data = midi((NOTE * (1 << 17),))

    assert refusal(written(tmp_path / "a.mid", data), reading) == "is too large for MIDI (1 MiB); get a whole copy"
