"""`dataset version` and `dataset verify`, below the command line: a folder against what the chain says."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import pytest

from audiera.cli.dataset import register as dataset_register
from audiera.cli.dataset import verify as dataset_verify
from audiera.cli.dataset import versions as dataset_versions
from audiera.cli.dataset.croissant import croissant
from audiera.cli.dataset.items import find_items
from audiera.cli.network.relay import carry_out, read_calls
from audiera.client import SignedCall
from audiera.dataset.record import publishing, read_registrations, record_folder, write_registration
from audiera.errors import InputError, RevertError, StorageError
from audiera.protocol.kinds import DatasetFlag, Kind
from audiera.protocol.lineage import Parent
from audiera.storage import Store
from tests.cli.conftest import Album, Sessions
from tests.cli.works import changed, new
from tests.support.music import write_contributors, write_tone

Out = pytest.CaptureFixture[str]


def test_a_signed_registration_is_carried_out_by_another_and_then_recorded(
    pair: Album, session: Sessions, capsys: Out
) -> None:
    dataset_register.register(session("composer", relay=True), new(pair), ())
    call = capsys.readouterr().out
    (pending,) = read_registrations(record_folder(pair.folder))

    carry_out(session("fan", as_json=True), read_calls(call))
    assert "DatasetRegistered(id: 1" in "".join(json.loads(capsys.readouterr().out)["carriedOut"][0]["events"])
    dataset_verify.verify(session("fan"), 1, pair.folder)

    assert pending.dataset == 0
    assert session("fan").client.datasets.creator_of(1) == session("composer").me
    recorded = read_registrations(record_folder(pair.folder))[-1]
    assert (recorded.dataset, recorded.shares) == (1, pending.shares)
    assert any(recorded.transaction)


def test_version_says_what_changed_and_publishes_it(pair: Album, session: Sessions, capsys: Out) -> None:
    label = session("label", as_json=True)
    dataset_register.register(label, new(pair), ())
    write_tone(pair.folder / "d.flac", hertz=660)
    write_tone(pair.folder / "a.flac", hertz=111)
    (pair.folder / "b.ogg").unlink()
    capsys.readouterr()

    dataset_versions.publish(label, changed(pair, 1))

    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert (told["version"], told["published"], told["itemCount"]) == (2, True, 3)
    assert [(it["change"], it["path"]) for it in told["changes"]] == [
        ("altered", "a.flac"),
        ("removed", "b.ogg"),
        ("added", "d.flac"),
    ]
    assert "removed: b.ogg" in printed.err
    assert label.client.datasets.dataset_of(1).version == 2
    dataset_verify.verify(label, 1, pair.folder)


def test_version_says_which_gateways_lack_what_is_new_and_how_it_gets_there(
    pair: Album, session: Sessions, capsys: Out, tmp_path: Path
) -> None:
    label = session("label")
    dataset_register.register(label, new(pair), ())
    (pair.folder / "b.ogg").unlink()
    client = label.signing_client()
    client.usage.announce("https://music.example")
    client.datasets.set_gateways(1, [label.me])
    capsys.readouterr()

    dataset_versions.publish(label, changed(pair, 1))
    named = capsys.readouterr().err
    (registered, _) = read_registrations(record_folder(pair.folder))
    write_registration(record_folder(pair.folder), replace(registered, options={"gateway": "https://pushed.example"}))
    write_tone(pair.folder / "d.flac", hertz=660)
    store = Store.open(str(tmp_path / "store"))
    dataset_versions.publish(label, replace(changed(pair, 1), store=store))
    pushed = capsys.readouterr().err

    assert "note: https://music.example serves dataset 1, and lacks what is new" in named
    assert "`audiera push FOLDER --contributors FILE --to URL` brings it and then publishes the version" in named
    assert "note: https://pushed.example serves dataset 1, and lacks what is new" in pushed


def test_a_version_of_a_folder_that_another_command_publishes_is_not_published(pair: Album, session: Sessions) -> None:
    label = session("label")
    dataset_register.register(label, new(pair), ())
    (pair.folder / "b.ogg").unlink()

    with publishing(record_folder(pair.folder)), pytest.raises(InputError, match="Another command is publishing"):
        dataset_versions.publish(label, changed(pair, 1))

    assert label.client.datasets.dataset_of(1).version == 1


def test_version_of_what_no_gateway_serves_speaks_of_none(pair: Album, session: Sessions, capsys: Out) -> None:
    label = session("label")
    dataset_register.register(label, new(pair), ())
    (pair.folder / "b.ogg").unlink()

    dataset_versions.publish(label, changed(pair, 1))

    assert "audiera push" not in capsys.readouterr().err


def test_version_says_that_new_files_pay_nobody_else(pair: Album, session: Sessions, capsys: Out) -> None:
    label = session("label")
    dataset_register.register(label, new(pair), ())
    (pair.folder / "b.ogg").unlink()
    capsys.readouterr()

    dataset_versions.publish(label, changed(pair, 1))
    without = capsys.readouterr().err
    write_tone(pair.folder / "d.flac", hertz=660)
    dataset_versions.publish(label, changed(pair, 1))
    one = capsys.readouterr().err
    for number in range(5):
        write_tone(pair.folder / f"{number}.flac", hertz=700 + number)
    dataset_versions.publish(label, changed(pair, 1))
    several = capsys.readouterr().err

    assert "  note: " not in without
    assert (
        "\n  note: d.flac is new: who made it gets nothing of it unless they have a share already; "
        "to pay others, register it as a dataset of its own.\n"
    ) in one
    assert (
        "\n  note: 0.flac, 1.flac, 2.flac and 2 more are new: who made them gets nothing of them unless they have a "
        "share already; to pay others, register them as a dataset of their own.\n"
    ) in several


def test_version_publishes_nothing_where_nothing_changed(pair: Album, session: Sessions, capsys: Out) -> None:
    label = session("label")
    dataset_register.register(label, new(pair), ())

    dataset_versions.publish(label, changed(pair, 1))

    assert "Nothing in" in capsys.readouterr().out
    assert label.client.datasets.dataset_of(1).version == 1


def test_version_keeps_what_was_declared_of_the_one_before_unless_told(
    pair: Album, session: Sessions, capsys: Out
) -> None:
    label = session("label", as_json=True)
    dataset_register.register(label, replace(new(pair), synthetic=True), ())
    capsys.readouterr()

    write_tone(pair.folder / "d.flac", hertz=660)
    dataset_versions.publish(label, changed(pair, 1))
    kept = capsys.readouterr()
    dataset_versions.publish(label, replace(changed(pair, 1), synthetic=False))
    taken = capsys.readouterr()
    dataset_versions.publish(label, replace(changed(pair, 1), synthetic=False))

    assert "  made          wholly or mainly by a generative model\n" in kept.err
    assert "  made          no longer by a generative model\n" in taken.err
    assert [json.loads(it.out)["synthetic"] for it in (kept, taken)] == [True, False]
    assert "Nothing in" not in kept.out + taken.out
    assert json.loads(capsys.readouterr().out)["published"] is False
    assert [label.client.datasets.content(1, number).flags for number in (1, 2, 3)] == [
        DatasetFlag.Synthetic,
        DatasetFlag.Synthetic,
        0,
    ]


def test_versions_that_were_signed_are_carried_out_in_their_order_only(
    pair: Album, session: Sessions, capsys: Out
) -> None:
    """Attack: whoever carries out two signed versions swaps them, and the older is the newest."""
    dataset_register.register(session("label"), new(pair), ())
    calls: list[SignedCall] = []
    for hertz in (660, 770):
        write_tone(pair.folder / "d.flac", hertz=hertz)
        capsys.readouterr()
        dataset_versions.publish(session("label", relay=True), changed(pair, 1))
        calls += read_calls(capsys.readouterr().out)

    carry_out(session("fan"), [calls[1]])
    with pytest.raises(RevertError) as refused:
        carry_out(session("fan"), [calls[0]])

    assert (refused.value.name, refused.value.fields["next"]) == ("Registry_WrongVersion", 3)


def test_a_record_of_another_dataset_is_told_from_one_that_lacks_a_version_or_is_not_there(
    pair: Album, album: Callable[..., Album], session: Sessions
) -> None:
    label = session("label")
    other = album(f"Lena Label,{label.me},100 %", name="Others")
    write_tone(other.folder / "d.flac", hertz=660)
    dataset_register.register(label, new(pair), ())
    dataset_register.register(label, new(other), ())
    named, theirs = record_folder(pair.folder), record_folder(other.folder)

    with pytest.raises(StorageError) as another:
        dataset_versions.publish(label, changed(other, 1))
    with pytest.raises(StorageError) as from_elsewhere:
        croissant(label, 2, pair.folder, store=None)
    shutil.rmtree(next(named.glob("*/manifest.json")).parent)
    with pytest.raises(StorageError) as lacking:
        dataset_versions.publish(label, changed(pair, 1))
    (named / "record.json").unlink()
    with pytest.raises(StorageError) as nobodys:
        dataset_versions.publish(label, changed(pair, 1))
    shutil.rmtree(named)
    with pytest.raises(StorageError) as missing:
        find_items(label, 1, ["a.flac"], pair.folder)

    how = "name the folder that was registered, or say where its record is with --out."
    which = "name its record with --out"
    assert [str(it.value) for it in (another, from_elsewhere, lacking, nobodys, missing)] == [
        f"The record {theirs} is of dataset 2, not 1; {which} {named}, which has it.",
        f"The record {named} is of dataset 1, not 2; {which} {theirs}, which has it.",
        f"The record {named} does not have version 1 of dataset 1; {how}",
        f"The record {named} is of no dataset on this chain; {how}",
        f"There is no record at {named}; {how}",
    ]


def test_version_is_the_owners_to_publish(pair: Album, session: Sessions) -> None:
    label = session("label")
    dataset_register.register(label, new(pair), ())
    write_tone(pair.folder / "d.flac", hertz=660)

    with pytest.raises(InputError) as refused:
        dataset_versions.publish(session("stranger"), changed(pair, 1))

    assert str(refused.value) == f"Dataset 1 belongs to {label.me}; use that account."


def test_verify_proves_a_folder(pair: Album, session: Sessions, capsys: Out) -> None:
    label = session("label")
    dataset_register.register(label, new(pair), ())

    dataset_verify.verify(label, 1, pair.folder)
    dataset_verify.verify(session("label", as_json=True), 1, pair.folder)

    printed = capsys.readouterr().out
    assert "all 3 files are, byte for byte and tag for tag" in printed
    assert label.me in printed
    assert '"holds": true' in printed


def broken_byte(album: Album) -> None:
    data = bytearray((album.folder / "side 2" / "c.wav").read_bytes())
    data[-1] ^= 1
    (album.folder / "side 2" / "c.wav").write_bytes(data)


def added_file(album: Album) -> None:
    write_tone(album.folder / "d.flac", hertz=660)


def lost_file(album: Album) -> None:
    (album.folder / "a.flac").unlink()


def altered_manifest(album: Album) -> None:
    (path,) = record_folder(album.folder).glob("*/manifest.json")
    path.write_text(path.read_text().replace("Tones", "Drones"))


def lost_record(album: Album) -> None:
    (path,) = record_folder(album.folder).glob("*/manifest.json")
    path.unlink()


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        (broken_byte, "altered: side 2/c.wav (bytes)"),
        (added_file, "added: d.flac"),
        (lost_file, "removed: a.flac"),
        (altered_manifest, "manifest.json is not what was registered"),
        (lost_record, "manifest.json cannot be read"),
    ],
)
def test_verify_lists_what_differs_and_fails(
    pair: Album, session: Sessions, harm: Callable[[Album], None], found: str, capsys: Out
) -> None:
    """P14: what was registered never changes, so whatever differs is the folder's doing."""
    label = session("label")
    dataset_register.register(label, new(pair), ())
    harm(pair)

    with pytest.raises(click.exceptions.Exit) as ended:
        dataset_verify.verify(label, 1, pair.folder)

    assert ended.value.exit_code == 1
    assert found in capsys.readouterr().out


