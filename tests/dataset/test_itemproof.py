import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from audiera.credits.divide import ShareRule
from audiera.dataset.itemproof import prove
from audiera.dataset.prepare import Prepared, prepare
from audiera.dataset.record import load_version, read_registrations, store_version, write_registration
from audiera.dataset.registration import Registration
from audiera.dataset.request import DatasetRequest
from audiera.errors import StorageError
from audiera.protocol.ids import to_address
from audiera.protocol.items import Item, verify_item
from audiera.protocol.table import TableRow
from tests.support.console import audiera
from tests.support.music import ADA, row_at, write_album, write_contributors, write_tone

REGISTRY = to_address("0x" + "ab" * 20)


@pytest.fixture
def music(tmp_path: Path) -> Path:
    return write_album(tmp_path / "Night Ferry")


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "Night Ferry.audiera"


@pytest.fixture
def prepared(music: Path, record: Path, tmp_path: Path) -> Prepared:
    people = write_contributors(tmp_path / "people.csv", "name,address", f"Ada,{ADA}")
    prepared = prepare(DatasetRequest(folder=music, date="2026-03-01", contributors=people, rule=ShareRule.EQUAL))
    store_version(record, prepared.documents)
    return prepared


@pytest.fixture
def registered(prepared: Prepared, record: Path) -> Prepared:
    write_registration(
        record,
        Registration(
            chain_id=31_337,
            registry=REGISTRY,
            dataset=7,
            version=1,
            transaction=b"\x07" * 32,
            content_root=prepared.content_root,
            manifest_digest=prepared.manifest_digest,
        ),
    )
    return prepared


def run(*arguments: object) -> Result:
    return audiera("item-proof", *arguments)


def check(result: Result, prepared: Prepared, path: str) -> None:
    """Rebuilds the item and follows the proof from what was printed alone."""
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    given = document["item"]
    item = Item(
        bytes.fromhex(given["sha256"][2:]),
        int(given["size"]),
        given["durationMs"],
        bytes.fromhex(given["metadata"][2:]),
    )
    proof = [bytes.fromhex(each[2:]) for each in document["proof"]]
    assert document["path"] == path
    assert document["row"] == row_at(prepared.rows, path).metadata.row()
    assert item == row_at(prepared.rows, path).item
    assert document["leaf"] == f"0x{item.leaf().hex()}"
    assert document["contentRoot"] == f"0x{prepared.content_root.hex()}"
    assert document["manifest"] == prepared.manifest_cid
    assert verify_item(prepared.content_root, item, proof)


def test_a_file_is_proven_by_the_record_beside_its_folder(registered: Prepared, music: Path) -> None:
    result = run(music / "side 2" / "c.wav", "--json")

    check(result, registered, "side 2/c.wav")
    assert json.loads(result.stdout)["registered"] == [
        {"chainId": 31_337, "registry": REGISTRY, "dataset": 7, "version": 1, "confirmed": False}
    ]


