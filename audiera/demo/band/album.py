"""Renders music of Audiera's own, so that everything can be tried without anyone else's.

Three folders, each with the contributors file that goes with it: an album of six tracks, twelve one-shot
samples and three field recordings; FLAC, WAV and Ogg Vorbis, tagged. The same release renders the same
bytes.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import mutagen
import soundfile
from mutagen import id3
from mutagen.ogg import OggPage

from audiera.credits import ShareRule
from audiera.demo.band.synth import RATE, Sound, hit, noise_bed, perform
from audiera.demo.band.tunes import FIELD_RECORDINGS, HARBOUR_LIGHTS, KITCHEN_PERCUSSION

__all__ = ["PEOPLE", "Rendered", "render"]


PEOPLE: Final = (
    *("Mara Lindqvist", "Tomas Okafor", "Ines Varga", "Pavel Brandt"),
    *("Lena Fuchs", "Owen Adeyemi", "Sora Kimura"),
    *("Ada Moreau", "Jonas Reiter"),
)
"""Everyone credited: four for the album, three for the samples, two for the field recordings."""

_SAMPLE_SHARES: Final = {"Lena Fuchs": "50 %", "Owen Adeyemi": "30 %", "Sora Kimura": "20 %"}
_YEAR: Final = "2026"
_OGG_SERIAL: Final = 1

_ID3: Final[Mapping[str, Callable[..., id3.Frame]]] = {
    "title": id3.TIT2,
    "artist": id3.TPE1,
    "album": id3.TALB,
    "tracknumber": id3.TRCK,
    "date": id3.TDRC,
    "genre": id3.TCON,
    "bpm": id3.TBPM,
    "key": id3.TKEY,
    "isrc": id3.TSRC,
    "copyright": id3.TCOP,
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """One folder of music, as `audiera.dataset.prepare.prepare` takes it."""

    folder: Path
    contributors: Path
    rule: ShareRule | None
    creator: str
    description: str


def render(folder: Path, addresses: Mapping[str, str]) -> tuple[Rendered, Rendered, Rendered]:
    """Render the album, the samples and the field recordings into folders below `folder`.

    Args:
        folder: where to; made if it is not there.
        addresses: by name, out of `PEOPLE`; who is not in it needs a custodian.
    """
    return (
        _render_album(folder / "Harbour Lights", addresses),
        _render_samples(folder / "Kitchen Percussion", addresses),
        _render_field(folder / "Weather, Indoors", addresses),
    )


def _render_album(folder: Path, addresses: Mapping[str, str]) -> Rendered:
    group = "Night Ferry"
    for number, track in enumerate(HARBOUR_LIGHTS, start=1):
        tags = {
            "title": [track.title],
            "artist": [group, *track.composers],
            "album": [folder.name],
            "tracknumber": [f"{number}/{len(HARBOUR_LIGHTS)}"],
            "date": [_YEAR],
            "genre": [track.genre],
            "bpm": [str(track.score.bpm)],
            "key": [track.key],
            "isrc": [f"XX-AUD-26-{number:05}"],  # XX is no country: nobody else's code
            "copyright": [f"{_YEAR} {group}"],
        }
        _write(folder / track.file, perform(track.score), tags)
    rows = [[track.file, name, addresses.get(name, "")] for track in HARBOUR_LIGHTS for name in track.composers]
    table = _write_csv(folder, ["file", "composer", "address"], rows)
    return Rendered(folder, table, ShareRule.SECONDS, group, "Six short pieces for the boat home.")


def _render_samples(folder: Path, addresses: Mapping[str, str]) -> Rendered:
    for stroke in KITCHEN_PERCUSSION:
        tags = {"title": [stroke.title], "artist": ["Tin & Timber"], "album": [folder.name], "genre": ["Samples"]}
        _write(folder / stroke.file, hit(stroke.instrument, stroke.pitch, stroke.seconds), tags)
    rows = [[name, addresses.get(name, ""), share, "performer"] for name, share in _SAMPLE_SHARES.items()]
    table = _write_csv(folder, ["name", "address", "share", "role"], rows)
    return Rendered(folder, table, None, "Tin & Timber", "Twelve things in a kitchen, struck once each.")


def _render_field(folder: Path, addresses: Mapping[str, str]) -> Rendered:
    for bed in FIELD_RECORDINGS:
        sound = noise_bed(bed.seed, bed.seconds, colour=bed.colour, swell=bed.swell, drops=bed.drops)
        tags = {"title": [bed.title], "artist": [bed.recordist], "album": [folder.name], "genre": ["Field Recording"]}
        _write(folder / bed.file, sound, tags)
    rows = [[bed.file, bed.recordist, addresses.get(bed.recordist, ""), "recordist"] for bed in FIELD_RECORDINGS]
    table = _write_csv(folder, ["file", "name", "address", "role"], rows)
    return Rendered(folder, table, ShareRule.ITEMS, "Ada Moreau", "Three kinds of weather that never left the room.")


def _write(path: Path, sound: Sound, tags: Mapping[str, Sequence[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".ogg":
        soundfile.write(path, sound, RATE, format="OGG", subtype="VORBIS")
        _tag_comments(path, tags)
        _settle_serial(path)
    elif path.suffix == ".flac":
        soundfile.write(path, sound, RATE, format="FLAC", subtype="PCM_16")
        _tag_comments(path, tags)
    else:
        soundfile.write(path, sound, RATE, format="WAV", subtype="PCM_16")
        _tag_frames(path, tags)


def _tag_comments(path: Path, tags: Mapping[str, Sequence[str]]) -> None:
    file = mutagen.File(path)
    for name, values in tags.items():
        file[name] = list(values)
    file.save()


def _tag_frames(path: Path, tags: Mapping[str, Sequence[str]]) -> None:
    file = mutagen.File(path)
    file.add_tags()
    for name, values in tags.items():
        file.tags.add(_ID3[name](text=list(values)))
    file.save()


def _settle_serial(path: Path) -> None:
    """Give an Ogg stream a fixed number: encoders draw one by lot, and then no two renderings are the
    same.
    """
    data = io.BytesIO(path.read_bytes())
    pages = bytearray()
    while data.tell() < len(data.getbuffer()):
        page = OggPage(data)  # type: ignore[no-untyped-call]  # mutagen annotates only what it documents
        page.serial = _OGG_SERIAL
        pages += page.write()  # type: ignore[no-untyped-call]  # as above
    path.write_bytes(pages)


def _write_csv(folder: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    path = folder / "contributors.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path
