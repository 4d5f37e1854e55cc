"""Vectors of what people read and write: CIDs, amounts, durations, shares."""

from __future__ import annotations

from audiera.protocol.cid import cid_of
from audiera.quantities.amounts import parse_amount, parse_unit_price
from audiera.quantities.durations import parse_duration
from audiera.quantities.shares import parse_ppm
from tests.vectors.plain import Json, address, digest, hexed

__all__ = ["amount_vectors", "cid_vectors"]


def cid_vectors() -> Json:
    digests = [bytes(32), b"\xff" * 32, digest("manifest"), digest("text")]
    return {"cids": [{"sha256": hexed(sha256), "cid": cid_of(sha256)} for sha256 in digests]}


def amount_vectors() -> Json:
    tokens = {"USDC": (address("usdc"), 6), "WHOLE": (address("whole"), 0)}
    amounts = ("5 USDC", "0.000001 USDC", "0.1 ETH", "1.000000000000000001 ETH", "12 WHOLE", "1.50 USDC")
    prices = ("0.001 USDC/second", "0 ETH/call", "0.25 USDC/megabyte")
    durations = ("perpetual", "30 days", "1 year", "2 weeks", "90 seconds")
    shares = ("1.5%", "100%", "0.0001%", "15000 ppm")
    return {
        "tokens": {name: {"address": token, "decimals": places} for name, (token, places) in tokens.items()},
        "amounts": [
            {"text": text, "value": str(amount.value), "written": str(amount)}
            for text, amount in ((text, parse_amount(text, tokens)) for text in amounts)
        ],
        "unitPrices": [
            {"text": text, "value": str(price.amount.value), "meter": price.meter.name}
            for text, price in ((text, parse_unit_price(text, tokens)) for text in prices)
        ],
        "durations": [{"text": text, "seconds": parse_duration(text)} for text in durations],
        "shares": [{"text": text, "ppm": parse_ppm(text)} for text in shares],
    }
