import json
from dataclasses import replace
from pathlib import Path

import pytest
import rfc8785

from audiera.credits.people import Party
from audiera.dataset.record import store_version
from audiera.errors import StorageError
from audiera.licensing.standing import Standing, StandingOffer
from audiera.licensing.texts import template
from audiera.manifest.description import Description
from audiera.manifest.documents import build_documents
from audiera.manifest.view import croissant_view
from audiera.protocol.cid import cid_of
from audiera.protocol.ids import ETHER, to_address
from audiera.protocol.items import Item
from audiera.protocol.metadata import Metadata
from audiera.protocol.meters import Meter
from audiera.protocol.rights import ALL_RIGHTS, Right
from audiera.protocol.table import TableRow
from audiera.protocol.terms import Terms, TermsFlag
from audiera.quantities.amounts import Amount
from audiera.text.jsontypes import Json
from tests.support.croissant import RDFLIB_NOTICE, open_dataset, plain
from tests.support.terms import plain_terms

pytestmark = pytest.mark.filterwarnings(RDFLIB_NOTICE)

USDC, OWNER, BUYER = (to_address("0x" + digit * 40) for digit in "123")
REGISTRY, LICENSES = (to_address("0x" + digit * 40) for digit in "45")
METADATA = Metadata(path="a.flac", media_type="audio/flac", title="007")
DOCUMENTS = build_documents(
    Description(name="N", description="D", creators=(Party("C"),), date="2026-03-01"),
    [TableRow(Item.of(b"\x01" * 32, 77, METADATA), METADATA)],
)
FREE = plain_terms(rights=template("open").granted, text=template("open").digest)
TRAINING = Terms(
    rights=Right.Training | Right.Inference,
    meter=Meter.Second,
    unit_price=1_000,
    token=USDC,
    duration=31_536_000,
    notice=2_592_000,
    max_units=5_000,
    derivative_ppm=50_000,
    flags=TermsFlag.Revocable,
    text=template("training").digest,
)
FREE_OFFER = StandingOffer(7, FREE, Amount(0, ETHER, "ETH", 18))
PAID_OFFER = StandingOffer(7, TRAINING, Amount(100_500_000, USDC, "USDC", 6))
STANDING = Standing(chain_id=1, registry=REGISTRY, licenses=LICENSES, dataset=7, owner=OWNER, account=b"\x09" * 32)


def view(*offers: StandingOffer) -> dict[str, Json]:
    document: dict[str, Json] = json.loads(croissant_view(DOCUMENTS.manifest, replace(STANDING, offers=offers)))
    return document


def mining(*offers: StandingOffer) -> dict[str, Json]:
    document = view(*offers)["cawg.training-mining"]
    assert isinstance(document, dict)
    entries: dict[str, Json] = document["entries"]
    return entries


def test_a_view_is_the_manifest_with_what_is_on_chain() -> None:
    before, after = json.loads(DOCUMENTS.manifest), view(PAID_OFFER)

    changed = {key for key in before | after if before.get(key) != after.get(key)}
    assert changed == {"@context", "cawg.training-mining", "identifier", "license", "usageInfo"}
    assert after["identifier"] == [
        *before["identifier"],
        {"@type": "sc:PropertyValue", "propertyID": "CAIP-19", "value": f"eip155:1/erc721:{REGISTRY}/7"},
        {"@type": "sc:PropertyValue", "propertyID": "royaltyAccount", "value": f"0x{'09' * 32}"},
    ]


def test_a_view_is_canonical_in_whatever_order_offers_were_found() -> None:
    forth = croissant_view(DOCUMENTS.manifest, replace(STANDING, offers=(FREE_OFFER, PAID_OFFER)))
    back = croissant_view(DOCUMENTS.manifest, replace(STANDING, offers=(PAID_OFFER, FREE_OFFER)))

    assert forth == back == rfc8785.dumps(json.loads(forth))


