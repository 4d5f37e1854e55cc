"""Whether a run is what its document says, as far as its folder alone can show it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

from eth_typing import ChecksumAddress

from audiera.errors import AudieraError, StorageError
from audiera.metering import rebuild
from audiera.protocol import ContentTree, Receipt, ServedItem, read_table, recover, right_bit
from audiera.runs.document import BatchHead, Run, UsedDataset, WeightFile
from audiera.runs.folder import RunFolder, file_of
from audiera.text import hex_of, shown

__all__ = ["SIGNED", "USED", "Check", "CheckedRun", "SignedBatch", "check_folder", "signed_batch"]

SIGNED: Final = "The licensee signed the document."
USED: Final = "All that was served was used under the licences."
"""Statements that a folder may leave to a node."""

_ANEW: Final = "the run has to be written down anew"

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
class SignedBatch:
    """A batch whose log makes its voucher, and the keys that signed that."""

    batch: bytes
    """Its id at the ledger."""
    payer: ChecksumAddress
    payer_key: ChecksumAddress
    gateway: ChecksumAddress
    gateway_key: ChecksumAddress
    items: frozenset[tuple[int, bytes]]
    """Leaves of which it has a use of the run's right under the run's licences, with their datasets."""
    whole: frozenset[tuple[int, int]]
    """Versions of datasets that were so used as a whole."""
    under: frozenset[tuple[int, int]]
    """The licences of those uses, with the datasets: whether they cover them is not looked at."""

    @property
    def said(self) -> str:
        """The statement about it that a folder may leave to a node."""
        return _said_of(self.batch)

    @property
    def is_of_accounts(self) -> bool:
        """Whether payer and gateway signed themselves, so that nobody has to say whose the keys are."""
        return (self.payer_key, self.gateway_key) == (self.payer, self.gateway)


@dataclass(frozen=True, slots=True)
class CheckedRun:
    """What looking at a folder found."""

    run: Run
    checks: tuple[Check, ...]
    signer: ChecksumAddress | None
    """Who signed the document."""
    batches: tuple[SignedBatch, ...]
    """Those that were signed, by whatever keys."""
    served: frozenset[ServedItem]

    def unmetered(self, batches: Iterable[SignedBatch]) -> tuple[int, ...]:
        """Return the datasets of which something was served that none of these batches has a use of.

        An item has its own use, of whichever version, or one of its version as a whole.
        """
        items, whole = set[tuple[int, bytes]](), set[tuple[int, int]]()
        for it in batches:
            items |= it.items
            whole |= it.whole
        missing = {
            dataset
            for dataset, version, item in self.served
            if (dataset, item) not in items and (dataset, version) not in whole
        }
        return tuple(sorted(missing))


def check_folder(folder: RunFolder, weights: Path | None = None) -> CheckedRun:
    """Check the folder of a run, with no node.

    Args:
        folder: of the run.
        weights: where the files of weights are; they are not looked at unless told.

    Raises:
        StorageError: there is no document, or it is damaged.
    """
    run = folder.run()
    batches: list[SignedBatch] = []
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
        *(_checked(_said_of(it.batch), partial(_batch, folder, run, it, batches)) for it in run.batches),
    ]
    came = [
        _checked(f"{shown(it.path)} is the file that the document names.", partial(_weight, weights, it))
        for it in run.weights
        if weights
    ]
    found = CheckedRun(run, (), _signer(folder, run), tuple(batches), _served(folder))
    used = _checked(USED, partial(_used, folder, found))
    return replace(found, checks=(*checks, used, *came))


def _checked(said: str, look: Callable[[], _Found]) -> Check:
    try:
        return Check(said, *look())
    except AudieraError as error:
        return Check(said, False, str(error))


def _signer(folder: RunFolder, run: Run) -> ChecksumAddress | None:
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
        raise StorageError(f"What was served is of other datasets than the document names; {_ANEW}.")
    return True, f"{run.count:,} items, {run.times:,} times, make {hex_of(run.root)}."


def _known(folder: RunFolder, dataset: UsedDataset) -> _Found:
    manifest = folder.manifest(dataset)
    if hashlib.sha256(manifest).digest() != dataset.manifest:
        raise StorageError(f"The manifest of dataset {dataset.dataset} is another than the document names; restore it.")
    tree = ContentTree.of(row.item for row in read_table(folder.table(dataset)))
    if tree.root != dataset.content_root:
        raise StorageError(f"The item table of dataset {dataset.dataset} does not make its content root; restore it.")
    leaves = {it.leaf() for it in tree.items}
    which = (dataset.dataset, dataset.version)
    served = {it.item for it in folder.served().served if (it.dataset, it.version) == which}
    if strangers := served - leaves:
        raise StorageError(f"{len(strangers):,} items were served that dataset {dataset.dataset} has not; {_ANEW}.")
    return True, f"{len(served):,} of its {len(leaves):,} items, by {hex_of(dataset.content_root)}."


def _said_of(batch: bytes) -> str:
    return f"Batch {hex_of(batch)} is what payer and gateway signed."


def signed_batch(folder: RunFolder, run: Run, head: BatchHead) -> SignedBatch:
    """Return a batch of a run as keys signed it; whether payer and gateway let them act is not looked at.

    Raises:
        AudieraError: it is another batch than the document names, or signed by nobody, or not to be read.
    """
    evidence = folder.evidence(head.batch)
    signed, voucher = evidence.signed, evidence.signed.voucher
    if evidence.batch != head.batch or voucher.struct_hash() != head.voucher:
        raise StorageError("Its voucher is another than the document names; restore it.")
    if voucher.payer != run.licensee:
        raise StorageError(f"Its payer is {voucher.payer}, and not the licensee; {_ANEW}.")
    signed.check_for(run.domain)
    rebuild(voucher, evidence.uses)
    right, licenses = right_bit(run.right), set(run.licenses)
    uses = [
        it.use
        for it in evidence.uses
        if it.use.right == right and it.use.license in licenses and it.use.at <= run.ended
    ]
    return SignedBatch(
        batch=head.batch,
        payer=voucher.payer,
        payer_key=signed.signer(),
        gateway=voucher.gateway,
        gateway_key=recover(run.domain.digest(Receipt(voucher.struct_hash())), evidence.receipt),
        items=frozenset((it.dataset, it.item) for it in uses),
        whole=frozenset((it.dataset, it.version) for it in uses if not any(it.item)),
        under=frozenset((it.license, it.dataset) for it in uses),
    )


def _batch(folder: RunFolder, run: Run, head: BatchHead, found: list[SignedBatch]) -> _Found:
    it = signed_batch(folder, run, head)
    found.append(it)
    if not it.is_of_accounts:
        return (
            None,
            f"{it.payer_key} and {it.gateway_key} signed it; whether payer and gateway let them act, a node says.",
        )
    return True, f"Its uses make what {it.payer_key} and {it.gateway_key} signed."


def _served(folder: RunFolder) -> frozenset[ServedItem]:
    """Return what was served; nothing, where that cannot be read, which `_used` tells."""
    try:
        return frozenset((it.dataset, it.version, it.item) for it in folder.served().served)
    except AudieraError:
        return frozenset()


def _used(folder: RunFolder, found: CheckedRun) -> _Found:
    served = folder.served().served
    if unmetered := found.unmetered(found.batches):
        names = ", ".join(map(str, unmetered))
        return None, f"Not all of dataset {names} is in a batch; whether its use was recorded, a node says."
    if found.unmetered(it for it in found.batches if it.is_of_accounts):
        return None, "Each item has its use, in a batch signed by keys of which a node says whose they are."
    return True, f"Each of {len(served):,} items has its use."


def _weight(folder: Path | None, stated: WeightFile) -> _Found:
    assert folder is not None
    if file_of(folder / stated.path, stated.path) != stated:
        raise StorageError(
            f"{shown(stated.path)} is another file than the document names; name the folder that has those of the run."
        )
    return True, f"Its SHA-256 is {hex_of(stated.sha256)}."
