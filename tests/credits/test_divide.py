from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiera.credits.contributors import Contributors, ContributorsError, Credit, read_contributors
from audiera.credits.divide import ShareRule, divide
from audiera.credits.people import Party, Person
from audiera.dataset.registration import RecordedShare, recorded_shares
from audiera.protocol.ids import account_id, ipi_key, isni_key, name_key, to_address
from audiera.protocol.splits import WHOLE, payee_of
from tests.support.credits import ROWS, by_file, ppm, problems, row
from tests.support.music import ADA, BEN, CARA, CUSTODIAN, write_contributors

PARENT = b"\x99" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "contributors.csv"


def test_stated_shares_are_the_split(path: Path) -> None:
    write_contributors(path, "name,address,share", f"Ada,{ADA},60 %", f"Ben,{BEN},40 %")

    divided = divide(read_contributors(path), ROWS)

    assert [(share.payee, share.ppm) for share in divided.split.shares] == [
        (payee_of(ADA), 600_000),
        (payee_of(BEN), 400_000),
    ]
    assert divided.rule == "stated"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (ShareRule.EQUAL, {"Ada": 333_334, "Ben": 333_333, "Cara": 333_333}),
        (ShareRule.ITEMS, {"Ada": 500_000, "Ben": 333_333, "Cara": 166_667}),
        (ShareRule.SECONDS, {"Ada": 400_000, "Ben": 300_000, "Cara": 300_000}),
    ],
)
def test_a_rule_divides_what_the_file_leaves_open(path: Path, rule: ShareRule, expected: dict[str, int]) -> None:
    divided = divide(by_file(path), ROWS, rule=rule)

    assert ppm(divided) == expected
    assert divided.rule == rule


def test_stated_shares_of_a_file_divide_its_weight(path: Path) -> None:
    lines = [f"a.flac,Ada,{ADA},1", f"b.flac,Ben,{BEN},1", f"c.flac,Ada,{ADA},3/4", f"c.flac,Cara,{CARA},1/4"]
    contributors = read_contributors(write_contributors(path, "file,name,address,share", *lines))

    assert ppm(divide(contributors, ROWS, rule=ShareRule.SECONDS)) == {
        "Ada": 550_000,
        "Ben": 300_000,
        "Cara": 150_000,
    }


def test_two_roles_in_one_file_are_one_part_of_it(path: Path) -> None:
    lines = [f"a.flac,Ada,{ADA},words", f"a.flac,Ada,{ADA},music", f"a.flac,Ben,{BEN},music"]
    contributors = read_contributors(write_contributors(path, "file,name,address,role", *lines))

    divided = divide(contributors, ROWS[:1], rule=ShareRule.ITEMS)

    assert ppm(divided) == {"Ada": 500_000, "Ben": 500_000}
    assert divided.payouts[0].roles == ("words", "music")


def test_a_file_without_credit_weighs_nothing(path: Path) -> None:
    lines = [f"a.flac,Ada,{ADA}", f"b.flac,Ben,{BEN}", "c.flac,-,"]
    contributors = read_contributors(write_contributors(path, "file,composer,address", *lines))

    assert ppm(divide(contributors, ROWS, rule=ShareRule.SECONDS)) == {"Ben": 750_000, "Ada": 250_000}


def test_parents_come_off_the_top(path: Path) -> None:
    """P6: a child's split holds every parent's leaf at the declared share."""
    divided = divide(by_file(path), ROWS, rule=ShareRule.SECONDS, parents={PARENT: 100_000})

    assert divided.split.ppm_of(PARENT) == 100_000
    assert ppm(divided) == {"Ada": 360_000, "Ben": 270_000, "Cara": 270_000}


