"""What the chain says of a model and of the run that made it: facts that never change, and how some things stood."""

from __future__ import annotations

from eth_typing import ChecksumAddress

from audiera.client import Audiera, TxReceipt
from audiera.client.contracts.events import DatasetRegistered, LicenseAcquired, Log, VersionPublished
from audiera.errors import ChainError, InputError
from audiera.operations import holder_at, recorded
from audiera.protocol import DatasetFlag, Kind, Meter, Right, Terms
from audiera.runs import Run
from audiera.text import Json, hex_of

__all__ = ["chain_facts", "facts_then", "terms_json"]


def chain_facts(client: Audiera[TxReceipt], model: int, run: Run) -> dict[str, Json]:
    """Return the facts, as JSON values. What stands under `then` is as of the block that it names.

    Args:
        client: the connection.
        model: the model's dataset.
        run: the run that made it.

    Raises:
        InputError: the dataset is no model.
        ChainError: the node does not answer, or does not know what the run names.
    """
    number = client.node.block_number()  # before anything is read: what changes meanwhile came later
    state = client.datasets.dataset_of(model)
    if state.kind is not Kind.Model:
        raise InputError(f"Dataset {model} is of kind {state.kind.name}; a dossier is of a model.")
    records: list[Json] = [
        {
            "license": event.license,
            "dataset": event.dataset,
            "right": event.right,
            "units": event.units,
            "amount": str(event.amount),
            "transaction": hex_of(transaction),
        }
        for event, transaction in recorded(client, run)
    ]
    return {
        "chainId": client.chain_id,
        "contracts": {it.NAME: it.address for it in (client.datasets, client.licenses, client.usage)},
        "model": {
            **_version(client, model, 1),
            "parents": [{"dataset": it.dataset, "ppm": it.ppm} for it in client.datasets.parents(model)],
        },
        "datasets": [_version(client, it.dataset, it.version) for it in run.datasets],
        "licenses": [_license(client, it, run) for it in run.licenses],
        "records": records,
        "then": facts_then(client, model, run, number),
    }


def facts_then(client: Audiera[TxReceipt], model: int, run: Run, block: int) -> dict[str, Json]:
    """Return how it stood at a block with what may change.

    Raises:
        ChainError: the node does not answer, or has no state of that block (any more).
    """
    at = client.at(block)
    clearance = at.licenses.clearance_of(model)
    batches: list[Json] = [{"id": hex_of(it.batch), **_settled(at, it.batch)} for it in run.batches]
    return {
        "block": block,
        "blockTime": client.node.timestamp(block),
        "owner": at.datasets.owner_of(model),
        "clearedFor": clearance.rights_ceiling,
        "clearedUntil": clearance.until,
        "batches": batches,
    }


def _version(client: Audiera[TxReceipt], dataset: int, version: int) -> dict[str, Json]:
    """Return a version of a dataset as its event has it."""
    registered = _first(client, dataset)
    content, log = registered.event.content, registered
    flags, count, root, manifest = content.flags, content.item_count, content.content_root, content.manifest
    transaction, block = log.transaction, log.block
    if version > 1:
        later = next(iter(client.datasets.logs(VersionPublished, id=dataset, version=version)), None)
        if later is None:
            raise ChainError(f"There is no version {version} of dataset {dataset} on chain {client.chain_id}.")
        it = later.event
        flags, count, root, manifest = it.flags, it.item_count, it.content_root, it.manifest
        transaction, block = later.transaction, later.block
    return {
        "dataset": dataset,
        "version": version,
        "kind": content.kind.name,
        "synthetic": bool(flags & DatasetFlag.Synthetic),
        "creator": registered.event.creator,
        "items": count,
        "contentRoot": hex_of(root),
        "manifest": hex_of(manifest),
        "published": client.node.timestamp(block),
        "transaction": hex_of(transaction),
    }


def _first(client: Audiera[TxReceipt], dataset: int) -> Log[DatasetRegistered]:
    found = next(iter(client.datasets.logs(DatasetRegistered, id=dataset)), None)
    if found is None:
        raise ChainError(f"There is no dataset {dataset} on chain {client.chain_id}; check number and node.")
    return found


def _license(client: Audiera[TxReceipt], license_id: int, run: Run) -> dict[str, Json]:
    found = next(iter(client.licenses.logs(LicenseAcquired, license_id=license_id)), None)
    if found is None:
        raise ChainError(f"There is no licence {license_id} on chain {client.chain_id}; check number and node.")
    event = found.event
    times = (run.started, run.ended)
    covers: list[Json] = [
        it.dataset for it in run.datasets if all(client.licenses.covers(license_id, it.dataset, time) for time in times)
    ]
    holders: list[Json] = [_holder(client, license_id, time) for time in times]
    return {
        "license": license_id,
        "dataset": event.dataset,
        "to": event.to,
        "payer": event.payer,
        "price": str(event.price),
        "acquired": client.node.timestamp(found.block),
        "transaction": hex_of(found.transaction),
        "termsId": hex_of(event.terms_id),
        "terms": terms_json(client.licenses.terms(event.terms_id)),
        "heldAtStartAndEnd": holders,
        "covers": covers,
    }


def _holder(client: Audiera[TxReceipt], license_id: int, time: int) -> ChecksumAddress | None:
    try:
        return holder_at(client, license_id, time)
    except InputError:
        return None


def _settled(client: Audiera[TxReceipt], batch: bytes) -> dict[str, Json]:
    settled = client.usage.batch_of(batch).settled_at
    return {"settledAt": settled, "voucher": hex_of(client.usage.settled(batch)[0].struct_hash()) if settled else None}


def terms_json(terms: Terms) -> dict[str, Json]:
    """Return terms: enough to hash them again."""
    return {
        "rights": [str(it.name) for it in Right if terms.rights & it],
        "meter": Meter(terms.meter).name,
        "unitPrice": str(terms.unit_price),
        "token": terms.token,
        "duration": terms.duration,
        "notice": terms.notice,
        "maxUnits": terms.max_units,
        "derivativePpm": terms.derivative_ppm,
        "flags": int(terms.flags),
        "text": hex_of(terms.text),
    }
