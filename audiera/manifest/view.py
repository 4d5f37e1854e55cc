"""A dataset as machines should see it now: its manifest joined with the terms in force.

The manifest holds facts and never changes; offers come and go on chain. The view is made anew whenever somebody asks,
and is good for the moment in which the chain was read. Nothing commits to it, as the chain does to a manifest.
"""

from typing import cast

from audiera.errors import StorageError
from audiera.licensing import CAWG_URL, LABEL, ODRL_CONTEXT, Standing, entries, legal_text, policy
from audiera.text import Json, as_object, canonical, read_json

__all__ = ["croissant_view"]


def croissant_view(manifest: bytes, standing: Standing) -> bytes:
    """Return a Croissant 1.1 document, in canonical JSON: the manifest with every offer in force as an ODRL policy.

    `usageInfo` has the offers, `license` their texts (without an offer, what the manifest says), `cawg.training-mining`
    the assertion that offers to anyone amount to, and `identifier` where the dataset is and which account is paid.

    Args:
        manifest: of the version that is looked at.
        standing: where the dataset is, and its offers.

    Raises:
        StorageError: the manifest cannot be read.
    """
    try:
        document = cast("dict[str, Json]", as_object(read_json(manifest)))
        context, known = document["@context"], document["identifier"]
        if not (isinstance(context, dict) and isinstance(known, list)):
            raise TypeError("its context or its identifiers are of another kind")
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"The manifest cannot be read ({error!r}); fetch it again.") from error
    document["@context"] = {**context, **ODRL_CONTEXT, LABEL: {"@id": CAWG_URL, "@type": "@json"}}
    account = f"0x{standing.account.hex()}"
    document["identifier"] = [*known, _value("CAIP-19", standing.token), _value("royaltyAccount", account)]
    offers = sorted(standing.offers, key=standing.offer_name)
    document[LABEL] = entries(offers)
    if offers:
        document["usageInfo"] = [policy(standing, offer) for offer in offers]
        document["license"] = list({offer.terms.text: legal_text(offer) for offer in offers}.values())
    return canonical(document)


def _value(name: str, value: str) -> dict[str, Json]:
    return {"@type": "sc:PropertyValue", "propertyID": name, "value": value}
