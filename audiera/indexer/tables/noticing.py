"""What the database itself does when rows change: notes what is wanted and what is stale, names tokens that are to be
asked, and keeps the text index.

So nobody who writes a row, takes one back or makes all anew has to think of what is made from it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, MetaData, event

from audiera.indexer.tables.base import METADATA
from audiera.protocol import ETHER

__all__ = ["LOG_MOST", "MANIFEST_MOST", "TEXT_MOST", "noticing"]

MANIFEST_MOST: Final = 1 << 20
"""The most bytes of a manifest."""

TEXT_MOST: Final = 1 << 20
"""The most bytes of a legal text that are fetched."""

LOG_MOST: Final = 1 << 28
"""The most bytes of a use log that are fetched."""

_STALE_BY: Final = {
    "datasets": "id",
    **dict.fromkeys(("versions", "offers", "clearances", "memberships"), "dataset"),
}
_MEMBERS_BY: Final = {
    "offers": (
        # One to somebody alone is no listing, of the catalogue or of its members.
        f"{{row}}.licensee = '{ETHER}' AND catalogue = {{row}}.dataset AND terms = {{row}}.terms",
        # Not whenever one more is taken: a large catalogue's members would be made anew at each sale.
        '(OLD.price, OLD.epoch, OLD."left" = 0) IS DISTINCT FROM (NEW.price, NEW.epoch, NEW."left" = 0)',
    ),
    "datasets": ("catalogue = {row}.id", "OLD.epoch <> NEW.epoch"),
}
"""What the members of a catalogue are stale by, too: which they are, and what has to change of it."""
_WANTED_BY: Final = {
    "versions": f"NEW.manifest, 'manifest', NEW.dataset, {MANIFEST_MOST}",
    "terms": f"NEW.text, 'text', NULL, {TEXT_MOST}",
    "batches": f"NEW.voucher, 'log', NULL, {LOG_MOST}",
}
_TOKENS_OF: Final = (
    ("terms", "token"),
    ("token_totals", "token"),
    ("channels", "token"),
    ("campaigns", "token"),
    ("campaigns", "reward"),
)
_TEXTS: Final = ("name", "people", "tags", "rest")


def noticing(dialect: str) -> tuple[str, ...]:
    """Return the statements that follow those of the tables, in the words of a database: sqlite or postgresql."""
    return (*_full_text(dialect), *(_postgresql() if dialect == "postgresql" else _sqlite()))


def _full_text(dialect: str) -> tuple[str, ...]:
    if dialect == "postgresql":
        return ()  # its index is one of the table
    columns = ", ".join(_TEXTS)
    old, new = (", ".join(f"{row}.{column}" for column in _TEXTS) for row in ("OLD", "NEW"))
    forget = f"INSERT INTO texts_index (texts_index, rowid, {columns}) VALUES ('delete', OLD.dataset, {old});"
    learn = f"INSERT INTO texts_index (rowid, {columns}) VALUES (NEW.dataset, {new});"
    table = (
        f"CREATE VIRTUAL TABLE texts_index USING fts5({columns}, content='texts', content_rowid='dataset', "
        "prefix='2 3', tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* M*'\")"
    )
    return (
        table,
        f"CREATE TRIGGER texts_learned AFTER INSERT ON texts BEGIN {learn} END",
        f"CREATE TRIGGER texts_forgotten AFTER DELETE ON texts BEGIN {forget} END",
        f"CREATE TRIGGER texts_changed AFTER UPDATE ON texts BEGIN {forget} {learn} END",
    )


def _members(which: str, row: str) -> str:
    # Each once: several terms may have one member, and PostgreSQL notes nothing twice in one statement.
    return f"SELECT DISTINCT dataset FROM memberships WHERE {which.format(row=row)}"


def _sqlite() -> tuple[str, ...]:
    # Not OR IGNORE, which the statement that fires a trigger would overrule, if it says itself what a conflict does.
    def note(table: str, moment: str, row: str) -> str:
        stale = f"INSERT INTO stale VALUES ({row}.{_STALE_BY[table]}) ON CONFLICT DO NOTHING;"
        return f"CREATE TRIGGER {table}_stale_{moment} AFTER {moment} ON {table} BEGIN {stale} END"

    def want(table: str, values: str) -> str:
        wanted = f"INSERT INTO wanted VALUES ({values}, 0, 0, '') ON CONFLICT DO NOTHING;"
        return f"CREATE TRIGGER {table}_wanted AFTER INSERT ON {table} BEGIN {wanted} END"

    def name(table: str, column: str) -> str:
        named = f"INSERT INTO tokens VALUES (NEW.{column}, '', NULL, 0, 0) ON CONFLICT DO NOTHING;"
        return f"CREATE TRIGGER {table}_{column}_named AFTER INSERT ON {table} BEGIN {named} END"

    def note_members(table: str, moment: str, row: str) -> str:
        which, changes = _MEMBERS_BY[table]
        when = f" WHEN {changes}" if moment == "UPDATE" else ""
        stale = f"INSERT INTO stale {_members(which, row)} ON CONFLICT DO NOTHING;"
        return f"CREATE TRIGGER {table}_members_stale_{moment} AFTER {moment} ON {table}{when} BEGIN {stale} END"

    moments = (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    return (
        *(note(table, *moment) for table in _STALE_BY for moment in moments),
        *(note_members(table, *moment) for table in _MEMBERS_BY for moment in moments),
        *(want(table, values) for table, values in _WANTED_BY.items()),
        *(name(*it) for it in _TOKENS_OF),
    )


def _postgresql() -> tuple[str, ...]:
    def function(name: str, body: str) -> str:
        return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"

    def trigger(name: str, moments: str, table: str) -> str:
        return f"CREATE TRIGGER {name} AFTER {moments} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"

    def stale(table: str, column: str) -> str:
        # Written, not skipped, where it is noted already: so it cannot be taken away before this is committed.
        row = f"CASE TG_OP WHEN 'DELETE' THEN OLD.{column} ELSE NEW.{column} END"
        noted = f"INSERT INTO stale VALUES ({row}) ON CONFLICT (dataset) DO UPDATE SET dataset = excluded.dataset;"
        return function(f"{table}_stale", noted)

    def wanted(table: str, values: str) -> str:
        return function(f"{table}_wanted", f"INSERT INTO wanted VALUES ({values}, 0, 0, '') ON CONFLICT DO NOTHING;")

    def named(table: str, column: str) -> str:
        row = f"NEW.{column}, '', NULL, 0, 0"
        return function(f"{table}_{column}_named", f"INSERT INTO tokens VALUES ({row}) ON CONFLICT DO NOTHING;")

    def members_stale(table: str) -> str:
        which, changes = _MEMBERS_BY[table]
        noted = "ON CONFLICT (dataset) DO UPDATE SET dataset = excluded.dataset;"
        rows = {row: f"INSERT INTO stale {_members(which, row)} ORDER BY dataset {noted}" for row in ("OLD", "NEW")}
        body = f"IF TG_OP = 'DELETE' THEN {rows['OLD']} ELSIF TG_OP = 'INSERT' THEN {rows['NEW']}"
        return function(f"{table}_members_stale", f"{body} ELSIF {changes} THEN {rows['NEW']} END IF;")

    return (
        *(stale(table, column) for table, column in _STALE_BY.items()),
        *(trigger(f"{table}_stale", "INSERT OR UPDATE OR DELETE", table) for table in _STALE_BY),
        *(members_stale(table) for table in _MEMBERS_BY),
        *(trigger(f"{table}_members_stale", "INSERT OR UPDATE OR DELETE", table) for table in _MEMBERS_BY),
        *(wanted(table, values) for table, values in _WANTED_BY.items()),
        *(trigger(f"{table}_wanted", "INSERT", table) for table in _WANTED_BY),
        *(named(*it) for it in _TOKENS_OF),
        *(trigger(f"{table}_{column}_named", "INSERT", table) for table, column in _TOKENS_OF),
    )


@event.listens_for(METADATA, "after_create")
def _notice(target: MetaData, connection: Connection, **_: object) -> None:  # noqa: ARG001  # SQLAlchemy's signature
    for statement in noticing(connection.dialect.name):
        connection.exec_driver_sql(statement)
