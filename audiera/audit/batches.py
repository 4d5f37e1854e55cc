"""What was used and paid: batches, statements and uses, each held to what the chain and the licences say of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row as Found
from sqlalchemy import select

from audiera.audit.granted import CLOCKS, Granted, Grants, read_grants
from audiera.audit.history import History
from audiera.audit.logs import LOGGED
from audiera.audit.parties import Parties
from audiera.audit.report import Column, Finding, Form, Row, Section, Severity
from audiera.audit.scope import Scope
from audiera.audit.uses import MADE, Judge, Line, lines, right_name, used_datasets, used_twice
from audiera.audit.works import Works
from audiera.indexer.tables import BATCHES, LICENSE_USAGE, LICENSES, RECORDED_USES, STATEMENTS, TERMS
from audiera.protocol import ZERO_WORD
from audiera.text import Json, from_hex

__all__ = ["Books", "Stated", "read_books", "usage"]

_BATCHES: Final = (
    *(Column("batch"), Column("number", Form.AMOUNT), Column("payer"), Column("gateway"), Column("token")),
    *(Column("amount", Form.AMOUNT), Column("fee", Form.AMOUNT), Column("calls", Form.AMOUNT)),
    *(Column("statements", Form.NUMBER), Column("settled_at", Form.TIME), Column("collected", Form.NUMBER)),
    *(Column("collected_amount", Form.AMOUNT), Column("fee_released", Form.FLAG), Column("log"), Column("root")),
    Column("transaction"),
)
_STATEMENTS: Final = (
    *(Column("batch"), Column("license", Form.NUMBER), Column("dataset", Form.NUMBER)),
    *(Column("calls", Form.AMOUNT), Column("units", Form.AMOUNT), Column("charged", Form.AMOUNT)),
    *(Column("due", Form.AMOUNT), Column("token"), Column("collected", Form.FLAG), Column("counted", Form.FLAG)),
    *(Column("first_use", Form.TIME), Column("last_use", Form.TIME), Column("transaction")),
)
_USES: Final = (
    *(Column("batch"), Column("position", Form.NUMBER), Column("license", Form.NUMBER)),
    *(Column("dataset", Form.NUMBER), Column("version", Form.NUMBER), Column("item"), Column("right")),
    *(Column("units", Form.AMOUNT), Column("at", Form.TIME), Column("price", Form.AMOUNT), Column("nonce")),
)
_RECORDED: Final = (
    *(Column("license", Form.NUMBER), Column("dataset", Form.NUMBER), Column("account"), Column("right")),
    *(Column("units", Form.AMOUNT), Column("amount", Form.AMOUNT), Column("token"), Column("ref")),
    *(Column("at", Form.TIME), Column("transaction")),
)
_ALL_USES: Final = (
    'SELECT voucher, position, license, version, item, "right", units, at, price, nonce FROM uses WHERE dataset = ? '
    "ORDER BY voucher"
)
_NAMED: Final = 20  # batches of strangers
_EXPLAINED: Final = frozenset(("license-unknown", "payer-not-holder", "token-differs", "not-covered", "outside-term"))
"""Errors that say why a statement does not count."""
_SAID: Final[Mapping[str, str]] = {
    "price-differs": "{n} under licence {license} cost {charged}, where {due} is due by its terms",
    "units-differ": "{n} under licence {license} count other units than the items measure ({charged} in all)",
    "right-not-granted": "{n} ({charged}) are for a right that licence {license} does not grant",
    "license-unknown": "{n} ({charged}) name licence {license}, which there is not",
    "not-covered": "{n} ({charged}) are of a dataset that licence {license} did not cover then",
    "item-unknown": "{n} ({charged}) under licence {license} are of items or versions that the dataset does not have",
    "use-after-withdrawal": "{n} ({charged}) under licence {license} are of items withdrawn before",
    "outside-term": "{n} ({charged}) were made while licence {license} did not live",
    "payer-not-holder": "{n} ({charged}) were paid by an account that did not hold licence {license} then",
}


@dataclass(slots=True)
class Stated:
    """A statement: as it was collected, as its log sums, or both."""

    batch: str
    license: int | None
    dataset: int
    token: str
    strange: bool
    """Whether nobody of the audit has signed it."""
    line: Line | None = None
    collected: Found[Any] | None = None

    @property
    def units(self) -> int:
        """As collected, or as logged."""
        return int(self.collected.units) if self.collected is not None else self.line.units if self.line else 0

    @property
    def amount(self) -> int:
        """Likewise."""
        return int(self.collected.amount) if self.collected is not None else self.line.charged if self.line else 0


@dataclass(slots=True)
class Books:
    """The batches of an audit and their statements."""

    batches: dict[str, Found[Any]]
    grants: Grants
    parties: Parties
    logged: frozenset[str]
    """The batches whose log is here."""
    stated: dict[tuple[str, int | None, int], Stated] = field(default_factory=dict)
    ours: set[str] = field(default_factory=set)
    """The batches that are of the audit whatever is known of them: paid by those audited, or hidden by its parties."""

    @property
    def granted(self) -> Mapping[int, Granted]:
        """The licences by their numbers."""
        return self.grants.licences


def read_books(history: History, scope: Scope, works: Works) -> Books:
    """Read all logged uses once, and return what they sum to beside what was collected."""
    connection = history.connection
    known = {it.id: it for it in connection.execute(select(BATCHES).order_by(BATCHES.c.block, BATCHES.c.log_index))}
    here = frozenset(connection.execute(select(BATCHES.c.id).where(LOGGED)).scalars())
    grants = read_grants(connection, history.suite)
    parties = Parties(connection, history.suite, scope, grants)
    books = Books({}, grants, parties, here)

    def stated(batch: str, license_: int | None, dataset: int) -> Stated | None:
        row = known[batch]
        if not scope.takes(dataset, license_) and row.payer not in scope.payers:
            return None
        books.batches[batch] = row
        strange = not parties.know(row.payer, row.gateway, dataset, license_)
        return books.stated.setdefault((batch, license_, dataset), Stated(batch, license_, dataset, row.token, strange))

    for it in connection.execute(select(STATEMENTS).order_by(STATEMENTS.c.block, STATEMENTS.c.log_index)):
        if (found := stated(it.batch, it.license, it.dataset)) is not None:
            found.collected = it
    for dataset in used_datasets(connection, scope):
        for line in lines(connection, scope, works, books.grants, dataset):
            if (found := stated(line.batch, line.license, dataset)) is not None:
                found.line = line
    for row in known.values():
        is_hidden = row.id not in here and row.collected < row.statements and parties.concern(row.payer, row.gateway)
        if is_hidden or row.payer in scope.payers:
            books.batches[row.id] = row
            books.ours.add(row.id)
    return books


def usage(history: History, scope: Scope, works: Works, books: Books, found: list[Finding]) -> tuple[Section, ...]:
    """Return the sections, and note what does not add up, cannot be known, or waits."""
    batches = sorted(books.batches.values(), key=lambda it: (it.block, it.log_index))
    by_batch: dict[str, list[Stated]] = defaultdict(list)
    for it in books.stated.values():
        by_batch[it.batch].append(it)
    known = {it.batch for it in books.stated.values() if not it.strange}
    ours = [it for it in batches if it.id in known or it.id in books.ours]
    for row in ours:
        _check_batch(history, books, scope, row, by_batch[row.id], found)
        for stated in by_batch[row.id]:
            if not stated.strange:
                _check_statement(history, books, row, stated, found)
    _check_roots(history, ours, found)
    _check_nonces(history, books, scope, found)
    _check_quotas(history, scope, books, found)
    _note_strangers(books, found)
    stated_ = [it for row in batches for it in by_batch[row.id]]
    return (
        Section("batches", "Batches", _BATCHES, lambda: (_batch(history, books, it) for it in batches)),
        Section("statements", "Statements", _STATEMENTS, lambda: (_statement(books, it) for it in stated_)),
        Section("uses", "Uses", _USES, lambda: _uses(history, scope, works, books)),
        Section("recorded", "Uses recorded on chain", _RECORDED, lambda: _recorded(history, scope)),
    )


def _check_batch(  # noqa: PLR0917  # all that it is held to
    history: History, books: Books, scope: Scope, row: Found[Any], stated: Sequence[Stated], found: list[Finding]
) -> None:
    worth, about = history.worth, _about(row)
    what = f"batch {row.batch} of {row.payer} at {row.gateway} (transaction {row.transaction})"
    if (lacking := history.unlogged.get(row.id)) is not None:
        why = " ".join(lacking.said) or "Nobody was asked: name folders by --logs and stores by --store."
        sums = f"{row.calls:,} calls that come to {worth.of(row.amount, row.token)}"
        is_ours = row.payer in scope.payers or any(it.collected and not it.strange for it in stated)
        if (lacking.wrong and is_ours) or (lacking.own and books.parties.serve(row.gateway)):
            text = f"What is published as the use log of {what} is of another batch, or was altered: {why}"
            found.append(Finding("log-of-another-batch", Severity.ERROR, text, about))
        else:
            text = f"The use log of {what} is missing, so of its {sums} no single use is known: {why}"
            found.append(Finding("log-missing", Severity.WARNING, text, about))
    if row.collected_amount > row.amount or (row.collected == row.statements and row.collected_amount != row.amount):
        text = (
            f"Of {what} {worth.of(row.collected_amount, row.token)} is collected in {row.collected} of "
            f"{row.statements} statements, where {worth.of(row.amount, row.token)} was settled."
        )
        found.append(Finding("batch-not-summing", Severity.ERROR, text, about))
    waits = row.amount - row.collected_amount
    if row.collected < row.statements:
        left = row.statements - row.collected
        if row.id in books.logged:
            some = [it for it in stated if it.collected is None]
            left, waits = len(some), sum(it.amount for it in some)
        if left:
            text = (
                f"Of {what} {worth.of(waits, row.token)} in {left:,} of {row.statements:,} statements is settled and "
                "not collected; whoever has its log can credit it: `ape run usage collect`."
            )
            found.append(Finding("not-collected", Severity.OPEN, text, about | {"amount": str(waits)}))
    elif row.fee and not row.fee_released:
        text = f"The fee of {what}, {worth.of(row.fee, row.token)}, is not released; anyone may release it."
        found.append(Finding("fee-not-released", Severity.OPEN, text, about | {"amount": str(row.fee)}))


def _check_statement(history: History, books: Books, row: Found[Any], stated: Stated, found: list[Finding]) -> None:
    worth, line = history.worth, stated.line
    about = _about(row) | {"license": stated.license, "dataset": stated.dataset}
    where = f"in batch {row.batch} of {row.payer} at {row.gateway} (transaction {row.transaction})"

    noted = set(line.problems) if line is not None else set()

    def note(code: str, text: str, **more: Json) -> None:
        noted.add(code)
        found.append(Finding(code, Severity.ERROR, text, about | more))

    granted = books.granted.get(stated.license) if stated.license is not None else None
    for code, it in line.problems.items() if line is not None else ():
        said = _SAID[code].format(
            n=f"{it.count:,} {'use' if it.count == 1 else 'uses'} of dataset {stated.dataset}",
            license=stated.license,
            charged=worth.of(it.charged, row.token),
            due=worth.of(it.due, row.token),
        )
        text = f"{said}, from position {it.position:,} {where}."
        note(code, text, count=it.count, charged=str(it.charged), due=str(it.due), position=it.position)
    if line is None and granted is not None and stated.amount != stated.units * granted.unit_price:
        due = stated.units * granted.unit_price
        text = (
            f"The statement of dataset {stated.dataset} under licence {stated.license} charges "
            f"{worth.of(stated.amount, row.token)} for {stated.units:,} units, where {worth.of(due, row.token)} is due "
            f"by its terms, {where}."
        )
        note("price-differs", text, charged=str(stated.amount), due=str(due))
    if granted is not None and granted.token != row.token:
        text = f"Uses under licence {stated.license} were paid in {row.token}, and its terms ask for {granted.token}"
        note("token-differs", f"{text}, {where}.")
    if line is not None and line.last > row.settled_at + CLOCKS:
        text = f"A use of dataset {stated.dataset} is dated {line.last}, and its batch was settled at {row.settled_at}"
        note("use-after-settlement", f"{text}, {where}.", at=line.last)
    if stated.collected is not None and not stated.collected.counted and not noted & _EXPLAINED:
        text = (
            f"The statement of dataset {stated.dataset} under licence {stated.license} was paid and does not count as "
            f"use: {_uncounted(books, granted, row, stated.collected)}"
        )
        found.append(Finding("not-counted", Severity.WARNING, f"{text}, {where}.", about))


def _uncounted(books: Books, granted: Granted | None, row: Found[Any], collected: Found[Any]) -> str:
    """Say why the ledger did not count a statement, as it decided when the statement was collected."""
    if granted is None:
        return "there is no such licence"
    if (holder := granted.holder(collected.at)) != row.payer:
        return f"the licence was {holder}'s when it was collected, and not its payer's"
    if granted.token != row.token:
        return f"it was paid in another token than {granted.token}"
    if collected.amount < collected.units * granted.unit_price:
        return "it cost less than is due by its terms"
    ends = [
        end - CLOCKS
        for first, end in granted.covered(books.grants.members, collected.dataset)
        if first + CLOCKS <= row.settled_at
    ]
    if row.settled_at >= min(max(ends, default=0), granted.spans[-1][1] - CLOCKS):
        return "the licence did not cover the dataset when the batch was settled"
    return "it has more units than are counted"


def _check_roots(history: History, batches: Iterable[Found[Any]], found: list[Finding]) -> None:
    """Two batches that a payer signed for one log are of the very same uses."""
    first: dict[tuple[object, ...], Found[Any]] = {}
    for row in batches:
        before = first.setdefault(tuple(getattr(row, it) for it in ("payer", *MADE)), row)
        if before is not row:
            text = (
                f"Batch {row.batch} of {row.payer} at {row.gateway} (transaction {row.transaction}) is of the very "
                f"uses of batch {before.batch} at {before.gateway} (transaction {before.transaction}): "
                f"{history.worth.of(row.amount, row.token)} was charged again."
            )
            found.append(Finding("use-repeated", Severity.ERROR, text, _about(row)))


def _check_nonces(history: History, books: Books, scope: Scope, found: list[Finding]) -> None:
    for dataset in used_datasets(history.connection, scope):
        for batch, root, license_, nonce, count, price in used_twice(history.connection, dataset):
            stated = books.stated.get((batch, license_, dataset))
            if stated is not None and not stated.strange and scope.takes(dataset, license_):
                about: dict[str, Json] = {"root": root, "license": license_, "dataset": dataset, "nonce": nonce}
                text = (
                    f"{count} uses of dataset {dataset} under licence {license_} have one nonce, {nonce}: one use was "
                    f"charged {count} times (price {price}; the log of root {root} has one of them)."
                )
                found.append(Finding("use-repeated", Severity.ERROR, text, about))


def _check_quotas(history: History, scope: Scope, books: Books, found: list[Finding]) -> None:
    used = {it.license: int(it.units) for it in history.connection.execute(select(LICENSE_USAGE))}
    gateways: dict[int, set[str]] = defaultdict(set)
    for it in books.stated.values():
        if it.license is not None and not it.strange:
            gateways[it.license].add(books.batches[it.batch].gateway)
            if it.collected is None or not it.collected.counted:
                used[it.license] = used.get(it.license, 0) + _held(books, it)
    for number, units in sorted(used.items()):
        granted = books.granted.get(number)
        if granted is None or not granted.max_units or units <= granted.max_units:
            continue
        if scope.takes(granted.dataset, number) or gateways[number]:
            over = units - granted.max_units
            through = ", ".join(sorted(gateways[number])) or "the chain alone"
            text = (
                f"Licence {number} of dataset {granted.dataset} allows {granted.max_units:,} units, and {units:,} were "
                f"used: {over:,} too many ({history.worth.of(over * granted.unit_price, granted.token)}), through "
                f"{through}."
            )
            about: dict[str, Json] = {"license": number, "dataset": granted.dataset, "units": str(units)}
            found.append(
                Finding("quota-exceeded", Severity.ERROR, text, about | {"gateways": sorted(gateways[number])})
            )


def _note_strangers(books: Books, found: list[Finding]) -> None:
    """Say once, of however many, that accounts without a licence say something."""
    strange = sorted({it.batch for it in books.stated.values() if it.strange})
    if strange:
        text = (
            f"{len(strange):,} {'batch' if len(strange) == 1 else 'batches'} of accounts that never held these "
            "licences, at gateways that no owner named, say that they are of uses here. Anybody can settle that at "
            "itself; nobody of this audit has signed it, so nothing is made of it."
        )
        named: list[Json] = [*strange[:_NAMED]]
        found.append(Finding("strangers-say", Severity.NOTE, text, {"count": len(strange), "batches": named}))


def _held(books: Books, stated: Stated) -> int:
    """Return the units of a statement as far as its payer held the licence, which whoever names it uses up."""
    if stated.line is not None:
        return stated.line.held
    row, granted = books.batches[stated.batch], books.granted.get(stated.license or 0)
    return stated.units if granted is not None and granted.was_held_by(row.payer, row.settled_at) else 0


def _about(row: Found[Any]) -> dict[str, Json]:
    named: dict[str, Json] = {"batch": row.id, "root": row.root, "payer": row.payer, "gateway": row.gateway}
    return named | {"token": row.token, "transaction": row.transaction}


def _batch(history: History, books: Books, it: Found[Any]) -> Row:
    lacking = history.unlogged.get(it.id)
    return {
        "batch": it.id,
        "number": str(it.batch),
        "payer": it.payer,
        "gateway": it.gateway,
        "token": it.token,
        "amount": str(it.amount),
        "fee": str(it.fee),
        "calls": str(it.calls),
        "statements": it.statements,
        "settled_at": it.settled_at,
        "collected": it.collected,
        "collected_amount": str(it.collected_amount),
        "fee_released": bool(it.fee_released),
        "log": "verified" if it.id in books.logged else "wrong" if lacking and lacking.wrong else "missing",
        "root": it.root,
        "transaction": it.transaction,
    }


def _statement(books: Books, it: Stated) -> Row:
    line, collected = it.line, it.collected
    granted = books.granted.get(it.license) if it.license is not None else None
    due = line.due if line else it.units * granted.unit_price if granted else None
    return {
        "batch": it.batch,
        "license": it.license,
        "dataset": it.dataset,
        "calls": str(line.calls if line else collected.calls if collected is not None else 0),
        "units": str(line.units if line else it.units),
        "charged": str(line.charged if line else it.amount),
        "due": None if due is None else str(due),
        "token": it.token,
        "collected": collected is not None,
        "counted": collected is not None and bool(collected.counted),
        "first_use": line.first if line else None,
        "last_use": line.last if line else None,
        "transaction": None if collected is None else collected.transaction,
    }


def _uses(history: History, scope: Scope, works: Works, books: Books) -> Iterator[Row]:
    connection = history.connection
    batches = {from_hex(it.voucher): it for it in books.batches.values()}
    for dataset in used_datasets(connection, scope):
        judge = Judge(scope, works, books.grants, dataset).judge
        for some in connection.exec_driver_sql(_ALL_USES, (dataset,)).partitions(5_000):
            for voucher, position, license_, version, item, right, units, at, price, nonce in some:
                if scope.isrc and not judge(license_, version, item, right, int(units), int(price)).counts:
                    continue
                use: dict[str, Json] = {
                    "position": position,
                    "license": license_,
                    "dataset": dataset,
                    "version": version,
                    "item": None if item == ZERO_WORD else f"0x{item.hex()}",
                    "right": right_name(right),
                    "units": str(int(units)),
                    "at": at,
                    "price": str(int(price)),
                    "nonce": f"0x{nonce.hex()}",
                }
                row = batches.get(voucher)
                if row is not None and (scope.takes(dataset, license_) or row.payer in scope.payers):
                    yield {"batch": row.id, **use}


def _recorded(history: History, scope: Scope) -> Iterator[Row]:
    query = (
        select(RECORDED_USES, TERMS.c.token)
        .join(LICENSES, LICENSES.c.id == RECORDED_USES.c.license)
        .join(TERMS, TERMS.c.id == LICENSES.c.terms)
        .order_by(RECORDED_USES.c.block, RECORDED_USES.c.log_index)
    )
    for it in history.connection.execute(query):
        if scope.takes(it.dataset, it.license):
            yield {
                "license": it.license,
                "dataset": it.dataset,
                "account": it.account,
                "right": right_name(it.right),
                "units": str(it.units),
                "amount": str(it.amount),
                "token": it.token,
                "ref": it.ref,
                "at": it.at,
                "transaction": it.transaction,
            }
