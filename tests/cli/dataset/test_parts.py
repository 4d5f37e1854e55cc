"""`dataset register --group-by contributors`: one dataset for each list of credits, and the next versions of each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from audiera.cli.dataset import register as dataset_register
from audiera.cli.dataset import verify as dataset_verify
from audiera.cli.dataset import versions as dataset_versions
from audiera.cli.dataset.offers import plan_offers
from audiera.credits.divide import ShareRule
from audiera.errors import InputError
from audiera.licensing.texts import template
from audiera.protocol.ids import ETHER
from audiera.protocol.splits import Share, Split, payee_of
from audiera.text.shown import hex_of
from tests.cli.conftest import Album, Sessions
from tests.cli.works import changed, new
from tests.support.music import write_contributors, write_tone

MakeAlbum = Callable[..., Album]
Out = pytest.CaptureFixture[str]


@pytest.fixture
def shared(album: MakeAlbum, session: Sessions) -> Album:
    """An album of two tones by Lena, and one by Lena and Cosmo."""
    lena, cosmo = session("label").me, session("composer").me
    rows = (f"a.flac,Lena,{lena}", f"b.ogg,Lena,{lena}", f"side 2/c.wav,Lena,{lena}", f"side 2/c.wav,Cosmo,{cosmo}")
    return album(*rows, columns="file,composer,address")


def test_each_list_of_credits_is_a_dataset_that_pays_its_own_people(
    shared: Album, session: Sessions, capsys: Out
) -> None:
    label = session("label", as_json=True)

    dataset_register.register(label, new(shared, group_by="contributors"), ())

    printed = capsys.readouterr()
    found = json.loads(printed.out)["datasets"]
    assert [(it["dataset"], it["name"], it["itemCount"]) for it in found] == [
        (1, "Tones: Lena", 2),
        (2, "Tones: Cosmo and Lena", 1),
    ]
    assert [[(share["names"], share["ppm"]) for share in it["shares"]] for it in found] == [
        [(["Lena"], 1_000_000)],
        [(["Cosmo"], 500_000), (["Lena"], 500_000)],
    ]
    for it in found:
        assert label.client.datasets.content_of(it["dataset"], 1)[0].hex() == it["contentRoot"][2:]
        dataset_verify.verify(label, it["dataset"], shared.folder)
        assert json.loads(capsys.readouterr().out)["holds"] is True
    assert "Who shares the income of which files, for ever:" in printed.err
    assert "Use of a file pays those of its own dataset, by these shares." in printed.err
    assert "pays all" not in printed.err
    assert "  transactions: 1\n" in printed.err


def test_use_of_a_file_pays_those_who_made_it(shared: Album, session: Sessions, capsys: Out) -> None:
    label, composer = session("label", as_json=True), session("composer")
    dataset_register.register(label, new(shared, group_by="contributors"), ())
    splits = [it["split"] for it in json.loads(capsys.readouterr().out)["datasets"]]
    payer = session("developer").signing_client()

    for dataset in (1, 2):
        payer.royalty.pay(payer.datasets.account_of(dataset), ETHER, 1_000)

    lena, cosmo = (payee_of(it.me) for it in (label, composer))
    mine = Split((Share(lena, 1_000_000),))
    ours = Split(tuple(sorted((Share(lena, 500_000), Share(cosmo, 500_000)), key=lambda share: share.payee)))
    assert splits == [hex_of(mine.id()), hex_of(ours.id())]
    assert payer.royalty.owed_of(mine, ETHER, lena) == 1_000
    assert [payer.royalty.owed_of(ours, ETHER, it) for it in (lena, cosmo)] == [500, 500]


def test_what_is_registered_already_is_left_as_it_is(shared: Album, session: Sessions, capsys: Out) -> None:
    label = session("label", as_json=True)
    dataset_register.register(label, new(shared, group_by="contributors"), ())
    write_tone(shared.folder / "d.flac", hertz=550)
    with shared.contributors.open("a") as file:
        file.write(f"d.flac,Cosmo,{session('composer').me}\n")
    capsys.readouterr()

    dataset_register.register(label, new(shared, group_by="contributors"), ())
    printed = capsys.readouterr()
    with pytest.raises(InputError) as refused:
        dataset_register.register(label, new(shared, group_by="contributors"), ())

    assert [it["name"] for it in json.loads(printed.out)["datasets"]] == ["Tones: Cosmo"]
    assert "registered already, and left as they are: 2 datasets" in printed.err
    assert str(refused.value).startswith("All these groups are datasets on this chain already;")
    assert label.client.datasets.dataset_count() == 3


def test_a_part_is_published_anew_without_the_files_of_others(shared: Album, session: Sessions, capsys: Out) -> None:
    label = session("label", as_json=True)
    dataset_register.register(label, new(shared, group_by="contributors"), ())
    write_tone(shared.folder / "a.flac", hertz=111)
    write_tone(shared.folder / "e.flac", hertz=770)
    with shared.contributors.open("a") as file:
        file.write(f"e.flac,Lena,{label.me}\n")
    capsys.readouterr()

    dataset_versions.publish(label, changed(shared, 1, contributors=shared.contributors))

    told = json.loads(capsys.readouterr().out)
    assert [(it["change"], it["path"]) for it in told["changes"]] == [("altered", "a.flac"), ("added", "e.flac")]
    assert (told["version"], told["itemCount"]) == (2, 3)
    dataset_verify.verify(label, 1, shared.folder)
    assert json.loads(capsys.readouterr().out)["holds"] is True


def test_of_two_parts_with_one_split_the_one_with_the_files_is_published(
    album: MakeAlbum, session: Sessions, capsys: Out
) -> None:
    label = session("label", as_json=True)
    rows = (
        f"{path},{who},{label.me}" for path, who in (("a.flac", "Lena"), ("b.ogg", "Nora"), ("side 2/c.wav", "Lena"))
    )
    files = album(*rows, columns="file,composer,address")
    dataset_register.register(label, new(files, group_by="contributors"), ())
    write_tone(files.folder / "b.ogg", hertz=111)
    capsys.readouterr()

    dataset_versions.publish(label, changed(files, 2, contributors=files.contributors))

    told = json.loads(capsys.readouterr().out)
    assert [(it["change"], it["path"]) for it in told["changes"]] == [("altered", "b.ogg")]
    assert told["itemCount"] == 1


def test_a_part_is_not_published_anew_without_its_contributors_file(shared: Album, session: Sessions) -> None:
    dataset_register.register(session("label"), new(shared, group_by="contributors"), ())

    with pytest.raises(InputError) as refused:
        dataset_versions.publish(session("label"), changed(shared, 1))

    assert str(refused.value) == (
        "Dataset 1 is one of several that were made of this folder; name the contributors file with --contributors "
        "(and what else was told of it), so that its files can be told from the others'."
    )
    assert session("label").client.datasets.dataset_of(1).version == 1


def test_a_part_that_no_credits_divide_any_more_is_not_published(shared: Album, session: Sessions) -> None:
    dataset_register.register(session("label"), new(shared, group_by="contributors"), ())
    write_contributors(
        shared.contributors,
        "file,composer,address",
        *(f"{path},Cosmo,{session('composer').me}" for path in ("a.flac", "b.ogg", "side 2/c.wav")),
    )

    with pytest.raises(InputError, match="no group of its files is divided as this dataset was registered"):
        dataset_versions.publish(session("label"), changed(shared, 1, contributors=shared.contributors))


def test_a_damaged_file_of_another_part_is_none_of_a_parts_business(
    shared: Album, session: Sessions, capsys: Out
) -> None:
    label = session("label", as_json=True)
    dataset_register.register(label, new(shared, group_by="contributors"), ())
    (shared.folder / "side 2" / "c.wav").write_bytes(b"")
    capsys.readouterr()

    dataset_verify.verify(label, 1, shared.folder)
    first = json.loads(capsys.readouterr().out)
    with pytest.raises(click.exceptions.Exit):
        dataset_verify.verify(label, 2, shared.folder)
    second = json.loads(capsys.readouterr().out)

    assert first["holds"] is True
    assert "problem: side 2/c.wav is empty" in second["differences"]


def test_offers_are_made_of_every_part(shared: Album, session: Sessions, capsys: Out) -> None:
    label = session("label", as_json=True)

    dataset_register.register(
        label, new(shared, group_by="contributors"), plan_offers(label, ["open"], ["1 USDC"], [], "perpetual")
    )

    printed = capsys.readouterr()
    found = json.loads(printed.out)["datasets"]
    assert "  transactions: 2\n" in printed.err
    assert all(
        label.client.licenses.offer_of(it["dataset"], bytes.fromhex(it["offers"][0]["termsId"][2:])) for it in found
    )
    assert [[offer["textName"] for offer in it["offers"]] for it in found] == [["open"], ["open"]]
    assert Path(found[0]["offers"][0]["textFile"]).read_bytes() == template("open").text


def test_parts_are_neither_signed_for_others_nor_divided_by_a_rule(shared: Album, session: Sessions) -> None:
    with pytest.raises(InputError, match="Several datasets are registered in transactions of their own"):
        dataset_register.register(session("label", relay=True), new(shared, group_by="contributors"), ())
    with pytest.raises(InputError, match="leave out --shares or --group-by"):
        dataset_register.register(session("label"), new(shared, group_by="contributors", rule=ShareRule.ITEMS), ())

    assert session("label").client.datasets.dataset_count() == 0


@pytest.mark.parametrize("beside", [True, False], ids=["beside", "elsewhere"])
def test_a_record_that_does_not_know_the_groups_is_told_once_which_one_does(
    shared: Album, session: Sessions, capsys: Out, *, beside: bool
) -> None:
    label, folder = session("label", as_json=True), shared.folder
    dataset_register.register(label, new(shared, group_by="contributors"), ())
    record = folder.with_name("Tones.audiera")
    copy = folder.with_name("copied.audiera")
    shutil.copytree(record, copy)
    (copy / "record.json").unlink()
    if not beside:
        record.rename(folder / record.name)
    capsys.readouterr()

    with pytest.raises(click.exceptions.Exit):
        dataset_verify.verify(label, 2, folder, out=copy)

    added, root = json.loads(capsys.readouterr().out)["differences"]
    how = f"name its record with --out {record}" if beside else "name the record that was written then with --out"
    dataset = "if the dataset is one of several that were made of this folder"
    assert added == f"added: a.flac, b.ogg; {dataset}, {how}"
    assert root.startswith("content root: ")
    assert not (copy / "record.json").exists()  # it would say that the dataset is of the whole folder
