"""What belongs to an audit: which datasets are looked at, whose use and whose licences count, which works."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select, or_, select

from audiera.audit.logs import USED_IN
from audiera.audit.report import Subject
from audiera.audit.works import Works
from audiera.errors import InputError
from audiera.indexer.tables import (
    ASSIGNMENTS,
    BATCHES,
    CLEARANCES,
    DATASETS,
    LICENSES,
    PARENTS,
    SHARES,
    STATEMENTS,
    TRANSFERS,
    USES,
)
from audiera.protocol import Kind, address_word, parse_isrc, to_address
from audiera.text import hex_of, read_json

__all__ = ["Scope", "scope_of"]

_LICENSES = 1  # in `TRANSFERS.contract`


@dataclass(frozen=True, slots=True)
class Scope:
    """What an audit is of."""

    subject: Subject
    datasets: frozenset[int]
    """Whose provenance, lineage and money are told."""
    sold: frozenset[int]
    """Whose every licence and use is."""
    licenses: frozenset[int] = frozenset()
    """Whose uses are, of whatever."""
    payers: frozenset[str] = frozenset()
    """Whose batches are."""
    payee: str | None = None
    """Whose claims are, as the splitter names payees; None: everybody's."""
    isrc: str | None = None
    """The only work whose uses are."""

    def takes(self, dataset: int, license_: int | None) -> bool:
        """Say whether the use of a dataset under a licence is part of it."""
        return dataset in self.sold or license_ in self.licenses


def scope_of(connection: Connection, works: Works, subject: Subject) -> Scope:
    """Return what belongs to the audit of a subject.

    Raises:
        InputError: if there is no such dataset or model, or nothing is known of the person or the work.
    """
    return _OF[subject.kind](connection, works, subject)


def _datasets(connection: Connection, _: Works, subject: Subject) -> Scope:
    ids = frozenset(_registered(connection, it) for it in subject.named)
    return Scope(subject, ids, ids)


def _all(connection: Connection, _: Works, subject: Subject) -> Scope:
    ids = frozenset(connection.execute(select(DATASETS.c.id)).scalars())
    return Scope(
        subject,
        ids,
        ids,
        frozenset(connection.execute(select(LICENSES.c.id)).scalars()),
        frozenset(connection.execute(select(BATCHES.c.payer).distinct()).scalars()),
    )


def _licensee(connection: Connection, _: Works, subject: Subject) -> Scope:
    account = str(to_address(subject.named[0]))
    moved = select(TRANSFERS.c.token_id).where(TRANSFERS.c.contract == _LICENSES, TRANSFERS.c.to == account)
    held = select(LICENSES).where(or_(LICENSES.c.holder == account, LICENSES.c.id.in_(moved)))
    licenses = {it.id: it.dataset for it in connection.execute(held)}
    batches = select(BATCHES.c.id).where(BATCHES.c.payer == account)
    vouchers = select(BATCHES.c.voucher).where(BATCHES.c.payer == account)
    used = {
        *connection.execute(select(STATEMENTS.c.dataset).where(STATEMENTS.c.batch.in_(batches))).scalars(),
        *connection.execute(select(USES.c.dataset).distinct().where(USED_IN.in_(vouchers))).scalars(),
    }
    if not licenses and not connection.execute(batches.limit(1)).first():
        raise InputError(f"{account} never held a licence nor paid for a use up to this block; check the address.")
    datasets = frozenset({*licenses.values(), *_known(connection, used)})
    return Scope(subject, datasets, frozenset(), frozenset(licenses), frozenset({account}))


def _model(connection: Connection, _: Works, subject: Subject) -> Scope:
    """A model with all that it comes from: its own sales, and what its owners used of its ancestors."""
    model = _registered(connection, subject.named[0])
    row = connection.execute(select(DATASETS).where(DATASETS.c.id == model)).one()
    if row.kind != Kind.Model:
        raise InputError(f"Dataset {model} is of kind {Kind(row.kind).name}; audit it as a dataset.")
    lineage, owners = {model}, {row.owner, row.creator}
    newest = {model}
    while newest:
        found = set(connection.execute(select(PARENTS.c.parent).where(PARENTS.c.dataset.in_(newest))).scalars())
        newest, lineage = found - lineage, lineage | found
    cleared = connection.execute(select(CLEARANCES.c.licenses).where(CLEARANCES.c.dataset.in_(lineage))).scalars()
    named = {int(number) for it in cleared for number in read_json(it) if number}  # type: ignore[attr-defined]
    own = select(LICENSES.c.id).where(LICENSES.c.holder.in_(owners))
    licenses = frozenset(named | set(connection.execute(own).scalars()))
    return Scope(subject, frozenset(lineage), frozenset({model}), licenses)


def _contributor(connection: Connection, works: Works, subject: Subject) -> Scope:
    """Whose shares are in a split that a dataset has or had; or the datasets that list a recording."""
    said = subject.named[0]
    if not said.startswith("0x"):
        isrc = parse_isrc(said)
        ids = frozenset(works.with_isrc(isrc))
        if not ids:
            raise InputError(f"No item table that is here lists {isrc}; name the stores that have them by --store.")
        return Scope(subject, ids, ids, isrc=isrc)
    payee = hex_of(address_word(to_address(said)))
    splits = select(SHARES.c.split).where(SHARES.c.payee == payee)
    assigned = select(ASSIGNMENTS.c.account).where(ASSIGNMENTS.c.split.in_(splits))
    ids = frozenset(connection.execute(select(DATASETS.c.id).where(DATASETS.c.account.in_(assigned))).scalars())
    if not ids:
        raise InputError(f"{to_address(said)} never had a share of a dataset up to this block; check the address.")
    return Scope(subject, ids, ids, payee=payee)


def _registered(connection: Connection, said: str) -> int:
    found: Select[tuple[int]] = select(DATASETS.c.id).where(DATASETS.c.id == int(said))
    if connection.execute(found).first() is None:
        raise InputError(f"There is no dataset {said} up to this block; check the number and the node.")
    return int(said)


def _known(connection: Connection, ids: Iterable[int]) -> Sequence[int]:
    wanted = sorted(ids)
    return list(connection.execute(select(DATASETS.c.id).where(DATASETS.c.id.in_(wanted))).scalars())


_OF = {"dataset": _datasets, "all": _all, "licensee": _licensee, "model": _model, "contributor": _contributor}
