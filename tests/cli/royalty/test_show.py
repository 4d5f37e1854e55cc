"""`royalty show` of everything that is not simply a dataset, and how payees are called."""

from __future__ import annotations

import pytest

from audiera.cli.royalty import send as royalty_send
from audiera.cli.royalty import show as royalty_show
from audiera.cli.royalty.show import Subject
from audiera.protocol.ids import account_id
from audiera.protocol.lineage import Parent
from audiera.protocol.splits import Split, payee_of
from tests.cli.conftest import Sessions
from tests.cli.payments import KEY, claim, dataset, pay, told

Out = pytest.CaptureFixture[str]


def test_an_account_that_waits_shows_what_waits_for_it(session: Sessions, capsys: Out) -> None:
    label, custodian, fan = session("label"), session("custodian").me, session("fan")
    held = account_id(custodian, KEY)
    number = dataset(label, {payee_of(label.me): 500_000, held: 500_000})
    pay(fan, number, "1 ETH")
    capsys.readouterr()

    royalty_show.show(label, Subject.of(label, "0x" + held.hex()))

    shown = capsys.readouterr().out
    assert f"Shares of account 0x{held.hex()} (not assigned):" in shown
    assert "0.5 ETH" in shown


def test_an_account_with_a_split_and_shares_shows_both(session: Sessions, capsys: Out) -> None:
    """A dataset that is a parent: its own split, and its share of the child."""
    label, fan = session("label"), session("fan")
    parent = dataset(label, {payee_of(label.me): 1_000_000})
    child = dataset(label, {payee_of(label.me): 750_000}, (Parent(parent, 250_000),))
    pay(fan, child, "1 ETH")
    capsys.readouterr()

    royalty_show.show(label, Subject.of(label, str(parent)))

    shown = capsys.readouterr().out
    assert f"Dataset {parent}, split 0x" in shown
    assert "received nothing yet" in shown
    assert f"Shares of dataset {parent}:" in shown
    assert "To claim, forwards included: 0.25 ETH." in shown


def test_a_split_is_shown_by_its_id_and_called_by_what_points_at_it(session: Sessions, capsys: Out) -> None:
    label, custodian = session("label"), session("custodian")
    split = Split.of({payee_of(label.me): 1_000_000})
    label.signing_client().royalty.create_split(split)
    subject = Subject.of(label, "0x" + split.id().hex())
    royalty_show.show(label, subject)
    assert "Split 0x" in capsys.readouterr().out

    custodian.signing_client().royalty.assign(KEY, split.id())
    royalty_show.show(label, subject)
    assert f"held by {custodian.me}, split 0x" in capsys.readouterr().out
    first, second = dataset(label, {payee_of(label.me): 1_000_000}), dataset(label, {payee_of(label.me): 1_000_000})
    royalty_show.show(label, subject)

    assert (first, second) == (1, 2)
    assert "and 2 more, split 0x" in capsys.readouterr().out


def test_the_dataset_that_was_asked_for_is_named_first_where_several_share_a_split(
    session: Sessions, capsys: Out
) -> None:
    label, fan = session("label"), session("fan")
    first, second = dataset(label, {payee_of(label.me): 1_000_000}), dataset(label, {payee_of(label.me): 1_000_000})
    pay(fan, first, "1 ETH")
    capsys.readouterr()

    royalty_show.show(label, Subject.of(label, str(second)))
    shown = capsys.readouterr().out
    royalty_show.show(session("label", as_json=True), Subject.of(label, str(second)))
    (split,) = told(capsys)["splits"]

    assert shown.startswith(f"Dataset {second} and 1 more, split 0x")
    assert "received 1 ETH:" in shown
    assert shown.endswith(
        f"One split is shared by dataset {first}, dataset {second}, so that what they received is told together.\n"
    )
    assert (split["of"], split["datasets"]) == (f"dataset {second} and 1 more", [first, second])


def test_what_came_under_an_earlier_split_is_still_shown_and_claimed(session: Sessions, capsys: Out) -> None:
    """P4: what was credited before a share moved stays with the split it arrived under."""
    label, fan, heir = session("label"), session("fan"), session("heir")
    number = dataset(label, {payee_of(label.me): 1_000_000})
    pay(fan, number, "1 ETH")
    before = label.client.royalty.current_split(label.client.datasets.account_of(number))
    label.signing_client().datasets.move_share(number, before, payee_of(heir.me))
    pay(fan, number, "2 ETH")
    capsys.readouterr()

    royalty_show.show(label, Subject.of(label, str(number)))
    shown = capsys.readouterr().out
    claim(fan, payee=payee_of(label.me), of=str(number))
    claim(fan, payee=payee_of(heir.me), of=str(number))

    claimed = capsys.readouterr().out
    assert f"Earlier split of dataset {number}, split 0x" in shown
    assert f"Claimed 1 ETH for {label.me}." in claimed
    assert f"Claimed 2 ETH for {heir.me}." in claimed


def test_an_address_is_told_to_programs(session: Sessions, capsys: Out) -> None:
    label, fan, ada = session("label"), session("fan"), session("ada")
    number = dataset(label, {payee_of(ada.me): 1_000_000})
    pay(fan, number, "1 ETH")
    capsys.readouterr()

    royalty_show.show(session("fan", as_json=True), Subject.of(fan, ada.me))

    found = told(capsys)
    assert (found["payee"], [it["amount"] for it in found["claimable"]]) == (ada.me, ["1 ETH"])
    (share,) = found["shares"]
    assert (share["of"], share["ppm"], share["owed"][0]["value"]) == (f"dataset {number}", 1_000_000, str(10**18))


def test_datasets_and_accounts_are_named_as_they_were_written(session: Sessions) -> None:
    label = session("label")
    number = dataset(label, {payee_of(label.me): 1_000_000})
    account = label.client.datasets.account_of(number)

    assert royalty_send.account_of(label, str(number)) == (account, f"dataset {number}")
    assert royalty_send.account_of(label, f"dataset:{number}") == (account, f"dataset {number}")
    assert royalty_send.account_of(label, "0x" + account.hex()) == (account, "account 0x" + account.hex())
