"""How many are found, and of what."""

import pytest

from audiera.indexer.search import Facets, finding
from audiera.protocol import ETHER, DatasetFlag, Kind, Meter, Right, to_address
from tests.support.shelf import Shelf, documents_of, item_row

USDC = to_address("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913")


def furnish(shelf: Shelf) -> None:
    """Three datasets: two are offered, one in two tokens."""
    first = documents_of("First lark", [item_row("a.flac", genre="Ambient", key="Gbm"), item_row("b.flac", key="A")])
    second = documents_of("Second lark", [item_row("a.flac", genre="ambient"), item_row("b.flac", genre="Jazz")])
    for documents in (first, second):
        shelf.publish(documents)
    shelf.register(first)
    shelf.register(second, kind=Kind.Samples, flags=DatasetFlag.Synthetic)
    shelf.register(kind=Kind.Samples)
    shelf.offer(1, 5, rights=Right.Training | Right.Commercial)
    shelf.offer(1, 5, rights=Right.Training, token=USDC, meter=Meter.Second)
    shelf.offer(2, 7, rights=Right.Playback, token=USDC)
    shelf.learn()


def test_everything_is_counted_once_for_each_thing_that_it_is(shelf: Shelf) -> None:
    furnish(shelf)

    assert shelf.facets() == Facets(
        total=3,
        more=False,
        kinds={Kind.Samples: 2, Kind.Recordings: 1},
        synthetic=1,
        rights={Right.Training: 1, Right.Commercial: 1, Right.Playback: 1},
        meters={Meter.Call: 2, Meter.Second: 1},
        tokens={USDC: 2, ETHER: 1},
        genres={"ambient": 2, "jazz": 1},
        keys={"A": 1, "F#m": 1},
    )


def test_only_what_is_found_is_counted(shelf: Shelf) -> None:
    furnish(shelf)

    assert shelf.facets(text="lark", kind=Kind.Samples) == Facets(
        total=1,
        more=False,
        kinds={Kind.Samples: 1},
        synthetic=1,
        rights={Right.Playback: 1},
        meters={Meter.Call: 1},
        tokens={USDC: 1},
        genres={"ambient": 1, "jazz": 1},
        keys={},
    )


def test_of_offers_only_those_count_that_are_asked_for(shelf: Shelf) -> None:
    furnish(shelf)

    counted = shelf.facets(token=USDC)

    assert (counted.total, counted.tokens) == (2, {USDC: 2})
    assert counted.rights == {Right.Training: 1, Right.Playback: 1}
    assert counted.meters == {Meter.Call: 1, Meter.Second: 1}


def test_page_and_order_change_no_count(shelf: Shelf) -> None:
    furnish(shelf)
    after = shelf.find(limit=1, text="lark").after

    assert shelf.facets(text="lark", limit=1, after=after) == shelf.facets(text="lark")


def test_nothing_is_nothing_of_anything(shelf: Shelf) -> None:
    assert shelf.facets() == Facets(0, False, {}, 0, {}, {}, {}, {}, {})


def test_of_a_great_many_the_newest_are_counted(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    furnish(shelf)
    monkeypatch.setattr(finding, "COUNTED", 2)

    counted = shelf.facets()

    assert (counted.total, counted.more, counted.kinds) == (2, True, {Kind.Samples: 2})
    assert not shelf.facets(kind=Kind.Samples).more
