import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import AmountError
from audiera.protocol.ids import ETHER, to_address
from audiera.protocol.meters import Meter
from audiera.quantities.amounts import (
    Amount,
    format_amount,
    format_units,
    parse_amount,
    parse_unit_price,
    parse_units,
)

USDC = to_address("0x" + "a" * 40)
TOKENS = {"USDC": (USDC, 6), "Whole": ("0x" + "b" * 40, 0)}


@pytest.mark.parametrize(
    ("text", "value", "token"),
    [
        ("5 USDC", 5_000_000, USDC),
        ("  5   usdc ", 5_000_000, USDC),
        ("0.000001 USDC", 1, USDC),
        ("1.50 USDC", 1_500_000, USDC),
        ("1.5000000000 USDC", 1_500_000, USDC),
        ("0.1 ETH", 10**17, ETHER),
        ("1.000000000000000001 ETH", 10**18 + 1, ETHER),
        ("0 ETH", 0, ETHER),
        ("007 WHOLE", 7, to_address("0x" + "b" * 40)),
    ],
)
def test_an_amount_is_read_exactly(text: str, value: int, token: str) -> None:
    amount = parse_amount(text, TOKENS)

    assert (amount.value, amount.token) == (value, token)


@given(st.integers(0, 2**128), st.integers(0, 24))
def test_an_amount_is_written_and_read_back(value: int, decimals: int) -> None:
    tokens = {"TOK": (USDC, decimals)}

    assert parse_amount(format_amount(value, "TOK", decimals), tokens).value == value


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(0, 18, "0"), (1, 6, "0.000001"), (5_000_000, 6, "5"), (1_500_000, 6, "1.5"), (7, 0, "7"), (-15, 1, "-1.5")],
)
def test_an_amount_is_written_shortly(value: int, decimals: int, text: str) -> None:
    assert format_units(value, decimals) == text


def test_amounts_and_prices_show_as_people_write_them() -> None:
    assert str(Amount(1_000, USDC, "USDC", 6)) == "0.001 USDC"
    assert str(parse_unit_price("0.0010 usdc/SECOND", TOKENS)) == "0.001 USDC/second"


@pytest.mark.parametrize("text", ["", "5", "USDC", "USDC 5", "5USDC", "5 USDC more", "5 US/DC"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(AmountError):
        parse_amount(text, TOKENS)


@pytest.mark.parametrize("text", ["1,000.5", "1_000", "-1", "+1", "1e3", ".5", "5.", "1.2.3", "\u0661", "0x5", "NaN"])
def test_a_number_in_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(AmountError, match="is not a number of USDC; write digits and at most one point, as "):
        parse_units(text, 6, "USDC")


def test_a_decimal_comma_is_told_as_it_would_be_right() -> None:
    with pytest.raises(AmountError) as refused:
        parse_amount("1,5 USDC", TOKENS)

    assert str(refused.value) == (
        "'1,5' is not a number of USDC; write 1.5 if the comma is a decimal one, and leave it out if it is not."
    )


@pytest.mark.parametrize(
    ("text", "decimals"), [("0.0000001 USDC", 6), ("0.5 Whole", 0), ("0.0000000000000000001 ETH", 18)]
)
def test_too_many_decimals_are_an_error_and_never_rounded(text: str, decimals: int) -> None:
    with pytest.raises(AmountError, match=f"more than {decimals} decimals"):
        parse_amount(text, TOKENS)


def test_an_unknown_token_is_refused_with_the_known_ones() -> None:
    with pytest.raises(AmountError, match="Token 'DAI' is not known here; use one of ETH, USDC, Whole"):
        parse_amount("5 DAI", TOKENS)


def test_tokens_that_differ_in_letter_case_must_be_written_exactly() -> None:
    tokens = {"Tok": (USDC, 6), "TOK": (USDC, 18)}

    assert parse_amount("1 TOK", tokens).decimals == 18
    with pytest.raises(AmountError, match="'tok' is not known"):
        parse_amount("1 tok", tokens)


@pytest.mark.parametrize(
    ("text", "value", "meter"),
    [
        ("0.001 USDC/second", 1_000, Meter.Second),
        ("2 ETH / call", 2 * 10**18, Meter.Call),
        ("0 USDC/Megabyte", 0, Meter.Megabyte),
    ],
)
def test_a_unit_price_is_read_with_its_meter(text: str, value: int, meter: Meter) -> None:
    price = parse_unit_price(text, TOKENS)

    assert (price.amount.value, price.meter) == (value, meter)


def test_a_unit_price_needs_its_meter() -> None:
    with pytest.raises(AmountError, match="has no meter"):
        parse_unit_price("5 USDC", TOKENS)


def test_a_unit_price_by_an_unknown_meter_is_refused() -> None:
    with pytest.raises(AmountError, match="'minute' is not a meter"):
        parse_unit_price("5 USDC/minute", TOKENS)
