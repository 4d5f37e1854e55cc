"""A run's document from a pulled folder: what its loader served, the batches that paid for it, and what came of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from audiera.consumer.keeping import Agreed, Keeping
from audiera.errors import InputError, StorageError
from audiera.manifest import CONTRIBUTORS_NAME, MANIFEST_BYTES, read_commitments
from audiera.metering import SignedVoucher
from audiera.protocol import Right, ServedItem, ServedTree, to_address
from audiera.runs import (
    BatchHead,
    Evidence,
    Paper,
    Papers,
    Run,
    RunFolder,
    UsedDataset,
    WeightFile,
    code_of,
    file_of,
    read_run,
    read_served,
    served_list,
)
from audiera.text import read_file, shown

__all__ = ["Trained", "make_run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What the licensee says of a run."""

    started: int
    """Unix seconds."""
    ended: int
    served: Sequence[Path]
    """Folders of served logs, one for each machine."""
    weights: Sequence[Path]
    """Files that came of it."""
    code: Path
    """The folder of the code that trained."""
    licenses: frozenset[int] = frozenset()
    """Licences of uses that are recorded on the chain, beside those in the batches."""


def make_run(music: Path, trained: Trained, to: RunFolder) -> Run:
    """Write the folder of a run that used what was pulled, and return the run. Nothing of it is signed yet.

    Args:
        music: the folder of the pull.
        trained: what is said of the run.
        to: the folder, which is made.

    Raises:
        InputError: nothing was pulled or served, or two versions of a dataset were, or files have one name.
        StorageError: something cannot be read or written.
    """
    keeping = Keeping(music / ".audiera")
    agreed = keeping.agreed()
    if agreed is None:
        raise InputError(f"Nothing was pulled to {shown(str(music))}; name the folder of a pull.")
    if trained.ended < trained.started:
        at = [f"{datetime.fromtimestamp(it, UTC):%Y-%m-%d %H:%M UTC}" for it in (trained.started, trained.ended)]
        raise InputError(f"It would begin at {at[0]} and end before, at {at[1]}; see to --started and --ended.")
    times: Counter[ServedItem] = sum(map(read_served, trained.served), Counter())
    tree = ServedTree.of(times)
    papers = [_papers(music, dataset, version) for dataset, version in sorted({it[:2] for it in times})]
    datasets = tuple(it for it, _ in papers)
    if len({it.dataset for it in datasets}) < len(datasets):
        raise InputError("Two versions of one dataset were served; write a run for each.")
    batches = list(_batches(keeping, agreed, {it.dataset for it in datasets}))
    paid = {it.use.license for each in batches for it in each.uses if it.use.right == agreed.right}
    run = Run(
        chain_id=agreed.chain_id,
        ledger=to_address(agreed.ledger),
        licensee=to_address(agreed.payer),
        right=Right(1 << agreed.right),
        started=trained.started,
        ended=trained.ended,
        datasets=datasets,
        licenses=tuple(sorted(paid | trained.licenses)),
        batches=tuple(BatchHead(it.batch, it.signed.voucher.struct_hash()) for it in batches),
        root=tree.root,
        count=tree.tree.count,
        times=times.total(),
        served=hashlib.sha256(served_list(tree)).digest(),
        code=code_of(trained.code),
        weights=_weights(trained.weights),
    )
    read_run(run.document())  # refuses what cannot be read again
    to.write(run, tree, papers, batches)
    return run


def _papers(music: Path, dataset: int, version: int) -> tuple[UsedDataset, Papers]:
    """Return a dataset with its papers, as they were pulled."""
    path = music / f"dataset-{dataset}.manifest.json"
    manifest = _read(path)
    digest, stated = hashlib.sha256(manifest).digest(), read_commitments(manifest)
    people = music / f"dataset-{dataset}.contributors.json"
    named = next((it.sha256 for it in stated.files if it.name == CONTRIBUTORS_NAME), None)
    return UsedDataset(dataset, version, stated.content_root, digest), Papers(
        items=Paper(music / f"dataset-{dataset}.items.jsonl", stated.table.sha256),
        manifest=Paper(path, digest),
        contributors=Paper(people, named) if named and people.exists() else None,
    )


def _batches(keeping: Keeping, agreed: Agreed, datasets: set[int]) -> Iterator[Evidence]:
    """Yield the batches with uses of the datasets, by their ids."""
    found = []
    for number, head in keeping.heads().items():
        uses = keeping.uses(number)
        if any(it.use.dataset in datasets and it.use.right == agreed.right for it in uses):
            signed = SignedVoucher(agreed.chain_id, to_address(agreed.ledger), head.voucher.voucher(), head.signature)
            found.append(Evidence(signed, head.receipt, uses))
    yield from sorted(found, key=lambda it: it.batch)


def _weights(files: Sequence[Path]) -> tuple[WeightFile, ...]:
    found = sorted((file_of(it, it.name) for it in files), key=lambda it: it.path)
    if len({it.path for it in found}) < len(found):
        raise InputError("Two files of weights have one name; rename one.")
    return tuple(found)


def _read(path: Path) -> bytes:
    try:
        return read_file(path, MANIFEST_BYTES)
    except OSError as error:
        raise StorageError(f"{shown(str(path))} cannot be read ({error.strerror}); pull it again.") from error
