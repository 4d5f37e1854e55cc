import pytest

from audiera.quantities.measures import format_length, format_rate, format_size


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0:00.000"), (8_490, "0:08.490"), (187_250, "3:07.250"), (3_599_999, "59:59.999"), (3_723_004, "1:02:03.004")],
)
def test_a_length_is_written_as_a_clock_does(milliseconds: int, text: str) -> None:
    assert format_length(milliseconds) == text


@pytest.mark.parametrize(
    ("size", "milliseconds", "text"),
    [(1, None, "1 byte"), (12_345, None, "12,345 bytes"), (12_345, 0, "12,345 bytes"), (2, 8_490, "2 bytes, 0:08.490")],
)
def test_a_size_is_written_in_bytes_and_with_the_length_of_what_plays(
    size: int, milliseconds: int | None, text: str
) -> None:
    assert format_size(size, milliseconds) == text


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (0, "0.0 KiB/s"),
        (1_000, "1.0 KiB/s"),
        (119_683, "117 KiB/s"),
        (1 << 20, "1.0 MiB/s"),
        (232_783_872, "222 MiB/s"),
        (5 << 30, "5,120 MiB/s"),
    ],
)
def test_a_rate_has_the_digits_that_are_of_use(rate: float, text: str) -> None:
    assert format_rate(rate) == text
