"""Heads that payer and gateway both signed, as somebody has them: a licensee beside the music that it pulled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TypeAlias

from audiera.errors import AudieraError, InputError, StorageError
from audiera.metering import read_log, read_voucher, verified
from audiera.protocol import Domain, Voucher
from audiera.text import as_object, as_text, from_hex, hex_of, read_file, read_json, shown

__all__ = ["Lines", "SignedHead", "read_heads", "summed"]

_MOST: Final = 1 << 16  # bytes of a head

Lines: TypeAlias = Mapping[tuple[int, int], tuple[int, int]]
"""What was paid, and how many uses there are, by licence and dataset."""


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A voucher with two signatures, as somebody has it."""

    voucher: Voucher
    signature: bytes
    receipt: bytes
    """The gateway's countersignature."""
    path: Path

    @property
    def batch(self) -> str:
        """The id of its batch."""
        return hex_of(self.voucher.batch_id())

    def lines(self) -> Lines | None:
        """Return what it is of, by the log beside it; None: there is none, or it is of another batch."""
        log = self.path.with_suffix(".jsonl")
        if not log.is_file():
            return None
        try:
            uses = verified(self.voucher, islice(read_log(log), self.voucher.calls))
            return summed((it.use.license, it.use.dataset, it.price) for it in uses)
        except AudieraError:
            return None


def read_heads(places: Iterable[Path], domain: Domain) -> tuple[SignedHead, ...]:
    """Return the heads in files, and in folders and the folders in them.

    Args:
        places: a file has to be a head; of a folder, what is none is passed over, and what is another ledger's.
        domain: of the ledger.

    Raises:
        InputError: if a file is no head for this ledger.
        StorageError: if a place is not there.
    """
    found: list[SignedHead] = []
    for place in places:
        if not place.exists():
            raise StorageError(f"There is no {shown(str(place))}; check its name.")
        some = [_read(it, domain) for it in (sorted(place.rglob("*.json")) if place.is_dir() else [place])]
        if not place.is_dir() and some == [None]:
            raise InputError(f"{shown(str(place))} is no head that two have signed for this ledger.")
        found += [it for it in some if it is not None]
    return tuple(found)


def summed(uses: Iterable[tuple[int, int, int]]) -> Lines:
    """Return what uses come to, each of which is licence, dataset and price."""
    found: dict[tuple[int, int], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for license_, dataset, price in uses:
        amount, calls = found[license_, dataset]
        found[license_, dataset] = amount + price, calls + 1
    return found


def _read(path: Path, domain: Domain) -> SignedHead | None:
    try:
        document = as_object(read_json(read_file(path, _MOST)))
        named = document.get("chainId", str(domain.chain_id)), document.get("ledger", domain.contract)
        if named != (str(domain.chain_id), domain.contract):
            return None
        signature, receipt = (from_hex(as_text(document[it])) for it in ("signature", "receipt"))
        return SignedHead(read_voucher(as_object(document["voucher"])), signature, receipt, path)
    except (OSError, ValueError, KeyError, TypeError):
        return None
