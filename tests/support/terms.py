"""Terms to test with: plain ones, and how they may differ."""

from typing import TypedDict, Unpack

from audiera.protocol import ETHER, Meter, Right, Terms

__all__ = ["TermsChanges", "plain_terms"]


class TermsChanges(TypedDict, total=False):
    """What may differ from plain terms."""

    rights: int
    meter: int
    unit_price: int
    token: str
    duration: int
    notice: int
    max_units: int
    derivative_ppm: int
    flags: int
    text: bytes


def plain_terms(**changes: Unpack[TermsChanges]) -> Terms:
    """Training for ever and for nothing, counted by the call, with whatever is to differ."""
    plain: TermsChanges = {
        "rights": Right.Training,
        "meter": Meter.Call,
        "unit_price": 0,
        "token": ETHER,
        "duration": 0,
        "notice": 0,
        "max_units": 0,
        "derivative_ppm": 0,
        "flags": 0,
        "text": b"\x07" * 32,
    }
    # web3 takes a set of flags for a list of them, so that they have to be plain numbers.
    numbers = {name: int(value) if isinstance(value, int) else value for name, value in (plain | changes).items()}
    return Terms(**numbers)  # type: ignore[arg-type]  # the names and types are those of TermsChanges
