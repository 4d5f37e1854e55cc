import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiera.dataset.prepare import prepare
from audiera.dataset.request import DatasetRequest
from audiera.demo.band.album import PEOPLE, Rendered, render
from audiera.demo.band.synth import RATE, Score, hit, perform
from audiera.demo.band.tunes import FIELD_RECORDINGS, HARBOUR_LIGHTS, KITCHEN_PERCUSSION
from audiera.folder.scan import scan
from tests.support.music import CUSTODIAN, row_at

ADDRESSES = {name: f"0x{number:040x}" for number, name in enumerate(PEOPLE, start=1) if name != "Pavel Brandt"}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rendered, Rendered, Rendered]:
    return render(tmp_path_factory.mktemp("first"), ADDRESSES)


def test_three_folders_are_rendered(rendered: tuple[Rendered, ...]) -> None:
    found = [[row.metadata.path for row in scan(each.folder).rows] for each in rendered]

    assert found == [
        sorted(track.file for track in HARBOUR_LIGHTS),
        sorted(stroke.file for stroke in KITCHEN_PERCUSSION),
        sorted(bed.file for bed in FIELD_RECORDINGS),
    ]
    assert [len(paths) for paths in found] == [6, 12, 3]


def test_the_album_is_tagged_like_a_release(rendered: tuple[Rendered, ...]) -> None:
    album = scan(rendered[0].folder)

    row = row_at(album.rows, "04 Écluse.ogg").metadata.row()

    length = row.pop("duration_ms")
    assert isinstance(length, int)
    assert 10_000 < length < 30_000
    assert row == {
        "path": "04 Écluse.ogg",
        "media_type": "audio/ogg",
        "title": "Écluse",
        "artists": ["Night Ferry", "Ines Varga", "Tomas Okafor"],
        "album": "Harbour Lights",
        "track": 4,
        "date": "2026",
        "genre": "Folk",
        "bpm": 98,
        "key": "G",
        "isrc": "XXAUD2600004",
        "copyright": "2026 Night Ferry",
        "sample_rate": RATE,
        "channels": 2,
    }
    assert {row.metadata.media_type for row in album.rows} == {"audio/flac", "audio/ogg", "audio/wav"}
    assert len({row.metadata.isrc for row in album.rows}) == 6


def test_all_of_it_can_be_registered_with_one_contributor_held_in_trust(rendered: tuple[Rendered, ...]) -> None:
    held: set[str] = set()
    credited: set[str] = set()
    for each in rendered:
        prepared = prepare(
            DatasetRequest(
                folder=each.folder,
                date="2026-03-01",
                contributors=each.contributors,
                rule=each.rule,
                custodian=CUSTODIAN,
            )
        )
        assert prepared.credits is not None
        credited |= {name for payout in prepared.credits.payouts for name in payout.names}
        held |= {name for payout in prepared.credits.payouts if payout.custodian for name in payout.names}

    assert credited == set(PEOPLE)
    assert held == {"Pavel Brandt"}


def test_the_contributors_files_carry_the_addresses(rendered: tuple[Rendered, ...]) -> None:
    for each in rendered:
        with each.contributors.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                assert row["address"] == ADDRESSES.get(row.get("composer") or row.get("name") or "", "")


def test_every_rendering_has_the_same_bytes(rendered: tuple[Rendered, ...], tmp_path: Path) -> None:
    again = render(tmp_path, ADDRESSES)

    for first, second in zip(rendered, again, strict=True):
        names = sorted(path.relative_to(first.folder) for path in first.folder.rglob("*") if path.is_file())
        for name in names:
            assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes(), name


def test_it_is_loud_enough_to_hear_and_never_clips(rendered: tuple[Rendered, ...]) -> None:
    for each in rendered:
        for row in scan(each.folder).rows:
            sound, _ = soundfile.read(each.folder / row.metadata.path)

            assert 0.5 < np.abs(sound).max() < 1, row.metadata.path


def test_a_melody_is_heard_at_its_pitch() -> None:
    """The loudest frequency of a reed on A4 is 440 Hz."""
    sound = hit("reed", "A4", 1.0)

    spectrum = np.abs(np.fft.rfft(sound[:RATE]))

    assert abs(int(np.argmax(spectrum)) - 440) <= 1


def test_a_piece_lasts_its_bars_and_dies_away() -> None:
    sound = perform(Score(120, 1, "C", "C4:4", "bell", "pluck"))

    assert sound.shape == (int(4.5 * RATE), 2)
    assert np.abs(sound[-1]).max() == 0


@pytest.mark.parametrize(("chords", "melody"), [("H", "C4:4"), ("C", "X9:4")])
def test_a_score_with_a_wrong_name_is_refused(chords: str, melody: str) -> None:
    with pytest.raises(ValueError, match=r"is not a (chord|note) like"):
        perform(Score(120, 1, chords, melody, "bell", "pluck"))
