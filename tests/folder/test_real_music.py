"""Registers, verifies and proves real music: the folder that AUDIERA_MUSIC names."""

import csv
import hashlib
import shutil
from functools import cache
from pathlib import Path

import pytest

from audiera.credits.contributors import read_contributors
from audiera.credits.divide import ShareRule, divide
from audiera.dataset import verify_folder
from audiera.dataset.packing import pack
from audiera.dataset.prepare import prepare
from audiera.dataset.record import load_version, store_version
from audiera.dataset.request import DatasetRequest
from audiera.dataset.storeproof import prove_stored
from audiera.folder.scan import Duplicates, Scan, ScanOptions, scan
from audiera.protocol import Change
from audiera.protocol.items import verify_item
from audiera.protocol.splits import WHOLE
from audiera.storage import Store, survey
from tests.support.croissant import RDFLIB_NOTICE, open_dataset, plain
from tests.support.music import ADA, CUSTODIAN, row_at, write_contributors
from tests.support.optional import real_music

MUSIC = real_music()
CREDITED = sorted(
    it.parent for it in MUSIC.rglob("contributors.csv") if "composer" in it.read_text("utf-8").splitlines()[0]
)


def complete(source: Path, target: Path) -> Path:
    """Copies a contributors file; a row whose composer is a remark in brackets credits nobody, on purpose."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    column = rows[0].index("composer")
    for row in rows[1:]:
        row[column] = "-" if row[column].startswith("(none") else row[column]
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return target


ANY = ScanOptions(skip_bad=True, duplicates=Duplicates.KEEP_FIRST)  # whatever lies in the folder


@cache
def found(folder: Path) -> Scan:
    return scan(folder, ANY)


def test_there_is_music() -> None:
    assert found(MUSIC).files
    assert found(MUSIC).duration_ms > 0


@pytest.mark.filterwarnings(RDFLIB_NOTICE)
def test_all_of_it_is_packed_and_read_back_by_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    people = write_contributors(tmp_path / "people.csv", "name,address", f"Everybody,{ADA}")
    dataset = prepare(
        DatasetRequest(
            folder=MUSIC,
            date="2026-03-01",
            contributors=people,
            rule=ShareRule.EQUAL,
            skip_bad=True,
            duplicates=Duplicates.KEEP_FIRST,
        )
    )
    store = Store.open(str(tmp_path / "store"))
    pack([dataset], tmp_path / "record", store, survey(store, dataset.objects))

    proven = prove_stored(store, dataset.manifest_digest)
    document = tmp_path / "record" / dataset.manifest_digest.hex() / "manifest.json"
    records = [plain(record) for record in open_dataset(document, caplog).records("items")]

    assert proven == ()
    assert len(records) == len(dataset.rows)
    on_disk = {file.row.metadata.path: MUSIC / file.source for file in dataset.scan.files}  # accents coded either way
    for record in records:
        assert hashlib.sha256(on_disk[str(record["path"])].read_bytes()).hexdigest() == record["sha256"]


@pytest.mark.parametrize("folder", CREDITED, ids=lambda folder: folder.name)
def test_a_credited_folder_is_registered_and_proven(folder: Path, tmp_path: Path) -> None:
    people = complete(folder / "contributors.csv", tmp_path / "people.csv")
    dataset = prepare(
        DatasetRequest(
            folder=folder,
            date="2026-03-01",
            contributors=people,
            rule=ShareRule.SECONDS,
            custodian=CUSTODIAN,
            skip_bad=True,
            duplicates=Duplicates.KEEP_FIRST,
        )
    )
    store_version(tmp_path / "record", dataset.documents)

    version = load_version(tmp_path / "record", dataset.manifest_digest)

    assert dataset.rows == found(folder).rows
    for row in version.rows:
        assert verify_item(dataset.content_root, row.item, version.tree.proof(row.item))


@pytest.mark.parametrize("folder", CREDITED, ids=lambda folder: folder.name)
@pytest.mark.parametrize("rule", list(ShareRule))
def test_every_rule_divides_real_credits(folder: Path, rule: ShareRule, tmp_path: Path) -> None:
    people = read_contributors(complete(folder / "contributors.csv", tmp_path / "people.csv"))

    divided = divide(people, found(folder).rows, rule=rule, custodian=CUSTODIAN)

    assert sum(share.ppm for share in divided.split.shares) == WHOLE
    assert {name for payout in divided.payouts for name in payout.names} == {
        each.person.name for each in people.credits
    }


@pytest.mark.parametrize("folder", CREDITED, ids=lambda folder: folder.name)
def test_what_decoding_finds_is_what_the_credits_state(folder: Path) -> None:
    """The credits were measured by others: their lengths (to 10 ms) and sizes are an independent witness."""
    with (folder / "contributors.csv").open(encoding="utf-8", newline="") as file:
        for stated in csv.DictReader(file):
            item = row_at(found(folder).rows, stated["file"]).item
            assert item.size == int(stated["bytes"])
            assert abs(item.duration_ms - 1_000 * float(stated["seconds"])) <= 6


@pytest.mark.parametrize("folder", CREDITED, ids=lambda folder: folder.name)
def test_one_altered_file_of_real_music_is_found(folder: Path, tmp_path: Path) -> None:
    rows = found(folder).rows[:3]
    for row in rows:
        (tmp_path / row.metadata.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / row.metadata.path, tmp_path / row.metadata.path)
    path = rows[0].metadata.path
    data = bytearray((tmp_path / path).read_bytes())
    data[-1] ^= 1
    (tmp_path / path).write_bytes(data)

    result = verify_folder(tmp_path, rows)

    touched = {(each.change, each.path) for each in result.differences} | {each.path for each in result.problems}
    assert touched in ({(Change.ALTERED, path)}, {path})
