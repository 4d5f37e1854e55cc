"""What a payer's machine does for an access: the uses hashed, the head computed, the voucher signed."""

from collections.abc import Callable, Sequence
from typing import Final

from coincurve import PrivateKey
from sha3 import keccak_256  # type: ignore[import-untyped]  # safe-pysha3 ships no types

from audiera.client import KeySigner
from audiera.metering import Batch, PricedUse, uses_of
from audiera.protocol import Domain, Right, right_bit
from tests.scale.measure import Measured, alternate

__all__ = ["CASES"]

_OPEN: Final = 1_000
"""Statements of the batch that is extended, each of a dataset of its own."""
_TIMES: Final = 100
_KEY: Final = bytes([7] * 32)
_PAYER: Final = KeySigner.from_key(_KEY)
_DOMAIN: Final = Domain("UsageLedger", 31337, _PAYER.address)
_STRUCT: Final = bytes(32 * 9)
"""As long as the type hash and the members of a use."""


def signing_one() -> Measured:
    """Accesses of one item."""
    return _signing(1, 10.0)


def signing_many() -> Measured:
    """Accesses of 256 items, of one dataset."""
    return _signing(256, 6.0)


def _signing(items: int, promise: float) -> Measured:
    batch = Batch().extend(it for dataset in range(1, _OPEN + 1) for it in _uses(dataset, 1, 0))
    wanted = [_uses(_OPEN // 2, items, at) for at in range(1, _TIMES + 1)]

    def ours() -> None:
        head = batch
        for uses in wanted:
            head = head.extend(uses)
            voucher = head.voucher(payer=_PAYER.address, gateway=_PAYER.address, token=_PAYER.address, batch=1)
            _PAYER.sign_struct(_DOMAIN, voucher)

    def floor() -> None:
        key = PrivateKey(_KEY)
        for _ in wanted:
            hashes = [keccak_256(_STRUCT).digest() for _ in range(items)]
            key.sign_recoverable(hashes[-1], hasher=None)

    least, took = alternate(5, floor, ours)
    return Measured(
        f"sign for {items} {'item' if items == 1 else 'items'}, {_OPEN:,} statements in the batch",
        f"{took / _TIMES * 1e6:,.0f} us",
        f"{least / _TIMES * 1e6:,.0f} us: a hash for each use and one signature",
        took / least,
        promise,
    )


def _uses(dataset: int, items: int, at: int) -> Sequence[PricedUse]:
    return uses_of(
        [(it.to_bytes(32, "big"), 1) for it in range(1, items + 1)],
        license=dataset,
        dataset=dataset,
        version=1,
        right=right_bit(Right.Training),
        at=1_800_000_000 + at,
        nonce=at.to_bytes(32, "big"),
        unit_price=5,
    )


CASES: Final[dict[str, Callable[[], Measured]]] = {it.__name__: it for it in (signing_one, signing_many)}
