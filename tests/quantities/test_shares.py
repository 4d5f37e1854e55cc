from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import SplitError
from audiera.quantities.shares import StatedShare, format_share, parse_share, settle_shares


@pytest.mark.parametrize(
    ("text", "value", "whole"),
    [
        ("12.5 %", Fraction(25, 2), 100),
        ("12.5%", Fraction(25, 2), 100),
        ("125000 ppm", Fraction(125_000), 1_000_000),
        ("125000PPM", Fraction(125_000), 1_000_000),
        ("1/3", Fraction(1, 3), 1),
        ("1/3 %", Fraction(1, 3), 100),
        (" 40 ", Fraction(40), None),
        ("0.4", Fraction(2, 5), None),
    ],
)
def test_a_share_is_read_exactly(text: str, value: Fraction, whole: int | None) -> None:
    assert parse_share(text) == StatedShare(value, whole)


@pytest.mark.parametrize(
    "text", ["", "half", "-5 %", "0", "0 %", "1/0", "33,3 %", "250,000 ppm", "1e6", "٣ %", "5 percent", "1 / 3", "nan"]
)
def test_what_is_not_a_share_is_refused(text: str) -> None:
    with pytest.raises(SplitError, match=r"is not like 12\.5 %, 125000 ppm or 1/8"):
        parse_share(text)


def settled(*texts: str) -> tuple[Fraction, ...]:
    return settle_shares([parse_share(text) for text in texts])


@pytest.mark.parametrize(
    "texts",
    [
        ("50 %", "30 %", "20 %"),
        ("50", "30", "20"),
        ("500000", "300000", "200000"),
        ("0.5", "0.3", "0.2"),
        ("500000 ppm", "30 %", "1/5"),
    ],
)
def test_one_split_can_be_written_in_many_ways(texts: tuple[str, ...]) -> None:
    assert settled(*texts) == (Fraction(1, 2), Fraction(3, 10), Fraction(1, 5))


def test_thirds_are_exact() -> None:
    assert settled("1/3", "1/3", "1/3") == (Fraction(1, 3),) * 3


def test_one_contributor_has_it_all_however_it_is_written() -> None:
    assert settled("1") == settled("100") == settled("1000000") == settled("100 %") == (Fraction(1),)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (("33.33 %",) * 3, "the shares add up to 99.99 %, not 100 %; thirds are written 1/3."),
        (("60 %", "60 %"), "the shares add up to 120 %, not 100 %; thirds are written 1/3."),
        (("1/3", "1/3"), "the shares add up to about 66.666667 %, not 100 %; thirds are written 1/3."),
        (("2", "1"), "the shares add up to 3, which is not 100 (per cent), 1000000 (ppm) or 1; "),
        (("50 %", "50"), "some shares have a unit and some have none; write % or ppm behind each."),
    ],
)
def test_shares_that_do_not_make_a_whole_are_refused(texts: tuple[str, ...], message: str) -> None:
    with pytest.raises(SplitError) as caught:
        settled(*texts)

    assert str(caught.value).startswith(message)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=40))
def test_fractions_of_their_own_sum_always_settle(weights: list[int]) -> None:
    total = sum(weights)

    assert settled(*(f"{weight}/{total}" for weight in weights)) == tuple(Fraction(w, total) for w in weights)


@pytest.mark.parametrize(
    ("part", "text"), [(Fraction(1, 8), "12.5 %"), (Fraction(1), "100 %"), (Fraction(1, 3), "about 33.333333 %")]
)
def test_a_part_is_written_as_a_percentage(part: Fraction, text: str) -> None:
    assert format_share(part) == text
