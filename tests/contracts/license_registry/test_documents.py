"""What licences say about themselves: token documents, the collection, interfaces."""

import base64
import json

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.meters import Meter
from audiera.protocol.rights import ALL_RIGHTS, Right, describe_rights
from audiera.protocol.terms import PERPETUAL, Terms, TermsFlag
from tests.support.chain import Chain, Deployed, reverts
from tests.support.licensing import DAY, Market, make_terms

EXTREMES = make_terms(
    rights=ALL_RIGHTS,
    meter=Meter.Megabyte,
    unit_price=2**128 - 1,
    token="0x" + 20 * "fe",
    duration=0,
    notice=PERPETUAL,
    max_units=2**48 - 1,
    derivative_ppm=900_000,
    flags=6,
)


def document(licenses: Deployed, licence: int) -> dict[str, object]:
    """The decoded token document."""
    uri: str = licenses.tokenURI(licence).call()
    head, _, body = uri.partition(",")
    assert head == "data:application/json;base64"
    found: dict[str, object] = json.loads(base64.b64decode(body, validate=True))
    return found


@pytest.mark.parametrize(
    "terms",
    [make_terms(), make_terms(meter=Meter.Second, rights=int(Right.WeightRelease)), EXTREMES],
    ids=["usual", "seconds", "extremes"],
)
def test_a_licence_states_its_terms(
    licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount, terms: Terms
) -> None:
    dataset = market.dataset(owner)
    market.offer(owner, dataset, terms)
    licence = market.acquire(buyer, dataset, terms)

    found = document(licenses, licence)

    attributes = found.pop("attributes")
    assert isinstance(attributes, list)
    assert found == {
        "name": f"Audiera licence {licence}",
        "description": f"Licence of dataset {dataset} under the terms 0x{terms.id().hex()}. "
        "The legal text is the one whose digest these terms were published with.",
    }
    assert [set(it) for it in attributes] == [{"trait_type", "value"}] * len(attributes)
    assert {it["trait_type"]: it["value"] for it in attributes} == {
        "Rights": describe_rights(terms.rights),
        "Dataset": dataset,
        "Expires at": licenses.licenseOf(licence).call()[2],
        "Notice": terms.notice,
        "Units at most": terms.max_units,
        "Derivative ppm": terms.derivative_ppm,
        "Flags": terms.flags,
        "Token": terms.token,
        "Meter": Meter(terms.meter).name,
        "Unit price": str(terms.unit_price),
    }


def test_the_document_follows_a_revocation(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount
) -> None:
    licence = market.licence(owner, market.dataset(owner), buyer, flags=TermsFlag.Revocable, notice=DAY)
    chain.at_time(now := chain.now() + 50)

    chain.send(licenses.revoke(licence), owner)

    attributes = document(licenses, licence)["attributes"]
    assert isinstance(attributes, list)
    assert {"trait_type": "Expires at", "value": now + DAY} in attributes


@pytest.mark.parametrize("licence", [0, 1, 2**256 - 1])
def test_an_unknown_licence_has_no_document(licenses: Deployed, licence: int) -> None:
    with reverts("License_Unknown", licenseId=licence):
        licenses.tokenURI(licence).call()


def test_the_collection_describes_itself(licenses: Deployed) -> None:
    """ERC-7572."""
    head, _, body = licenses.contractURI().call().partition(",")

    assert head == "data:application/json;utf8"
    assert json.loads(body) == {
        "name": "Audiera Licences",
        "description": "Licences of music datasets for AI: what may be done, until when, and what each use costs.",
    }
    names = licenses.contract.functions.name().call(), licenses.symbol().call()
    assert names == ("Audiera Licence", "LICENCE")


@pytest.mark.parametrize(
    ("interface", "supported"),
    [
        ("01ffc9a7", True),
        ("80ac58cd", True),
        ("5b5e139f", True),
        ("b45a3c0e", True),
        ("ffffffff", False),
        ("2a55205a", False),
    ],
    ids=["ERC-165", "ERC-721", "ERC-721 metadata", "ERC-5192", "invalid", "ERC-2981"],
)
def test_the_registry_says_which_interfaces_it_has(licenses: Deployed, interface: str, supported: bool) -> None:
    assert licenses.supportsInterface(bytes.fromhex(interface)).call() is supported


def test_the_registry_names_what_stands_below_it(licenses: Deployed, datasets: Deployed, splitter: Deployed) -> None:
    assert licenses.DATASETS().call() == datasets.address
    assert licenses.SPLITTER().call() == splitter.address
    assert licenses.licenseCount().call() == 0


def test_an_unknown_licence_is_of_nobody(licenses: Deployed) -> None:
    for unknown in (0, 1, 2**256 - 1):
        with reverts("License_Unknown", licenseId=unknown):
            licenses.licenseOf(unknown).call()
        assert licenses.usageTermsOf(unknown, 1, 0).call() == (ETHER, False, ETHER, 0, 0, 0)
        assert not licenses.covers(unknown, 1, 0).call()
