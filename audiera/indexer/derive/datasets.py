"""What the events of `DatasetRegistry` change."""

from __future__ import annotations

from typing import Final

from audiera.client import events
from audiera.indexer.derive.batch import Batch, Rules
from audiera.indexer.derive.tokens import DATASET, moved
from audiera.indexer.rows import GapError, Values
from audiera.indexer.tables import (
    DATASETS,
    GATEWAYS_NAMED,
    KIND_TOTALS,
    PARENTS,
    SHARES_MOVED,
    VERSIONS,
    WITHDRAWN_ITEMS,
)
from audiera.protocol import ZERO_WORD, DatasetFlag, dataset_account
from audiera.text import hex_of

__all__ = ["RULES"]

RULES: Final = Rules("DatasetRegistry")


@RULES.on(events.DatasetRegistered)
def _registered(batch: Batch, event: events.DatasetRegistered) -> None:
    """Version 1; the splitter names the split before the transaction ends."""
    batch.count(DATASETS.c.id, event.id)
    content = event.content
    newest: Values = {
        "flags": content.flags,
        "version": 1,
        "item_count": content.item_count,
        "content_root": hex_of(content.content_root),
        "manifest": hex_of(content.manifest),
    }
    batch.rows.make(
        DATASETS,
        id=event.id,
        creator=event.creator,
        owner=event.creator,
        kind=int(content.kind),
        epoch=0,
        account=hex_of(dataset_account(batch.registry, event.id)),
        split=hex_of(ZERO_WORD),
        **newest,
        **batch.here,
    )
    batch.rows.make(VERSIONS, dataset=event.id, **newest, **batch.here)
    batch.rows.tally(KIND_TOTALS, int(content.kind), datasets=1, items=content.item_count)
    batch.unassigned.add(event.id)


@RULES.on(events.LineageDeclared)
def _lineage_declared(batch: Batch, event: events.LineageDeclared) -> None:
    """Only with the registration, and never again."""
    dataset = batch.rows.need(DATASETS, event.id)
    dataset.set(flags=dataset.number("flags") | DatasetFlag.Derived)
    for parent in event.parents:
        batch.rows.make(PARENTS, dataset=event.id, parent=parent.dataset, ppm=parent.ppm)


@RULES.on(events.VersionPublished, lambda it: [(DATASETS, (it.id,))])
def _version_published(batch: Batch, event: events.VersionPublished) -> None:
    """The flags are the owner's to say, but for the lineage's."""
    dataset = batch.rows.need(DATASETS, event.id)
    if event.version != dataset.number("version") + 1:
        raise GapError(f"Version {event.version} of dataset {event.id} comes after {dataset.number('version')}")
    content: Values = {
        "version": event.version,
        "item_count": event.item_count,
        "content_root": hex_of(event.content_root),
        "manifest": hex_of(event.manifest),
    }
    more = event.item_count - dataset.number("item_count")
    batch.rows.need(KIND_TOTALS, dataset.number("kind")).add(items=more)
    dataset.set(flags=event.flags | dataset.number("flags") & DatasetFlag.Derived, **content)
    batch.rows.make(VERSIONS, dataset=event.id, flags=event.flags, **content, **batch.here)


@RULES.on(
    events.ItemsWithdrawn,
    lambda it: [(DATASETS, (it.id,)), *((WITHDRAWN_ITEMS, (it.id, hex_of(item))) for item in it.items)],
)
def _items_withdrawn(batch: Batch, event: events.ItemsWithdrawn) -> None:
    """Of the versions so far."""
    version = batch.rows.need(DATASETS, event.id).number("version")
    for item in event.items:
        batch.rows.put(WITHDRAWN_ITEMS, dataset=event.id, item=hex_of(item), version=version, **batch.here)


@RULES.on(events.ShareMoved)
def _share_moved(batch: Batch, event: events.ShareMoved) -> None:
    """The splitter has said before where the account is assigned now."""
    batch.rows.append(
        SHARES_MOVED,
        dataset=event.id,
        payee=hex_of(event.payee),
        to=hex_of(event.to),
        ppm=event.ppm,
        split=hex_of(event.split_id),
        **batch.here,
    )


@RULES.on(events.EpochStarted, lambda it: [(DATASETS, (it.id,))])
def _epoch_started(batch: Batch, event: events.EpochStarted) -> None:
    """Offers of earlier epochs stay where they are, and name theirs."""
    dataset = batch.rows.need(DATASETS, event.id)
    if event.epoch != dataset.number("epoch") + 1:
        raise GapError(f"Epoch {event.epoch} of dataset {event.id} comes after {dataset.number('epoch')}")
    dataset.set(epoch=event.epoch)


@RULES.on(
    events.GatewaysSet,
    lambda it: [(GATEWAYS_NAMED, (it.id, position)) for position in range(len(it.gateways) + 1)],
)
def _gateways_set(batch: Batch, event: events.GatewaysSet) -> None:
    """Replaces the list: what is beyond the new end goes."""
    for position, gateway in enumerate(event.gateways):
        batch.rows.put(GATEWAYS_NAMED, dataset=event.id, position=position, gateway=gateway)
    position = len(event.gateways)
    while (beyond := batch.rows.row(GATEWAYS_NAMED, event.id, position)).exists:
        beyond.drop()
        position += 1


@RULES.on(events.Transfer, lambda it: [(DATASETS, (it.id,))])
def _transferred(batch: Batch, event: events.Transfer) -> None:
    """Its epoch has started before."""
    moved(batch, event, DATASET)