def test_who_has_no_address_gets_an_account_under_the_custodian(path: Path) -> None:
    lines = [f"Ada,{ADA},,,", "Ben,,,,", "Cara,,0000 0001 2103 2683,159849414,", "Dana,,,519338442,0000000218250097"]
    write_contributors(path, "name,address,isni,ipi,orcid", *lines)

    divided = divide(read_contributors(path), ROWS, rule=ShareRule.EQUAL, custodian=CUSTODIAN, salt="s")

    ben, cara = name_key("Ben", "s"), isni_key("0000000121032683", "s")
    dana, custodian = ipi_key("00519338442", "s"), to_address(CUSTODIAN)
    held = {
        payout.names[0]: (payout.payee, payout.custodian, payout.key, payout.keyed_by) for payout in divided.payouts
    }
    assert held == {
        "Ada": (payee_of(ADA), None, None, None),
        "Ben": (account_id(CUSTODIAN, ben), custodian, ben, "name:Ben"),
        "Cara": (account_id(CUSTODIAN, cara), custodian, cara, "isni:0000000121032683"),
        "Dana": (account_id(CUSTODIAN, dana), custodian, dana, "ipi:00519338442"),
    }
    assert divided.parties == (
        Party("Ada"),
        Party("Ben"),
        Party("Cara", isni="0000000121032683", ipi="00159849414"),
        Party("Dana", ipi="00519338442", orcid="0000-0002-1825-0097"),
    )


def test_a_record_keeps_what_an_account_is_keyed_by(path: Path) -> None:
    contributors = read_contributors(write_contributors(path, "name,ipi,share", "Dana,519338442,1"))

    (recorded,) = recorded_shares(divide(contributors, ROWS, custodian=CUSTODIAN, salt="s"))

    key = ipi_key("519338442", "s")
    assert recorded.json() == {
        "payee": f"0x{account_id(CUSTODIAN, key).hex()}",
        "ppm": WHOLE,
        "names": ["Dana"],
        "custodian": to_address(CUSTODIAN),
        "key": f"0x{key.hex()}",
        "keyedBy": "ipi:00519338442",
    }
    assert RecordedShare.from_json(recorded.json()) == recorded


def test_a_custodian_of_address_zero_is_refused(path: Path) -> None:
    contributors = read_contributors(write_contributors(path, "name", "Ada"))

    with pytest.raises(ContributorsError, match="the custodian's address is zero; name who holds in trust"):
        divide(contributors, ROWS, rule=ShareRule.EQUAL, custodian="0x" + "0" * 40)


def test_contributors_who_share_an_address_share_a_leaf(path: Path) -> None:
    write_contributors(path, "name,address,share", f"Ada,{ADA},50 %", f"Ben,{BEN},20 %", f"Cara,{ADA},30 %")

    divided = divide(read_contributors(path), ROWS)

    assert ppm(divided) == {"Ada & Cara": 800_000, "Ben": 200_000}


def test_one_share_for_two_names_is_said(path: Path) -> None:
    write_contributors(path, "name,address,share", f"Ada,{ADA},50 %", f"Ben,{BEN},20 %", f"Cara,{ADA},30 %")

    assert divide(read_contributors(path), ROWS).notes == (
        f"Ada and Cara have one address, {to_address(ADA)}, and so one share together.",
    )


def test_who_made_only_what_has_no_length_is_named_where_length_counts(path: Path) -> None:
    rows = [ROWS[0], row("b.flac", 0)]
    lines = [f"a.flac,Ada,{ADA}", f"b.flac,Ben,{BEN}"]
    contributors = read_contributors(write_contributors(path, "file,composer,address", *lines))

    with pytest.raises(ContributorsError) as caught:
        divide(contributors, rows, rule=ShareRule.SECONDS)

    (problem,) = caught.value.problems
    assert problem == (
        "the files of Ben last 0 s, for which --shares seconds gives nothing; "
        "say --shares items, or leave out files and rows."
    )


def test_nobody_without_an_address_is_forgotten(path: Path) -> None:
    contributors = read_contributors(write_contributors(path, "name,address", "Ben,", f"Ada,{ADA}", "Cara,"))

    assert problems(contributors, ShareRule.EQUAL) == (
        "no address for Ben, Cara; add it, or name with --custodian who holds in trust for them.",
    )


