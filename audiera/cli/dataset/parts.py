"""`dataset register --group-by contributors`: a folder as one dataset for each list of credits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from audiera.cli.dataset.new_dataset import (
    NewDataset,
    content_of,
    credits_of,
    described_size,
    keep,
    known_number,
    note_registered,
    refuse_signed,
    result_of,
    show_elsewhere,
    show_notes_of,
)
from audiera.cli.dataset.offers import PlannedOffer, make_offers, show_offers
from audiera.cli.dataset.payees import create_groups, notes_of
from audiera.cli.terminal.output import say
from audiera.cli.terminal.session import Session
from audiera.client.contracts.events import DatasetRegistered
from audiera.credits import payout_table
from audiera.dataset import Prepared
from audiera.errors import InputError
from audiera.protocol import Parent
from audiera.quantities import format_ppm
from audiera.text import Json, shown

__all__ = ["register_parts"]

_GAS: Final = 10_000_000
"""Of one transaction at most, by the estimate below: mainnet's cap is 2^24, and a block holds others, too."""
_GAS_OF_DATASET, _GAS_OF_PAYEE, _GAS_OF_OFFER = 140_000, 3_000, 60_000


def register_parts(
    session: Session,
    new: NewDataset,
    several: Sequence[Prepared],
    parents: Sequence[Parent],
    offers: Sequence[PlannedOffer],
) -> None:
    """Show each dataset with its payees, ask once, and register those that are not registered yet.

    Each transaction registers many and is written down at once, so that an interrupted run goes on where it ended.

    Raises:
        InputError: if all are registered already, or calls are to be signed and not sent.
        RevertError: if the registry refuses.
    """
    session.refuse_relay("Several datasets are registered in transactions of their own; leave --relay out.")
    earlier = _note_earlier(session, new, several)
    noted = {it.manifest_digest for batch, _ in earlier for it in batch}
    fresh = [
        it
        for it in several
        if it.manifest_digest not in noted and (new.again or known_number(session, new, it) is None)
    ]
    if not fresh and not earlier:
        raise InputError(
            "All these groups are datasets on this chain already; publish changes with `ape run dataset version`, "
            "or add --again to register them once more."
        )
    if not new.again:
        for prepared in fresh:
            refuse_signed(session, new, prepared)
    batches = list(_batches(fresh, offers)) if fresh else []
    if fresh:
        _show(session, new, several, fresh, parents)
        show_offers(session, offers)
        say(f"  transactions: {len(batches) * (2 if offers else 1)}")
        session.show_contract("DatasetRegistry")
        session.confirm(f"Register {_datasets(len(fresh))}?")
        keep(session, new.request.record, new.store, fresh)
        for prepared in fresh:
            create_groups(session, credits_of(prepared))
    results: list[Json] = []
    registered = ((batch, _register(session, new, batch, parents)) for batch in batches)  # each with its offers
    for batch, numbers in chain(earlier, registered):
        made = make_offers(session, numbers, offers, new.store) if offers else {}
        for prepared, number in zip(batch, numbers, strict=True):
            results.append(result_of(session, new, prepared, number) | {"offers": made.get(number, [])})
            say(f"Dataset {number} is {shown(prepared.description.name)}.")
    told = f"{_datasets(len(results))} registered; their record is in {shown(str(new.request.record))}."
    session.result({"datasets": results}, told)


def _register(
    session: Session, new: NewDataset, batch: Sequence[Prepared], parents: Sequence[Parent]
) -> tuple[int, ...]:
    encoding = session.client.encoding().datasets
    calls = [encoding.register(content_of(new, it), credits_of(it).split, parents) for it in batch]
    receipt = session.carry_out(lambda client: client.datasets.multicall(calls))
    if receipt is None:
        raise InputError("Several datasets cannot be registered by a signed call; leave --relay out.")
    numbers = tuple(event.id for event in receipt.events(DatasetRegistered))
    for prepared, number in zip(batch, numbers, strict=True):
        note_registered(session, new, prepared, number=number, version=1, transaction=receipt.transaction)
    return numbers


def _note_earlier(
    session: Session, new: NewDataset, several: Sequence[Prepared]
) -> list[tuple[Sequence[Prepared], tuple[int, ...]]]:
    """Write down what an earlier run of the command registered and had no time to; return it, with its numbers."""
    known = {(it.content_root, it.manifest_digest): it for it in several}
    batches: list[tuple[Sequence[Prepared], tuple[int, ...]]] = []
    for receipt in session.take(DatasetRegistered):
        found = [
            (known[key], event.id)
            for event in receipt.events(DatasetRegistered)
            if (key := (event.content.content_root, event.content.manifest)) in known
        ]
        for prepared, number in found:
            note_registered(session, new, prepared, number=number, version=1, transaction=receipt.transaction)
        if found:
            batches.append(([it for it, _ in found], tuple(number for _, number in found)))
    return batches


def _batches(several: Sequence[Prepared], offers: Sequence[PlannedOffer]) -> Iterator[Sequence[Prepared]]:
    """Divide datasets so that registering those of one batch takes one transaction, and offering them another."""
    batch: list[Prepared] = []
    spent = 0
    for prepared in several:
        registering = _GAS_OF_DATASET + _GAS_OF_PAYEE * len(credits_of(prepared).split.shares)
        gas = max(registering, _GAS_OF_OFFER * len(offers))
        if batch and spent + gas > _GAS:
            yield batch
            batch, spent = [], 0
        batch.append(prepared)
        spent += gas
    yield batch


def _show(
    session: Session,
    new: NewDataset,
    several: Sequence[Prepared],
    fresh: Sequence[Prepared],
    parents: Sequence[Parent],
) -> None:
    lines: list[tuple[str, object]] = [
        ("datasets", f"{len(fresh)}, one for each list of credits"),
        ("kind", f"{new.request.kind.name}{', synthetic' if new.synthetic else ''}"),
        ("creator", session.me),
        ("chain", session.client.chain_id),
    ]
    if new.store is not None:
        lines.append(("store", f"{new.store.url}{', items sealed' if new.store.key else ''}"))
    session.plan(f"To register {shown(str(new.request.folder))}:", lines)
    if len(fresh) < len(several):
        say(f"  registered already, and left as they are: {_datasets(len(several) - len(fresh))}")
    show_notes_of(several[0])
    show_elsewhere(session, new.request.record, fresh)
    rows = [row for prepared in fresh for row in _rows(prepared, parents)]
    title = "Who shares the income of which files, for ever:"
    session.table(("dataset", "files", "who", "share", "paid at"), rows, title=title, right=("share",))
    for note in notes_of(*map(credits_of, fresh)):
        say(f"  {note}")


def _rows(prepared: Prepared, parents: Sequence[Parent]) -> Iterator[tuple[str, ...]]:
    name = shown(prepared.description.name)
    files = f"{len(prepared.rows)} ({described_size(prepared)})"
    for line in payout_table(credits_of(prepared)):
        yield name, files, line.who, line.share, line.paid_at
        name = files = ""
    for parent in parents:
        yield name, files, f"dataset {parent.dataset}", format_ppm(parent.ppm), "whoever shares its income"


def _datasets(number: int) -> str:
    return "1 dataset" if number == 1 else f"{number:,} datasets"
