import errno
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from audiera.credits.people import Party
from audiera.dataset.prepare import Prepared, prepare
from audiera.dataset.record import (
    load_version,
    publishing,
    read_registrations,
    record_folder,
    store_version,
    write_registration,
)
from audiera.dataset.registration import RecordedShare, Registration, recorded_shares
from audiera.dataset.request import DatasetRequest
from audiera.errors import InputError, StorageError
from audiera.folder.problems import Problem
from audiera.manifest.cover import Cover
from audiera.manifest.documents import build_documents
from audiera.protocol.ids import to_address
from audiera.protocol.splits import payee_of
from tests.support.music import ADA, CUSTODIAN, write_album, write_contributors

NAMES = ["items.json", "left-out.json", "manifest.json", "peaks.bin"]
PARENT = b"\x99" * 32


@pytest.fixture
def prepared(tmp_path: Path) -> Prepared:
    folder = write_album(tmp_path / "music")
    people = write_contributors(tmp_path / "people.csv", "name,address,share", f"Ada,{ADA},75 %", "Ben,,25 %")
    (folder / "empty.wav").touch()
    return prepare(
        DatasetRequest(folder=folder, date="2026-03-01", contributors=people, custodian=CUSTODIAN, skip_bad=True),
        parents={PARENT: 200_000},
    )


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "music.audiera"


@pytest.fixture
def registration(prepared: Prepared) -> Registration:
    assert prepared.credits is not None
    return Registration(
        chain_id=31_337,
        registry=to_address("0x" + "ab" * 20),
        dataset=7,
        version=1,
        transaction=b"\x07" * 32,
        content_root=prepared.content_root,
        manifest_digest=prepared.manifest_digest,
        shares=recorded_shares(prepared.credits),
        options={"contributors": "people.csv", "shares": "stated"},
    )


def test_a_record_is_kept_beside_the_music(tmp_path: Path) -> None:
    assert record_folder(tmp_path / "music") == tmp_path / "music.audiera"
    assert record_folder(tmp_path / "music" / ".." / "other") == tmp_path / "other.audiera"
    assert record_folder(tmp_path / "music", tmp_path / "elsewhere") == tmp_path / "elsewhere"


@pytest.mark.parametrize("out", [".", "record", "a/b"])
def test_a_record_is_never_kept_among_the_music(tmp_path: Path, out: str) -> None:
    with pytest.raises(InputError, match="is among the music; keep the record elsewhere"):
        record_folder(tmp_path, tmp_path / out)


def test_a_folder_without_a_name_needs_to_be_told_where() -> None:
    with pytest.raises(InputError, match="say where to keep it with --out"):
        record_folder(Path("/"))


def test_a_folder_whose_name_is_as_long_as_names_can_be_needs_to_be_told_where(tmp_path: Path) -> None:
    longest = tmp_path / ("n" * 247)
    too_long = tmp_path / ("é" * 124)

    assert record_folder(longest).name == "n" * 247 + ".audiera"
    with pytest.raises(InputError, match="has too long a name to call its record by; say where to keep it with --out"):
        record_folder(too_long)
    assert record_folder(too_long, tmp_path / "out") == tmp_path / "out"


def test_a_record_at_a_name_that_no_system_takes_is_refused(tmp_path: Path, prepared: Prepared) -> None:
    record = tmp_path / ("n" * 256)

    with pytest.raises(StorageError, match=r"cannot be read \(File name too long\)"):
        read_registrations(record)
    with pytest.raises(StorageError, match=r"cannot be written \(File name too long\); choose another --out"):
        store_version(record, prepared.documents)


def test_a_version_is_stored_with_its_cover_and_a_long_list_of_contributors(prepared: Prepared, record: Path) -> None:
    facts = replace(prepared.description, contributors=tuple(Party(f"P{number}") for number in range(1_001)))
    cover = Cover("image/png", b"\x89PNG\r\n\x1a\n")
    documents = build_documents(facts, prepared.rows, cover=cover)

    folder = store_version(record, documents)
    version = load_version(record, documents.digest)

    names = sorted(path.name for path in folder.iterdir())
    assert names == ["contributors.json", "cover.png", "items.json", "manifest.json"]
    assert version.description == facts
    assert version.cover == cover
    assert version.left_out == ()


def test_a_stored_version_is_read_back_and_proven(prepared: Prepared, record: Path) -> None:
    folder = store_version(record, prepared.documents)

    version = load_version(record, prepared.manifest_digest)

    assert folder == record / prepared.manifest_digest.hex()
    assert version.manifest_digest == prepared.manifest_digest
    assert version.rows == prepared.rows
    assert version.tree == prepared.tree
    assert version.description == prepared.description
    assert version.left_out == (Problem("empty.wav", "is empty"),)
    assert version.cover is None


