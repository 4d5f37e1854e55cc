import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import TermsError
from audiera.protocol.meters import Meter, parse_meter, units_of


def test_meters_have_the_values_of_the_design() -> None:
    assert [(meter.name, meter.value) for meter in Meter] == [("Call", 0), ("Second", 1), ("Megabyte", 2)]


@pytest.mark.parametrize(
    ("meter", "size", "duration_ms", "units"),
    [
        (Meter.Call, 0, 0, 1),
        (Meter.Call, 10**9, 10**6, 1),
        (Meter.Second, 10**9, 0, 0),
        (Meter.Second, 0, 1, 1),
        (Meter.Second, 0, 1_000, 1),
        (Meter.Second, 0, 1_001, 2),
        (Meter.Megabyte, 0, 5, 0),
        (Meter.Megabyte, 1, 0, 1),
        (Meter.Megabyte, 1_000_000, 0, 1),
        (Meter.Megabyte, 1_000_001, 0, 2),
    ],
)
def test_units_are_rounded_up(meter: Meter, size: int, duration_ms: int, units: int) -> None:
    assert units_of(meter, size=size, duration_ms=duration_ms) == units


@given(st.integers(0, 2**32 - 1))
def test_seconds_are_never_short_and_never_a_whole_one_over(duration_ms: int) -> None:
    units = units_of(Meter.Second, size=0, duration_ms=duration_ms)

    assert 0 <= units * 1_000 - duration_ms < 1_000


@pytest.mark.parametrize("text", ["second", "Second", " SECOND "])
def test_a_meter_is_read_in_any_case(text: str) -> None:
    assert parse_meter(text) is Meter.Second


def test_an_unknown_meter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TermsError, match="'minute' is not a meter; choose from Call, Second, Megabyte"):
        parse_meter("minute")
