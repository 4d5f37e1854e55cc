"""Amounts, times, shares, lengths and sizes as people write them, exactly. No I/O."""

from audiera.quantities.amounts import Amount, UnitPrice, format_units, parse_amount, parse_unit_price, parse_units
from audiera.quantities.durations import format_duration, parse_duration
from audiera.quantities.known_tokens import KNOWN_TOKENS
from audiera.quantities.measures import counted_whole, format_length, format_rate, format_size
from audiera.quantities.shares import StatedShare, format_ppm, format_share, parse_ppm, parse_share, settle_shares

__all__ = [
    "KNOWN_TOKENS",
    "Amount",
    "StatedShare",
    "UnitPrice",
    "counted_whole",
    "format_duration",
    "format_length",
    "format_ppm",
    "format_rate",
    "format_share",
    "format_size",
    "format_units",
    "parse_amount",
    "parse_duration",
    "parse_ppm",
    "parse_share",
    "parse_unit_price",
    "parse_units",
    "settle_shares",
]
