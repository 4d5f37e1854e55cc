"""`audiera index rebuild`: the tables anew, from the logs."""

from __future__ import annotations

import click

from audiera.cli.index.database import database_option, find_database
from audiera.cli.terminal.output import print_json, print_lines
from audiera.indexer import Deriver, answering, open_index, read_status, suite_of, take_back, upgrade, writing
from audiera.indexer import rebuild as make_anew

__all__ = ["rebuild"]


@click.command()
@database_option
@click.option(
    "--node",
    metavar="URL",
    help="Take back first what is not on this node's chain (any more), however deep: after a reorganisation that "
    "following has stopped at.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
def rebuild(*, database: str | None, node: str | None, as_json: bool) -> None:
    """Make the tables anew from the logs that were read.

    The same rows come out, so it is needed after a deep reorganisation only. No log is deleted.

    \b
    Example:
      audiera index rebuild --node http://127.0.0.1:8545
    """
    engine = open_index(find_database(database), begun=True)
    try:
        with answering(engine), writing(engine) as connection:
            upgrade(connection)
            with connection.begin():
                suite = suite_of(connection)
                count = 0 if node is None else take_back(connection, node)
            logs = make_anew(connection, Deriver(suite))
            last = read_status(connection).block
    finally:
        engine.dispose()
    if as_json:
        print_json({"block": last, "orphanedBlocks": count, "logCount": logs})
        return
    taken = f"{count:,} blocks after block {last:,} were taken back, and the" if count else "The"
    print_lines(f"{taken} tables are made anew from {logs:,} logs.")
