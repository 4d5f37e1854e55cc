"""What commands show of a split, and the groups that they set up before a registration."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from audiera.cli.dataset.payees import create_groups, payee_json, show_payees
from audiera.client import Content
from audiera.client.contracts.events import DatasetRegistered
from audiera.credits.contributors import Contributors, Credit
from audiera.credits.divide import Credits, divide
from audiera.credits.people import Person
from audiera.errors import InputError
from audiera.protocol.ids import ETHER, name_key, to_address
from audiera.protocol.kinds import Kind
from audiera.protocol.lineage import Parent
from audiera.protocol.splits import WHOLE
from tests.cli.conftest import Sessions
from tests.cli.payments import claim, pay
from tests.support.music import ADA, CUSTODIAN

Out = pytest.CaptureFixture[str]


def choir(count: int = 1_003) -> Credits:
    people = (Person(f"P{number:04}", to_address(f"0x{number:040x}")) for number in range(1, count + 1))
    listed = tuple(Credit(0, person, share=Fraction(1, count)) for person in people)
    return divide(Contributors(Path("x.csv"), False, listed), ())


def pair() -> Credits:
    ada, ben = Person("Ada", to_address(ADA), "ada"), Person("Ben")
    listed = (Credit(2, ada, share=Fraction(3, 4), roles=("composer",)), Credit(3, ben, share=Fraction(1, 4)))
    return divide(Contributors(Path("x.csv"), False, listed), (), custodian=CUSTODIAN, parents={b"\x99" * 32: 200_000})


def test_a_split_is_shown_with_what_its_payees_should_know(session: Sessions, capsys: Out) -> None:
    show_payees(session("label"), pair(), [Parent(7, 200_000)])

    lines = capsys.readouterr().err.splitlines()
    holder = to_address(CUSTODIAN)
    assert lines[0] == "Who shares the income (as the contributors file states), for ever:"
    assert [line.split() for line in lines[1:5]] == [
        ["who", "role", "share", "paid", "at"],
        ["Ada", "composer", "60", "%", "ada", f"({to_address(ADA)})"],
        ["Ben", "20", "%", "held", "in", "trust", "by", f"{holder},", "keyed", "by", "the", "name"],
        ["dataset", "7", "parent", "20", "%", "whoever", "shares", "its", "income"],
    ]
    alike, trust = lines[5:]
    assert alike == "  Any use of any file pays all 2 payees alike, by these shares."
    assert trust == (
        f"  {holder} holds in trust for 1 payee: it says which split each account is paid to, and so could take what "
        "comes in."
    )


def test_programs_are_told_where_a_payee_is_paid() -> None:
    ada, ben = map(payee_json, pair().payouts)

    assert ada == {
        "payee": to_address(ADA),
        "ppm": 600_000,
        "names": ["Ada"],
        "address": to_address(ADA),
        "alias": "ada",
    }
    assert {name: ben[name] for name in ("custodian", "key", "keyedBy")} == {
        "custodian": to_address(CUSTODIAN),
        "key": f"0x{name_key('Ben').hex()}",
        "keyedBy": "name:Ben",
    }


def test_groups_are_created_once(session: Sessions, capsys: Out) -> None:
    label = session("label")
    shared = choir()
    ((split_id, group),) = shared.groups.items()

    create_groups(label, shared)
    create_groups(label, shared)

    assert label.client.royalty.payee_count_of(split_id) == len(group.shares) > 1
    told = capsys.readouterr().err
    assert told.count("To create before the registration: 1 group of payees, one transaction each.") == 1
    assert told.count("Transaction 0x") == 1
    members = [payee_json(payout) for payout in shared.payouts if payout.group]
    assert {member["group"] for member in members} == {f"0x{split_id.hex()}"}
    assert len(members) == len(group.shares)


def test_groups_cannot_be_created_by_a_signed_call(session: Sessions) -> None:
    label = session("label", relay=True)

    with pytest.raises(InputError, match="Payees beyond 1,000 are paid through groups"):
        create_groups(label, choir())


def test_a_split_without_groups_needs_nothing_created(session: Sessions, capsys: Out) -> None:
    create_groups(session("label", relay=True), pair())

    assert capsys.readouterr().err == ""


def test_who_is_paid_through_a_group_claims_as_everybody_does(session: Sessions) -> None:
    label, fan = session("label"), session("fan")
    shared = choir()
    (group,) = shared.groups
    create_groups(label, shared)
    content = Content(Kind.Samples, 0, 1, b"\x01" * 32, b"\x02" * 32)
    receipt = label.signing_client().datasets.register(content, shared.split, ())
    pay(fan, receipt.event(DatasetRegistered).id, "1 ETH")
    member = next(payout for payout in shared.payouts if payout.group)

    claim(fan, payee=member.payee)

    forwarded = 10**18 * shared.split.ppm_of(group) // WHOLE
    assert fan.client.royalty.received_of(group, ETHER) == forwarded
    paid = fan.client.royalty.claimed_of(group, ETHER, member.payee)
    assert paid == forwarded * member.ppm // WHOLE
