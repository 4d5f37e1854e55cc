"""What is found, in which order, page by page: the same in both databases."""

from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update

from audiera.errors import InputError
from audiera.indexer.search import Order, Query, narrowing
from audiera.indexer.tables import DATASETS, MEMBERSHIPS, OFFERS
from audiera.protocol import ETHER, PERPETUAL, DatasetFlag, Kind, Meter, Right, to_address
from tests.support.shelf import NOW, Shelf, documents_of, item_row

USDC = to_address("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913")
DAY = 86_400


def shelve(shelf: Shelf, *several: Mapping[str, object]) -> list[int]:
    """Registers datasets with documents of these arguments, and makes them known."""
    made = [documents_of(**each) for each in several]  # type: ignore[arg-type]  # a test's own
    for documents in made:
        shelf.publish(documents)
    numbers = [shelf.register(documents) for documents in made]
    shelf.learn()
    return numbers


def test_words_are_found_in_names_people_tags_descriptions_and_items(shelf: Shelf) -> None:
    item = item_row("03 Lull.flac", title="Breakwater", artists=["Zoë Quay"], album="Tides", genre="Sea shanty")
    (found,) = shelve(
        shelf,
        {
            "name": "Harbour Lights",
            "people": ("Ada Moreau",),
            "keywords": ("ambient",),
            "description": "Recorded in the fog.",
            "rows": [item],
        },
    )
    shelve(shelf, {"name": "Nothing of it", "people": ("Ben",)})

    words = ("harbour", "moreau", "ambient", "fog", "breakwater", "quay", "tides", "shanty", "lull", "flac 03")
    assert [shelf.found(text=word) for word in words[:-1]] == [[found]] * 9
    assert shelf.found(text=words[-1]) == [found]


@pytest.mark.parametrize(
    "typed", ["ZOE", "Zoë", "zoë QUAY", "qua", '"zoe"', "zoe AND quay", "quay, zoe!", "東", "京", "東京", "ﬁre"]
)
def test_case_accents_and_signs_do_not_matter_and_the_last_word_may_be_begun(shelf: Shelf, typed: str) -> None:
    name = {"name": "Zoë and Quay", "description": "In 東京, on fire."}
    (found,) = shelve(shelf, name)

    assert shelf.found(text=typed) == [found]


def test_all_words_have_to_be_there(shelf: Shelf) -> None:
    shelve(shelf, {"name": "Night Ferry"}, {"name": "Night Bus"})

    assert shelf.found(text="night") == [2, 1]
    assert shelf.found(text="night ferry") == [1]
    assert shelf.found(text="nigh ferry") == []


def test_what_stands_in_the_name_comes_before_people_tags_and_items(shelf: Shelf) -> None:
    shelve(
        shelf,
        {"name": "One", "rows": [item_row("Lark.flac")]},
        {"name": "Lark"},
        {"name": "Two", "people": ("Lark Rise",)},
        {"name": "Three", "keywords": ("lark",)},
        {"name": "The lark ascends"},
        {"name": "Four", "description": "A lark."},
    )

    assert shelf.found(text="lark") == [5, 2, 3, 4, 6, 1]


def test_nothing_is_found_but_what_was_asked(shelf: Shelf) -> None:
    shelve(shelf, {"name": "Night Ferry"})

    assert shelf.found(text="lark") == []
    assert shelf.find(text="lark").after == ""


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"kind": Kind.Samples}, [2]),
        ({"synthetic": True}, [3]),
        ({"synthetic": False}, [2, 1]),
        ({"longer_ms": 120_000}, [3, 2]),
        ({"longer_ms": 120_001}, [3]),
        ({"shorter_ms": 120_000}, [2, 1]),
        ({"longer_ms": 100_000, "shorter_ms": 130_000}, [2]),
        ({"genre": "AMBIENT"}, [2, 1]),
        ({"genre": "amb"}, []),
        ({"key": "F#m"}, [2]),
        ({"bpm_from": 90, "bpm_to": 120}, [2, 1]),
        ({"bpm_from": 91, "bpm_to": 119}, []),
        ({"bpm_to": 90}, [2]),
        ({"bpm_from": 121}, [3]),
        ({"creator": "0x" + "1" * 40}, [2, 1]),
        ({"genre": "ambient", "key": "F#m", "kind": Kind.Samples}, [2]),
    ],
)
def test_filters_leave_what_is_so(shelf: Shelf, asked: dict[str, object], found: list[int]) -> None:
    first = documents_of("First", [item_row("a.flac", genre="Ambient", bpm=120)])
    second = documents_of("Second", [item_row("a.flac", genre="ambient ", key="Gbm"), item_row("b.flac", bpm=90)])
    third = documents_of("Third", [item_row("a.flac", duration_ms=1_000_000, bpm=200, key="A")])
    for documents in (first, second, third):
        shelf.publish(documents)
    shelf.register(first)
    shelf.register(second, kind=Kind.Samples)
    shelf.register(third, flags=DatasetFlag.Synthetic, creator="0x" + "2" * 40)
    shelf.learn()

    assert shelf.found(**asked) == found


