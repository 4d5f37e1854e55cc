import json
import shlex
from pathlib import Path

import click
import pytest
from click.testing import Result

from audiera.cli.folder.request import command_line, folder_options
from audiera.credits.divide import ShareRule
from audiera.dataset.packing import pack
from audiera.dataset.prepare import prepare
from audiera.dataset.record import load_version
from audiera.dataset.request import DatasetRequest
from audiera.dataset.storeproof import prove_stored
from audiera.errors import StorageError
from audiera.protocol.cid import cid_of
from audiera.protocol.kinds import Kind
from audiera.storage import Store, survey
from audiera.storage.objects import object_name
from tests.support.console import audiera
from tests.support.music import ADA, BEN, write_album, write_contributors, write_tone
from tests.support.readings import count_as_old
from tests.support.storage import Raw

KEY = "ab" * 32


@pytest.fixture
def album(tmp_path: Path) -> Path:
    return write_album(tmp_path / "Harbour Lights")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    return write_contributors(tmp_path / "people.csv", "name,address", f"Ada,{ADA}")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "store.key"
    path.write_text(KEY)
    path.chmod(0o600)
    return path


def run(album: Path, people: Path, *more: object, env: dict[str, str] | None = None) -> Result:
    words = ["pack", str(album), "--contributors", str(people), "--shares", "equal", "--date", "2026-03-01"]
    return audiera(*words, *more, env=env)


def packed(album: Path, people: Path, *more: object) -> dict[str, object]:
    """Runs the command, which must succeed, and returns what it printed for programs."""
    done = run(album, people, "--json", *more)
    assert done.exit_code == 0, done.output
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_store_that_is_only_read_is_refused_before_anything_is_read_or_asked(album: Path, people: Path) -> None:
    done = run(album, people, "--store", "https://nobody.invalid/music")

    assert done.exit_code == 1
    assert done.stderr == (
        "Error: https://nobody.invalid/music can only be read; store to a folder or to s3://BUCKET/PREFIX.\n"
    )


def test_a_packed_folder_is_proven_from_the_store_and_from_the_record(
    album: Path, people: Path, url: str, tmp_path: Path
) -> None:
    done = packed(album, people, "--store", url)

    digest = bytes.fromhex(str(done["manifestSha256"])[2:])
    assert prove_stored(Store.open(url), digest) == ()
    version = load_version(tmp_path / "Harbour Lights.audiera", digest)
    assert [row.metadata.path for row in version.rows] == ["a.flac", "b.ogg", "side 2/c.wav"]
    assert done == {
        "name": "Harbour Lights",
        "itemCount": 3,
        "bytes": sum(row.item.size for row in version.rows),
        "durationMs": 1_500,
        "contentRoot": f"0x{version.tree.root.hex()}",
        "manifest": cid_of(digest),
        "manifestSha256": f"0x{digest.hex()}",
        "previewCount": 0,
        "record": str(tmp_path / "Harbour Lights.audiera"),
        "store": url,
        "sealed": False,
        "sentCount": 6,
        "sentBytes": done["sentBytes"],
        "presentCount": 0,
        "presentBytes": 0,
        "exposed": [],
        "passedOver": [{"path": "LICENCE.txt", "reason": "does not begin like music"}],
        "leftOut": [],
        "notes": [],
        "problems": [],
        "next": f"ape run dataset register '{album}' --contributors {people} --shares equal --date 2026-03-01 "
        f"--store {url} --network NETWORK --account ALIAS",
    }


def test_without_a_store_the_record_holds_it(album: Path, people: Path, tmp_path: Path) -> None:
    done = run(album, people)

    store = tmp_path / "Harbour Lights.audiera" / "store"
    assert done.exit_code == 0
    assert len([path for path in store.rglob("*") if path.is_file()]) == 6
    assert f"  store         {store}\n  to store      6 files (" in done.stderr
    assert "not read again" not in done.stderr
    assert "Packed 3 files of Harbour Lights as bafkrei" in done.stdout
    assert "6 files stored (" in done.stdout
    assert f"\nTo register: ape run dataset register '{album}' --contributors {people} " in done.stdout
    assert done.stdout.endswith(f" --store '{store}' --network NETWORK --account ALIAS\n")


