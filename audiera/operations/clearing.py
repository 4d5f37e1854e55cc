"""Clearing a derived dataset: which licence to show for each parent, and what would come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from audiera.client import Audiera, Clearance, TxReceipt
from audiera.client.contracts import decode_outputs, expect
from audiera.errors import ChainError, InputError, RevertError
from audiera.protocol import MAX_PARENTS_PPM, PERPETUAL, Parent, Right, TermsFlag, describe_rights
from audiera.quantities import format_ppm

__all__ = ["Choice", "choose", "owed_parents", "result_of"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What stands for one parent."""

    parent: Parent
    license_id: int
    """0: none is needed, because the owner is the same."""
    rights: int
    until: int
    """Until when what is derived may be licensed, as far as this licence says; Unix seconds."""


def choose(client: Audiera[TxReceipt], dataset: int, wanted: Sequence[int] = ()) -> tuple[Choice, ...]:
    """Return for each parent of a dataset the licence of the owner's that allows most.

    A clearance in force only widens, so a licence that keeps all of it comes before one that does not. Then more rights
    come first, then the longer term, then the older licence. A parent of the same owner needs none.

    Args:
        client: the connection.
        dataset: the derived dataset.
        wanted: choose among these licences only; every parent that one of them fits takes it.

    Raises:
        InputError: if the dataset has no parents, or a parent has no licence that fits; it says what it takes.
    """
    parents = client.datasets.parents(dataset)
    if not parents:
        raise InputError(f"Dataset {dataset} has no parents, so there is nothing to clear; offer it as it is.")
    owner = client.datasets.owner_of(dataset)
    held = tuple(wanted) or client.licenses.held_by(owner)
    floor = client.licenses.clearance_of(dataset)
    if floor.until <= client.node.timestamp():
        floor = Clearance(0, 0)
    return tuple(_best(client, parent, owner, held, floor, named=bool(wanted)) for parent in parents)


def owed_parents(
    client: Audiera[TxReceipt], owner: str, datasets: Sequence[int], licenses: Sequence[int]
) -> tuple[Parent, ...]:
    """Return datasets as parents of what an owner derives from them, each with the least share that a licence asks.

    Raises:
        InputError: if none of the licences lets something be derived from one of them.
    """
    return tuple(_owed(client, owner, it, licenses) for it in datasets)


def result_of(client: Audiera[TxReceipt], dataset: int, choices: Sequence[Choice]) -> Clearance:
    """Return the clearance that these choices would give, asked of the contract itself; nothing is sent.

    Raises:
        InputError: if it would be narrower than the one in force; it says what both are.
        RevertError: as the contract would refuse otherwise.
    """
    parents, ids = [it.parent for it in choices], [it.license_id for it in choices]
    clear = client.encoding().licenses.clear(dataset, parents, ids)
    ask = client.licenses.contract.request("clearanceOf", dataset)
    try:
        (answers,) = client.preview().licenses.multicall([clear, ask.data]).outputs
    except RevertError as error:
        if error.name == "Clearance_Narrower":
            raise _narrower(dataset, error) from error
        raise
    if isinstance(answers, Sequence) and isinstance(answers[-1], bytes):
        (found,) = decode_outputs(ask.function, answers[-1])
        if isinstance(found, Clearance):
            return found
    raise ChainError("LicenseRegistry.multicall answered something else than the clearance.")


def _narrower(dataset: int, error: RevertError) -> InputError:
    given, current = (expect(Clearance, error.fields[name]) for name in ("given", "current"))
    return InputError(
        f"Dataset {dataset} is cleared for {_said(current)}, and a clearance in force only widens; these licences "
        f"allow {_said(given)}. Show licences that allow at least as much."
    )


def _said(clearance: Clearance) -> str:
    end = clearance.until
    lasts = "for ever" if end == PERPETUAL else f"until {datetime.fromtimestamp(end, UTC):%Y-%m-%d %H:%M UTC}"
    return f"{describe_rights(clearance.rights_ceiling) or 'nothing'} {lasts}"


def _best(
    client: Audiera[TxReceipt], parent: Parent, owner: str, held: Sequence[int], floor: Clearance, *, named: bool
) -> Choice:
    fitting = [it for it in (_fit(client, parent, license_id) for license_id in held) if it]
    own = client.datasets.owner_of(parent.dataset) == owner
    if fitting and (named or not own):
        return max(fitting, key=lambda it: (_keeps(it, floor), it.rights.bit_count(), it.until, -it.license_id))
    if own:
        return Choice(parent, 0, 0, PERPETUAL)
    raise InputError(
        f"{owner} holds no licence that clears parent {parent.dataset}; acquire one that grants Derivation, cannot be "
        "revoked or lets what was derived survive that, and asks for no more than "
        f"{format_ppm(parent.ppm)} of what is derived."
    )


def _owed(client: Audiera[TxReceipt], owner: str, dataset: int, licenses: Sequence[int]) -> Parent:
    if client.datasets.owner_of(dataset) == owner:
        return Parent(dataset, 0)
    most = Parent(dataset, MAX_PARENTS_PPM)
    fitting = [it.license_id for it in (_fit(client, most, each) for each in licenses) if it]
    if not fitting:
        raise InputError(
            f"No licence of the run lets anything be derived from dataset {dataset}; acquire one that grants "
            "Derivation, and cannot be revoked or lets what was derived survive that."
        )
    owed = (client.licenses.terms_of(client.licenses.license_of(it).terms_id).derivative_ppm for it in fitting)
    return Parent(dataset, min(owed))


def _keeps(choice: Choice, floor: Clearance) -> bool:
    return not floor.rights_ceiling & ~choice.rights and choice.until >= floor.until


def _fit(client: Audiera[TxReceipt], parent: Parent, license_id: int) -> Choice | None:
    """Return what a licence allows for a parent; None where the contract would refuse it."""
    if not client.licenses.covers(license_id, parent.dataset, client.node.timestamp()):
        return None
    found = client.licenses.license_of(license_id)
    terms = client.licenses.terms_of(found.terms_id)
    survives = terms.flags & TermsFlag.DerivativesSurvive
    if found.revoked or (terms.flags & TermsFlag.Revocable and not survives):
        return None
    if not terms.rights & Right.Derivation or terms.derivative_ppm > parent.ppm:
        return None
    if found.dataset != parent.dataset:
        member = client.licenses.membership_of(found.dataset, found.terms_id, parent.dataset)
        if member.until != PERPETUAL:  # somebody has left, if it has not ended yet
            return None
    return Choice(parent, license_id, int(terms.rights), PERPETUAL if survives else found.expires_at)
