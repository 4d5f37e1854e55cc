from typing import Any

import pytest

from audiera.errors import TermsError
from audiera.protocol.ids import ETHER
from audiera.protocol.meters import Meter
from audiera.protocol.rights import Right
from audiera.protocol.terms import Terms, TermsFlag


def terms(**changes: object) -> Terms:
    values: dict[str, Any] = {  # wrong values on purpose
        "rights": Right.Training,
        "meter": Meter.Call,
        "unit_price": 5,
        "token": ETHER,
        "duration": 0,
        "notice": 0,
        "max_units": 0,
        "derivative_ppm": 0,
        "flags": 0,
        "text": b"\x01" * 32,
    }
    return Terms(**(values | changes))


def test_terms_are_named_by_their_struct_hash() -> None:
    assert terms().id() == terms().struct_hash()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rights", Right.Inference),
        ("meter", Meter.Second),
        ("unit_price", 6),
        ("token", "0x" + "1" * 40),
        ("duration", 1),
        ("notice", 1),
        ("max_units", 1),
        ("derivative_ppm", 1),
        ("flags", TermsFlag.Revocable),
        ("text", b"\x02" * 32),
    ],
)
def test_every_member_counts_in_the_id(field: str, value: object) -> None:
    """Attack: struct field missing from hash."""
    assert terms(**{field: value}).id() != terms().id()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rights": 0}, "at least one"),
        ({"rights": 1 << 10}, "0x400 must be known bits"),
        ({"meter": 3}, "Meter 3 does not exist"),
        ({"flags": 8}, "Flags 0x8 have unknown bits"),
        ({"max_units": 1, "flags": TermsFlag.Transferable}, "quota cannot be transferable"),
        ({"max_units": 1 << 48}, "maxUnits = 281474976710656 is not a uint48"),
        ({"derivative_ppm": 900_001}, "900001 ppm is outside"),
        ({"derivative_ppm": -1}, "-1 ppm is outside"),
        ({"unit_price": 1 << 128}, "unitPrice"),
        ({"duration": 1 << 32}, "duration"),
        ({"notice": -1}, "notice"),
        ({"token": "USDC"}, "is not an address"),
        ({"text": b"text"}, "is not 32 bytes"),
    ],
)
def test_terms_that_the_contract_would_refuse_are_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(TermsError, match=reason):
        terms(**changes)


def test_a_transferable_licence_without_quota_is_fine() -> None:
    assert terms(flags=TermsFlag.Transferable).flags == TermsFlag.Transferable
