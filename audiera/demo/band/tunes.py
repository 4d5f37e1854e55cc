"""Music to try Audiera with: an album, a pack of samples and some weather, all made up, as are the people."""

from dataclasses import dataclass
from typing import Final

from audiera.demo.band.synth import Score

__all__ = ["FIELD_RECORDINGS", "HARBOUR_LIGHTS", "KITCHEN_PERCUSSION", "Bed", "Stroke", "Track"]


@dataclass(frozen=True, slots=True)
class Track:
    """A piece of the album: its file, title, composers, genre, key and score."""

    file: str
    title: str
    composers: tuple[str, ...]
    genre: str
    key: str
    score: Score


@dataclass(frozen=True, slots=True)
class Stroke:
    """A one-shot of the sample pack."""

    file: str
    title: str
    instrument: str
    pitch: str = "C3"
    seconds: float = 0.6


@dataclass(frozen=True, slots=True)
class Bed:
    """A field recording, of weather that never was."""

    file: str
    title: str
    recordist: str
    seed: int
    seconds: float
    colour: int
    swell: float
    drops: int = 0


_SPARSE: Final = {"kick": "x.......x.......", "hat": "..x...x...x...x."}
_STEADY: Final = {"kick": "x.....x.x.......", "snare": "....x.......x...", "hat": "x.x.x.x.x.x.x.xx"}
_BUSY: Final = {"kick": "x..x..x.x..x....", "snare": "....x..x.x..x...", "hat": "xxx.xxx.xxx.xxx."}

HARBOUR_LIGHTS: Final = (
    Track(
        "01 Cast Off.flac",
        "Cast Off",
        ("Mara Lindqvist",),
        "Electronic",
        "Dm",
        Score(
            112,
            8,
            "Dm Bb F C",
            "A4:1 D5:.5 F5:.5 E5:1 D5:1 R:.5 D5:.5 C5:.5 Bb4:.5 A4:2 C5:1 A4:.5 G4:.5 F4:1 A4:1 G4:1 E4:1 R:2",
            "pluck",
            "bell",
            "0213",
            drums=_STEADY,
        ),
    ),
    Track(
        "02 Breakwater.flac",
        "Breakwater",
        ("Tomas Okafor", "Mara Lindqvist"),
        "Electronic",
        "Am",
        Score(
            126,
            8,
            "Am F C G",
            "E5:.5 E5:.5 D5:.5 C5:.5 A4:2 F5:.5 E5:.5 D5:.5 C5:.5 D5:2 G5:1 E5:1 C5:1 D5:1 B4:1.5 D5:.5 G4:2",
            "reed",
            "pluck",
            "0123",
            drums=_BUSY,
        ),
    ),
    Track(
        "03 Slow Lock.ogg",
        "Slow Lock",
        ("Ines Varga",),
        "Ambient",
        "F",
        Score(
            66,
            4,
            "Fmaj7 Em7 Dm7 Cmaj7",
            "C5:3 E5:1 D5:4 A4:2 C5:2 G4:4",
            "bell",
            "pluck",
            "0 2 ",
            bass="x...............",
        ),
    ),
    Track(
        "04 Écluse.ogg",
        "Écluse",
        ("Ines Varga", "Tomas Okafor"),
        "Folk",
        "G",
        Score(
            98,
            6,
            "G D Em C G D",
            "B4:.5 D5:.5 G5:1 F#5:.5 E5:.5 D5:1 A4:1 B4:.5 C5:.5 A4:2 G4:.5 B4:.5 E5:1 D5:.5 B4:.5 A4:1 G4:2 R:2",
            "reed",
            "pluck",
            "0212",
            drums=_SPARSE,
        ),
    ),
    Track(
        "05 Signal Lamp.wav",
        "Signal Lamp",
        ("Pavel Brandt",),
        "Minimal",
        "Bm",
        Score(
            138,
            8,
            "Bm Bm G A",
            "F#5:.5 R:.5 F#5:.25 F#5:.25 R:.5 D5:.5 E5:.5 F#5:1 R:.5 B4:.5 D5:.5 C#5:.5 B4:2",
            "bell",
            "pluck",
            "02 1",
            drums=_STEADY,
        ),
    ),
    Track(
        "06 Home Before Rain.wav",
        "Home Before Rain",
        ("Mara Lindqvist", "Ines Varga"),
        "Electronic",
        "C",
        Score(
            104,
            8,
            "C Am7 Fmaj7 Gsus4",
            "E4:.5 G4:.5 C5:1 B4:.5 A4:.5 G4:1 A4:1 C5:1 E5:1 D5:1 C5:.5 A4:.5 F4:1 A4:1 C5:1 D5:2 G4:2",
            "pluck",
            "bell",
            "0231",
            drums=_SPARSE,
        ),
    ),
)

KITCHEN_PERCUSSION: Final = (
    Stroke("drums/kick_flour_sack.wav", "Flour Sack", "kick", seconds=0.7),
    Stroke("drums/snare_colander.wav", "Colander", "snare", seconds=0.4),
    Stroke("drums/hat_salt.wav", "Salt", "hat", seconds=0.2),
    Stroke("wood/board_low.wav", "Board, Low", "wood", "A2", 0.35),
    Stroke("wood/board_high.wav", "Board, High", "wood", "E3", 0.3),
    Stroke("wood/spoon.flac", "Spoon", "wood", "C4", 0.25),
    Stroke("tin/lid_small.flac", "Small Lid", "tin", "D4", 0.9),
    Stroke("tin/lid_large.flac", "Large Lid", "tin", "F3", 1.4),
    Stroke("tin/cake_form.flac", "Cake Form", "tin", "A2", 1.1),
    Stroke("tuned/glass_g.ogg", "Glass G", "bell", "G4", 1.2),
    Stroke("tuned/glass_d.ogg", "Glass D", "bell", "D5", 1.2),
    Stroke("tuned/egg_slicer.ogg", "Egg Slicer", "pluck", "E4", 0.8),
)

FIELD_RECORDINGS: Final = (
    Bed("rain_on_slate.flac", "Rain on Slate", "Ada Moreau", 1, 9.0, colour=3, swell=7.0, drops=90),
    Bed("wind_in_reeds.ogg", "Wind in Reeds", "Ada Moreau", 2, 11.0, colour=40, swell=3.1),
    Bed("sea_wall.ogg", "Sea Wall", "Jonas Reiter", 3, 10.0, colour=14, swell=4.5, drops=12),
)
