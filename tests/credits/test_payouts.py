from pathlib import Path

import pytest

from audiera.credits.addressbook import AddressBook
from audiera.credits.contributors import read_contributors
from audiera.credits.divide import Credits, ShareRule, divide
from audiera.credits.payouts import PayoutLine, alike_note, payout_table, trust_notes
from audiera.protocol.ids import to_address
from audiera.protocol.items import Item
from audiera.protocol.metadata import Metadata
from audiera.protocol.table import TableRow
from tests.support.music import ADA, BEN, CUSTODIAN, write_contributors

HOLDER = to_address(CUSTODIAN)
BOOK = AddressBook(Path("book.yaml"), {"ada": to_address(ADA)})
ROWS = tuple(
    TableRow(Item.of(path.encode().ljust(32, b"\0"), 1, metadata), metadata)
    for path in ("a.flac", "b.flac")
    for metadata in [Metadata(path=path, media_type="audio/flac", duration_ms=1_000)]
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "contributors.csv"


def shared(path: Path, *lines: str, rule: ShareRule | None = None) -> Credits:
    contributors = read_contributors(write_contributors(path, *lines), BOOK)
    rows = ROWS if contributors.per_item else ROWS[:1]
    return divide(contributors, rows, rule=rule, custodian=CUSTODIAN)


def test_the_table_says_who_gets_what_where(path: Path) -> None:
    columns = "name,role,address,share,isni,ipi"
    lines = ["Ada,words; music,ada,1/2,,", f"Ben,,{BEN},1/4,,", "Cara,singer,,1/8,0000 0001 2103 2683,"]
    lines += ["Dana,,,1/16,,519338442", "Eve,,,1/16,,"]

    divided = shared(path, columns, *lines)

    assert payout_table(divided) == (
        PayoutLine("Ada", "words, music", "50 %", 500_000, f"ada ({to_address(ADA)})"),
        PayoutLine("Ben", "", "25 %", 250_000, to_address(BEN)),
        PayoutLine("Cara", "singer", "12.5 %", 125_000, f"held in trust by {HOLDER}, keyed by ISNI 0000000121032683"),
        PayoutLine("Dana", "", "6.25 %", 62_500, f"held in trust by {HOLDER}, keyed by IPI 00519338442"),
        PayoutLine("Eve", "", "6.25 %", 62_500, f"held in trust by {HOLDER}, keyed by the name"),
    )


def test_all_payees_are_said_to_be_paid_alike(path: Path) -> None:
    divided = shared(path, "file,composer", "a.flac,Ada", "a.flac,Ben", "b.flac,Ada", rule=ShareRule.ITEMS)

    assert alike_note(divided) == (
        "Any use of any file pays all 2 payees alike, by these shares, whoever made it; "
        "to pay those who made the file, register with --group-by contributors."
    )


def test_groups_are_not_advised_where_all_files_have_the_same_credits(path: Path) -> None:
    lines = ["a.flac,Ada,words", "a.flac,Ben,", "b.flac,Ben,", "b.flac,Ada,"]

    assert alike_note(shared(path, "file,name,role", *lines, rule=ShareRule.ITEMS)) == (
        "Any use of any file pays all 2 payees alike, by these shares."
    )


def test_contributors_to_the_whole_are_not_told_of_groups(path: Path) -> None:
    assert alike_note(shared(path, "name,share", "Ada,1/2", "Ben,1/2")) == (
        "Any use of any file pays all 2 payees alike, by these shares."
    )


def test_one_payee_needs_no_such_sentence(path: Path) -> None:
    assert alike_note(shared(path, "name,share", "Ada,1")) is None


def test_whom_payees_trust_is_said(path: Path) -> None:
    divided = shared(path, "name,address,share", f"Ada,{ADA},1/2", "Ben,,1/4", "Cara,,1/4")

    (note,) = trust_notes(divided)
    assert note == (
        f"{HOLDER} holds in trust for 2 payees: it says which split each account is paid to, and so could take what "
        "comes in."
    )


def test_who_is_paid_by_the_contract_alone_trusts_nobody(path: Path) -> None:
    divided = shared(path, "name,address,share", f"Ada,{ADA},1")

    assert list(trust_notes(divided)) == []


def test_payees_in_groups_are_told_so(path: Path) -> None:
    lines = [f"P{number:04},0x{number:040x}" for number in range(1, 1_502)]

    divided = shared(path, "name,address", *lines, rule=ShareRule.EQUAL)
    table = payout_table(divided)

    assert sum(line.ppm is None for line in table) == 502
    assert {line.paid_at.partition(", ")[2] for line in table} == {"", "through group 1"}
    ((split_id, group),) = divided.groups.items()
    whole, member = divided.split.ppm_of(split_id), group.shares[0]
    shares = {line.who: line.share for line in table}
    assert (whole, member.ppm) == (334_444, 1_993)
    assert shares["P0001"] == "0.0667 %"
    assert shares[f"P{int.from_bytes(member.payee):04}"] == "about 0.0667 %"  # of 666.546892 ppm
    (note,) = trust_notes(divided)
    assert note == (
        "502 payees are paid through 1 group, since a split holds no more than 1,000. A group is a split of its own, "
        "which nobody can change."
    )


def test_a_share_below_a_millionth_is_said_to_be_so(path: Path) -> None:
    lines = [f"P{number:04},0x{number:040x},999/1000000" for number in range(1, 1_001)]
    lines += [f"Q{number:04},0x{number + 9_000:040x},1/2000000" for number in range(2_000)]

    table = payout_table(shared(path, "name,address,share", *lines))

    assert {line.share for line in table if line.who.startswith("Q")} == {"less than 0.0001 %"}
