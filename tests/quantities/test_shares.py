from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import AmountError, SplitError
from audiera.quantities.shares import (
    StatedShare,
    format_ppm,
    format_share,
    parse_ppm,
    parse_share,
    settle_shares,
)


@pytest.mark.parametrize(
    ("text", "value", "whole"),
    [
        ("12.5 %", Fraction(25, 2), 100),
        ("12,5 %", Fraction(25, 2), 100),
        ("33,333 %", Fraction(33_333, 1_000), 100),
        ("0,125", Fraction(1, 8), None),
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
    "text",
    ["", "half", "-5 %", "1/0", "1/00", "33,3,3 %", "1.000,5 %", "1e6", "٣ %", "5 percent", "1 / 3", "nan"],
)
def test_what_is_not_a_share_is_refused(text: str) -> None:
    with pytest.raises(SplitError, match=r"is not like 12\.5 %, 125000 ppm or 1/8"):
        parse_share(text)


@pytest.mark.parametrize("text", ["0", "0 %", "0,0 %", "0 ppm", "0/5"])
def test_a_share_of_nothing_is_refused_as_such(text: str) -> None:
    with pytest.raises(SplitError, match=rf"^a share of {text} pays nothing; remove the row\.$"):
        parse_share(text)


@pytest.mark.parametrize("text", ["250,000 ppm", "1,000", "333,333"])
def test_a_comma_that_may_divide_thousands_is_refused(text: str) -> None:
    with pytest.raises(SplitError, match=f"^share '{text}' may be thousands or a fraction; leave out the comma"):
        parse_share(text)
    with pytest.raises(AmountError, match=f"^'{text}' may be thousands or a fraction; leave out the comma"):
        parse_ppm(text)


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


@pytest.mark.parametrize(
    ("text", "ppm"),
    [
        ("1.5 %", 15_000),
        ("1.5%", 15_000),
        ("100 %", 1_000_000),
        ("0 %", 0),
        ("0.0001 %", 1),
        ("0.000100 %", 1),
        ("15000 ppm", 15_000),
        ("15000PPM", 15_000),
        ("33.3333 %", 333_333),
        ("1/8", 125_000),
        ("1/4 %", 2_500),
    ],
)
def test_a_share_that_stands_alone_is_read_in_ppm(text: str, ppm: int) -> None:
    assert parse_ppm(text) == ppm


@given(st.integers(0, 1_000_000))
def test_ppm_are_written_and_read_back(ppm: int) -> None:
    assert parse_ppm(format_ppm(ppm)) == ppm


@pytest.mark.parametrize(("ppm", "text"), [(0, "0 %"), (1, "0.0001 %"), (15_000, "1.5 %"), (1_000_000, "100 %")])
def test_ppm_are_written_as_any_share_is(ppm: int, text: str) -> None:
    assert format_ppm(ppm) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.00001 %", "'0.00001 %' is finer than one ppm; write a share with at most 4 decimals of a per cent."),
        ("1.5 ppm", "'1.5 ppm' is finer than one ppm; write a share with at most 4 decimals of a per cent."),
        ("1/3", "'1/3' is finer than one ppm; write a share with at most 4 decimals of a per cent."),
        ("100.0001 %", "'100.0001 %' is more than the whole; write at most 100 %."),
        ("1000001 ppm", "'1000001 ppm' is more than the whole; write at most 100 %."),
        ("0.5", "'0.5' has no unit; write a share like 1.5 % or 15000 ppm."),
        ("half%", "'half%' is not a share; write it like 12.5 %, 125000 ppm or 1/8."),
        ("-5 %", "'-5 %' is not a share; write it like 12.5 %, 125000 ppm or 1/8."),
    ],
)
def test_a_share_that_cannot_be_in_ppm_is_refused(text: str, message: str) -> None:
    with pytest.raises(AmountError) as caught:
        parse_ppm(text)

    assert str(caught.value) == message
