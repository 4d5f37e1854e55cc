"""Clearing a derived dataset: which licence to show for each parent, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence

from audiera.cli.terminal.documents import rights_json
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import until, when
from audiera.client import TxReceipt
from audiera.client.contracts.events import DatasetCleared
from audiera.operations import Choice, choose, result_of
from audiera.protocol import describe_rights
from audiera.quantities import format_ppm
from audiera.text import Json

__all__ = ["clear"]


def clear(session: Session, dataset: int, wanted: Sequence[int] = ()) -> None:
    """Clear a derived dataset with the account's licences, having shown which, and what comes of it.

    Raises:
        InputError: if it is somebody else's dataset, or as `choose` refuses.
        RevertError: as the contract refuses; then nothing is sent.
    """
    if done := session.take(DatasetCleared):
        _tell_cleared(session, dataset, done[0])
        return
    session.own_dataset(dataset)
    choices = choose(session.client, dataset, wanted)
    _show(session, dataset, choices)
    result = result_of(session.client, dataset, choices)
    session.plan("Result:", [("may be licensed for", _rights(result.rights_ceiling)), ("until", when(result.until))])
    parents, licenses = [it.parent for it in choices], [it.license_id for it in choices]
    receipt = session.act(lambda client: client.licenses.clear(dataset, parents, licenses), "Clear it?")
    if receipt:
        _tell_cleared(session, dataset, receipt)


def _tell_cleared(session: Session, dataset: int, receipt: TxReceipt) -> None:
    done = receipt.event(DatasetCleared)
    fields: dict[str, Json] = {
        "dataset": dataset,
        "rights": rights_json(done.rights_ceiling),
        "until": done.until,
        "licenseIds": list(done.license_ids),
    }
    told = f"Dataset {dataset} is cleared for {_rights(done.rights_ceiling)}, {until(done.until)}."
    session.result(fields, told, receipt)


def _show(session: Session, dataset: int, choices: Sequence[Choice]) -> None:
    rows = [
        (
            it.parent.dataset,
            format_ppm(it.parent.ppm),
            it.license_id or "your own dataset",
            describe_rights(it.rights) if it.license_id else "",
            when(it.until) if it.license_id else "",
        )
        for it in choices
    ]
    columns = ("parent", "share", "licence", "rights", "until")
    session.table(columns, rows, title=f"Clearance of dataset {dataset}:", right=("parent", "share"))


def _rights(ceiling: int) -> str:
    return describe_rights(ceiling) or "nothing"