def test_one_offer_has_to_be_all_that_is_asked_of_offers(shelf: Shelf) -> None:
    cheap, whole = shelf.register(), shelf.register()
    shelf.offer(cheap, 5, rights=Right.Training, token=USDC)
    shelf.offer(cheap, 500, rights=Right.Training | Right.Commercial, token=USDC)
    shelf.offer(whole, 50, rights=Right.Training | Right.Commercial, token=USDC, meter=Meter.Second, unit_price=3)
    shelf.refresh()

    both = Right.Training | Right.Commercial
    assert shelf.found(rights=Right.Training) == [whole, cheap]
    assert shelf.found(rights=both, token=USDC, price_at_most=49) == []
    assert shelf.found(rights=both, token=USDC, price_at_most=50) == [whole]
    assert shelf.found(token=USDC, price_at_most=5) == [cheap]
    assert shelf.found(token=ETHER) == []
    assert shelf.found(meter=Meter.Second) == [whole]
    assert shelf.found(meter=Meter.Second, token=USDC, unit_price_at_most=2) == []
    assert shelf.found(meter=Meter.Second, token=USDC, unit_price_at_most=3) == [whole]
    (hit,) = shelf.find(rights=both, token=USDC, price_at_most=50).hits
    assert [(it.price, it.unit_price, it.meter) for it in hit.listings] == [(50, 3, Meter.Second)]


def test_amounts_are_exact_however_large(shelf: Shelf) -> None:
    dataset = shelf.register()
    price = 2**128 - 1
    shelf.offer(dataset, price)
    shelf.refresh()

    assert shelf.found(token=ETHER, price_at_most=price - 1) == []
    assert shelf.found(token=ETHER, price_at_most=price) == [dataset]
    assert shelf.find().hits[0].listings[0].price == price


def test_a_term_lasts_at_least_so_long(shelf: Shelf) -> None:
    year, ever = shelf.register(), shelf.register()
    shelf.offer(year, duration=365 * DAY)
    shelf.offer(ever)
    shelf.refresh()

    assert shelf.found(term_at_least=365 * DAY) == [ever, year]
    assert shelf.found(term_at_least=366 * DAY) == [ever]
    assert shelf.found(term_at_least=0) == [ever]


def test_an_offer_that_is_used_up_lapsed_or_for_somebody_is_not_in_force(shelf: Shelf) -> None:
    used, lapsed, private, last = (shelf.register() for _ in range(4))
    shelf.offer(used, left=0)
    shelf.offer(lapsed)
    shelf.offer(private, licensee="0x" + "2" * 40)
    shelf.offer(last, left=1)
    shelf.refresh()
    with shelf.writing() as connection:
        connection.execute(update(DATASETS).where(DATASETS.c.id == lapsed).values(epoch=1))
    shelf.refresh()

    assert shelf.found(rights=Right.Training) == [last]
    assert shelf.find().hits[0].listings[0].left == 1


@pytest.mark.parametrize(
    ("ceiling", "cleared", "duration", "taken"),
    [
        (Right.Training, PERPETUAL, 0, True),
        (Right.Training, PERPETUAL, DAY, True),
        (Right.Playback, PERPETUAL, 0, False),
        (Right.Training, NOW + DAY, 0, False),
        (Right.Training, NOW + DAY, DAY, True),
        (Right.Training, NOW + DAY, DAY + 1, False),
        (Right.Training, NOW - 1, DAY, False),
    ],
)
def test_a_derived_dataset_is_offered_within_its_clearance(
    shelf: Shelf, ceiling: int, cleared: int, duration: int, *, taken: bool
) -> None:
    dataset = shelf.register(flags=DatasetFlag.Derived)
    shelf.offer(dataset, duration=duration)
    shelf.refresh()
    assert shelf.found(rights=Right.Training) == []

    shelf.clear(dataset, ceiling, cleared)
    shelf.refresh()

    assert shelf.found(rights=Right.Training) == [dataset] * taken


def test_an_offer_ends_by_itself_with_the_clearance(shelf: Shelf) -> None:
    dataset = shelf.register(flags=DatasetFlag.Derived)
    shelf.offer(dataset, duration=DAY)
    shelf.clear(dataset, Right.Training, NOW + 3 * DAY)
    shelf.refresh()
    assert shelf.facets().rights == {Right.Training: 1}

    shelf.now += 2 * DAY
    assert shelf.found(rights=Right.Training) == [dataset]
    shelf.now += 1

    assert shelf.found(rights=Right.Training) == []
    assert shelf.refresh() == 1
    assert shelf.facets().rights == {}