@pytest.mark.parametrize(
    "offers",
    [(), (FREE_OFFER,), (FREE_OFFER, PAID_OFFER), (replace(PAID_OFFER, licensee=BUYER), PAID_OFFER)],
    ids=["none", "free", "two", "the same to one and to all"],
)
def test_a_view_loads_as_the_manifest_does(
    offers: tuple[StandingOffer, ...], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = store_version(tmp_path, DOCUMENTS)
    document = folder / "view.json"
    document.write_bytes(croissant_view(DOCUMENTS.manifest, replace(STANDING, offers=offers)))

    (record,) = map(plain, open_dataset(document, caplog).records("items"))

    assert record == json.loads(DOCUMENTS.table)[0]


def test_an_offer_is_an_odrl_policy() -> None:
    terms = f"0x{TRAINING.id().hex()}"
    token, owner = f"eip155:1/erc721:{REGISTRY}/7", f"eip155:1:{OWNER}"

    assert view(PAID_OFFER)["usageInfo"] == [
        {
            "@id": f"eip155:1:{LICENSES}/offers/7/{terms}",
            "@type": ["sc:CreativeWork", "odrl:Offer"],
            "name": template("training").title,
            "description": f"{template('training').title} for 100.5 USDC; 0.001 USDC for each second used; lasts "
            "1 year; for 5,000 units by the second at most; derived datasets owe 5 % of their income; may be revoked "
            "with notice of 30 days; grants Inference, Training.",
            "identifier": {"@type": "sc:PropertyValue", "propertyID": "termsId", "value": terms},
            "license": {
                "@type": "sc:CreativeWork",
                "name": template("training").title,
                "url": f"ipfs://{cid_of(TRAINING.text)}",
                "sha256": TRAINING.text.hex(),
            },
            "odrl:assigner": {"@id": owner},
            "odrl:permission": {
                "@type": "odrl:Permission",
                "odrl:target": {"@id": token},
                "odrl:action": [action("Inference", "cawg.ai_inference"), action("Training", "cawg.ai_training")],
                "odrl:duty": [
                    duty("Price of the licence", payment("100.5")),
                    duty("Price of use", payment("0.001"), constraint("unitOfCount", "eq", "second")),
                    duty("Share of derived datasets' income", constraint("percentage", "gteq", value("decimal", "5"))),
                ],
                "odrl:constraint": [
                    constraint("elapsedTime", "lteq", value("duration", "PT31536000S")),
                    constraint("count", "lteq", value("integer", "5000")) | {"name": "Units by the second"},
                ],
            },
            "odrl:prohibition": {
                "@type": "odrl:Prohibition",
                "odrl:target": {"@id": token},
                "odrl:action": [
                    {"@id": "tdm:mine"},
                    action("GenerativeTraining", "cawg.ai_generative_training"),
                    action("VoiceCloning"),
                    {"@id": "odrl:play"},
                    {"@id": "odrl:derive"},
                    {"@id": "cc:CommercialUse"},
                    {"@id": "odrl:distribute"},
                    action("WeightRelease"),
                ],
            },
        }
    ]


def action(name: str, code: str | None = None) -> dict[str, Json]:
    named: dict[str, Json] = {
        "@type": ["odrl:Action", "sc:DefinedTerm"],
        "name": name,
        "termCode": code or name,
        "odrl:includedIn": {"@id": "odrl:use"},
    }
    return named | {"inDefinedTermSet": "https://cawg.io/training-and-data-mining/1.1/"} if code else named


def duty(name: str, *constraints: Json) -> dict[str, Json]:
    compensate = {"@id": "odrl:compensate"}
    return {"@type": "odrl:Duty", "name": name, "odrl:action": compensate, "odrl:constraint": list(constraints)}


def payment(amount: str) -> dict[str, Json]:
    unit = {"@id": f"eip155:1/erc20:{USDC}"}
    return constraint("payAmount", "eq", value("decimal", amount)) | {"name": f"{amount} USDC", "odrl:unit": unit}


def constraint(operand: str, operator: str, right: Json) -> dict[str, Json]:
    return {
        "@type": "odrl:Constraint",
        "odrl:leftOperand": {"@id": f"odrl:{operand}"},
        "odrl:operator": {"@id": f"odrl:{operator}"},
        "odrl:rightOperand": right,
    }


def value(kind: str, text: str) -> dict[str, Json]:
    return {"@type": f"xsd:{kind}", "@value": text}


def test_a_free_offer_has_neither_duties_nor_constraints() -> None:
    (policy,) = json.loads(croissant_view(DOCUMENTS.manifest, replace(STANDING, offers=(FREE_OFFER,))))["usageInfo"]

    assert policy["description"].startswith(f"{template('open').title} without a price; never ends; grants DataMining")
    assert policy["odrl:permission"].keys() == {"@type", "odrl:action", "odrl:target"}
    assert policy["odrl:prohibition"]["odrl:action"] == [action("VoiceCloning")]


def test_ether_is_named_as_the_money_of_its_chain() -> None:
    offer = StandingOffer(7, FREE, Amount(10**17, ETHER, "ETH", 18))

    (policy,) = json.loads(croissant_view(DOCUMENTS.manifest, replace(STANDING, offers=(offer,))))["usageInfo"]

    (paid,) = policy["odrl:permission"]["odrl:duty"]
    assert paid["odrl:constraint"][0]["odrl:unit"] == {"@id": "eip155:1/slip44:60"}
    assert paid["odrl:constraint"][0]["odrl:rightOperand"]["@value"] == "0.1"


def test_what_grants_everything_prohibits_nothing() -> None:
    offer = replace(FREE_OFFER, terms=replace(FREE, rights=ALL_RIGHTS, text=b"\x01" * 32))

    (policy,) = json.loads(croissant_view(DOCUMENTS.manifest, replace(STANDING, offers=(offer,))))["usageInfo"]

    assert policy["name"] == "Licence"
    assert "odrl:prohibition" not in policy


def test_an_offer_to_one_licensee_names_it() -> None:
    offer = replace(PAID_OFFER, licensee=BUYER)

    (policy,) = json.loads(croissant_view(DOCUMENTS.manifest, replace(STANDING, offers=(offer,))))["usageInfo"]

    assert policy["odrl:assignee"] == {"@id": f"eip155:1:{BUYER}"}
    assert policy["@id"].endswith(f"/{BUYER}")


def test_the_licences_of_a_view_are_the_texts_on_offer() -> None:
    texts = json.loads(croissant_view(DOCUMENTS.manifest, replace(STANDING, offers=(FREE_OFFER, PAID_OFFER))))[
        "license"
    ]

    assert {each["sha256"] for each in texts} == {FREE.text.hex(), TRAINING.text.hex()}
    assert view()["license"] == json.loads(DOCUMENTS.manifest)["license"]


def test_without_an_offer_every_use_is_reserved() -> None:
    assert mining() == {
        "cawg.data_mining": {"use": "notAllowed"},
        "cawg.ai_inference": {"use": "notAllowed"},
        "cawg.ai_training": {"use": "notAllowed"},
        "cawg.ai_generative_training": {"use": "notAllowed"},
    }
    assert "usageInfo" not in view()


def test_uses_are_constrained_by_what_offers_ask() -> None:
    constrained = {"use": "constrained", "constraint_info": PAID_OFFER.sentence()}

    assert mining(PAID_OFFER) == {
        "cawg.data_mining": {"use": "notAllowed"},
        "cawg.ai_inference": constrained,
        "cawg.ai_training": constrained,
        "cawg.ai_generative_training": {"use": "notAllowed"},
    }


def test_uses_are_allowed_where_one_offer_asks_nothing() -> None:
    allowed = {"use": "allowed"}

    assert mining(PAID_OFFER, FREE_OFFER) == {
        "cawg.data_mining": allowed,
        "cawg.ai_inference": allowed,
        "cawg.ai_training": allowed,
        "cawg.ai_generative_training": allowed,
    }


@pytest.mark.parametrize(
    "offer",
    [
        replace(FREE_OFFER, price=Amount(1, ETHER, "ETH", 18)),
        replace(FREE_OFFER, terms=replace(FREE, unit_price=1)),
        replace(FREE_OFFER, terms=replace(FREE, duration=1)),
        replace(FREE_OFFER, terms=replace(FREE, max_units=1)),
        replace(FREE_OFFER, terms=replace(FREE, derivative_ppm=1)),
        replace(FREE_OFFER, terms=replace(FREE, flags=TermsFlag.Revocable)),
    ],
    ids=["price", "unit price", "duration", "quota", "derivatives", "revocable"],
)
def test_one_condition_is_enough_for_a_constraint(offer: StandingOffer) -> None:
    entry = mining(offer)["cawg.ai_training"]

    assert entry == {"use": "constrained", "constraint_info": offer.sentence()}


def test_an_offer_to_one_licensee_allows_nobody_else_anything() -> None:
    assert mining(replace(FREE_OFFER, licensee=BUYER)) == mining()


@pytest.mark.parametrize("damaged", [b"", b"[]", b"{}", b'{"@context":7,"identifier":[]}'])
def test_a_damaged_manifest_has_no_view(damaged: bytes) -> None:
    with pytest.raises(StorageError, match="The manifest cannot be read"):
        croissant_view(damaged, STANDING)