def test_storing_again_changes_nothing_and_leaves_nothing_behind(prepared: Prepared, record: Path) -> None:
    store_version(record, prepared.documents)

    folder = store_version(record, prepared.documents)

    assert sorted(path.name for path in folder.iterdir()) == NAMES


def test_an_interrupted_write_leaves_the_old_file_and_no_other(
    prepared: Prepared, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = store_version(record, prepared.documents)

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)

    with pytest.raises(StorageError, match=r"cannot be written \(No space left on device\); choose another --out"):
        store_version(record, replace(prepared.documents, files={"items.json": b"other"}))
    assert (folder / "items.json").read_bytes() == prepared.documents.table
    assert sorted(path.name for path in folder.iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_another_size_than_stated_is_not_read(prepared: Prepared, record: Path, name: str) -> None:
    """AUD-S4"""
    path = store_version(record, prepared.documents) / name
    os.truncate(path, 1 << 40)

    with pytest.raises(StorageError) as caught:
        load_version(record, prepared.manifest_digest)

    assert str(caught.value) == f"{path} is not what was registered; restore it from a copy."


@pytest.mark.timeout(60)
def test_a_pipe_in_a_record_is_not_waited_for(prepared: Prepared, record: Path) -> None:
    """AUD-S3"""
    path = store_version(record, prepared.documents) / "items.json"
    path.unlink()
    os.mkfifo(path)

    with pytest.raises(StorageError) as caught:
        load_version(record, prepared.manifest_digest)

    assert str(caught.value) == f"{path} cannot be read (Not a file); is this the record's folder?"


@pytest.mark.parametrize("name", NAMES)
def test_one_altered_byte_is_found(prepared: Prepared, record: Path, name: str) -> None:
    path = store_version(record, prepared.documents) / name
    data = bytearray(path.read_bytes())
    data[-9] ^= 1
    path.write_bytes(data)

    with pytest.raises(StorageError, match=f"{name} is not what was registered; restore it from a copy"):
        load_version(record, prepared.manifest_digest)


def test_a_manifest_that_names_another_root_than_its_items_have_is_found(prepared: Prepared, record: Path) -> None:
    other = prepared.manifest.replace(prepared.content_root.hex().encode(), b"11" * 32)
    digest = bytes.fromhex(store_version(record, replace(prepared.documents, manifest=other)).name)

    with pytest.raises(StorageError, match="names another content root than its items have"):
        load_version(record, digest)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_named(prepared: Prepared, record: Path, name: str) -> None:
    path = store_version(record, prepared.documents) / name
    path.unlink()

    with pytest.raises(StorageError, match=rf"{name} cannot be read \(No such file or directory\)"):
        load_version(record, prepared.manifest_digest)


def test_a_folder_that_was_never_registered_has_no_registrations(record: Path) -> None:
    assert read_registrations(record) == ()


def test_registrations_are_read_back_in_order(record: Path, registration: Registration) -> None:
    elsewhere = replace(registration, chain_id=1)
    later = replace(registration, version=2, shares=(), options={})

    for each in (registration, elsewhere, later):
        write_registration(record, each)

    assert read_registrations(record) == (registration, elsewhere, later)
    assert later.split is None


def test_the_same_place_is_recorded_once(record: Path, registration: Registration) -> None:
    write_registration(record, replace(registration, transaction=b"\x01" * 32))
    write_registration(record, registration)

    assert read_registrations(record) == (registration,)


def test_programs_that_register_at_once_lose_nothing(record: Path) -> None:
    """AUD-S13"""
    adding = (
        "import sys; from pathlib import Path\n"
        "from audiera.dataset.record import write_registration\n"
        "from audiera.dataset.registration import Registration\n"
        "first = int(sys.argv[2])\n"
        "for dataset in range(first, first + 40):\n"
        "    write_registration(Path(sys.argv[1]), Registration(chain_id=1, registry='0x' + 'ab' * 20,\n"
        "        dataset=dataset, version=1, transaction=bytes(32), content_root=bytes(32), manifest_digest=bytes(32)))"
    )

    programs = [subprocess.Popen([sys.executable, "-c", adding, str(record), first]) for first in ("1", "41")]
    codes = [program.wait(timeout=120) for program in programs]

    assert codes == [0, 0]
    assert sorted(it.dataset for it in read_registrations(record)) == list(range(1, 81))


def test_of_two_that_publish_what_one_record_is_of_the_second_is_told(record: Path) -> None:
    """AUD-S13"""
    with publishing(record):
        with pytest.raises(InputError) as caught, publishing(record):
            pass
        (record / "readings.jsonl").touch()

    assert str(caught.value) == (
        f"Another command is publishing what {record} is the record of; run this again when that has ended."
    )
    with publishing(record):
        pass
    assert [it.name for it in record.iterdir()] == ["readings.jsonl"]


def deny_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deny whatever is opened, as to an account that owns none of it; to root, which tests may run as, nothing is."""

    def deny(path: Path, *_: int) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr("audiera.text.files.os.open", deny)


def test_a_lock_that_another_account_has_left_is_named_and_no_other_record(
    record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record.mkdir()
    lock = record / ".publishing.lock"
    lock.touch(0o600)
    deny_opening(monkeypatch)

    with pytest.raises(StorageError) as refused, publishing(record):
        pass

    assert str(refused.value) == (
        f"{lock} cannot be written (Permission denied): another account has left it there, or publishes just now. When "
        f"no command of that account is publishing any more, remove it; and mend the permissions of {record} if they "
        "are another account's."
    )


def test_a_record_that_another_account_made_is_not_given_up_for_an_empty_one(
    record: Path, registration: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    record.mkdir()
    deny_opening(monkeypatch)

    with pytest.raises(StorageError) as refused, publishing(record):
        pass
    with pytest.raises(StorageError) as late:
        write_registration(record, registration)

    assert str(refused.value) == f"{record} cannot be written (Permission denied); mend its permissions."
    assert (
        str(late.value)
        == f"{record / '.record.json.lock'} cannot be written (Permission denied); mend its permissions."
    )


def test_a_record_in_which_nothing_was_written_is_not_left_behind(record: Path) -> None:
    with publishing(record):
        assert record.is_dir()

    assert not record.exists()


def test_programs_that_publish_at_once_never_do_so_at_the_same_time(record: Path) -> None:
    """AUD-S13"""
    entering = (
        "import sys; from pathlib import Path\n"
        "from audiera.dataset.record import publishing\n"
        "from audiera.errors import InputError\n"
        "record, mark = Path(sys.argv[1]), Path(sys.argv[1] + '.in')\n"
        "for _ in range(300):\n"
        "    try:\n"
        "        with publishing(record):\n"
        "            mark.mkdir()\n"
        "            mark.rmdir()\n"
        "    except InputError:\n"
        "        pass"
    )

    programs = [subprocess.Popen([sys.executable, "-c", entering, str(record)]) for _ in range(3)]

    assert [program.wait(timeout=120) for program in programs] == [0, 0, 0]
    assert not record.exists()


def test_a_record_that_cannot_be_written_is_named(
    record: Path, registration: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_registration(record, registration)

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)

    with pytest.raises(StorageError, match=r"cannot be written \(No space left on device\)"):
        write_registration(record, replace(registration, version=2))
    assert read_registrations(record) == (registration,)


def test_recorded_shares_say_whom_they_stand_for(prepared: Prepared, registration: Registration) -> None:
    assert prepared.credits is not None
    by_names = {share.names: share for share in registration.shares}

    assert registration.split == prepared.credits.split
    assert by_names[()] == RecordedShare(PARENT, 200_000)
    assert by_names["Ada",] == RecordedShare(payee_of(ADA), 600_000, ("Ada",))
    assert by_names["Ben",].custodian == to_address(CUSTODIAN)
    assert by_names["Ben",].key == prepared.credits.payouts[1].key


def test_a_record_of_a_later_format_is_not_guessed_at(record: Path, registration: Registration) -> None:
    write_registration(record, registration)
    path = record / "record.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2}))

    with pytest.raises(StorageError, match="is of format 2; read it with a newer audiera"):
        read_registrations(record)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("dataset", "7"),
        ("version", True),
        ("transaction", "0x12"),
        ("registry", "nobody"),
        ("shares", {}),
        ("shares", [{"payee": "0x" + "11" * 32, "ppm": 1.5, "names": []}]),
        ("options", ["x"]),
        ("manifest", None),
    ],
    ids=str,
)
def test_a_damaged_record_is_refused(record: Path, registration: Registration, key: str, value: object) -> None:
    write_registration(record, registration)
    path = record / "record.json"
    document = json.loads(path.read_text())
    document["registrations"][0][key] = value
    path.write_text(json.dumps(document))

    with pytest.raises(StorageError, match=r"record\.json is damaged \(.*\); restore it from a copy"):
        read_registrations(record)


def test_a_record_that_is_not_json_is_refused(record: Path, registration: Registration) -> None:
    record.mkdir()
    (record / "record.json").write_text("{")

    with pytest.raises(StorageError, match="is damaged"):
        write_registration(record, registration)
    assert (record / "record.json").read_text() == "{"