def test_a_file_is_proven_wherever_it_is_and_whatever_it_is_called(
    registered: Prepared, music: Path, record: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "download.bin"
    copy.write_bytes((music / "a.flac").read_bytes())

    check(run(copy, "--record", record, "--json"), registered, "a.flac")


def test_a_link_to_a_file_is_as_good_as_the_file(
    registered: Prepared, music: Path, record: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(music / "a.flac")

    check(run(link, "--record", record, "--json"), registered, "a.flac")


@pytest.mark.parametrize("path", ["side 2/c.wav", "./side 2/c.wav", "side 2\\c.wav"])
def test_an_item_is_proven_by_its_path_without_the_file(
    registered: Prepared, music: Path, record: Path, path: str
) -> None:
    (music / "side 2" / "c.wav").unlink()

    check(run(path, "--record", record, "--json"), registered, "side 2/c.wav")


def test_a_proof_for_people_has_all_that_verify_item_takes(registered: Prepared, music: Path) -> None:
    """AUD-T5: without a node, a registration is what the record claims."""
    row = row_at(registered.rows, "a.flac")
    item, proof = row.item, registered.tree.proof(row.item)

    result = run(music / "a.flac")

    struct = f"(0x{item.sha256.hex()},{item.size},{item.duration_ms},0x{item.metadata.hex()})"
    siblings = ",".join(f"0x{each.hex()}" for each in proof)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{music / 'a.flac'} is a.flac of Night Ferry:",
        f"  sha-256       0x{item.sha256.hex()}",
        f"  size          {item.size:,} bytes",
        f"  duration      0:00.{item.duration_ms} ({item.duration_ms} ms)",
        f"  metadata      0x{item.metadata.hex()}",
        f"  leaf          0x{item.leaf().hex()}",
        f"  proof         0x{proof[0].hex()}",
        *(f"                0x{each.hex()}" for each in proof[1:]),
        f"  content root  0x{registered.content_root.hex()}",
        f"  manifest      {registered.manifest_cid}",
        f"The record claims that this is dataset 7, version 1, in {REGISTRY} on chain 31337; --node URL asks there.",
        f"To ask the chain: verifyItem(7, 1, {struct}, [{siblings}])",
    ]


@pytest.mark.usefixtures("prepared")
def test_what_is_not_registered_yet_is_proven_too(music: Path) -> None:
    result = run(music / "a.flac")

    assert result.exit_code == 0
    assert "Not registered from here yet; verifyItem takes dataset, version, this item and this proof:" in result.stdout


def test_an_altered_file_is_told_from_a_strange_one(registered: Prepared, music: Path) -> None:
    genuine = row_at(registered.rows, "side 2/c.wav").item.sha256.hex()
    altered = music / "side 2" / "c.wav"
    data = bytearray(altered.read_bytes())
    data[-1] ^= 1
    altered.write_bytes(data)
    strange = write_tone(music / "strange.wav", hertz=999)

    first, second = run(altered), run(strange)

    where = f"{music.name} (dataset 7, version 1)"
    assert (first.exit_code, second.exit_code) == (1, 1)
    assert first.stderr == (
        f"Error: {altered} is not in {where}: its bytes are not those that side 2/c.wav had (sha-256 {genuine}); "
        "take the file as it was, or name another version with --version.\n"
    )
    assert second.stderr == (
        f"Error: {strange} is not in {where}: none of its 3 items has these bytes or this name; check the file, "
        "or name another version with --version.\n"
    )


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("c.wav", "did you mean side 2/c.wav?"),
        ("a.flacc", "did you mean a.flac?"),
        ("nothing like it", "give a file, or a path as `audiera scan` lists it."),
    ],
)
@pytest.mark.usefixtures("registered")
def test_a_path_that_no_item_has_is_refused_with_what_is_near(record: Path, path: str, hint: str) -> None:
    result = run(path, "--record", record)

    where = f"{record.stem} (dataset 7, version 1)"
    assert result.exit_code == 1
    assert result.stderr == f"Error: There is no file {path} here, and no item at that path in {where}; {hint}\n"


@pytest.mark.parametrize("spelling", ["hex", "0x", "cid", "ipfs"])
def test_a_version_is_named_by_digest_or_cid(
    registered: Prepared, music: Path, record: Path, spelling: str, tmp_path: Path
) -> None:
    """Of several versions in a record, the one that was registered last is meant unless another is named."""
    other = replace(registered.description, version=2)
    people = write_contributors(tmp_path / "people.csv", "name,address", f"Ada,{ADA}")
    write_tone(music / "d.wav", hertz=700)
    newer = prepare(
        DatasetRequest(folder=music, date="2026-04-01", contributors=people, rule=ShareRule.EQUAL, name=other.name)
    )
    store_version(record, newer.documents)
    digest, cid = newer.manifest_digest.hex(), newer.manifest_cid
    named = {"hex": digest, "0x": f"0x{digest}", "cid": cid, "ipfs": f"ipfs://{cid}"}[spelling]

    check(run(music / "a.flac", "--json"), registered, "a.flac")
    check(run(music / "d.wav", "--version", named, "--json"), newer, "d.wav")


