"""The document of a training run: what was used under which licences, and what came of it. The licensee signs it.

It is canonical JSON (RFC 8785), so that the same facts have the same bytes everywhere; its SHA-256 is the reference
that records of use state (`UsageLedger.record`), and its bytes are a file that a model's manifest names. Hashes of
weights and of code in it are of files as they are, which any tool computes again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from eth_typing import ChecksumAddress

from audiera.errors import StorageError
from audiera.protocol import Domain, Right, Served, ServedTree, TrainingRun, recover, right_bit, to_address
from audiera.text import (
    Json,
    as_hash,
    as_int,
    as_list,
    as_object,
    as_text,
    canonical,
    canonical_lines,
    hex_of,
    is_plain,
    read_json,
    shown,
)

__all__ = ["BatchHead", "Code", "Run", "UsedDataset", "WeightFile", "read_run", "read_served_list", "served_list"]

_FORMAT: Final = "audiera-run-1"
_RUN_BYTES: Final = 1 << 20
_LIST_BYTES: Final = 1 << 30
_MOST: Final = 1 << 53
"""Numbers are below it, because many readers of JSON lose others."""


@dataclass(frozen=True, slots=True)
class UsedDataset:
    """A version of a dataset of which something was used."""

    dataset: int
    version: int
    content_root: bytes
    manifest: bytes
    """Its SHA-256."""


@dataclass(frozen=True, slots=True)
class BatchHead:
    """A batch in which uses were signed for, as far as it had come."""

    batch: bytes
    """Its id at the ledger."""
    voucher: bytes
    """`hashStruct` of its newest voucher."""


@dataclass(frozen=True, slots=True)
class Code:
    """What trained: files by one digest, and their Git commit, if they have one."""

    sha256: bytes
    """Of the list of them, as `sha256sum` prints it (docs/formats.md)."""
    commit: str = ""


@dataclass(frozen=True, slots=True)
class WeightFile:
    """A file that came of the run."""

    path: str
    sha256: bytes
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A training run. Times are Unix seconds, and the licensee's own word."""

    chain_id: int
    ledger: ChecksumAddress
    licensee: ChecksumAddress
    right: Right
    """The one right that was used."""
    started: int
    ended: int
    datasets: tuple[UsedDataset, ...]
    """By number and version."""
    licenses: tuple[int, ...]
    """Ascending."""
    batches: tuple[BatchHead, ...]
    """By id."""
    root: bytes
    """Of the tree of what was served."""
    count: int
    """How many items that is."""
    times: int
    """How often all of them together were served."""
    served: bytes
    """SHA-256 of the list of them (`served_list`)."""
    code: Code
    weights: tuple[WeightFile, ...]
    """By path."""

    def document(self) -> bytes:
        """Return the document: the one form that these facts have."""
        code: dict[str, Json] = {"sha256": hex_of(self.code.sha256)}
        if self.code.commit:
            code["commit"] = self.code.commit
        datasets: list[Json] = [
            {
                "dataset": it.dataset,
                "version": it.version,
                "contentRoot": hex_of(it.content_root),
                "manifest": hex_of(it.manifest),
            }
            for it in self.datasets
        ]
        batches: list[Json] = [{"id": hex_of(it.batch), "voucher": hex_of(it.voucher)} for it in self.batches]
        weights: list[Json] = [{"path": it.path, "sha256": hex_of(it.sha256), "size": it.size} for it in self.weights]
        return canonical(
            {
                "format": _FORMAT,
                "chainId": self.chain_id,
                "ledger": self.ledger,
                "licensee": self.licensee,
                "right": right_bit(self.right),
                "started": self.started,
                "ended": self.ended,
                "datasets": datasets,
                "licenses": list(self.licenses),
                "batches": batches,
                "served": {
                    "root": hex_of(self.root),
                    "count": self.count,
                    "times": self.times,
                    "sha256": hex_of(self.served),
                },
                "code": code,
                "weights": weights,
            }
        )

    def digest(self) -> bytes:
        """Return the SHA-256 of the document: its reference on the chain."""
        return hashlib.sha256(self.document()).digest()

    @property
    def domain(self) -> Domain:
        """What the licensee signs it for: the ledger."""
        return Domain("UsageLedger", self.chain_id, self.ledger)

    def signed_digest(self) -> bytes:
        """Return the 32 bytes that the licensee signs."""
        return self.domain.digest(TrainingRun(self.digest()))

    def signer(self, signature: bytes) -> ChecksumAddress:
        """Return who signed the document.

        Raises:
            SignatureError: nobody did.
        """
        return recover(self.signed_digest(), signature)