def test_a_second_run_reads_and_sends_only_what_is_new(
    album: Path, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count_as_old(monkeypatch)
    first = packed(album, people)
    again = run(album, people)
    write_tone(album / "d.wav", hertz=550)

    changed = packed(album, people)

    assert "3 of them not read again" in again.stderr
    assert "0 files stored (0 bytes), 6 there already;" in again.stdout
    assert (first["sentCount"], changed["sentCount"], changed["presentCount"]) == (
        6,
        4,
        3,
    )  # the new file, table, waveforms and manifest
    assert (
        prove_stored(
            Store.open(str(tmp_path / "Harbour Lights.audiera" / "store")),
            bytes.fromhex(str(changed["manifestSha256"])[2:]),
        )
        == ()
    )


def test_items_are_sealed_and_documents_are_not(album: Path, people: Path, url: str, raw: Raw, key_file: Path) -> None:
    done = run(album, people, "--store", url, "--json", env={"AUDIERA_STORE_KEY_FILE": str(key_file)})

    found = json.loads(done.stdout)
    sealed = [name for name in raw.names() if name.endswith(".sealed")]
    digest = bytes.fromhex(found["manifestSha256"][2:])
    assert found["sealed"] is True
    assert (len(raw.names()), len(sealed)) == (6, 3)
    assert prove_stored(Store.open(url, bytes.fromhex(KEY)), digest) == ()
    assert Store.open(url).get(digest, 1 << 20).startswith(b'{"@context"')


def test_excerpts_are_stored_where_anyone_may_hear_them(album: Path, people: Path, tmp_path: Path) -> None:
    done = run(album, people, "--preview")
    again = packed(album, people, "--preview")

    assert "  excerpts      3, of half a minute at most, for anyone to hear" in done.stderr
    assert (again["previewCount"], again["sentCount"], again["presentCount"]) == (3, 0, 10)
    assert str(again["next"]).count(" --preview ") == 1
    assert len(list((tmp_path / "Harbour Lights.audiera" / "previews").iterdir())) == 3


def test_what_lies_open_beside_sealed_items_is_told(album: Path, people: Path, key_file: Path) -> None:
    packed(album, people)

    done = run(album, people, "--key", key_file)

    assert done.exit_code == 0
    assert "3 files of these can be read in the store without the key, since they were stored" in done.stderr


def test_damage_in_the_store_is_found_and_mended_when_asked(
    album: Path, people: Path, store: Store, url: str, raw: Raw
) -> None:
    before = packed(album, people, "--store", url)
    digest = bytes.fromhex(str(before["manifestSha256"])[2:])
    raw.flip(object_name(digest), 30)
    unseen = packed(album, people, "--store", url)
    (problem,) = prove_stored(store, digest)

    done = packed(album, people, "--store", url, "--recheck")

    assert "is damaged" in problem
    assert (unseen["sentCount"], done["sentCount"], done["presentCount"]) == (0, 1, 5)
    assert prove_stored(store, digest) == ()


def test_bad_files_stop_everything_unless_they_are_to_be_left_out(album: Path, people: Path, tmp_path: Path) -> None:
    (album / "e.flac").write_bytes(b"fLaC and nothing else")

    refused = run(album, people)
    left = list(tmp_path.glob("*.audiera/store"))
    done = packed(album, people, "--skip-bad")

    assert refused.exit_code == 1
    assert "e.flac" in refused.stderr
    assert left == []
    assert (done["itemCount"], done["sentCount"]) == (3, 7)  # the list of what is left out, too
    assert isinstance(done["leftOut"], list)
    assert [problem["path"] for problem in done["leftOut"]] == ["e.flac"]


def test_the_store_and_the_key_may_not_be_among_the_files(album: Path, people: Path) -> None:
    (album / "store.key").write_text(KEY)
    (album / "store.key").chmod(0o600)

    store, key = run(album, people, "--store", album / "store"), run(album, people, "--key", album / "store.key")

    assert (store.exit_code, key.exit_code) == (1, 1)
    assert store.stderr == f"Error: {album / 'store'} is among the music; keep the store elsewhere.\n"
    assert key.stderr == f"Error: The key {album / 'store.key'} is among the files to store; keep it elsewhere.\n"


def test_a_store_has_the_manifest_only_when_it_has_all_the_rest(album: Path, people: Path, tmp_path: Path) -> None:
    prepared = prepare(DatasetRequest(folder=album, date="2026-03-01", contributors=people, rule=ShareRule.EQUAL))
    store = Store.open(str(tmp_path / "store"))
    found = survey(store, prepared.objects)
    write_tone(album / "b.ogg", hertz=99)

    with pytest.raises(StorageError, match=r"b\.ogg has changed since it was read; start again"):
        pack([prepared], tmp_path / "record", store, found)

    assert store.has(prepared.rows[0].item.sha256) is True
    assert store.has(prepared.manifest_digest) is False


def test_the_next_command_means_the_same_dataset(album: Path, people: Path) -> None:
    seen: list[DatasetRequest] = []

    @click.command()
    @folder_options
    def command(request: DatasetRequest) -> None:
        seen.append(request)

    words = [str(album), "--contributors", str(people), "--kind", "stems", "--keyword", "two words", "--keyword", "b"]
    words += [
        "--name",
        "-it's-",
        "--skip-bad",
        "--duplicates",
        "keep-first",
        "--creator",
        "Ada",
        "--date",
        "2026-03-01",
    ]
    words += [
        "--organization",
        "Night Ferry",
        "--shares",
        "seconds",
        "--address-book",
        str(people),
        "--out",
        str(album.parent / "record"),
    ]
    command.main(words, standalone_mode=False)

    command.main(shlex.split(shlex.join(command_line(seen[0]))), standalone_mode=False)

    assert seen[1] == seen[0]
    assert seen[0].keywords == ("two words", "b")
    assert seen[0].kind is Kind.Stems


def test_grouped_files_are_packed_as_one_dataset_for_each_list_of_credits(album: Path, tmp_path: Path) -> None:
    people = write_contributors(
        tmp_path / "credits.csv", "file,composer,address", f"a.flac,Ada,{ADA}", f"b.ogg,Ben,{BEN}", "side 2/c.wav,Ada,"
    )
    words = ["pack", str(album), "--contributors", str(people), "--group-by", "contributors", "--json"]

    done = audiera(*words)

    found = json.loads(done.stdout)
    store = Store.open(str(tmp_path / "Harbour Lights.audiera" / "store"))
    assert [(it["name"], it["itemCount"]) for it in found["datasets"]] == [
        ("Harbour Lights: Ada", 2),
        ("Harbour Lights: Ben", 1),
    ]
    assert [prove_stored(store, bytes.fromhex(it["manifestSha256"][2:])) for it in found["datasets"]] == [(), ()]
    assert found["sentCount"] == 3 + 3 + 3
    assert "--group-by contributors" in found["next"]


def test_items_that_lie_sealed_in_a_store_are_not_put_there_unsealed(
    album: Path, people: Path, url: str, raw: Raw, key_file: Path
) -> None:
    done = run(album, people, "--store", url, "--key", key_file)
    before = raw.names()

    refused = run(album, people, "--store", url)

    assert (done.exit_code, refused.exit_code) == (0, 1)
    assert f"Error: {url} holds 3 of these files sealed; name its key with --key, or they would" in refused.stderr
    assert raw.names() == before


def test_what_stays_out_is_told_with_its_reason_and_who_gets_nothing(album: Path, tmp_path: Path) -> None:
    (album / "d.wav").touch()
    write_tone(album / "c.wav", hertz=990)
    names = ("a.flac", "b.ogg", "c.wav", "side 2/c.wav")
    rows = [f"{name},Ada,{ADA}" for name in names]
    people = write_contributors(tmp_path / "people.csv", "file,composer,address", *rows, f"d.wav,Ben,{BEN}")

    done = run(album, people, "--skip-bad")

    assert done.exit_code == 0, done.output
    assert "  passed over: LICENCE.txt does not begin like music.\n  left out: d.wav is empty.\n" in done.stderr
    assert "  note: Ben is credited only for what is left out, and gets no share.\n" in done.stderr


def test_the_salt_is_never_printed(album: Path, people: Path) -> None:
    """Whoever reads it can guess whose the accounts in trust are."""
    done = run(album, people, "--salt", "a long secret")
    as_json = run(album, people, "--salt", "a long secret", "--json")

    assert "a long secret" not in done.output + done.stderr + as_json.output + as_json.stderr
    assert " --salt SALT " in done.stdout
    assert " --salt SALT " in json.loads(as_json.stdout)["next"]


def test_the_closing_command_names_the_store_and_its_key(
    album: Path, people: Path, key_file: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"

    done = packed(album, people, "--store", store, "--key", key_file)

    assert str(done["next"]).endswith(f" --store {store} --key {key_file} --network NETWORK --account ALIAS")