@pytest.mark.usefixtures("registered")
def test_the_version_registered_last_is_meant_if_nobody_says_which(music: Path, record: Path, tmp_path: Path) -> None:
    people = write_contributors(tmp_path / "people.csv", "name,address", f"Ada,{ADA}")
    write_tone(music / "d.wav", hertz=700)
    newer = prepare(DatasetRequest(folder=music, date="2026-04-01", contributors=people, rule=ShareRule.EQUAL))
    store_version(record, newer.documents)
    (first,) = read_registrations(record)
    write_registration(
        record,
        replace(first, version=2, content_root=newer.content_root, manifest_digest=newer.manifest_digest),
    )

    check(run(music / "a.flac", "--json"), newer, "a.flac")


def test_a_file_is_looked_for_in_all_versions_if_nobody_says_which(
    prepared: Prepared, music: Path, record: Path, tmp_path: Path
) -> None:
    """As --group-by makes them: each version has some of the files."""
    people = write_contributors(tmp_path / "people.csv", "name,address", f"Ada,{ADA}")
    write_tone(music / "d.wav", hertz=700)
    newer = prepare(DatasetRequest(folder=music, date="2026-04-01", contributors=people, rule=ShareRule.EQUAL))
    store_version(record, newer.documents)
    (music / "a.flac").unlink()

    check(run(music / "d.wav", "--json"), newer, "d.wav")
    check(run("d.wav", "--record", str(record), "--json"), newer, "d.wav")
    assert newer.manifest_digest != prepared.manifest_digest


@pytest.mark.parametrize("version", ["latest", "ab" * 31, "bafkreinonsense"])
@pytest.mark.usefixtures("registered")
def test_what_names_no_version_is_refused(music: Path, version: str) -> None:
    result = run(music / "a.flac", "--version", version)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: '{version}' is not a ")


@pytest.mark.usefixtures("registered")
def test_a_version_that_is_not_in_the_record_is_refused(music: Path) -> None:
    result = run(music / "a.flac", "--version", "11" * 32)

    assert result.exit_code == 1
    assert f" holds no version {'11' * 32}; choose one of those it has.\n  bafkrei" in result.stderr


def test_a_file_without_a_record_is_refused(tmp_path: Path) -> None:
    file = write_tone(tmp_path / "a.wav")

    result = run(file)

    assert result.exit_code == 1
    assert result.stderr == (f"Error: No folder above {file} has a record beside it; name the record with --record.\n")


@pytest.mark.parametrize("exists", [True, False])
def test_a_record_without_a_version_is_refused(tmp_path: Path, exists: bool) -> None:
    file, record = write_tone(tmp_path / "a.wav"), tmp_path / "record"
    if exists:
        (record / "notes").mkdir(parents=True)

    result = run(file, "--record", record)

    assert result.exit_code == 1
    assert result.stderr == f"Error: {record} holds no version of a dataset; name a record with --record.\n"


@pytest.mark.parametrize("kind", ["pipe", "folder"])
@pytest.mark.usefixtures("registered")
def test_what_is_no_file_is_refused_and_not_waited_for(record: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "odd"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()

    result = run(path, "--record", record)

    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {path} cannot be read (")


def test_a_record_whose_proofs_lead_elsewhere_is_not_trusted(prepared: Prepared, record: Path) -> None:
    version = load_version(record, prepared.manifest_digest)
    nodes = version.tree.tree.nodes
    broken = replace(version.tree, tree=replace(version.tree.tree, nodes=(b"\x01" * 32, *nodes[1:])))
    row: TableRow = version.rows[0]

    with pytest.raises(StorageError, match=r"The proof of a\.flac does not lead to the content root"):
        prove(replace(version, tree=broken), row)