def test_members_of_a_catalogue_are_those_of_now(shelf: Shelf) -> None:
    catalogue = shelf.register(kind=Kind.Catalogue)
    members = [shelf.register() for _ in range(4)]
    times = ((NOW, PERPETUAL), (NOW + 1, PERPETUAL), (1, NOW), (0, PERPETUAL))
    with shelf.writing() as connection:
        for member, (since, until) in zip(members, times, strict=True):
            row = {"catalogue": catalogue, "terms": "0x", "dataset": member, "since": since, "until": until}
            state = {"joined": True, "admitted": True, "member_epoch": 0, "host_epoch": 0}
            connection.execute(insert(MEMBERSHIPS), {**row, **state})
    shelf.refresh()

    assert shelf.found(catalogue=catalogue) == members[:1]


@pytest.mark.parametrize(
    ("order", "found"),
    [
        (Order.NEWEST, [4, 3, 2, 1]),
        (Order.NAME, [2, 3, 4, 1]),
        (Order.LENGTH, [4, 3, 1, 2]),
        (Order.PRICE, [2, 1, 3, 4]),
        (Order.RELEVANCE, [4, 3, 1, 2]),
    ],
)
def test_pages_put_together_are_the_whole(shelf: Shelf, order: Order, found: list[int]) -> None:
    shelve(
        shelf,
        {"name": "Zebra lark", "rows": [item_row("a.flac", duration_ms=3)]},
        {"name": "ábacus", "rows": [item_row("lark.flac", duration_ms=1)]},
        {"name": "Lark", "rows": [item_row("a.flac", duration_ms=3), item_row("b.flac", duration_ms=3)]},
        {"name": "lark", "rows": [item_row("c.flac", duration_ms=7)]},
    )
    for dataset, price in enumerate((2, 1, 2, 10**30), start=1):
        shelf.offer(dataset, price)
    shelf.refresh()
    asked = {"order": order, "token": ETHER, "text": "lark"}
    assert shelf.found(**asked) == found

    for limit in (1, 2, 3):
        pages, after = list[int](), ""
        while True:
            page = shelf.find(**asked, limit=limit, after=after)
            pages += [it.dataset for it in page.hits]
            after = page.after
            if not after:
                break

        assert pages == found


def test_what_is_registered_meanwhile_moves_no_page(shelf: Shelf) -> None:
    for _ in range(4):
        shelf.register()
    shelf.refresh()
    first = shelf.find(limit=2)

    shelf.register()
    shelf.refresh()

    assert [it.dataset for it in first.hits] == [4, 3]
    assert shelf.found(limit=2, after=first.after) == [2, 1]
    assert shelf.found(limit=2) == [5, 4]


def test_an_offer_that_is_withdrawn_is_not_found_any_more(shelf: Shelf) -> None:
    dataset = shelf.register()
    shelf.offer(dataset)
    shelf.refresh()
    assert shelf.found(rights=Right.Training) == [dataset]

    with shelf.writing() as connection:
        connection.execute(delete(OFFERS))
    shelf.refresh()

    assert shelf.found(rights=Right.Training) == []
    assert shelf.found() == [dataset]


@pytest.mark.parametrize(
    "asked",
    [
        {"text": "lark"},
        {"text": "lark", "order": Order.NAME},
        {"genre": "ambient", "bpm_from": 90, "bpm_to": 100},
        {"key": "F#m"},
        {"token": ETHER, "rights": Right.Training, "price_at_most": 5},
        {"token": ETHER, "order": Order.PRICE},
    ],
)
def test_the_same_is_found_whether_few_have_it_or_many(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, asked: dict[str, object]
) -> None:
    ambient = [item_row("lark.flac", genre="Ambient", bpm=95, key="Gbm")]
    shelve(shelf, {"name": "Quay", "rows": ambient}, {"name": "Lark", "rows": ambient}, {"name": "Gull"})
    for dataset, price in ((1, 5), (1, 4), (2, 3), (3, 7)):
        shelf.offer(dataset, price, duration=price * DAY)
    shelf.refresh()
    few = shelf.find(**asked)

    monkeypatch.setattr(narrowing, "_FEW", 0)

    assert shelf.find(**asked) == few
    assert {it.dataset for it in few.hits} >= {1, 2}


HOSTILE = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="\"'*():^-+|&!<>{}[]\\%_;\0 ANDORNOTEAR~:.", max_size=40),
    st.sampled_from(
        ["a" * 500, "a " * 16, "NEAR(a b)", "name: x", "{rest} : a", "a* OR b", "'; DROP TABLE entries; --"]
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(HOSTILE)
def test_whatever_is_typed_gets_an_answer_or_a_sentence(shelf: Shelf, typed: str) -> None:
    with suppress(InputError):
        assert shelf.found(text=typed) == []


def test_a_megabyte_of_words_is_refused() -> None:
    with pytest.raises(InputError, match=r"^1,000,000 letters are too many to search for; write 500 at most\.$"):
        Query(text="lark " * 200_000)