@pytest.mark.parametrize(
    ("lines", "rule", "problem"),
    [
        (["name,address", f"Ada,{ADA}"], None, "it states no shares; add a column `share`, or say --shares equal."),
        (
            ["name,address", f"Ada,{ADA}"],
            ShareRule.SECONDS,
            "it does not say who made which file, so --shares seconds cannot be; add a column `file`.",
        ),
        (["name,address,share", f"Ada,{ADA},1"], ShareRule.EQUAL, "it states the shares itself; leave out --shares."),
    ],
)
def test_unclear_shares_are_refused(path: Path, lines: list[str], rule: ShareRule | None, problem: str) -> None:
    assert problems(read_contributors(write_contributors(path, *lines)), rule) == (problem,)


def test_unclear_shares_by_file_are_refused(path: Path) -> None:
    assert problems(by_file(path)) == ("it states no shares; say how to divide: --shares equal, items or seconds.",)


@pytest.mark.parametrize("rule", [None, ShareRule.EQUAL])
def test_shares_of_files_need_to_know_what_a_file_counts(path: Path, rule: ShareRule | None) -> None:
    lines = [f"{name},Ada,{ADA},1" for name in ("a.flac", "b.flac", "c.flac")]
    contributors = read_contributors(write_contributors(path, "file,name,address,share", *lines))

    assert problems(contributors, rule) == (
        "its shares are of each file; say what a file counts: --shares items or --shares seconds.",
    )


def test_a_file_and_the_folder_must_agree(path: Path) -> None:
    lines = [f"a.flac,Ada,{ADA}", f"gone.flac,Ada,{ADA}", "lost.flac,-,", f"c.flac,Ada,{ADA}"]
    contributors = read_contributors(write_contributors(path, "file,composer,address", *lines))

    assert problems(contributors, ShareRule.ITEMS) == (
        "line 3: gone.flac is not in the folder; correct it or remove the row.",
        "lost.flac is not in the folder; correct it or remove the row.",
        "b.flac is in the folder and has no row; add one, with - as composer for no credit.",
    )


def test_a_share_too_small_for_a_split_is_refused_by_name(path: Path) -> None:
    write_contributors(path, "name,address,share", f"Ada,{ADA},9999999/10000000", f"Ben,{BEN},1/10000000")

    assert problems(read_contributors(path)) == (
        "Ben would get less than one millionth; raise the share or drop the credit.",
    )


def test_more_payees_than_groups_hold_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiera.credits.groups.MAX_SHARES", 2)
    lines = [f"P{number},0x{number:040x}" for number in range(1, 6)]
    contributors = read_contributors(write_contributors(path, "name,address", *lines))

    assert problems(contributors, ShareRule.EQUAL) == ("5 payees are more than 2 groups hold; divide the dataset.",)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 9)), min_size=1, max_size=40, unique=True),
    st.sampled_from(list(ShareRule)),
    st.integers(0, 900_000),
)
def test_a_split_sums_to_the_whole_and_no_share_is_off_by_one_ppm(
    cast: list[tuple[int, int]], rule: ShareRule, owed: int
) -> None:
    rows = tuple(
        Credit(0, Person(f"P{who}", to_address(f"0x{who:040x}")), ROWS[file].metadata.path) for file, who in cast
    )
    idle = tuple(row.metadata.path for row in ROWS if row.metadata.path not in {credit.file for credit in rows})
    parents = {PARENT: owed} if owed else {}

    divided = divide(Contributors(Path("x.csv"), True, rows, idle), ROWS, rule=rule, parents=parents)

    weights: dict[str, Fraction] = {}
    for file, who in cast:
        count = sum(other == file for other, _ in cast)
        weight = {"items": 1, "seconds": ROWS[file].item.duration_ms}.get(rule, 0)
        weights[f"P{who}"] = weights.get(f"P{who}", Fraction(0)) + Fraction(weight, count)
    if rule is ShareRule.EQUAL:
        weights = dict.fromkeys(weights, Fraction(1))
    assert sum(share.ppm for share in divided.split.shares) == WHOLE
    for payout in divided.payouts:
        exact = weights[payout.names[0]] * (WHOLE - owed) / sum(weights.values())
        assert abs(payout.ppm - exact) < 1
