import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from audiera.credits.divide import ShareRule
from audiera.dataset import verify_folder
from audiera.dataset.prepare import prepare
from audiera.dataset.record import load_version, store_version
from audiera.dataset.request import DatasetRequest
from audiera.errors import InputError
from audiera.folder.scan import Duplicates, ScanOptions, scan
from audiera.protocol import Change, Difference, compare
from audiera.protocol.items import ContentTree, Item
from audiera.protocol.table import TableRow
from audiera.work.progress import Progress
from tests.support.music import ADA, row_at, write_album, write_comments, write_contributors, write_tone


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_album(tmp_path / "music")


@pytest.fixture
def rows(folder: Path) -> tuple[TableRow, ...]:
    return scan(folder).rows


def test_an_untouched_folder_holds(folder: Path, rows: tuple[TableRow, ...]) -> None:
    found = verify_folder(folder, rows)

    assert found.holds
    assert found.differences == ()
    assert found.content_root == ContentTree.of(row.item for row in rows).root


def test_files_that_are_no_items_do_not_matter(folder: Path, rows: tuple[TableRow, ...]) -> None:
    (folder / "LICENCE.txt").unlink()
    (folder / "notes.md").write_text("new")

    assert verify_folder(folder, rows).holds


def test_everything_that_can_happen_to_an_item_is_told(folder: Path, rows: tuple[TableRow, ...]) -> None:
    write_tone(folder / "new.wav", hertz=880)
    write_comments(folder / "a.flac", {"title": ["Retitled"]})
    (folder / "b.ogg").rename(folder / "side 2" / "b.ogg")
    (folder / "side 2" / "c.wav").unlink()

    found = verify_folder(folder, rows)

    assert found.differences == (
        Difference(Change.ALTERED, "a.flac", "bytes, title"),
        Difference(Change.ADDED, "new.wav"),
        Difference(Change.RENAMED, "side 2/b.ogg", "was b.ogg"),
        Difference(Change.REMOVED, "side 2/c.wav"),
    )
    assert [str(difference) for difference in found.differences] == [
        "altered: a.flac (bytes, title)",
        "added: new.wav",
        "renamed: side 2/b.ogg (was b.ogg)",
        "removed: side 2/c.wav",
    ]
    assert not found.holds
    assert found.content_root != ContentTree.of(row.item for row in rows).root


def test_one_altered_sample_is_found(folder: Path, rows: tuple[TableRow, ...]) -> None:
    path = folder / "side 2" / "c.wav"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)

    assert verify_folder(folder, rows).differences == (Difference(Change.ALTERED, "side 2/c.wav", "bytes"),)


def test_a_broken_file_is_a_problem_and_not_missing(folder: Path, rows: tuple[TableRow, ...]) -> None:
    (folder / "a.flac").write_bytes(b"fLaC")

    found = verify_folder(folder, rows)

    assert found.differences == ()
    assert [problem.path for problem in found.problems] == ["a.flac"]
    assert not found.holds


def test_a_copy_of_an_item_is_not_what_was_registered(folder: Path, rows: tuple[TableRow, ...]) -> None:
    (folder / "copy.flac").write_bytes((folder / "a.flac").read_bytes())

    found = verify_folder(folder, rows)

    assert found.differences == (Difference(Change.ADDED, "copy.flac"),)
    assert [str(problem) for problem in found.problems] == ["copy.flac has the same bytes as a.flac; keep one of them"]


def test_what_was_left_out_at_registration_is_no_problem_as_long_as_it_is_bad(tmp_path: Path) -> None:
    folder = write_album(tmp_path)
    (folder / "bad.wav").write_text("text")
    (folder / "copy.flac").write_bytes((folder / "a.flac").read_bytes())
    registered = scan(folder, ScanOptions(skip_bad=True, duplicates=Duplicates.KEEP_FIRST))
    left_out = [problem.path for problem in registered.left_out]

    still, strict = (verify_folder(folder, registered.rows, left_out=names) for names in (left_out, ()))
    write_tone(folder / "bad.wav", hertz=990)
    mended = verify_folder(folder, registered.rows, left_out=left_out)

    assert left_out == ["bad.wav", "copy.flac"]
    assert still.holds
    assert still.content_root == ContentTree.of(row.item for row in registered.rows).root
    assert [problem.path for problem in strict.problems] == ["bad.wav", "copy.flac"]
    assert mended.differences == (Difference(Change.ADDED, "bad.wav"),)


