"""Whether a run is what its document says, as far as its folder alone can show it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from audiera.errors import AudieraError, StorageError
from audiera.metering import rebuild
from audiera.protocol import ContentTree, Receipt, read_table, recover, right_bit
from audiera.runs.document import BatchHead, Run, UsedDataset, WeightFile
from audiera.runs.folder import RunFolder, file_of
from audiera.text import hex_of, shown

__all__ = ["SIGNED", "USED", "Check", "CheckedRun", "check_folder"]

SIGNED: Final = "The licensee signed the document."
USED: Final = "All that was served was used under the licences."
"""Statements that a folder may leave to a node."""

_Found: TypeAlias = tuple[bool | None, str]


@dataclass(frozen=True, slots=True)
class Check:
    """A statement, and whether it holds."""

    said: str
    holds: bool | None
    """None: only a node can say."""
    why: str
    """What shows it, or what is wrong."""


@dataclass(frozen=True, slots=True)
class CheckedRun:
    """What looking at a folder found."""

    run: Run
    checks: tuple[Check, ...]
    signer: str | None
    """Who signed the document."""
    unmetered: frozenset[int]
    """Datasets of which something was served that no batch has a use of: it must have been recorded."""


def check_folder(folder: RunFolder, weights: Path | None = None) -> CheckedRun:
    """Check the folder of a run, with no node.

    Args:
        folder: of the run.
        weights: where the files of weights are; they are not looked at unless told.

    Raises:
        StorageError: there is no document, or it is damaged.
    """
    run = folder.run()
    unmetered: set[int] = set()
    checks = [
        _checked(SIGNED, partial(_signature, folder, run)),
        _checked("What was served is listed, and makes the root.", partial(_list, folder, run)),
        *(
            _checked(
                f"All that was served of dataset {it.dataset} is in its version {it.version}.",
                partial(_known, folder, it),
            )
            for it in run.datasets
        ),
        *(
            _checked(f"Batch {hex_of(it.batch)} is what payer and gateway signed.", partial(_batch, folder, run, it))
            for it in run.batches
        ),
        _checked(USED, partial(_used, folder, run, unmetered)),
        *(
            _checked(f"{shown(it.path)} came of the run.", partial(_weight, weights, it))
            for it in run.weights
            if weights
        ),
    ]
    signer = _signer(folder, run)
    return CheckedRun(run, tuple(checks), signer, frozenset(unmetered))


def _checked(said: str, look: Callable[[], _Found]) -> Check:
    try:
        return Check(said, *look())
    except AudieraError as error:
        return Check(said, False, str(error))


def _signer(folder: RunFolder, run: Run) -> str | None:
    try:
        signature = folder.signature()
        return None if signature is None else run.signer(signature)
    except AudieraError:
        return None


def _signature(folder: RunFolder, run: Run) -> _Found:
    signature = folder.signature()
    if signature is None:
        return False, "It is not signed; `audiera run sign` does."
    signer = run.signer(signature)
    if signer != run.licensee:
        return None, f"{signer} signed it; whether {run.licensee} lets that key act, a node says."
    return True, f"{signer} signed {hex_of(run.digest())}."


def _list(folder: RunFolder, run: Run) -> _Found:
    data = folder.read("served.json")
    tree = folder.served()
    times = sum(it.times for it in tree.served)
    if (hashlib.sha256(data).digest(), tree.root, tree.tree.count, times) != (
        run.served,
        run.root,
        run.count,
        run.times,
    ):
        raise StorageError("The list of what was served is another than the document names; restore it.")
    if {(it.dataset, it.version) for it in tree.served} != {(it.dataset, it.version) for it in run.datasets}:
        raise StorageError("What was served is of other datasets than the document names.")
    return True, f"{run.count:,} items, {run.times:,} times, make {hex_of(run.root)}."


def _known(folder: RunFolder, dataset: UsedDataset) -> _Found:
    manifest = folder.manifest(dataset)
    if hashlib.sha256(manifest).digest() != dataset.manifest:
        raise StorageError(f"The manifest of dataset {dataset.dataset} is another than the document names; restore it.")
    tree = ContentTree.of(row.item for row in read_table(folder.table(dataset)))
    if tree.root != dataset.content_root:
        raise StorageError(f"The item table of dataset {dataset.dataset} does not make its content root; restore it.")
    leaves = {it.leaf() for it in tree.items}
    served = {it.item for it in folder.served().served if it.dataset == dataset.dataset}
    if strangers := served - leaves:
        raise StorageError(f"{len(strangers):,} items were served that dataset {dataset.dataset} has not.")
    return True, f"{len(served):,} of its {len(leaves):,} items, by {hex_of(dataset.content_root)}."


def _batch(folder: RunFolder, run: Run, head: BatchHead) -> _Found:
    evidence = folder.evidence(head.batch)
    signed, voucher = evidence.signed, evidence.signed.voucher
    if evidence.batch != head.batch or voucher.struct_hash() != head.voucher:
        raise StorageError("Its voucher is another than the document names; restore it.")
    if voucher.payer != run.licensee:
        raise StorageError(f"Its payer is {voucher.payer}, and not the licensee.")
    signed.check_for(run.domain)
    rebuild(voucher, evidence.uses)
    payer = signed.signer()
    gateway = recover(run.domain.digest(Receipt(voucher.struct_hash())), evidence.receipt)
    if payer != voucher.payer or gateway != voucher.gateway:
        return None, f"{payer} and {gateway} signed it; whether payer and gateway let those keys act, a node says."
    return True, f"{voucher.calls:,} uses make {hex_of(voucher.root)}; {payer} and {gateway} signed it."


def _used(folder: RunFolder, run: Run, unmetered: set[int]) -> _Found:
    """Hold each item that was served to a use: its own, in whichever version, or one of the version as a whole."""
    items: set[tuple[int, bytes]] = set()
    whole: set[tuple[int, int]] = set()
    right, licenses = right_bit(run.right), set(run.licenses)
    for batch in run.batches:
        for use in (it.use for it in folder.evidence(batch.batch).uses):
            if use.right == right and use.license in licenses and use.at <= run.ended:
                items.add((use.dataset, use.item))
                if not any(use.item):
                    whole.add((use.dataset, use.version))
    served = folder.served().served
    unmetered |= {
        it.dataset for it in served if (it.dataset, it.item) not in items and (it.dataset, it.version) not in whole
    }
    if unmetered:
        names = ", ".join(map(str, sorted(unmetered)))
        return None, f"Not all of dataset {names} is in a batch; whether its use was recorded, a node says."
    return True, f"Each of {len(served):,} items has its use."


def _weight(folder: Path | None, stated: WeightFile) -> _Found:
    assert folder is not None
    if file_of(folder / stated.path, stated.path) != stated:
        raise StorageError(f"{shown(stated.path)} is another file than the document names.")
    return True, f"Its SHA-256 is {hex_of(stated.sha256)}."
