"""`dataset register`: from a folder of music to a registered and, if wanted, offered dataset."""

from __future__ import annotations

from collections.abc import Sequence

from audiera.cli.dataset.new_dataset import (
    NewDataset,
    content_of,
    credits_of,
    described_size,
    heard_by_anyone,
    keep,
    known_number,
    note_registered,
    refuse_signed,
    result_of,
    show_elsewhere,
    show_notes_of,
)
from audiera.cli.dataset.offers import PlannedOffer, make_offers, show_offers
from audiera.cli.dataset.parts import register_parts
from audiera.cli.dataset.payees import create_groups, show_payees
from audiera.cli.folder.findings import first_of
from audiera.cli.folder.request import prepare_folder
from audiera.cli.terminal.session import AnyAudiera, Outcome, Session
from audiera.client.contracts.events import DatasetRegistered
from audiera.dataset import Prepared, publishing
from audiera.errors import InputError
from audiera.operations import choose, owed_parents
from audiera.protocol import ZERO_WORD, Kind, Parent, check_parents, owed_ppm, registration_nonce
from audiera.runs import Run
from audiera.text import Json, hex_of, shown

__all__ = ["register"]


def register(session: Session, new: NewDataset, offers: Sequence[PlannedOffer]) -> None:
    """Read the folder, show what would be registered and who would be paid, ask, store, register, record, and offer.

    Raises:
        InputError: if something cannot be as it is told, the folder is registered already, or another command is
            registering it.
        RevertError: if the registry refuses; then nothing is sent.
    """
    with publishing(new.request.record):
        _register_folder(session, new, offers)


def _register_folder(session: Session, new: NewDataset, offers: Sequence[PlannedOffer]) -> None:
    parents = _check(session, new, offers)
    run = new.run.document() if new.run else None
    several = prepare_folder(new.request, parents=owed_ppm(session.client.datasets.address, parents), run=run)
    if new.run:
        _check_weights(new.run, several[0])
    if new.request.group_by:
        register_parts(session, new, several, parents, offers)
    else:
        _register(session, new, several[0], parents, offers)


def _register(
    session: Session,
    new: NewDataset,
    prepared: Prepared,
    parents: Sequence[Parent],
    offers: Sequence[PlannedOffer],
) -> None:
    shared, content = credits_of(prepared), content_of(new, prepared)

    def step(client: AnyAudiera) -> Outcome:
        return client.datasets.register(content, shared.split, parents)

    is_sent = session.is_sent(step)
    number = None if new.again or is_sent else known_number(session, new, prepared)
    if number is not None:
        raise InputError(
            f"These files are dataset {number} on this chain already; publish changes with `ape run dataset version`, "
            "or add --again to register them once more."
        )
    if not (new.again or is_sent):
        refuse_signed(session, new, prepared)
    _show(session, new, prepared)
    show_payees(session, shared, parents)
    show_offers(session, offers)

    if not is_sent:
        session.show_gas(step, ", and the offers follow in one more transaction" if offers else "")
        session.confirm("Sign it?" if session.relay else "Register it?")
    keep(session, new.request.record, new.store, [prepared])
    create_groups(session, shared)
    # However often it is signed, one of what is signed is carried out.
    nonce = None if new.again else registration_nonce(prepared.content_root)
    receipt = session.carry_out(step, nonce=nonce)
    # A signed call has no number yet: it is recorded as dataset 0 until `dataset verify` finds what became of it.
    number = receipt.event(DatasetRegistered).id if receipt else 0
    transaction = receipt.transaction if receipt else ZERO_WORD
    note_registered(session, new, prepared, number=number, version=1, transaction=transaction)
    if receipt is None:
        return
    cleared = _clear(session, number, new.run) if new.run else None
    made = make_offers(session, [number], offers, new.store)[number] if offers else []
    offered = f" and offered under {', '.join(it.text.name for it in offers)}" if offers else ""
    offered += " and cleared by the licences of its run" if cleared else ""
    told = f"Dataset {number} is registered{offered}; its record is in {shown(str(new.request.record))}."
    session.result(result_of(session, new, prepared, number) | {"offers": made, **(cleared or {})}, told, receipt)


def _check(session: Session, new: NewDataset, offers: Sequence[PlannedOffer]) -> tuple[Parent, ...]:
    """Refuse what can be refused before the folder is read."""
    if new.request.kind is Kind.Catalogue:
        raise InputError("A catalogue has no files of its own; register it with `ape run dataset catalogue`.")
    parents = tuple(sorted(_parents(session, new), key=lambda parent: parent.dataset))
    check_parents(parents)
    if parents and offers:
        raise InputError("A derived dataset is offered after it is cleared; leave --offer out and clear it first.")
    if offers:
        session.refuse_relay(
            "A signed registration cannot carry an offer, since the dataset has no number yet; leave --offer out."
        )
    for parent in parents:
        session.client.datasets.dataset_of(parent.dataset)
    return parents


def _parents(session: Session, new: NewDataset) -> tuple[Parent, ...]:
    """Return the parents: those that are told, and what the run used beside them."""
    if new.run is None:
        return new.parents
    if new.request.kind is not Kind.Model:
        raise InputError("A training run makes a model; add --kind model, or leave --run out.")
    if new.request.group_by:
        raise InputError("A model of a run is one dataset; leave out --group-by.")
    if new.run.licensee != session.me:
        raise InputError(f"The run is of {new.run.licensee}, who registers its model; you are {session.me}.")
    told = {it.dataset for it in new.parents}
    used = [it.dataset for it in new.run.datasets if it.dataset not in told]
    return new.parents + owed_parents(session.client, session.me, used, new.run.licenses)


def _check_weights(run: Run, prepared: Prepared) -> None:
    there = {row.item.sha256 for row in prepared.rows}
    if missing := [it.path for it in run.weights if it.sha256 not in there]:
        raise InputError(f"{first_of(missing)} of the run is not in the folder as the run has it; put it there.")


def _clear(session: Session, dataset: int, run: Run) -> dict[str, Json]:
    """Clear a model by the licences of its run: agreed to together with its registration."""
    choices = choose(session.client, dataset, run.licenses)
    parents, licenses = [it.parent for it in choices], [it.license_id for it in choices]
    session.carry_out(lambda client: client.licenses.clear(dataset, parents, licenses))
    return {"run": hex_of(run.digest()), "clearedBy": list(licenses)}


def _show(session: Session, new: NewDataset, prepared: Prepared) -> None:
    lines: list[tuple[str, object]] = [
        ("name", shown(prepared.description.name)),
        ("kind", f"{new.request.kind.name}{', synthetic' if new.synthetic else ''}"),
        ("files", f"{len(prepared.rows)} ({described_size(prepared)})"),
        *([("excerpts", heard_by_anyone(prepared))] if prepared.excerpts else []),
        ("content root", hex_of(prepared.content_root)),
        *([("run", hex_of(new.run.digest()))] if new.run else []),
        ("manifest", prepared.manifest_cid),
        ("creator", session.me),
        ("chain", session.client.chain_id),
    ]
    if new.store is not None:
        lines.append(("store", f"{new.store.url}{', items sealed' if new.store.key else ''}"))
    session.plan(f"To register {shown(str(new.request.folder))}:", lines)
    show_notes_of(prepared)
    show_elsewhere(session, new.request.record, [prepared])
