"""The files of a batch: the voucher, before and after it is signed, and the use log that the batch is rebuilt from.

`docs/formats.md` has their forms. A gateway writes them; whoever settles, collects or audits reads them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from eth_typing import ChecksumAddress

from audiera.errors import InputError, StorageError, UseError
from audiera.metering.batch import Batch, PricedUse
from audiera.metering.standing import standing_lines
from audiera.protocol import Domain, Node, Proof, Use, Voucher, recover, to_address
from audiera.text import Json, as_hash, as_list, as_object, as_text, read_file, read_json

__all__ = [
    "Head",
    "SignedVoucher",
    "log_name",
    "proof_json",
    "read_log",
    "read_proof",
    "read_use",
    "read_uses",
    "read_voucher",
    "rebuild",
    "use_json",
    "use_line",
    "verified",
    "write_log",
]

_MOST_DIGITS: Final = 78  # those of 2^256
_VOUCHER_BYTES: Final = 1 << 16
_AT_ONCE: Final = 4_096  # uses


@dataclass(frozen=True, slots=True)
class Head:
    """A voucher that is not signed yet, and the ledger that it is for."""

    chain_id: int
    ledger: ChecksumAddress
    voucher: Voucher

    @property
    def domain(self) -> Domain:
        """What its signature is good for."""
        return Domain("UsageLedger", self.chain_id, self.ledger)

    def document(self) -> dict[str, Json]:
        """Return the file as JSON values."""
        return {
            "chainId": str(self.chain_id),
            "ledger": self.ledger,
            "voucher": {name: _written(value) for name, value in self.voucher.abi().items()},
        }

    def to_json(self) -> str:
        """Return the file's text."""
        return json.dumps(self.document(), indent=2) + "\n"

    @classmethod
    def read(cls, path: Path) -> Head:
        """Return the head in a file; that of a signed voucher, too.

        Raises:
            InputError: if it is not one.
            StorageError: if the file cannot be read.
        """
        with _meant(path, "the head of a batch"):
            return Head(*_head(as_object(read_json(_text(path)))))

    def check_for(self, domain: Domain) -> None:
        """Return if the voucher is meant for this ledger on this chain.

        Raises:
            InputError: if it is for another.
        """
        if self.domain != domain:
            raise InputError(
                f"The voucher is for the ledger {self.ledger} on chain {self.chain_id}, and this is "
                f"{domain.contract} on chain {domain.chain_id}; choose the other network, or have it signed for this."
            )


@dataclass(frozen=True, slots=True)
class SignedVoucher(Head):
    """A voucher with a signature, and the ledger that both are for.

    The signature is the payer's, or that of an account that the payer lets pay (`SignerScope.Pay`). Only the chain
    knows who that is, and only it can check the signature of a contract.
    """

    signature: bytes

    def signer(self) -> ChecksumAddress:
        """Return whose signature it is, if it is an account's: the payer's, or one that has to have the scope pay.

        Raises:
            SignatureError: if it is no account's, in the one form that the ledger takes.
        """
        return recover(self.domain.digest(self.voucher), self.signature)

    def document(self) -> dict[str, Json]:
        """Return the file as JSON values."""
        return {**Head.document(self), "signature": _written(self.signature)}

    @classmethod
    def read(cls, path: Path) -> SignedVoucher:
        """Return the voucher in a file. Whose signature it has is not looked at: `signer` tells.

        Raises:
            InputError: if it is not one.
            StorageError: if the file cannot be read.
        """
        with _meant(path, "a signed voucher"):
            document = as_object(read_json(_text(path)))
            signature = bytes.fromhex(as_text(document["signature"]).removeprefix("0x"))
            return cls(*_head(document), signature)


def use_json(priced: PricedUse) -> dict[str, Json]:
    """Return a use with its price as the JSON values of its line in a use log."""
    members = {name: _written(value) for name, value in priced.use.abi().items()}
    return {**members, "price": str(priced.price)}


def use_line(priced: PricedUse) -> str:
    """Return a use's line in a use log, its end included."""
    return json.dumps(use_json(priced), separators=(",", ":")) + "\n"


def log_name(root: bytes) -> str:
    """Return the name of a use log below the root of a store or the URL of a gateway (docs/formats.md)."""
    return f"uses/{root[:1].hex()}/{root.hex()}.jsonl"


