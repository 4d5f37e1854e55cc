"""Offers as ODRL policies, which Croissant 1.1 takes as `usageInfo`.

What the terms grant is one permission, what they withhold one prohibition. What is paid are duties of the permission,
how long it lasts and how much may be used are its constraints. Actions are those of ODRL, Creative Commons and TDMRep
where they mean the same; the others are named by the terms of CAWG or of this package, as kinds of `odrl:use`.

Sources: ODRL Information Model 2.2 and Vocabulary 2.2 (W3C, 2018); Croissant 1.1, "Data Use Conditions"; TDM
Reservation Protocol (W3C community group), `tdm:mine`.
"""

from typing import Final

from audiera.licensing.cawg import CAWG_URL, TERM_CODES
from audiera.licensing.standing import Standing, StandingOffer
from audiera.protocol import Right, cid_of
from audiera.quantities import Amount, format_units
from audiera.text import Json

__all__ = ["ODRL_CONTEXT", "legal_text", "policy"]


ODRL_CONTEXT: Final[dict[str, Json]] = {
    "cc": "http://creativecommons.org/ns#",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "tdm": "http://www.w3.org/ns/tdmrep#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""What the JSON-LD context of a document with policies has besides."""

_KNOWN: Final = {
    Right.DataMining: "tdm:mine",
    Right.Playback: "odrl:play",
    Right.Derivation: "odrl:derive",
    Right.Commercial: "cc:CommercialUse",
    Right.Redistribution: "odrl:distribute",
}


def policy(standing: Standing, offer: StandingOffer) -> dict[str, Json]:
    """Return one offer as a policy: who offers what to whom, for what."""
    terms = offer.terms
    target: dict[str, Json] = {"odrl:target": {"@id": standing.token}}
    permission: dict[str, Json] = {"@type": "odrl:Permission", **target, "odrl:action": _actions(terms.rights)}
    if duties := _duties(standing, offer):
        permission["odrl:duty"] = duties
    if limits := _limits(offer):
        permission["odrl:constraint"] = limits
    document: dict[str, Json] = {
        "@id": standing.offer_name(offer),
        "@type": ["sc:CreativeWork", "odrl:Offer"],
        "name": offer.title,
        "description": offer.sentence(),
        "identifier": {"@type": "sc:PropertyValue", "propertyID": "termsId", "value": f"0x{terms.id().hex()}"},
        "license": legal_text(offer),
        "odrl:assigner": {"@id": standing.party(standing.owner)},
        "odrl:permission": permission,
    }
    if not offer.is_for_anyone:
        document["odrl:assignee"] = {"@id": standing.party(offer.licensee)}
    if withheld := _actions(~terms.rights):
        document["odrl:prohibition"] = {"@type": "odrl:Prohibition", **target, "odrl:action": withheld}
    return document


def legal_text(offer: StandingOffer) -> dict[str, Json]:
    """Return the text of the licence, by the hash that the terms name it by."""
    digest = offer.terms.text
    return {"@type": "sc:CreativeWork", "name": offer.title, "url": f"ipfs://{cid_of(digest)}", "sha256": digest.hex()}


def _actions(rights: int) -> list[Json]:
    return [_action(right) for right in Right if rights & right]


def _action(right: Right) -> dict[str, Json]:
    if right in _KNOWN:
        return {"@id": _KNOWN[right]}
    action: dict[str, Json] = {
        "@type": ["odrl:Action", "sc:DefinedTerm"],
        "name": right.name,
        "termCode": TERM_CODES.get(right, right.name),
        "odrl:includedIn": {"@id": "odrl:use"},
    }
    return action | {"inDefinedTermSet": CAWG_URL} if right in TERM_CODES else action


def _duties(standing: Standing, offer: StandingOffer) -> list[Json]:
    duties: list[Json] = []
    if offer.price.value:
        duties.append(_duty("Price of the licence", _payment(standing, offer.price)))
    if offer.terms.unit_price:
        each = _constraint("unitOfCount", "eq", offer.meter.name.lower())
        duties.append(_duty("Price of use", _payment(standing, offer.unit_price), each))
    if part := offer.terms.derivative_ppm:
        percent = {"@type": "xsd:decimal", "@value": format_units(part, 4)}  # one per cent is 10^4 ppm
        duties.append(_duty("Share of derived datasets' income", _constraint("percentage", "gteq", percent)))
    return duties


def _duty(name: str, *constraints: Json) -> dict[str, Json]:
    return {
        "@type": "odrl:Duty",
        "name": name,
        "odrl:action": {"@id": "odrl:compensate"},
        "odrl:constraint": list(constraints),
    }


def _payment(standing: Standing, amount: Amount) -> dict[str, Json]:
    value = {"@type": "xsd:decimal", "@value": format_units(amount.value, amount.decimals)}
    return {
        **_constraint("payAmount", "eq", value),
        "name": str(amount),
        "odrl:unit": {"@id": standing.money(amount.token)},
    }


def _limits(offer: StandingOffer) -> list[Json]:
    limits: list[Json] = []
    if offer.terms.duration:
        seconds = {"@type": "xsd:duration", "@value": f"PT{offer.terms.duration}S"}
        limits.append(_constraint("elapsedTime", "lteq", seconds))
    if offer.terms.max_units:
        count = {"@type": "xsd:integer", "@value": str(offer.terms.max_units)}
        limits.append({**_constraint("count", "lteq", count), "name": f"Units by the {offer.meter.name.lower()}"})
    return limits


def _constraint(operand: str, operator: str, value: Json) -> dict[str, Json]:
    return {
        "@type": "odrl:Constraint",
        "odrl:leftOperand": {"@id": f"odrl:{operand}"},
        "odrl:operator": {"@id": f"odrl:{operator}"},
        "odrl:rightOperand": value,
    }