def test_verify_refuses_a_version_that_is_not_there(pair: Album, session: Sessions) -> None:
    dataset_register.register(session("label"), new(pair), ())

    with pytest.raises(InputError, match="has versions 1 to 1 and no 2"):
        dataset_verify.verify(session("label"), 1, pair.folder, version=2)


@pytest.fixture
def weights(tmp_path: Path, session: Sessions) -> Album:
    """A folder of model weights, and who is paid for them."""
    folder = tmp_path / "Model"
    (folder / "heads").mkdir(parents=True)
    (folder / "weights.safetensors").write_bytes(b"\x01" * 1_000)
    (folder / "heads" / "a.bin").write_bytes(b"\x02" * 10)
    (folder / ".cache").write_bytes(b"litter")
    people = write_contributors(tmp_path / "lab.csv", "name,address,share", f"Lab,{session('lab').me},100 %")
    return Album(folder, people)


def test_a_model_is_files_of_any_sort_and_proven_like_music(
    pair: Album, weights: Album, session: Sessions, capsys: Out
) -> None:
    """P6 and P14, for a dataset that is not music."""
    dataset_register.register(session("label"), new(pair), ())
    lab = session("lab", as_json=True)
    capsys.readouterr()

    dataset_register.register(lab, new(weights, kind=Kind.Model, parents=(Parent(1, 100_000),)), ())

    registered = json.loads(capsys.readouterr().out)
    assert (registered["dataset"], registered["itemCount"]) == (2, 2)
    assert lab.client.datasets.dataset_of(2).kind is Kind.Model
    dataset_verify.verify(lab, 2, weights.folder)
    (weights.folder / "heads" / "a.bin").write_bytes(b"\x03" * 10)
    with pytest.raises(click.exceptions.Exit):
        dataset_verify.verify(lab, 2, weights.folder)
    assert "altered: heads/a.bin (bytes)" in capsys.readouterr().out
    dataset_versions.publish(lab, changed(weights, 2))
    dataset_verify.verify(lab, 2, weights.folder)
    assert lab.client.datasets.dataset_of(2).version == 2


def twin(folder: Path) -> None:
    (folder / "again.bin").write_bytes(b"\x02" * 10)


def nothing(folder: Path) -> None:
    (folder / "weights.safetensors").unlink()
    (folder / "heads" / "a.bin").unlink()


@pytest.mark.parametrize(("harm", "message"), [(twin, "has the same bytes as again.bin"), (nothing, "holds no file")])
def test_files_that_make_no_dataset_are_refused(
    weights: Album, session: Sessions, harm: Callable[[Path], None], message: str
) -> None:
    harm(weights.folder)

    with pytest.raises(InputError, match=message):
        dataset_register.register(session("lab"), new(weights, kind=Kind.Model), ())


def test_the_contributors_file_is_not_part_of_a_model(weights: Album, session: Sessions) -> None:
    inside = Album(weights.folder, weights.contributors.rename(weights.folder / "people.csv"))

    with pytest.raises(InputError, match="move it out of"):
        dataset_register.register(session("lab"), new(inside, kind=Kind.Model), ())