def write_log(path: Path, uses: Iterable[PricedUse]) -> None:
    """Write a batch's uses, in the order of the journal, one line of JSON for each."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(map(use_line, uses))


def read_log(path: Path) -> Iterator[PricedUse]:
    """Yield a batch's uses as the file has them, in the order of the journal.

    Raises:
        InputError: at the first line that is not a use; the message says which.
        StorageError: if the file cannot be read.
    """
    try:
        for number, line in enumerate(standing_lines(path), start=1):
            if text := line.decode("utf-8").strip():
                yield read_use(text, path, number)
    except OSError as error:
        raise _unread(path, error) from error
    except UnicodeError as error:
        raise _not_text(path) from error


def read_uses(log: bytes, name: str) -> Iterator[PricedUse]:
    """Yield a batch's uses as a log has them that was fetched.

    Args:
        log: its bytes.
        name: of it, for an error.

    Raises:
        InputError: at the first line that is not a use; the message says which.
    """
    for number, line in enumerate(log.splitlines(), start=1):
        if line.strip():
            yield read_use(line, name, number)


def read_use(line: str | bytes, path: Path | str, number: int) -> PricedUse:
    """Return the use in a line of a use log.

    Args:
        line: the line.
        path: the log, to name in an error.
        number: the line's number, likewise.

    Raises:
        InputError: if it is not a use.
    """
    with _meant(f"Line {number} of {path}", "a use"):
        members = as_object(read_json(line))
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
        use.struct_hash()  # refuses numbers that do not fit
        return PricedUse(use, _number(members["price"]))


def proof_json(proof: Proof) -> dict[str, Json]:
    """Return a proof as the JSON values of its document."""
    siblings: list[Json] = [{"hash": _written(it.hash), "sum": str(it.sum)} for it in proof.siblings]
    return {"index": str(proof.index), "siblings": siblings}


def read_proof(document: str | bytes) -> Proof:
    """Return the proof in a document.

    Raises:
        InputError: if it is not one.
    """
    with _meant("The document", "a proof"):
        members = as_object(read_json(document))
        siblings = map(as_object, as_list(members["siblings"]))
        return Proof(
            _number(members["index"]),
            tuple(Node(as_hash(it["hash"]), _number(it["sum"])) for it in siblings),
        )


def rebuild(voucher: Voucher, uses: Iterable[PricedUse]) -> Batch:
    """Return the batch that the uses make, which is the voucher's.

    Raises:
        UseError: if they make another one: a use is missing, added, altered or out of order.
    """
    batch = Batch().extend(uses)
    _check_is_of(batch, voucher)
    return batch


def verified(voucher: Voucher, uses: Iterable[PricedUse]) -> Iterator[PricedUse]:
    """Yield the uses, a few thousand of which are held at a time, and refuse at the end if they make no such batch.

    Whoever keeps what is yielded keeps it only once there is no more.

    Raises:
        UseError: at the end, if they make another batch than the voucher's.
    """
    batch, left = Batch(), iter(uses)
    while some := tuple(islice(left, _AT_ONCE)):
        batch = batch.extend(some)
        yield from some
    _check_is_of(batch, voucher)


def _check_is_of(batch: Batch, voucher: Voucher) -> None:
    root = batch.root()
    made = (root.hash, root.amount, root.calls, len(batch.lines))
    if made != (voucher.root, voucher.amount, voucher.calls, voucher.statements):
        raise UseError(
            f"The use log is of another batch: it has {_many(root.calls, 'call')} in "
            f"{_many(len(batch.lines), 'statement')} with root 0x{root.hash.hex()}, the voucher "
            f"{voucher.calls} in {voucher.statements} with 0x{voucher.root.hex()}. "
            "Take the log of this very batch, whole and in order."
        )


def _head(document: dict[str, object]) -> tuple[int, ChecksumAddress, Voucher]:
    voucher = read_voucher(as_object(document["voucher"]))
    return _number(document["chainId"]), to_address(as_text(document["ledger"])), voucher


def read_voucher(members: Mapping[str, object]) -> Voucher:
    """Return the voucher in the members of a JSON object.

    Raises:
        ValueError: if one is none of a voucher's.
        KeyError: if one is missing.
        TypeError: if one is of another type.
    """
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
    return voucher


@contextmanager
def _meant(document: object, what: str) -> Iterator[None]:
    """Say of a document that cannot be read what it should have been."""
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{document} is not {what} ({_said(error)}); see docs/formats.md.") from error


def _unread(path: Path, error: OSError) -> StorageError:
    return StorageError(f"{path} cannot be read ({error.strerror}); check the name.")


def _not_text(path: Path) -> InputError:
    return InputError(f"{path} is not text; give the file as it was written.")


def _text(path: Path) -> str:
    try:
        return read_file(path, _VOUCHER_BYTES).decode("utf-8")
    except OSError as error:
        raise _unread(path, error) from error
    except UnicodeError as error:
        raise _not_text(path) from error


def _written(value: object) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)


def _number(value: object) -> int:
    """Whole numbers are text, because readers of JSON lose those beyond 2^53; plain numbers are understood too."""
    if isinstance(value, str) and len(value) <= _MOST_DIGITS and value.isascii() and value.isdecimal():
        return int(value)
    if type(value) is int and value >= 0:
        return value
    raise ValueError(f"{value!r} is not a whole number")


def _many(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _said(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else str(error).rstrip(".")
