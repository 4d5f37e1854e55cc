import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from audiera.folder import cache
from audiera.folder.cache import READINGS_NAME, ReadingCache
from audiera.folder.intake import take
from audiera.folder.scan import Scan, ScanOptions, scan
from audiera.music.reading import Reading
from audiera.work.progress import Progress
from tests.support.house import modules, taken_by
from tests.support.music import write_album, write_comments, write_tone
from tests.support.places import ROOT
from tests.support.readings import count_as_old

PLAIN = ScanOptions()


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders, each for one test to alter."""
    folders = tmp_path_factory.mktemp("old")
    for name in ("music", "altered", "touched", "bad"):
        write_album(folders / name)
    (folders / "bad" / "bad.wav").write_text("text")
    for hertz in range(300, 340):
        write_tone(folders / "many" / f"{hertz}.wav", hertz=hertz)
    return folders


@pytest.fixture
def old(folders: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folders as if written longer ago than the coarsest clock of a file system ticks."""
    count_as_old(monkeypatch)
    return folders


@pytest.fixture
def settled(old: Path) -> Path:
    """An album that no test alters."""
    return old / "music"


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "music.audiera"


def again(folder: Path, record: Path, options: ScanOptions = PLAIN) -> Scan:
    return scan(folder, options, known=ReadingCache.load(record))


def facts(found: Scan) -> Scan:
    return replace(found, reused=0)


def test_what_did_not_change_is_not_read_again(settled: Path, record: Path) -> None:
    first = again(settled, record)

    second = again(settled, record)

    assert (first.reused, second.reused) == (0, 3)
    assert facts(first) == facts(second) == scan(settled)


def test_an_unchanged_folder_needs_no_writing(settled: Path, record: Path) -> None:
    again(settled, record)
    written = (record / READINGS_NAME).stat()

    again(settled, record)

    assert (record / READINGS_NAME).stat().st_mtime_ns == written.st_mtime_ns


def test_what_was_written_a_moment_before_is_read_again(tmp_path: Path, record: Path) -> None:
    folder = write_album(tmp_path / "music")
    again(folder, record)

    assert again(folder, record).reused == 0


@pytest.mark.parametrize(("after", "kept"), [(2_000_000_000, False), (2_000_000_001, True)])
@pytest.mark.parametrize("last", ["modified", "changed"])
def test_a_reading_is_kept_if_it_began_two_seconds_after_the_last_change(
    folders: Path, record: Path, last: str, after: int, kept: bool
) -> None:
    taken = take(folders / "music", Path("a.flac"))
    found = replace(taken, stamp=replace(taken.stamp, **{"modified": 1_000, "changed": 1_000, last: 5_000}))
    readings = ReadingCache.load(record)

    readings.remember(found, 5_000 + after, everything=False, fingerprint=False)
    readings.save()

    again = ReadingCache.load(record).recall(found.source, found.stamp, everything=False, fingerprint=False)
    assert again == (found if kept else None)


def test_readings_name_the_source_of_all_that_takes_part_in_them() -> None:
    """Every module that taking a file imports: with another source, it may find something else."""
    inside, reached, left = modules(), set[str](), ["folder.intake"]
    while left:
        if (module := left.pop()) not in reached:
            reached.add(module)
            left += [taken.source for taken in taken_by(module, inside[module], inside)]

    assert {"music.formats.mpeg", "protocol.metadata", "text.tidy", "errors"} <= reached
    assert {inside[module] for module in reached} <= set(cache._sources())
    assert all(path.is_relative_to(ROOT / "audiera") for path in cache._sources())


def test_only_what_changed_is_read_again(old: Path, record: Path) -> None:
    folder = old / "altered"
    again(folder, record)
    write_comments(folder / "a.flac", {"title": ["Retitled"]})
    (folder / "b.ogg").rename(folder / "renamed.ogg")

    found = again(folder, record)

    assert found.reused == 1
    assert facts(found) == scan(folder)
    kept = sorted(json.loads(line)[0] for line in lines(record)[1:])
    assert kept == ["a.flac", "renamed.ogg", "side 2/c.wav"]  # what is gone is forgotten


def test_touching_a_file_makes_it_read_again(old: Path, record: Path) -> None:
    folder = old / "touched"
    again(folder, record)
    (folder / "a.flac").touch()

    assert again(folder, record).reused == 2


def test_a_folder_read_as_music_is_read_again_as_bytes(settled: Path, record: Path) -> None:
    again(settled, record)

    found = again(settled, record, ScanOptions(everything=True))

    assert found.reused == 0
    assert facts(found) == scan(settled, ScanOptions(everything=True))


def test_bad_files_are_read_again_every_time(old: Path, record: Path) -> None:
    folder = old / "bad"
    again(folder, record, ScanOptions(skip_bad=True))

    found = again(folder, record, ScanOptions(skip_bad=True))

    assert found.reused == 3
    assert [problem.path for problem in found.left_out] == ["bad.wav"]


def test_an_interrupted_scan_goes_on_where_it_stopped(old: Path, record: Path) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.files == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan(old / "many", progress=interrupt, known=ReadingCache.load(record))

    assert again(old / "many", record).reused == 10


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-40],
        lambda data: data.replace(b"audio/flac", b"audio/mpeg"),
        lambda data: data.replace(b'"soundfile": "', b'"soundfile": "0'),
        lambda data: data.replace(b'"format": 1', b'"format": 2'),
        lambda data: data + b"\xff",
        lambda data: b"[" * 100_000 + data,
        lambda data: data[:0],
    ],
    ids=["cut", "altered", "other versions", "other format", "added", "nested", "empty"],
)
def test_readings_that_are_not_to_be_trusted_are_ignored(
    settled: Path, record: Path, damage: Callable[[bytes], bytes]
) -> None:
    first = again(settled, record)
    path = record / READINGS_NAME
    path.write_bytes(damage(path.read_bytes()))

    found = again(settled, record)

    assert found == first
    assert again(settled, record).reused == 3  # they are written anew


def test_a_record_that_cannot_be_written_stops_nothing(settled: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert again(settled, tmp_path / "file").files


def test_everything_that_reading_found_comes_back(settled: Path, record: Path) -> None:
    again(settled, record)
    (entry,) = (entry for path, entry in map(json.loads, lines(record)[1:]) if path == "a.flac")

    assert entry.keys() == {"everything", "by_ear", "stamp", "sha256", *Reading.__slots__}


def lines(record: Path) -> list[bytes]:
    return (record / READINGS_NAME).read_bytes().splitlines()
