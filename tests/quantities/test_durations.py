import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import AmountError
from audiera.quantities.durations import format_duration, parse_duration


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
