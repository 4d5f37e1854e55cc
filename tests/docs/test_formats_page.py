"""`docs/formats.md` against the package: a stranger must be able to trust every number on that page."""

import json
import re
from enum import IntEnum, IntFlag

import pytest

from audiera.protocol.cid import cid_of
from audiera.protocol.hashing import type_hash
from audiera.protocol.ids import (
    account_id,
    batch_id,
    channel_id,
    commitment,
    dataset_account,
    ipi_key,
    isni_key,
    name_key,
    to_address,
)
from audiera.protocol.items import Item
from audiera.protocol.kinds import DatasetFlag, Kind
from audiera.protocol.licenses import SignerScope, Status
from audiera.protocol.lineage import Parent, lineage_hash
from audiera.protocol.metadata import Metadata
from audiera.protocol.meters import Meter
from audiera.protocol.requests import LicenseAnswer, LicenseRequest
from audiera.protocol.rights import Right
from audiera.protocol.splits import Share, Split, payee_of
from audiera.protocol.structs import Call, Receipt, Statement, Use, Voucher
from audiera.protocol.sumtree import Node, SumTree
from audiera.protocol.terms import Terms, TermsFlag
from audiera.protocol.typed import Domain, Struct
from tests.support.places import DOCS, ROOT
from tools.contracts import AbiEntry

PAGE = (DOCS / "formats.md").read_text("utf-8")
ONE, TWO, THREE = ("0x" + digits * 20 for digits in ("11", "22", "33"))
WORD = b"\x11" * 32


@pytest.mark.parametrize(
    "kind", [Item, Share, Terms, Voucher, Receipt, Use, Statement, Call, LicenseRequest, LicenseAnswer]
)
def test_type_strings_and_hashes_are_on_the_page(kind: type[Struct]) -> None:
    assert f"| `{kind.TYPE}` | `{type_hash(kind.TYPE).hex()}` |" in PAGE


def test_the_example_row_and_item_are_right() -> None:
    row = Metadata(
        path="01 Café.flac",
        media_type="audio/flac",
        title="Café",
        artists=("Zoë",),
        track=1,
        duration_ms=213_970,
        sample_rate=44_100,
        channels=2,
    )

    assert f"Example row, {len(row.canonical().decode())} characters" in PAGE
    assert row.canonical().decode() in PAGE
    assert f"metadata {row.hash().hex()}" in PAGE
    assert f"itemLeaf {Item.of(WORD, 4_016_564, row).leaf().hex()}" in PAGE


def test_the_table_of_row_keys_is_whole() -> None:
    table = PAGE.split("| key | type | meaning |")[1].split("\n\n")[0]

    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == list(Metadata.__slots__)


def test_the_worked_sum_tree_is_right() -> None:
    leaves = [Node.of(bytes([17 * i]) * 32, 10 * i, i) for i in (1, 2, 3)]
    tree = SumTree.of(leaves)
    left, root = tree.levels[1][0], tree.root

    for leaf in leaves:
        assert f"0x{leaf.sum:018x}" in PAGE
    assert re.search(rf"level 1, left +hash {left.hash.hex()} +sum {left.sum:#x} +\(30, 3\)", PAGE)
    assert re.search(rf"root +hash {root.hash.hex()} +sum {root.sum:#x} +\(60, 6\)", PAGE)
    assert tree.proof(1).siblings == (leaves[0], leaves[2])
    assert tree.proof(2).siblings == (left,)


def terms() -> Terms:
    return Terms(
        rights=Right.Training | Right.Inference,
        meter=Meter.Second,
        unit_price=1_000,
        token=to_address(THREE),
        duration=31_536_000,
        notice=2_592_000,
        max_units=0,
        derivative_ppm=50_000,
        flags=TermsFlag.Revocable,
        text=WORD,
    )


CHANNEL = channel_id(ONE, TWO, THREE)
SHARES = Split.of({payee_of(ONE): 600_000, payee_of(TWO): 400_000})


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("the separator of `UsageLedger`", Domain("UsageLedger", 31_337, to_address(ONE)).separator()),
        ("Example: rights Training and Inference", terms().id()),
        ("account, controller `11` x 20", account_id(ONE, b"\x22" * 32)),
        ("account of dataset 1", dataset_account(ONE, 1)),
        ("key of ISNI", isni_key("0000 0001 2103 2683")),
        ("key of IPI 00519338442", ipi_key("519338442")),
        ("key of the name Doug Kaufman", name_key("Doug Kaufman")),
        ("split id, address", SHARES.id()),
        ("lineage, dataset 1", lineage_hash([Parent(1, 100_000), Parent(2, 0)])),
        ("channel, payer", CHANNEL),
        ("batch 1 of it", batch_id(CHANNEL, 1)),
        ("commitment of the voucher hash", commitment(WORD, 1_700_000_000)),
    ],
)
def test_an_example_is_followed_by_its_value(words: str, value: bytes) -> None:
    _, _, after = PAGE.partition(words)
    found = re.search(r"`([0-9a-f]{64})`", after)

    assert found
    assert found[1] == value.hex()


def test_the_example_cid_is_right() -> None:
    digest = bytes.fromhex("b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9")

    assert f"`{cid_of(digest)}`" in PAGE


@pytest.mark.parametrize(("kind", "column"), [(Kind, 1), (Meter, 2), (Status, 3)], ids=["kinds", "meters", "statuses"])
def test_enum_values_are_on_the_page(kind: type[IntEnum], column: int) -> None:
    assert names_in("| value | kind of dataset", column) == [member.name for member in kind]


