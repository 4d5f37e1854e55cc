import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import AmountError
from audiera.quantities.durations import format_duration, parse_duration
from audiera.quantities.shares import format_ppm, parse_ppm


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("perpetual", 0),
        (" Perpetual ", 0),
        ("1 second", 1),
        ("90 seconds", 90),
        ("5 minutes", 300),
        ("1 hour", 3_600),
        ("30 days", 2_592_000),
        ("30days", 2_592_000),
        ("2 weeks", 1_209_600),
        ("1 month", 2_592_000),
        ("1 Year", 31_536_000),
        ("136 years", 4_288_896_000),
    ],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@given(st.integers(0, 2**32 - 1))
def test_a_duration_is_written_and_read_back(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "perpetual"), (1, "1 second"), (31_536_000, "1 year"), (2_592_000, "30 days"), (1_209_600, "2 weeks")],
)
def test_a_duration_is_written_in_its_largest_unit(seconds: int, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize("text", ["", "30", "days", "1.5 days", "-1 day", "1 fortnight", "forever", "\u0661 day"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(AmountError, match="is not a duration; write 30 days or perpetual"):
        parse_duration(text)


def test_no_time_at_all_is_refused() -> None:
    with pytest.raises(AmountError, match="no time at all"):
        parse_duration("0 days")


def test_a_duration_beyond_32_bits_is_refused() -> None:
    with pytest.raises(AmountError, match="is too long"):
        parse_duration("137 years")


@pytest.mark.parametrize(
    ("text", "ppm"),
    [("1.5%", 15_000), ("100 %", 1_000_000), ("0%", 0), ("0.0001%", 1), ("15000 ppm", 15_000), ("33.3333%", 333_333)],
)
def test_a_share_is_read_in_ppm(text: str, ppm: int) -> None:
    assert parse_ppm(text) == ppm


@given(st.integers(0, 1_000_000))
def test_a_share_is_written_and_read_back(ppm: int) -> None:
    assert parse_ppm(format_ppm(ppm)) == ppm


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0.00001%", "more than 4 decimals"),
        ("1.5 ppm", "more than 0 decimals"),
        ("100.0001%", "more than the whole"),
        ("1000001 ppm", "more than the whole"),
        ("0.5", "has no unit"),
        ("half%", "is not a number"),
    ],
)
def test_a_share_that_cannot_be_exact_is_refused(text: str, reason: str) -> None:
    with pytest.raises(AmountError, match=reason):
        parse_ppm(text)
