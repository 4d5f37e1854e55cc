"""What an access grants: as the journal has it, for as long as that is good, and as far as it may be served."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from audiera.gateway.access import Desk
from audiera.gateway.blocks import check_blocked
from audiera.gateway.chain import check_withdrawn, moment_of, terms_of
from audiera.gateway.keeping import Keeping
from audiera.gateway.looking import Looking
from audiera.gateway.problems import Code, Problem
from audiera.gateway.served import check_served, publisher_of
from audiera.gateway.tables import ACCESSES
from audiera.gateway.taken import Grant, answer_in, grants_in, is_whole
from audiera.indexer.documents import Paper, body_of
from audiera.indexer.tables import DOCUMENTS, ENTRIES, ITEMS, VERSIONS
from audiera.interface import Access
from audiera.protocol import TableRow, read_table
from audiera.text import as_hash, hex_of

__all__ = ["Grants"]

_KEPT: Final = 200_000  # items of accesses in memory
_LATELY: Final = 1.0  # seconds for which an item that may be served is not asked about again
_ASKED: Final = 65_536  # such items


@dataclass(slots=True)
class _Kept:
    """An access as it does not change, and until when it was good when it was looked at last."""

    license: int
    dataset: int
    version: int
    whole: bool
    delivers: bool
    at: int
    until: int
    granted: Mapping[bytes, Grant]


class Grants:
    """The accesses of a journal, as far as bytes are granted by them. Threads share it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._limits = desk.settings.limits
        self._kept = Keeping[bytes, _Kept](_KEPT, lambda it: 1 + len(it.granted))
        self._lately = Keeping[tuple[bytes, bytes], float](_ASKED)
        self._table: tuple[str, Mapping[bytes, Grant]] = ("", {})

    def knows(self, access: bytes) -> bool:
        """Say whether there is such an access, as far as memory goes."""
        return access in self._kept

    def answer(self, access: bytes) -> Access:
        """Return the answer to an access again, with the time until which its grants are good now.

        Raises:
            Problem: there is no such access.
        """
        with self._desk.journal.reading() as journal:
            row = _row(journal, access)
        return _answer(row, row.until)

    def renew(self, access: bytes) -> Access:
        """Make the grants of an access good for longer, and return its answer.

        Raises:
            Problem: there is no such access, it grants nothing, or it is too long ago.
        """

        def extend(journal: Connection) -> Access:
            row, now = _row(journal, access), int(time.time())
            if not row.delivers:
                raise _held_already()
            if now > row.at + self._limits.renewal:
                raise self._expired(row.at)
            until = max(row.until, now + self._limits.grant)
            journal.execute(update(ACCESSES).where(ACCESSES.c.id == hex_of(access)).values(until=until))
            return _answer(row, until)

        answer = self._desk.journal.write(("access", hex_of(access)), extend)
        if (kept := self._kept.get(access)) is not None:
            kept.until = answer.until
        return answer

    def remembered(self, access: bytes, leaf: bytes) -> Grant | None:
        """Return an item that an access grants now, if memory is fresh enough to say so; None: `item` has to look.

        It waits for nothing, so the event loop itself may ask.
        """
        kept, asked = self._kept.get(access), self._lately.get((access, leaf))
        if kept is None or asked is None or asked + _LATELY <= time.monotonic() or time.time() > kept.until:
            return None
        return kept.granted.get(leaf)

    def until(self, access: bytes) -> int:
        """Return the Unix second at which the grants of an access end, unless they are renewed.

        Raises:
            Problem: there is no such access.
        """
        return self._look(access).until

    def item(self, access: bytes, leaf: bytes) -> Grant:
        """Return an item that an access grants now; see `items`."""
        (grant,) = self.items(access, [leaf])
        return grant

    def items(self, access: bytes, leaves: Sequence[bytes]) -> list[Grant]:
        """Return items that an access grants now, in the order asked for; all are looked up and checked together.

        Raises:
            Problem: there is no such access, it does not grant an item or not any more, or nobody gets it now.
        """
        kept = self._look(access)
        if not kept.delivers:
            raise _held_already()
        if time.time() > kept.until:
            kept = self._look(access, again=True)
            if time.time() > kept.until:
                raise self._expired(kept.at)
        granted = self._of_dataset(kept, leaves) if kept.whole else kept.granted
        unknown = next((it for it in leaves if it not in granted), None)
        if unknown is not None:
            raise Problem(
                Code.ITEM_UNKNOWN, f"This access does not grant item {hex_of(unknown)}.", more={"item": hex_of(unknown)}
            )
        found = [granted[it] for it in leaves]
        self._check(access, kept, found)
        return found

    def _expired(self, at: int) -> Problem:
        until = at + self._limits.renewal
        if time.time() <= until:
            return Problem(
                Code.GRANT_EXPIRED,
                f"This grant has ended; renew it free by POST to the access's /renew until {until}.",
                more={"renewable_until": str(until)},
            )
        return Problem(Code.GRANT_EXPIRED, "This grant has ended, and its free renewal too; take a new access.")

    def _look(self, access: bytes, *, again: bool = False) -> _Kept:
        kept = self._kept.get(access)
        if kept is not None and not again:
            return kept
        with self._desk.journal.reading() as journal:
            row = _row(journal, access)
        kept = _Kept(
            license=row.license,
            dataset=row.dataset,
            version=row.version,
            whole=is_whole(row),
            delivers=row.delivers,
            at=row.at,
            until=row.until,
            granted={it.leaf: it for it in grants_in(row)},
        )
        self._kept.put(access, kept)
        return kept

    def _check(self, access: bytes, kept: _Kept, grants: Sequence[Grant]) -> None:
        """Refuse what is blocked, withdrawn or not served by now, whenever it was granted."""
        now, settings = time.monotonic(), self._desk.settings
        lately = self._lately.those((access, it.leaf) for it in grants)
        asked = {it.leaf: it for it in grants if lately.get((access, it.leaf), float("-inf")) + _LATELY <= now}
        if not asked:
            return

        def at(index: Looking) -> str:
            if (terms := terms_of(index, kept.license)) is not None:
                moment = moment_of(index, settings)
                check_withdrawn(index, moment, terms, kept.dataset, kept.version, set(map(hex_of, asked)))
            return publisher_of(index, kept.dataset, kept.version)

        publisher = self._desk.look(at)
        with self._desk.journal.reading() as journal:
            check_blocked(journal, kept.dataset, asked)
            check_served(journal, settings, kept.dataset, publisher, asked.values())
        self._lately.put_all(((access, it) for it in asked), now)

    def _of_dataset(self, kept: _Kept, leaves: Sequence[bytes]) -> Mapping[bytes, Grant]:
        """Return items of the version that a whole dataset was granted in; a later one may be described by now."""
        with self._desk.index() as index:
            query = select(ENTRIES.c.described).where(ENTRIES.c.dataset == kept.dataset)
            if index.execute(query).scalar() == kept.version:
                columns = ITEMS.c.leaf, ITEMS.c.sha256, ITEMS.c.bytes, ITEMS.c.media_type, ITEMS.c.path
                named = ITEMS.c.leaf.in_(set(map(hex_of, leaves)))
                found = index.execute(select(*columns).where(ITEMS.c.dataset == kept.dataset, named))
                rows = ((as_hash(it.leaf), it) for it in found)
                return {leaf: Grant(leaf, as_hash(it.sha256), it.bytes, it.media_type, it.path) for leaf, it in rows}
            return self._earlier(index, kept)

    def _earlier(self, index: Connection, kept: _Kept) -> Mapping[bytes, Grant]:
        table = index.execute(
            select(DOCUMENTS.c.item_table)
            .join(VERSIONS, VERSIONS.c.manifest == DOCUMENTS.c.digest)
            .where(
                VERSIONS.c.dataset == kept.dataset,
                VERSIONS.c.version == kept.version,
                DOCUMENTS.c.kind == Paper.MANIFEST,
            )
        ).scalar()
        if table is None:
            return {}
        name, rows = self._table
        if name != table:
            body = body_of(index, Paper.ITEMS, table)
            rows = {} if body is None else {it.leaf: it for it in map(_of_row, read_table(body))}
            self._table = (table, rows)
        return rows


def _row(journal: Connection, access: bytes) -> Row[Any]:
    row = journal.execute(select(ACCESSES).where(ACCESSES.c.id == hex_of(access))).one_or_none()
    if row is None:
        raise Problem(Code.NOT_FOUND, "There is no such access at this gateway.")
    return row


def _answer(row: Row[Any], until: int) -> Access:
    return Access.model_validate_json(answer_in(row).body).model_copy(update={"until": until})


def _of_row(it: TableRow) -> Grant:
    return Grant(it.item.leaf(), it.item.sha256, it.item.size, it.metadata.media_type, it.metadata.path)


def _held_already() -> Problem:
    return Problem(
        Code.FORBIDDEN,
        "This access reported the use of bytes that are held already, and grants none; take one that does.",
    )
