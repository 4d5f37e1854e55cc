"""What anyone may take, as a license document of Really Simple Licensing.

RSL has no words for most of what terms say, and is read strictly: what it permits, it permits whole. So a use is
permitted only where the terms grant all that RSL means by it: `ai-train` is training of every kind, generative too.
An offer that RSL has no word for is left out; without any other, every use by AI is prohibited. Search, which leads to
the pages, is permitted for nothing. Prices are in tokens, of which ISO 4217 has none: they stand in elements of a
namespace of our own, which other readers pass over.

Source: RSL 1.0 (`RSL-SPEC-1.0`, Recommendation of 10 December 2025, with errata up to 7 August 2026): 3.2 `max-age`,
3.3 what paths match, 3.4.1 usage and user, 3.7 payment, 3.8 and 3.9 where terms are, 3.13 proof; CAIP-19 for tokens.
"""

from collections.abc import Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from audiera.licensing.standing import Standing, StandingOffer
from audiera.protocol import Right, cid_of
from audiera.text import hex_of

__all__ = ["RSL_TYPE", "TERMS_NAMESPACE", "license_document"]

RSL_TYPE: Final = "application/rsl+xml"
TERMS_NAMESPACE: Final = "urn:audiera:terms:1"

_RSL: Final = "https://rslstandard.org/rsl"
_DAYS: Final = "1"
"""For which a reader may keep the document: the fewest that there are; an offer may change with any block."""
_USES: Final = {
    "ai-train": Right.Training | Right.GenerativeTraining,
    "ai-input": Right.Inference,
}
"""What RSL calls a use, and all the rights that it takes."""
_METERED: Final = {"ai-train": "training", "ai-input": "use"}
"""What RSL calls a payment for each use, by the only one that is permitted."""


def license_document(standing: Standing, *, paths: Sequence[str], page: str) -> bytes:
    """Return the document of a dataset.

    Args:
        standing: where the dataset is, and its offers.
        paths: what is licensed, as RFC 9309 matches the paths of a server.
        page: the URL of its page, where people read and take what is offered.
    """
    offers = [it for it in standing.offers if it.is_for_anyone and _uses(it)]
    root = Element("rsl", {"xmlns": _RSL, "xmlns:audiera": TERMS_NAMESPACE, "max-age": _DAYS})
    for path in paths:
        content = SubElement(root, "content", {"url": path})
        for offer in offers:
            _license(content, standing, offer, page)
        _search(content, alone=not offers)
        SubElement(content, "terms").text = page
    written: str = tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{written}\n'.encode()


def _search(content: Element, *, alone: bool) -> None:
    """Permit search; where nothing else is offered, prohibit what could be taken for permitted besides."""
    license_ = SubElement(content, "license")
    SubElement(license_, "permits", {"type": "usage"}).text = "search"
    if alone:
        SubElement(license_, "prohibits", {"type": "usage"}).text = "ai-all"
    SubElement(license_, "payment", {"type": "free"})


def _uses(offer: StandingOffer) -> str:
    return " ".join(name for name, rights in _USES.items() if offer.terms.rights & rights == rights)


def _license(content: Element, standing: Standing, offer: StandingOffer, page: str) -> None:
    license_ = SubElement(content, "license")
    SubElement(license_, "permits", {"type": "usage"}).text = _uses(offer)
    if not offer.terms.rights & Right.Commercial:
        SubElement(license_, "permits", {"type": "user"}).text = "non-commercial"
    payment = SubElement(license_, "payment", {"type": _payment(offer)})
    SubElement(payment, "standard").text = f"ipfs://{cid_of(offer.terms.text)}"
    SubElement(payment, "custom").text = page
    SubElement(license_, "legal", {"type": "proof"}).text = standing.offer_name(offer)
    _terms(license_, standing, offer)


def _payment(offer: StandingOffer) -> str:
    """Return what is paid for: the licence once, or for a term; else each use, of several kinds as it is served."""
    if offer.price.value:
        return "subscription" if offer.terms.duration else "purchase"
    return _METERED.get(_uses(offer), "crawl") if offer.terms.unit_price else "free"


def _terms(license_: Element, standing: Standing, offer: StandingOffer) -> None:
    """Write the whole of the terms, by which the rest can be checked: they hash to their id."""
    terms = offer.terms
    said = {
        "id": hex_of(terms.id()),
        "text-sha256": terms.text.hex(),
        "rights": " ".join(str(right.name) for right in Right if terms.rights & right),
        "token": standing.money(terms.token),
        "price": str(offer.price.value),
        "unit-price": str(terms.unit_price),
        "meter": offer.meter.name,
        "duration": str(terms.duration),
        "notice": str(terms.notice),
        "max-units": str(terms.max_units),
        "derivative-ppm": str(terms.derivative_ppm),
        "flags": str(terms.flags),
    }
    SubElement(license_, "audiera:terms", said).text = offer.sentence()
