"""What anyone may take, in the words of RSL."""

from collections.abc import Iterator
from hashlib import sha256

import pytest
from defusedxml.ElementTree import fromstring

from audiera.licensing import Standing, StandingOffer, license_document, template, terms_of
from audiera.protocol import ETHER, Meter, Right, Terms, to_address
from audiera.quantities import Amount, UnitPrice

RSL, OURS = "{https://rslstandard.org/rsl}", "{urn:audiera:terms:1}"
REGISTRY, OTHER = to_address("0x" + "11" * 20), to_address("0x" + "22" * 20)
PAGE = "https://audiera.example/datasets/7#licences"


def ether(value: int) -> Amount:
    return Amount(value, ETHER, "ETH", 18)


def offer(text: str, price: int = 0, *, to: str = ETHER, **terms: object) -> StandingOffer:
    of = terms_of(template(text), token=ETHER, **terms)  # type: ignore[arg-type]  # as tests say
    return StandingOffer(7, of, ether(price), licensee=to_address(to))


def licenses(*offers: StandingOffer) -> Iterator[object]:
    standing = Standing(
        chain_id=1, registry=REGISTRY, licenses=OTHER, dataset=7, owner=OTHER, account=b"\1" * 32, offers=offers
    )
    document = fromstring(license_document(standing, paths=("/datasets/7$",), page=PAGE))
    assert document.tag == f"{RSL}rsl"
    (content,) = document.findall(f"{RSL}content")
    assert content.attrib == {"url": "/datasets/7$"}
    assert content.findtext(f"{RSL}terms") == PAGE
    return iter(content.findall(f"{RSL}license"))


def said(license_: object) -> dict[str, str | None]:
    found = {f"{it.tag.removeprefix(RSL)} {it.attrib.get('type')}": it.text for it in license_}  # type: ignore[attr-defined]
    return {name: text for name, text in found.items() if not name.startswith(OURS)}


def test_training_is_permitted_only_where_all_training_is() -> None:
    open_, _ = licenses(offer("open"), offer("training"))

    assert said(open_)["permits usage"] == "ai-train ai-input"


def test_what_is_not_for_money_is_for_those_who_make_none() -> None:
    research, _ = licenses(offer("research"))

    assert said(research)["permits usage"] == "ai-input"
    assert said(research)["permits user"] == "non-commercial"


@pytest.mark.parametrize("offers", [(), (offer("training"),), (offer("open", to=OTHER),)])
def test_what_nobody_may_take_in_words_of_rsl_is_prohibited(offers: tuple[StandingOffer, ...]) -> None:
    (none,) = licenses(*offers)

    assert said(none) == {"permits usage": "search", "prohibits usage": "ai-all", "payment free": None}


def test_search_is_permitted_whatever_is_offered_and_nothing_is_both_permitted_and_prohibited() -> None:
    *_, search = licenses(offer("open"))

    assert said(search) == {"permits usage": "search", "payment free": None}


@pytest.mark.parametrize(
    ("price", "terms", "payment"),
    [
        (0, {}, "free"),
        (5, {}, "purchase"),
        (5, {"duration": 86_400}, "subscription"),
        (0, {"unit_price": UnitPrice(ether(3), Meter.Call)}, "crawl"),
        (0, {"unit_price": UnitPrice(ether(3), Meter.Call), "text": "research"}, "use"),
    ],
)
def test_what_is_paid_for_has_its_name(price: int, terms: dict[str, object], payment: str) -> None:
    one, _ = licenses(offer(terms.pop("text", "open"), price, **terms))  # type: ignore[arg-type]  # as above

    assert f"payment {payment}" in said(one)


def test_the_document_names_the_terms_and_the_hash_of_their_text_and_they_hash_to_their_id() -> None:
    one, _ = licenses(offer("open", 5, duration=86_400, unit_price=UnitPrice(ether(3), Meter.Second)))
    found = one.find(f"{OURS}terms").attrib  # type: ignore[attr-defined]
    named = ("unit-price", "duration", "notice", "max-units", "derivative-ppm", "flags")
    numbers = {name.replace("-", "_"): int(found[name]) for name in named}
    rights = sum(Right[name] for name in found["rights"].split())
    text = sha256(template("open").text).digest()
    terms = Terms(**numbers, rights=rights, meter=Meter[found["meter"]], token=ETHER, text=text)

    assert found["text-sha256"] == text.hex()
    assert found["id"] == f"0x{terms.id().hex()}"
    assert (found["price"], found["token"]) == ("5", "eip155:1/slip44:60")
