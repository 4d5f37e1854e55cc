"""The database of an index: what URLs open, and that one process writes while any read."""

import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select

from audiera.errors import InputError
from audiera.indexer.engine import check_schema, open_index, upgrade, writing
from audiera.indexer.tables import RECIPIENTS

ROW = {"payee": "0x" + "1" * 40, "recipient": "0x" + "2" * 40}


@pytest.mark.parametrize(
    "url", ["nothing", "mysql://host/name", "sqlite://", "sqlite:///:memory:", "postgresql://host"]
)
def test_what_is_no_place_for_an_index_is_refused(url: str) -> None:
    with pytest.raises(InputError, match=r"sqlite:///index\.db"):
        open_index(url)


def test_a_password_in_a_url_is_not_repeated() -> None:
    with pytest.raises(InputError) as caught:
        open_index("mysql://me:secret@host/name")

    assert "secret" not in str(caught.value)


def test_postgresql_without_its_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(InputError, match=r"pip install 'audiera\[postgres\]'"):
        open_index("postgresql://host/name")


def test_only_one_writes_at_a_time(engine: Engine, database: str) -> None:
    other = open_index(database)

    with (
        writing(engine),
        pytest.raises(InputError, match="Another process writes to"),
        writing(other),
    ):
        pass

    with writing(other) as connection, connection.begin():
        connection.execute(insert(RECIPIENTS), ROW)
    other.dispose()


def test_others_read_what_was_there_before_while_one_writes(engine: Engine, database: str) -> None:
    reader = open_index(database)

    with writing(engine) as connection, connection.begin():
        connection.execute(insert(RECIPIENTS), ROW)
        with reader.connect() as reading:
            assert reading.execute(select(RECIPIENTS)).all() == []

    with reader.connect() as reading:
        assert [dict(it) for it in reading.execute(select(RECIPIENTS)).mappings()] == [ROW]
    reader.dispose()


def test_a_reader_sees_one_state_through_several_questions(engine: Engine, database: str) -> None:
    reader = open_index(database)
    with reader.connect().execution_options(isolation_level="SERIALIZABLE") as reading:
        assert reading.execute(select(RECIPIENTS)).all() == []

        with writing(engine) as connection, connection.begin():
            connection.execute(insert(RECIPIENTS), ROW)

        assert reading.execute(select(RECIPIENTS)).all() == []
    reader.dispose()


def test_what_a_writer_does_not_finish_is_not_there(engine: Engine) -> None:
    with writing(engine) as connection, connection.begin() as transaction:
        connection.execute(insert(RECIPIENTS), ROW)
        transaction.close()

    with engine.connect() as connection:
        assert connection.execute(select(RECIPIENTS)).all() == []


def test_a_database_without_an_index_is_told_from_one(database: str) -> None:
    engine = open_index(database)
    with engine.connect() as connection, pytest.raises(InputError, match="holds no index"):
        check_schema(connection)

    with writing(engine) as connection:
        upgrade(connection)
        upgrade(connection)  # which changes nothing

    with engine.connect() as connection:
        check_schema(connection)
    engine.dispose()


def test_an_index_of_a_release_that_is_not_known_is_told_from_one(engine: Engine) -> None:
    with writing(engine) as connection, connection.begin():
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'later'")

    said = "is of a release that this one does not know; name another database, and begin the index anew"
    with engine.connect() as connection, pytest.raises(InputError, match=said):
        check_schema(connection)


def test_a_folder_that_is_not_there_is_no_place_for_an_index(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no folder .*none; make it first"):
        open_index(f"sqlite:///{tmp_path / 'none' / 'index.db'}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE alembic_version SET version_num = 'later'", "is of a release that this one does not know; name"),
        ("DROP TABLE alembic_version", "holds something else; name another database"),
    ],
    ids=["not known", "of something else"],
)
def test_what_is_no_index_of_this_release_or_an_older_one_is_not_changed(
    engine: Engine, change: str, said: str
) -> None:
    with writing(engine) as connection:
        with connection.begin():
            connection.exec_driver_sql(change)

        with pytest.raises(InputError, match=said):
            upgrade(connection)
