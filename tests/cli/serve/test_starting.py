"""What cannot be served is said before anything is: in one sentence, with the next step, and as a failure."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import uvicorn
from click.testing import CliRunner

from audiera.cli.main import main
from audiera.indexer import open_index, upgrade, writing

INDEX = "sqlite:///index.db"
READERS = ["explorer", "search", "index status", "index retry", "gateway serve"]


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder with an index, a store, and a file that is neither; nothing is served from it."""
    monkeypatch.setenv("AUDIERA_PRIVATE_KEY", f"0x{'11' * 32}")
    monkeypatch.setattr(uvicorn, "run", lambda *_, **__: pytest.fail("it was served"))
    monkeypatch.chdir(tmp_path)
    Path("store").mkdir()
    Path("text").write_text("This is no database at all. " * 100)
    engine = open_index(INDEX)
    with writing(engine) as connection:
        upgrade(connection)
    engine.dispose()


def refused(command: str, **options: str) -> str:
    """What a command answers that is refused, without the word before it."""
    told = {"database": INDEX} | ({"port": "0"} if command in ("explorer", "gateway serve") else {}) | options
    if command == "gateway serve":
        told = {"store": "store", "journal": "sqlite:///journal.db", "creator": f"0x{'1' * 40}"} | told
    words = [part for name, value in told.items() for part in (f"--{name}", value)]
    done = CliRunner(mix_stderr=False).invoke(main, [*command.split(), *words])
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1), (done.stderr, done.exception)
    return done.stderr.removeprefix("Error: ").rstrip()


@pytest.mark.parametrize("command", READERS)
def test_an_index_that_is_not_there_is_not_waited_for(command: str) -> None:
    said = refused(command, database="sqlite:///none.db")

    assert said == "There is no index at none.db; begin it with `audiera index`, or check the name."
    assert not Path("none.db").exists()


@pytest.mark.parametrize("command", READERS)
def test_a_file_that_is_no_database_is_said_to_be_none(command: str) -> None:
    assert refused(command, database="sqlite:///text") == (
        "sqlite:///text does not answer (file is not a database); check that URL, and see to the database."
    )


@pytest.mark.heavy
@pytest.mark.parametrize("command", READERS)
def test_a_server_that_cannot_be_reached_is_said_at_once_and_its_password_is_not(command: str) -> None:
    said = refused(command, database="postgresql://me:secret@127.0.0.1:1/none")

    assert said.startswith("postgresql://me:***@127.0.0.1:1/none does not answer (connection failed: ")
    assert said.endswith("); check that URL, and see to the database.")


@pytest.mark.parametrize("command", READERS)
def test_an_index_of_another_release_is_not_read(command: str) -> None:
    of_release("later")

    assert refused(command) == (
        "sqlite:///index.db is of a release that this one does not know; name another database, and begin the index "
        "anew (audiera index follow)."
    )


def of_release(name: str) -> None:
    """Have the index say that it is of another release."""
    engine = open_index(INDEX)
    with writing(engine) as connection, connection.begin():
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{name}'")
    engine.dispose()


@pytest.mark.parametrize("command", ["explorer", "gateway serve"])
def test_a_port_that_another_program_has_is_said_before_it_is_said_to_be_served(command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = refused(command, port=str(port))

    assert said == f"Port {port} of 127.0.0.1 cannot be had (Address already in use); name another by --port or --host."


@pytest.mark.parametrize("command", ["explorer", "gateway serve"])
def test_a_host_that_is_nowhere_is_said_to_be(command: str) -> None:
    said = refused(command, host="nowhere.invalid")

    assert said.startswith("There is no address nowhere.invalid (")
    assert said.endswith("); name one of this machine by --host.")


@pytest.mark.parametrize("name", ["none", "text"])
@pytest.mark.parametrize("command", ["explorer", "gateway serve", "index follow"])
def test_a_store_that_is_no_folder_is_refused(command: str, name: str) -> None:
    node = {"node": "http://127.0.0.1:1"} if command == "index follow" else {}

    said = refused(command, store=name, **node)

    assert said == f"There is no folder {Path.cwd() / name}; check the name of the store, or fill it first."


@pytest.mark.parametrize("option", ["node", "second"])
@pytest.mark.parametrize("url", ["nowhere", "ftp://127.0.0.1"])
def test_what_is_no_url_of_a_node_is_not_asked(option: str, url: str) -> None:
    told = {"node": "http://127.0.0.1:1"} | {option: url}

    assert refused("index follow", **told) == "That is no URL of a node; write it like http://127.0.0.1:8545."


def test_a_gateway_does_not_start_with_what_is_no_url_of_a_node() -> None:
    assert refused("gateway serve", node="nowhere") == (
        "That is no URL of a node; write it like http://127.0.0.1:8545."
    )