def test_a_folder_that_is_not_music_is_compared_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"123")
    registered = scan(tmp_path, ScanOptions(everything=True)).rows
    (tmp_path / "weights.bin").write_bytes(b"124")

    found = verify_folder(tmp_path, registered, everything=True)

    assert found.differences == (Difference(Change.ALTERED, "weights.bin", "bytes"),)
    assert found.problems == ()


def test_a_broken_file_is_not_missing_however_its_accents_are_coded(tmp_path: Path) -> None:
    path = write_tone(tmp_path / "E\u0301cluse.wav")
    registered = scan(tmp_path).rows
    path.write_bytes(b"RIFF")

    found = verify_folder(tmp_path, registered)

    assert found.differences == ()
    assert [problem.path for problem in found.problems] == ["\u00c9cluse.wav"]


def test_an_emptied_folder_has_no_root(folder: Path, rows: tuple[TableRow, ...]) -> None:
    for row in rows:
        (folder / row.metadata.path).unlink()

    found = verify_folder(folder, rows)

    assert found.content_root is None
    assert {difference.change for difference in found.differences} == {Change.REMOVED}


def test_two_items_that_swapped_names_are_both_altered(rows: tuple[TableRow, ...]) -> None:
    first, second, third = rows
    paths = first.metadata.path, second.metadata.path
    swapped = (
        TableRow(first.item, replace(first.metadata, path=paths[1])),
        TableRow(second.item, replace(second.metadata, path=paths[0])),
    )

    changes = [(each.change, each.path) for each in compare(rows, (*swapped, third))]

    assert changes == [(Change.ALTERED, paths[0]), (Change.ALTERED, paths[1])]


def test_other_metadata_of_the_same_bytes_is_told_apart(rows: tuple[TableRow, ...]) -> None:
    row = row_at(rows, "b.ogg")
    metadata = replace(row.metadata, title="Read by a later tag reader")
    now = TableRow(Item.of(row.item.sha256, row.item.size, metadata), metadata)

    found = compare(rows, [now if each is row else each for each in rows])

    assert found == (Difference(Change.DESCRIBED_OTHERWISE, "b.ogg", "title"),)


def test_verifying_reports_progress(folder: Path, rows: tuple[TableRow, ...]) -> None:
    seen: list[Progress] = []

    verify_folder(folder, rows, progress=seen.append)

    assert seen[-1].files == 3


def test_verifying_needs_a_folder(folder: Path, rows: tuple[TableRow, ...]) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        verify_folder(folder / "a.flac", rows)


def undecodable(folder: Path) -> Path:
    return Path(os.fsdecode(os.fsencode(folder) + b"/\xe9.flac"))


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: write_tone(folder / "b\u202egpj.flac", hertz=990),
        lambda folder: write_tone(folder / "line\nbreak.flac", hertz=990),
        lambda folder: write_tone(folder / "line\u2028break.flac", hertz=990),
        lambda folder: write_tone(folder / "folder\r" / "a.flac", hertz=990),
        lambda folder: write_tone(folder / "back\\slash.flac", hertz=990),
        lambda folder: write_tone(folder / "b.flac", hertz=990).rename(undecodable(folder)),
        lambda folder: [write_tone(folder / name, hertz=990) for name in ("E\u0301.flac", "\u00c9.flac")],
        lambda folder: (folder / "link.flac").symlink_to("nowhere"),
        lambda folder: (folder / "out").symlink_to(folder.parent),
        lambda folder: os.mkfifo(folder / "pipe.flac"),
        lambda folder: (folder / "empty.flac").touch(),
    ],
    ids=["bidi", "line", "U+2028", "folder", "backslash", "bytes", "accents", "link", "link out", "pipe", "empty"],
)
def test_whatever_was_left_out_is_left_out_again_when_verifying(tmp_path: Path, make: Callable[[Path], object]) -> None:
    folder = write_album(tmp_path / "music")
    make(folder)
    people = write_contributors(tmp_path / "people.csv", "name,address", f"Ada,{ADA}")
    request = DatasetRequest(folder=folder, contributors=people, rule=ShareRule.EQUAL, date="2026-03-01", skip_bad=True)
    documents = prepare(request).documents
    store_version(request.record, documents)
    stored = load_version(request.record, documents.digest)

    found = verify_folder(folder, stored.rows, left_out=[problem.path for problem in stored.left_out])

    assert len(stored.left_out) == 1
    assert found.holds
    assert found.content_root == stored.tree.root
