"""What licences say about themselves: token documents, the collection, interfaces."""

import base64
import json

import pytest
from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import ETHER
from audiera.protocol.lineage import Parent
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
    [
        make_terms(),
        make_terms(meter=Meter.Second, rights=int(Right.WeightRelease), flags=int(TermsFlag.Transferable)),
        EXTREMES,
    ],
    ids=["usual", "transferable", "extremes"],
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
        "Revoked": "no",
        "Locked": "no" if terms.flags & TermsFlag.Transferable else "yes",
        "Token": terms.token,
        "Meter": Meter(terms.meter).name,
        "Unit price": str(terms.unit_price),
    }


def traits(licenses: Deployed, licence: int) -> dict[str, object]:
    """The attributes of the token document, by name."""
    attributes = document(licenses, licence)["attributes"]
    assert isinstance(attributes, list)
    return {it["trait_type"]: it["value"] for it in attributes}


def test_the_document_follows_a_revocation(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount
) -> None:
    licence = market.licence(owner, market.dataset(owner), buyer, flags=TermsFlag.Revocable, notice=DAY)
    before = traits(licenses, licence)
    chain.at_time(now := chain.now() + 50)

    chain.send(licenses.revoke(licence), owner)

    assert before["Revoked"] == "no"
    assert traits(licenses, licence) == {**before, "Expires at": now + DAY, "Revoked": "yes"}


def test_the_document_follows_the_lock_of_a_clearance(
    licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount
) -> None:
    """And says what ERC-5192 says."""
    parents = [Parent(market.dataset(owner), 0)]
    licence = market.licence(owner, parents[0].dataset, buyer, flags=int(TermsFlag.Transferable))
    before = traits(licenses, licence)

    market.clear(buyer, market.dataset(buyer, parents=parents), parents, [licence])

    assert before["Locked"] == "no"
    assert traits(licenses, licence) == {**before, "Locked": "yes"}
    assert licenses.locked(licence).call()


def test_the_document_follows_a_renewal(
    chain: Chain, licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount
) -> None:
    licence = market.licence(owner, market.dataset(owner), buyer, duration=DAY)
    before = traits(licenses, licence)

    chain.send(licenses.renew(licence, 0), buyer)

    assert traits(licenses, licence) == {**before, "Expires at": licenses.licenseOf(licence).call()[2]}
    assert traits(licenses, licence)["Expires at"] != before["Expires at"]


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
    assert names == ("Audiera Licence", "ALIC")


@pytest.mark.parametrize(
    ("interface", "supported"),
    [
        ("01ffc9a7", True),
        ("80ac58cd", True),
        ("5b5e139f", True),
        ("b45a3c0e", True),
        ("49064906", True),
        ("ffffffff", False),
        ("2a55205a", False),
        ("780e9d63", False),
    ],
    ids=["ERC-165", "ERC-721", "ERC-721 metadata", "ERC-5192", "ERC-4906", "invalid", "ERC-2981", "enumerable"],
)
def test_the_registry_says_which_interfaces_it_has(licenses: Deployed, interface: str, supported: bool) -> None:
    assert licenses.supportsInterface(bytes.fromhex(interface)).call() is supported


def test_the_registry_names_what_stands_below_it(licenses: Deployed, datasets: Deployed, splitter: Deployed) -> None:
    assert licenses.DATASETS().call() == datasets.address
    assert licenses.SPLITTER().call() == splitter.address
    assert licenses.licenseCount().call() == 0


def test_explorers_find_the_number_of_licences(
    licenses: Deployed, market: Market, owner: LocalAccount, buyer: LocalAccount
) -> None:
    dataset = market.dataset(owner)
    counts = [licenses.totalSupply().call()]

    for _ in range(2):
        market.licence(owner, dataset, buyer)
        counts.append(licenses.totalSupply().call())

    assert counts == [0, 1, 2]


def test_an_unknown_licence_is_of_nobody(licenses: Deployed) -> None:
    for unknown in (0, 1, 2**256 - 1):
        with reverts("License_Unknown", licenseId=unknown):
            licenses.licenseOf(unknown).call()
        assert licenses.usageTermsOf(unknown, 1, 0).call() == (ETHER, False, ETHER, 0, 0, 0)
        assert not licenses.covers(unknown, 1, 0).call()
