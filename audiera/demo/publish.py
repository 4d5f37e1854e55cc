"""Act: creators register their music; one of them signs and sends nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from audiera.client import Content
from audiera.client.contracts.events import DatasetRegistered
from audiera.credits import Payout
from audiera.dataset import DatasetRequest, Prepared, prepare
from audiera.demo.cast import Player
from audiera.demo.music import Source
from audiera.demo.stage import Stage
from audiera.demo.story import CheckFailedError
from audiera.protocol import ContentTree, Item, Kind, Split, TableRow
from audiera.quantities import format_ppm, format_size

__all__ = ["Work", "altered", "publish_music", "today"]

_SHOWN: Final = 12  # names in a table; all are paid


@dataclass(frozen=True, slots=True)
class Work:
    """A dataset of the story."""

    dataset: int
    name: str
    owner: Player
    split: Split
    rows: tuple[TableRow, ...] = ()
    payouts: tuple[Payout, ...] = ()
    folder: Path | None = None
    """Where the files are; None for what has none."""


def publish_music(stage: Stage, sources: Sequence[Source]) -> tuple[Work, Work, Work]:
    """Register three folders of music and show who is paid for each."""
    story, cast = stage.story, stage.cast
    story.act(
        "Creators register their music",
        "Each folder is read file by file: hashed, decoded for its true length, its tags taken. What goes on chain "
        "is one root over all files, the hash of the manifest, and who gets which share. Audio never goes on chain; it "
        "lies in a store, every file under its hash, as does all else that the chain names.",
    )
    album = _publish(stage, cast.creator, sources[0], Kind.Recordings)
    samples = _publish(stage, cast.second, sources[1], Kind.Samples)
    weather = _publish(stage, cast.third, sources[2], Kind.Recordings)
    _prove_item(stage, album)
    return album, samples, weather


def today(stage: Stage) -> str:
    """Return the day on which manifests are published, by the chain's clock."""
    return dt.datetime.fromtimestamp(stage.node.timestamp(), dt.UTC).date().isoformat()


def altered(item: Item) -> Item:
    """Return an item whose file has one byte more."""
    return replace(item, size=item.size + 1)


def _publish(stage: Stage, owner: Player, source: Source, kind: Kind) -> Work:
    request = DatasetRequest(
        folder=source.folder,
        contributors=source.contributors,
        kind=kind,
        rule=source.rule,
        custodian=stage.cast.collective.address,
        description=source.description,
        creators=(source.creator,),
        preview=True,
        date=today(stage),
        out=stage.records,
    )
    prepared = prepare(request, known=source.readings)
    if (found := prepared.credits) is None:
        raise CheckFailedError("a first registration has shares")
    name = prepared.description.name
    split = found.split
    stage.keep(prepared.objects)
    content = Content(kind, 0, len(prepared.rows), prepared.content_root, prepared.manifest_digest)
    receipt = stage.carry_out(owner, lambda client: client.datasets.register(content, split))
    dataset = receipt.event(DatasetRegistered).id
    stage.story.say(f"“{name}”, {_size(prepared)}. Shares: {source.shares}.")
    stage.story.step(f"{owner.name} registers “{name}” as dataset {dataset}{owner.aside}", receipt)
    _show_shares(stage, found.payouts)
    return Work(dataset, name, owner, found.split, prepared.rows, found.payouts, source.folder)


def _size(prepared: Prepared) -> str:
    kinds = sorted({row.metadata.media_type.removeprefix("audio/") for row in prepared.rows})
    size = format_size(prepared.scan.size, prepared.scan.duration_ms)
    return f"{len(prepared.rows)} files ({', '.join(kinds)}), {size}"


def _show_shares(stage: Stage, payouts: Sequence[Payout]) -> None:
    rows = []
    for payout in payouts[:_SHOWN]:
        where = payout.address or f"no wallet: in trust with {stage.cast.collective.name}"
        rows.append((", ".join(payout.names), format_ppm(payout.ppm), where))
    if more := payouts[_SHOWN:]:
        rows.append((f"and {len(more)} more", format_ppm(sum(it.ppm for it in more)), ""))
    stage.story.table(["Paid", "Share", "To"], rows, right=["Share"])


def _prove_item(stage: Stage, work: Work) -> None:
    """Prove one file of a work against the chain, and fail to prove another in its place."""
    datasets = stage.client.datasets
    version = datasets.dataset_of(work.dataset).version
    row = work.rows[0]
    proof = ContentTree.of(it.item for it in work.rows).proof(row.item)
    genuine = datasets.verify_item(work.dataset, version, row.item, proof)
    stage.story.check(f"the chain confirms that “{row.metadata.path}” is part of dataset {work.dataset}", genuine)
    forged = datasets.verify_item(work.dataset, version, altered(row.item), proof)
    stage.story.check("the same file with one byte more is not", not forged)