def read_run(document: bytes) -> Run:
    """Read a document, accepting only what `Run.document` writes.

    Raises:
        StorageError: it is anything else.
    """
    try:
        members = as_object(read_json(document, most=_RUN_BYTES))
        if members["format"] != _FORMAT:
            raise ValueError(f"its format is {members['format']!r} and not {_FORMAT!r}")
        served, code = as_object(members["served"]), as_object(members["code"])
        run = Run(
            chain_id=_number(members["chainId"]),
            ledger=to_address(as_text(members["ledger"])),
            licensee=to_address(as_text(members["licensee"])),
            right=Right(1 << _bit(members["right"])),
            started=_number(members["started"]),
            ended=_number(members["ended"]),
            datasets=tuple(map(_dataset, as_list(members["datasets"]))),
            licenses=tuple(map(_number, as_list(members["licenses"]))),
            batches=tuple(map(_batch, as_list(members["batches"]))),
            root=as_hash(served["root"]),
            count=_number(served["count"]),
            times=_number(served["times"]),
            served=as_hash(served["sha256"]),
            code=Code(as_hash(code["sha256"]), as_text(code.get("commit", ""))),
            weights=tuple(map(_weight, as_list(members["weights"]))),
        )
        _check(run)
        if run.document() != document:
            raise ValueError("it is not canonical, or has members that a run has not")
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"The document of the run is damaged ({error}); restore it.") from error
    return run


def served_list(tree: ServedTree) -> bytes:
    """Return what was served as a file: JSON, one row to the line, by dataset, version and item."""
    return canonical_lines(
        {"dataset": it.dataset, "version": it.version, "item": hex_of(it.item), "times": it.times} for it in tree.served
    )


def read_served_list(data: bytes) -> ServedTree:
    """Read the file of what was served, accepting only what `served_list` writes.

    Raises:
        StorageError: it is anything else.
    """
    try:
        rows = map(as_object, as_list(read_json(data, most=_LIST_BYTES)))
        served = [
            Served(_number(it["dataset"]), _number(it["version"]), as_hash(it["item"]), _number(it["times"]))
            for it in rows
        ]
        tree = ServedTree.of({(it.dataset, it.version, it.item): it.times for it in served})
        if served_list(tree) != data:
            raise ValueError("it is not in order")
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"The list of what was served is damaged ({error}); restore it.") from error
    return tree


def _check(run: Run) -> None:
    if run.ended < run.started:
        raise ValueError("it ended before it began")
    keys: Sequence[Sequence[object]] = (
        [(it.dataset, it.version) for it in run.datasets],
        run.licenses,
        [it.batch for it in run.batches],
        [it.path for it in run.weights],
    )
    for each in keys:
        if len(set(each)) < len(each) or sorted(each) != list(each):  # type: ignore[type-var]  # each of one kind
            raise ValueError("a list in it is not in order")
    if not run.datasets or not run.licenses or not run.weights:
        raise ValueError("it names no dataset, no licence or no weights")


def _dataset(value: object) -> UsedDataset:
    it = as_object(value)
    return UsedDataset(
        _number(it["dataset"]), _number(it["version"]), as_hash(it["contentRoot"]), as_hash(it["manifest"])
    )


def _batch(value: object) -> BatchHead:
    it = as_object(value)
    return BatchHead(as_hash(it["id"]), as_hash(it["voucher"]))


def _weight(value: object) -> WeightFile:
    it = as_object(value)
    path = as_text(it["path"])
    if not is_plain(path) or path.startswith("/") or not all(part.strip(".") for part in path.split("/")):
        raise ValueError(f"{shown(path)} is no path of a file")
    return WeightFile(path, as_hash(it["sha256"]), _number(it["size"]))


def _number(value: object) -> int:
    number = as_int(value)
    if not 0 <= number < _MOST:
        raise ValueError(f"{number} is not a number that it can have")
    return number


def _bit(value: object) -> int:
    bit = _number(value)
    if bit >= len(Right):
        raise ValueError(f"{bit} is no right")
    return bit
