"""The migrations make what the tables say, in each database."""

from collections.abc import Callable

from sqlalchemy import Connection, Engine, inspect, text

from audiera.indexer.engine import open_index
from audiera.indexer.tables import METADATA

BESIDE = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%' ORDER BY name",
    "postgresql": "SELECT tgname, pg_get_triggerdef(pg_trigger.oid) || prosrc"
    " FROM pg_trigger JOIN pg_proc ON tgfoid = pg_proc.oid"
    " UNION ALL SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    " AND indexname NOT LIKE '%alembic%' ORDER BY 1",
}


def test_the_migrations_make_what_the_tables_say(engine: Engine, new_database: Callable[[], str]) -> None:
    plain = open_index(new_database())
    with plain.begin() as connection:
        METADATA.create_all(connection)

    with engine.connect() as migrated, plain.connect() as connection:
        assert _described(migrated) == _described(connection), "run python -m tools.migration"
    plain.dispose()


def _described(connection: Connection) -> dict[str, object]:
    looking = inspect(connection)
    found: dict[str, object] = {
        name: (
            [{**it, "type": str(it["type"])} for it in looking.get_columns(name)],
            looking.get_pk_constraint(name),
        )
        for name in looking.get_table_names()
        if name != "alembic_version"
    }
    for name, sql in connection.execute(text(BESIDE[connection.dialect.name])):
        found[f"{name} in words"] = " ".join(str(sql).replace("(", "( ").replace(")", " )").split())
    return found
