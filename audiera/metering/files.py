"""The files of a batch: the signed voucher, and the use log that anybody can rebuild the batch from.

`docs/formats.md` has both forms. A gateway writes them; whoever settles, collects or audits reads them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from eth_typing import ChecksumAddress

from audiera.errors import InputError, StorageError, UseError
from audiera.metering.batch import Batch, PricedUse
from audiera.protocol import Domain, Use, Voucher, to_address
from audiera.text import as_hash, as_object, as_text

__all__ = ["SignedVoucher", "read_log", "rebuild", "write_log"]


@dataclass(frozen=True, slots=True)
class SignedVoucher:
    """A voucher with its payer's signature, and the ledger that both are for."""

    chain_id: int
    ledger: ChecksumAddress
    voucher: Voucher
    signature: bytes

    def to_json(self) -> str:
        """Return the file's text."""
        members = {name: _written(value) for name, value in self.voucher.abi().items()}
        document = {
            "chainId": str(self.chain_id),
            "ledger": self.ledger,
            "voucher": members,
            "signature": _written(self.signature),
        }
        return json.dumps(document, indent=2) + "\n"

    @classmethod
    def read(cls, path: Path) -> SignedVoucher:
        """Return the voucher in a file.

        Raises:
            InputError: if it is not one.
            StorageError: if the file cannot be read.
        """
        try:
            document = as_object(json.loads(_text(path)))
            members = as_object(document["voucher"])
            voucher = Voucher(
                payer=to_address(as_text(members["payer"])),
                gateway=to_address(as_text(members["gateway"])),
                token=to_address(as_text(members["token"])),
                batch=_number(members["batch"]),
                amount=_number(members["amount"]),
                fee=_number(members["fee"]),
                calls=_number(members["calls"]),
                statements=_number(members["statements"]),
                root=as_hash(members["root"]),
            )
            voucher.struct_hash()  # refuses numbers that do not fit
            signature = bytes.fromhex(as_text(document["signature"]).removeprefix("0x"))
            return cls(_number(document["chainId"]), to_address(as_text(document["ledger"])), voucher, signature)
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path} is not a signed voucher ({_said(error)}); see docs/formats.md.") from error

    def check_for(self, domain: Domain) -> None:
        """Return if the voucher is meant for this ledger on this chain.

        Raises:
            InputError: if it is for another.
        """
        if (self.chain_id, self.ledger) != (domain.chain_id, domain.contract):
            raise InputError(
                f"The voucher is for the ledger {self.ledger} on chain {self.chain_id}, and this is "
                f"{domain.contract} on chain {domain.chain_id}; choose the other network with --network."
            )


def write_log(path: Path, uses: Iterable[PricedUse]) -> None:
    """Write a batch's uses, in the order of the journal, one line of JSON for each."""
    with path.open("w", encoding="utf-8") as file:
        for priced in uses:
            members = {name: _written(value) for name, value in priced.use.abi().items()}
            file.write(json.dumps({**members, "price": str(priced.price)}, separators=(",", ":")) + "\n")


def read_log(path: Path) -> Iterator[PricedUse]:
    """Yield a batch's uses as the file has them, in the order of the journal.

    Raises:
        InputError: at the first line that is not a use; the message says which.
        StorageError: if the file cannot be read.
    """
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            members = as_object(json.loads(line))
            use = Use(
                license=_number(members["license"]),
                dataset=_number(members["dataset"]),
                version=_number(members["version"]),
                item=as_hash(members["item"]),
                right=_number(members["right"]),
                units=_number(members["units"]),
                at=_number(members["at"]),
                nonce=as_hash(members["nonce"]),
            )
            priced = PricedUse(use, _number(members["price"]))
            use.struct_hash()  # refuses numbers that do not fit
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"Line {number} of {path} is not a use ({_said(error)}); see docs/formats.md.") from error
        yield priced


def rebuild(voucher: Voucher, uses: Iterable[PricedUse]) -> Batch:
    """Return the batch that the uses make, which is the voucher's.

    Raises:
        UseError: if they make another one: a use is missing, added, altered or out of order.
    """
    batch = Batch().extend(uses)
    root = batch.root()
    made = (root.hash, root.amount, root.calls, len(batch.lines))
    if made != (voucher.root, voucher.amount, voucher.calls, voucher.statements):
        raise UseError(
            f"The use log is of another batch: it has {root.calls} calls in {len(batch.lines)} statements with root "
            f"0x{root.hash.hex()}, the voucher {voucher.calls} in {voucher.statements} with 0x{voucher.root.hex()}. "
            "Ask the gateway for this batch's log, whole and in order."
        )
    return batch


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise StorageError(f"{path} cannot be read ({error.strerror}); check the name.") from error
    except UnicodeError as error:
        raise InputError(f"{path} is not text; give the file as it was written.") from error


def _written(value: object) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def _number(value: object) -> int:
    """Whole numbers are text, because readers of JSON lose those beyond 2^53; plain numbers are understood too."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value)
    if type(value) is int and value >= 0:
        return value
    raise ValueError(f"{value!r} is not a whole number")


def _said(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else str(error).rstrip(".")
