"""Vectors of training runs: the document, its hash, and what is signed."""

from __future__ import annotations

import hashlib

from audiera.protocol.ids import to_address
from audiera.protocol.rights import Right
from audiera.protocol.served import ServedTree, TrainingRun
from audiera.protocol.signing import sign
from audiera.runs.document import BatchHead, Code, Run, UsedDataset, WeightFile, served_list
from tests.vectors.plain import Json, address, digest, hexed
from tests.vectors.values import KEY

__all__ = ["run_vectors"]


def made_run(tree: ServedTree) -> Run:
    return Run(
        chain_id=31_337,
        ledger=to_address(address("UsageLedger")),
        licensee=to_address(address("licensee")),
        right=Right.Training,
        started=1_700_000_000,
        ended=1_700_003_600,
        datasets=(
            UsedDataset(1, 1, digest("root 1"), digest("manifest 1")),
            UsedDataset(2, 3, digest("root 2"), digest("manifest 2")),
        ),
        licenses=(7, 9),
        batches=(BatchHead(digest("batch"), digest("voucher")),),
        root=tree.root,
        count=tree.tree.count,
        times=sum(it.times for it in tree.served),
        served=hashlib.sha256(served_list(tree)).digest(),
        code=Code(digest("code"), "ab" * 20),
        weights=(WeightFile("modèle.safetensors", digest("weights"), 123_456),),
    )


def run_vectors() -> Json:
    tree = ServedTree.of({(1, 1, digest("item 1")): 3, (2, 3, digest("item 2")): 1})
    run = made_run(tree)
    return {
        "served": served_list(tree).decode(),
        "document": run.document().decode(),
        "ref": hexed(run.digest()),
        "digest": hexed(run.signed_digest()),
        "signature": hexed(sign(run.domain.digest(TrainingRun(run.digest())), KEY)),
    }
