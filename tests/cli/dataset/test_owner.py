"""`dataset show`, `move-share`, `withdraw-all` and `catalogue`, below the command line."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from audiera.cli.dataset import owner as dataset_owner
from audiera.cli.dataset import register as dataset_register
from audiera.cli.dataset import show as dataset_show
from audiera.cli.dataset import verify as dataset_verify
from audiera.cli.dataset.catalogue import register_catalogue
from audiera.cli.dataset.offers import plan_offers
from audiera.errors import InputError, SplitError
from audiera.protocol.kinds import Kind
from audiera.protocol.splits import Split, payee_of
from tests.cli.conftest import Album, Sessions
from tests.cli.works import DATE, new

Out = pytest.CaptureFixture[str]


def test_a_payee_moves_its_share(pair: Album, session: Sessions, capsys: Out) -> None:
    dataset_register.register(session("label"), new(pair), ())
    composer, heir = session("composer", as_json=True), session("heir").me
    capsys.readouterr()

    dataset_owner.move_share(composer, 1, payee_of(heir))

    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert (told["from"], told["to"], told["ppm"]) == (composer.me, heir, 750_000)
    assert "Nobody can undo this" in printed.err
    with pytest.raises(SplitError, match="has no share to move"):
        dataset_owner.move_share(composer, 1, payee_of(heir))


def test_withdraw_all_names_the_offers_that_lapse(pair: Album, session: Sessions, capsys: Out) -> None:
    label = session("label")
    dataset_register.register(label, new(pair), plan_offers(label, ["open"], ["1 USDC"], [], "perpetual"))
    capsys.readouterr()

    dataset_owner.withdraw_all(label, 1)

    printed = capsys.readouterr()
    assert "1 stand" in printed.err
    assert "open" in printed.err
    assert "Nothing of dataset 1 is offered any more." in printed.out
    dataset_show.show(label, 1)
    assert "Nothing is offered." in capsys.readouterr().out


def test_show_tells_the_same_to_people_and_programs(pair: Album, session: Sessions, capsys: Out) -> None:
    label = session("label")
    dataset_register.register(label, new(pair), plan_offers(label, ["open"], ["1 USDC"], [], "perpetual"))
    capsys.readouterr()

    dataset_show.show(label, 1)
    people = capsys.readouterr().out
    dataset_show.show(session("anyone", as_json=True), 1)
    told = json.loads(capsys.readouterr().out)

    assert (told["kind"], told["owner"], told["derived"], told["parents"]) == ("Recordings", label.me, False, [])
    assert {it["payee"]: it["ppm"] for it in told["shares"]} == {label.me: 250_000, session("composer").me: 750_000}
    for fact in (label.me, told["account"], told["paymentAddress"], told["versions"][0]["manifest"], "75 %", "1 USDC"):
        assert fact in people


def test_a_catalogue_has_a_name_and_payees_and_no_files(session: Sessions, tmp_path: Path, capsys: Out) -> None:
    collective = session("collective", as_json=True)
    split = Split.of({payee_of(collective.me): 1_000_000})

    register_catalogue(collective, "Small Sounds", split, description="", date=DATE, out=tmp_path / "record")

    told = json.loads(capsys.readouterr().out)
    assert collective.client.datasets.dataset_of(told["dataset"]).kind is Kind.Catalogue
    kept = Path(told["manifestFile"]).read_bytes()
    assert collective.client.datasets.content_of(1, 1) == (bytes(32), sha256(kept).digest())
    assert json.loads(kept)["name"] == "Small Sounds"
    with pytest.raises(InputError, match="has no files to prove"):
        dataset_verify.verify(collective, 1, tmp_path)
    with pytest.raises(InputError, match="needs a name"):
        register_catalogue(collective, " ", split, description="", date=DATE, out=tmp_path)
