"""What can be asked, and what cannot."""

import base64

import pytest

from audiera.errors import InputError
from audiera.indexer.search import Order, Query
from audiera.indexer.search.query import Cursor
from audiera.protocol import ETHER


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"text": "!?"}, "'!?' has no word to search for; write letters or digits."),
        ({"text": " ".join(map(str, range(17)))}, "17 words are too many to search for; write 16 at most."),
        ({"price_at_most": 1}, "Prices in two tokens cannot be compared; say in which one."),
        ({"order": Order.PRICE}, "Prices in two tokens cannot be compared; say in which one."),
        ({"token": ETHER, "unit_price_at_most": 1}, "A price for a unit needs a meter; say what the unit counts."),
        (
            {"order": Order.RELEVANCE},
            "Without words nothing is more relevant than anything else; search for some.",
        ),
        ({"limit": 0}, "0 datasets are no page; ask for 1 to 200."),
        ({"limit": 201}, "201 datasets are no page; ask for 1 to 200."),
        ({"bpm_from": 2, "bpm_to": 1}, "The tempo is to be at least 2 and at most 1; exchange the two."),
        ({"longer_ms": 1 << 63}, "The length is beyond what anything can have; give a smaller one."),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(asked: dict[str, object], refusal: str) -> None:
    with pytest.raises(InputError) as refused:
        Query(**asked)  # type: ignore[arg-type]  # a test's own

    assert str(refused.value) == refusal


@pytest.mark.parametrize(
    ("order", "value"), [(Order.NEWEST, 7), (Order.PRICE, 2**256 - 1), (Order.NAME, "zoë"), (Order.RELEVANCE, 4)]
)
def test_a_place_is_read_as_it_is_written(order: Order, value: int | str) -> None:
    place = Cursor(order, value, 9)

    assert Cursor.read(place.text(), order) == place


def packed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "after",
    [
        "!",
        "é",
        "A" * 2_001,
        packed("[]"),
        packed('["newest","x",1]'),
        packed('["newest","-1",1]'),
        packed('["newest","1",-1]'),
        packed('["newest",1,1]'),
        packed('["newest","1",9223372036854775808]'),
        packed('["name","a",1]'),
        packed('["colour","1",1]'),
        packed("[" * 1_000),
        packed(f'["newest","{"9" * 1_500}",1]'),
    ],
)
def test_any_other_place_is_refused(after: str) -> None:
    with pytest.raises(InputError, match=r"^The place to go on from is not one of this search; take it from the page"):
        Query(after=after)


def test_a_place_among_names_has_no_nul() -> None:
    with pytest.raises(InputError, match="not one of this search"):
        Query(order=Order.NAME, after=Cursor(Order.NAME, "a\0", 1).text())