@pytest.mark.parametrize(
    ("kind", "column"),
    [(Right, 1), (TermsFlag, 2), (DatasetFlag, 3), (SignerScope, 4)],
    ids=["rights", "terms", "datasets", "scopes"],
)
def test_bits_are_on_the_page(kind: type[IntFlag], column: int) -> None:
    assert names_in("| bit | right", column) == [member.name for member in kind]


def names_in(heading: str, column: int) -> list[str]:
    """Return the first word of each filled cell of one column, whose rows count up from zero."""
    rows = PAGE[PAGE.index(heading) :].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [row[0] for row in cells] == [str(i) for i in range(len(cells))]
    return [row[column].split(" ")[0] for row in cells if row[column]]


def abi_of(name: str) -> dict[str, AbiEntry]:
    """The functions and events of a contract by name, from the file that the page points to."""
    entries: list[AbiEntry] = json.loads((ROOT / "audiera" / "abi" / f"{name}.json").read_text())["abi"]
    return {entry["name"]: entry for entry in entries if "name" in entry}


def test_stored_terms_are_terms_in_another_order_with_an_index_and_without_the_text() -> None:
    abi = abi_of("LicenseRegistry")
    (stored,) = abi["termsOf"]["outputs"]
    (whole,) = (it for it in abi["TermsPublished"]["inputs"] if it["name"] == "terms")
    kept, published = [[member["name"] for member in it["components"]] for it in (stored, whole)]

    assert "`termsOf(termsId)` does not answer `Terms` but `StoredTerms`" in PAGE
    assert {*kept} == {*published} - {"text"} | {"index"}
    assert [name for name in published if name in kept] != [name for name in kept if name in published]


def test_what_the_licence_registry_is_asked_stands_in_its_abi() -> None:
    abi = abi_of("LicenseRegistry")
    members = [
        f"{it['internalType'].removeprefix('struct ')}{' indexed' * it['indexed']} {it['name']}"
        for it in abi["TermsPublished"]["inputs"]
    ]

    assert f"`TermsPublished({', '.join(members)})`" in PAGE
    assert f"`offerOf({', '.join(it['name'] for it in abi['offerOf']['inputs'])})`" in PAGE
    assert "`termsIdAt(index)`" in PAGE
    assert [it["name"] for it in abi["termsIdAt"]["inputs"]] == ["index"]


def spelling(event: AbiEntry) -> str:
    """An event as it stands on the page, with structs by their names."""
    members = [
        f"{it['internalType'].split()[-1] if it['type'].startswith('tuple') else it['type']}"
        f"{' indexed' * it['indexed']} {it['name']}"
        for it in event["inputs"]
    ]
    return f"{event['name']}({', '.join(members)})"


def test_events_stand_on_the_page_as_in_their_contracts() -> None:
    rows = re.findall(r"^\| (\w+) \| `(\w+)(\(.*?\))` \|", PAGE[PAGE.index("## 11.") :], re.MULTILINE)

    assert len(rows) >= 22
    for contract, name, members in rows:
        assert f"{name}{members}" == spelling(abi_of(contract)[name])


def limit(path: str, name: str) -> str:
    """A constant of a contract, as it is written there."""
    found = re.search(rf"constant {name} = (.+);", (ROOT / "contracts" / path).read_text("utf-8"))
    assert found
    return found[1]


def test_a_campaign_has_the_members_of_the_page() -> None:
    (terms,) = (it for it in abi_of("IncentivePool")["CampaignOpened"]["inputs"] if it["name"] == "terms")
    members = ",".join(f"{it['type']} {it['name']}" for it in terms["components"])

    assert f"Campaign({members})" in PAGE


@pytest.mark.parametrize(
    ("path", "name", "written", "said"),
    [
        ("IncentivePool.sol", "MAX_GATEWAYS", "64", "1 to 64 of them"),
        ("IncentivePool.sol", "MAX_WINDOW", "366 days", "`start` by at most 366 days"),
        ("IncentivePool.sol", "ENTERING", "30 days", f"`closesAt = end + {30 * 86_400:,}`, which is 30 days"),
        ("usage/Usage.sol", "MAX_UNITS", "1 << 40", "units are below 2^40"),
        ("usage/Usage.sol", "MAX_CALLS", "1 << 32", "calls below 2^32"),
        ("licensing/Offers.sol", "ENDLESS", "type(uint32).max", "2^32 - 1 where any number may be taken"),
        ("UsageLedger.sol", "MAX_STATEMENTS", "1 << 20", "A batch has at most 2^20 statements"),
        ("libraries/Splits.sol", "MAX_PAYEES", "1000", "1,000,000, at most 1,000 of them"),
        ("DatasetRegistry.sol", "MAX_PARENTS", "255", "at most 255, ppm"),
        ("DatasetRegistry.sol", "MAX_PARENT_SHARES", "900_000", "ppm together at most 900,000"),
        ("licensing/TermsBook.sol", "MAX_DERIVATIVE_PPM", "900_000", "`derivativePpm` is at most 900,000"),
    ],
)
def test_limits_are_those_of_the_contracts(path: str, name: str, written: str, said: str) -> None:
    assert limit(path, name) == written
    assert said in PAGE


def test_an_offer_is_answered_with_how_many_are_left() -> None:
    answers = [it["name"] for it in abi_of("LicenseRegistry")["offerOf"]["outputs"]]

    assert f"answers `({', '.join(answers)})`" in PAGE
