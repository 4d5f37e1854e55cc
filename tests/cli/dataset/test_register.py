"""`dataset register`, below the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from audiera.cli.dataset import register as dataset_register
from audiera.cli.dataset.offers import plan_offers
from audiera.client import SignedCall
from audiera.credits.contributors import ContributorsError
from audiera.credits.divide import ShareRule
from audiera.dataset.record import publishing, read_registrations, record_folder
from audiera.errors import AmountError, InputError, LineageError, RevertError, StorageError, TermsError
from audiera.protocol.ids import account_id, dataset_account, name_key
from audiera.protocol.kinds import Kind
from audiera.protocol.lineage import Parent
from audiera.protocol.splits import Split, payee_of
from tests.cli.conftest import Album, Sessions
from tests.cli.works import new
from tests.support.music import write_tone

MakeAlbum = Callable[..., Album]
Out = pytest.CaptureFixture[str]


def test_register_shows_everything_that_it_registers_and_who_is_paid(
    pair: Album, session: Sessions, capsys: Out
) -> None:
    label = session("label", as_json=True)

    dataset_register.register(label, new(pair, kind=Kind.Samples, synthetic=True), ())

    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert (told["dataset"], told["version"], told["itemCount"], told["offers"]) == (1, 1, 3, [])
    assert told["contentRoot"] == "0x" + label.client.datasets.content(1).content_root.hex()
    assert told["account"] == "0x" + dataset_account(label.client.datasets.address, 1).hex()
    assert [(it["names"], it["ppm"]) for it in told["shares"]] == [
        (["Cosmo Composer"], 750_000),
        (["Lena Label"], 250_000),
    ]
    assert told["gasUsed"] > 100_000
    for shown in (
        "Samples, synthetic",
        " bytes, 0:01.500)",
        "25 %",
        "75 %",
        label.me,
        "passed over: LICENCE.txt does not begin like music.",
        told["contentRoot"],
    ):
        assert shown in printed.err
    split = Split.of({payee_of(label.me): 250_000, payee_of(session("composer").me): 750_000})
    assert label.client.royalty.current_split(label.client.datasets.account_of(1)) == split


def test_a_folder_that_another_command_publishes_is_not_registered(pair: Album, session: Sessions) -> None:
    label = session("label")

    with publishing(record_folder(pair.folder)), pytest.raises(InputError, match="Another command is publishing"):
        dataset_register.register(label, new(pair), ())

    assert label.client.datasets.dataset_count() == 0


def test_of_what_is_signed_for_the_same_files_one_registration_is_carried_out(
    pair: Album, session: Sessions, capsys: Out
) -> None:
    client = session("fan").signing_client()
    signed = []
    for again in (False, False, True):
        dataset_register.register(session("composer", relay=True), new(pair, again=again), ())
        signed.append(SignedCall.from_json(capsys.readouterr().out))

    client.submit(signed[0])
    with pytest.raises(RevertError, match="Relay_NonceUsed"):
        client.submit(signed[1])
    assert client.datasets.dataset_count() == 1
    client.submit(signed[2])
    assert client.datasets.dataset_count() == 2


@pytest.mark.parametrize("carried_out", [False, True])
def test_files_whose_registration_is_signed_already_are_registered_no_second_time_unless_told(
    pair: Album, session: Sessions, capsys: Out, carried_out: bool
) -> None:
    composer, client = session("composer"), session("fan").signing_client()
    dataset_register.register(session("composer", relay=True), new(pair), ())
    signed = SignedCall.from_json(capsys.readouterr().out)
    if carried_out:
        client.submit(signed)
    how = "was carried out, or cancelled" if carried_out else "is signed and may be carried out yet"

    with pytest.raises(InputError, match=f"A registration of these files {how}: `ape run relay FILE` carries out"):
        dataset_register.register(composer, new(pair), ())
    assert client.datasets.dataset_count() == carried_out
    dataset_register.register(composer, new(pair, again=True), ())
    assert client.datasets.dataset_count() == carried_out + 1


@pytest.mark.parametrize("outcome", ["open", "carried out", "expired"])
def test_files_whose_registration_a_push_has_signed_are_registered_no_second_time(
    pair: Album, session: Sessions, capsys: Out, outcome: str
) -> None:
    composer, client, record = session("composer"), session("fan").signing_client(), record_folder(pair.folder)
    relaying = session("composer", relay=True)
    relaying.lifetime = 3_600
    dataset_register.register(relaying, new(pair), ())
    signed = SignedCall.from_json(capsys.readouterr().out)
    if outcome == "carried out":
        client.submit(signed)
    if outcome == "expired":
        signed = replace(signed, call=replace(signed.call, deadline=1))
    (record / "record.json").unlink()
    (record / "push.json").write_text(f"{signed.to_json()}\n")
    before = client.datasets.dataset_count()

    if outcome == "expired":
        dataset_register.register(composer, new(pair), ())
    else:
        told = "was carried out; run" if before else "may be carried out yet, for 6[01] minutes; run"
        with pytest.raises(InputError, match=f"`audiera push` signed {told} the push once more"):
            dataset_register.register(composer, new(pair), ())

    assert client.datasets.dataset_count() == before + (outcome == "expired")


def test_nothing_is_registered_where_what_a_push_has_signed_cannot_be_read(pair: Album, session: Sessions) -> None:
    composer, record = session("composer"), record_folder(pair.folder)
    (record / "push.json").mkdir(parents=True)

    with pytest.raises(StorageError, match=r"push\.json cannot be read \(Not a file\); mend its permissions"):
        dataset_register.register(composer, new(pair), ())

    assert composer.client.datasets.dataset_count() == 0


def test_a_registration_is_recorded_beside_the_folder(pair: Album, session: Sessions) -> None:
    label = session("label")

    dataset_register.register(label, new(pair), ())

    (known,) = read_registrations(record_folder(pair.folder))
    assert known.place == (label.client.chain_id, label.client.datasets.address, 1, 1)
    assert known.split == label.client.royalty.current_split(label.client.datasets.account_of(1))
    assert [it.names for it in sorted(known.shares, key=lambda it: it.ppm)] == [("Lena Label",), ("Cosmo Composer",)]
    assert any(known.transaction)


def test_a_contributor_without_an_address_is_held_in_trust(album: MakeAlbum, session: Sessions, capsys: Out) -> None:
    label, custodian = session("label", as_json=True), session("custodian").me
    made = album("Pavel Brandt,,1", columns="name,address,share")

    dataset_register.register(label, new(made, custodian=custodian), ())

    printed = capsys.readouterr()
    (share,) = json.loads(printed.out)["shares"]
    key = name_key("Pavel Brandt")
    assert (share["custodian"], share["key"]) == (custodian, "0x" + key.hex())
    assert share["payee"] == "0x" + account_id(custodian, key).hex()
    assert f"held in trust by {custodian}" in printed.err


def test_register_and_offer_are_one_command(pair: Album, session: Sessions, capsys: Out) -> None:
    label = session("label", as_json=True)
    offers = plan_offers(
        label, ["training", "open"], ["5 USDC", "0.1 ETH"], ["0.001 USDC/second", "0 ETH/call"], "1 year"
    )

    dataset_register.register(label, new(pair), offers)

    printed = capsys.readouterr()
    training, freely = json.loads(printed.out)["offers"]
    prices = [it["amount"] for it in (training["price"], training["unitPrice"], freely["price"])]
    assert prices == ["5 USDC", "0.001 USDC", "0.1 ETH"]
    terms_id = bytes.fromhex(training["termsId"].removeprefix("0x"))
    standing = label.client.licenses.offer_of(1, terms_id)
    assert standing is not None
    assert (standing.price, standing.left) == (5_000_000, None)
    assert label.client.licenses.terms(terms_id).duration == 365 * 86_400
    assert label.client.licenses.terms(terms_id).unit_price == 1_000
    assert "Training licence" in printed.err


def test_a_parent_has_its_share_of_the_child(pair: Album, session: Sessions, album: MakeAlbum, capsys: Out) -> None:
    """P6: the child's split holds the parent's leaf at the declared share."""
    label = session("label", as_json=True)
    dataset_register.register(label, new(pair), ())
    child = album(f"Remy Remix,{session('remixer').me},100 %", name="Remix")
    write_tone(child.folder / "more.flac", hertz=550)
    capsys.readouterr()

    dataset_register.register(session("remixer"), new(child, parents=(Parent(1, 150_000),)), ())

    assert label.client.datasets.parents(2) == (Parent(1, 150_000),)
    split = label.client.royalty.current_split(label.client.datasets.account_of(2))
    assert split.ppm_of(label.client.datasets.account_of(1)) == 150_000
    assert "dataset 1 parent 15 % whoever shares its income" in " ".join(capsys.readouterr().err.split())


def test_register_refuses_unclear_shares_and_sends_nothing(album: MakeAlbum, session: Sessions) -> None:
    label = session("label")
    unclear = album(f"Lena Label,{label.me}", f"Cosmo,{session('composer').me}", columns="name,address")

    with pytest.raises(ContributorsError, match="it states no shares"):
        dataset_register.register(label, new(unclear), ())

    assert label.client.datasets.dataset_count() == 0


@pytest.mark.parametrize("rule", [ShareRule.EQUAL, ShareRule.ITEMS, ShareRule.SECONDS])
def test_files_have_composers_and_a_rule_divides(
    album: MakeAlbum, session: Sessions, rule: ShareRule, capsys: Out
) -> None:
    label, composer = session("label", as_json=True), session("composer").me
    rows = (f"a.flac,Lena,{label.me}", f"b.ogg,Cosmo,{composer}", f"side 2/c.wav,Cosmo,{composer}")
    files = album(*rows, columns="file,composer,address")

    dataset_register.register(label, new(files, rule=rule), ())

    shares = {tuple(it["names"]): it["ppm"] for it in json.loads(capsys.readouterr().out)["shares"]}
    lena = {ShareRule.EQUAL: 500_000, ShareRule.ITEMS: 333_333, ShareRule.SECONDS: 166_667}[rule]
    assert shares == {("Lena",): lena, ("Cosmo",): 1_000_000 - lena}


def test_register_refuses_a_parent_that_does_not_exist_before_it_reads_the_folder(
    pair: Album, session: Sessions
) -> None:
    with pytest.raises(RevertError) as refused:
        dataset_register.register(session("label"), new(pair, parents=(Parent(9, 1),)), ())

    assert (refused.value.name, refused.value.fields) == ("Registry_UnknownDataset", {"id": 9})


def test_register_refuses_the_same_files_twice_unless_told(pair: Album, session: Sessions) -> None:
    label = session("label")
    dataset_register.register(label, new(pair), ())

    with pytest.raises(InputError, match="dataset 1 on this chain already"):
        dataset_register.register(label, new(pair), ())
    dataset_register.register(label, new(pair, again=True), ())

    assert label.client.datasets.dataset_count() == 2


def test_register_refuses_offers_where_they_cannot_stand(pair: Album, session: Sessions) -> None:
    label = session("label")
    offers = plan_offers(label, ["open"], ["1 USDC"], [], "perpetual")

    with pytest.raises(InputError, match="offered after it is cleared"):
        dataset_register.register(label, new(pair, parents=(Parent(1, 1),)), offers)
    with pytest.raises(InputError, match="has no number yet"):
        dataset_register.register(session("label", relay=True), new(pair), offers)
    with pytest.raises(InputError, match="catalogue has no files"):
        dataset_register.register(label, new(pair, kind=Kind.Catalogue), ())


@pytest.mark.parametrize(
    ("texts", "prices", "units", "error"),
    [
        (["open"], [], [], InputError),
        (["open", "open"], ["1 ETH", "2 ETH"], ["1 ETH/call"], InputError),
        (["nonsense"], ["1 ETH"], [], TermsError),
        (["open"], ["1 ETH"], ["1 USDC/call"], TermsError),
        (["open"], ["1 DAI"], [], AmountError),
        (["open"], ["0.0000001 USDC"], [], AmountError),
    ],
    ids=["no price", "too few unit prices", "no such text", "two tokens", "unknown token", "too fine"],
)
def test_offers_are_refused(
    session: Sessions, texts: list[str], prices: list[str], units: list[str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        plan_offers(session("label"), texts, prices, units, "perpetual")


def test_nothing_is_sent_where_nobody_can_be_asked(pair: Album, session: Sessions) -> None:
    label = session("label", yes=False)

    with pytest.raises(InputError, match="no terminal to ask in, so nothing was done"):
        dataset_register.register(label, new(pair), ())

    assert label.client.datasets.dataset_count() == 0


def test_the_record_stays_out_of_the_music(pair: Album, session: Sessions) -> None:
    inside: Path = pair.folder / "record"

    with pytest.raises(InputError, match="is among the music"):
        dataset_register.register(session("label"), new(pair, out=inside), ())


def test_parents_out_of_order_are_sorted_and_twice_the_same_is_refused(pair: Album, session: Sessions) -> None:
    with pytest.raises(LineageError, match="listed twice"):
        dataset_register.register(session("label"), new(pair, parents=(Parent(2, 1), Parent(2, 1))), ())


def test_an_offer_says_what_derived_datasets_owe(pair: Album, session: Sessions, capsys: Out) -> None:
    label = session("label", as_json=True)
    prices, shares = ["1 USDC", "5 USDC"], ["0 %", "5 %"]

    offers = plan_offers(label, ["open", "training"], prices, [], "perpetual", derivative_shares=shares)
    dataset_register.register(label, new(pair), offers)

    printed = capsys.readouterr()
    made = json.loads(printed.out)["offers"]
    owed = [label.client.licenses.terms(bytes.fromhex(it["termsId"][2:])).derivative_ppm for it in made]
    assert owed == [0, 50_000]
    assert [line.split("perpetual")[1].split()[:2] for line in printed.err.splitlines() if " perpetual " in line] == [
        ["nothing", "DataMining,"],
        ["5", "%"],
    ]


def test_too_few_derivative_shares_are_refused(session: Sessions) -> None:
    with pytest.raises(InputError) as refused:
        plan_offers(session("label"), ["open", "open"], ["0 ETH"] * 2, [], "perpetual", derivative_shares=["5 %"])

    assert str(refused.value) == (
        "Give a --derivative-share for every --offer or for none; 0 % asks nothing of derived datasets."
    )
