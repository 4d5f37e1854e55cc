"""`audiera index status`: how an index stands."""

from __future__ import annotations

import time

import click

from audiera.cli.index.database import database_option, find_database
from audiera.cli.terminal.output import block, print_json, print_lines
from audiera.indexer import answering, check_schema, open_index, read_status

__all__ = ["status"]


@click.command()
@database_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
def status(*, database: str | None, as_json: bool) -> None:
    """Show how far the index has come, and how it goes.

    Nobody is asked but the database: the newest block is the one that the node had when it was asked last.

    \b
    Example:
      audiera index status --json
    """
    engine = open_index(find_database(database), begun=True)
    try:
        with answering(engine), engine.connect() as connection:
            check_schema(connection)
            found = read_status(connection)
    finally:
        engine.dispose()
    now = int(time.time())
    if as_json:
        print_json(
            {
                "chainId": found.chain_id,
                "database": repr(engine.url),
                "block": found.block,
                "head": found.head,
                "lookedAt": found.looked_at,
                "lagBlocks": found.behind,
                "lagSeconds": found.seconds_behind(now),
                "logCount": found.logs,
                "eventsPerSecond": found.events_a_second,
                "retryCount": found.retries,
                "reorganisationCount": found.reorganisations,
                "orphanedBlocks": found.orphaned_blocks,
                "orphanedLogs": found.orphaned_logs,
                "lateLogs": found.late,
                "documentCount": found.documents,
                "missingCount": found.missing,
            }
        )
        return
    rows = {
        "database": repr(engine.url),
        "read": f"up to block {found.block:,} of {found.head:,}",
        "behind": f"{found.behind:,} blocks, {found.seconds_behind(now):,} seconds",
        "asked": f"{max(now - found.looked_at, 0):,} seconds ago",
        "events": f"{found.logs:,}; {found.events_a_second:,} a second while the newest run had some to read",
        "retries": f"{found.retries:,} in that run",
        "orphaned": f"{found.orphaned_blocks:,} blocks, {found.orphaned_logs:,} events, by {found.reorganisations:,} "
        "reorganisations",
        "late": f"{found.late:,} events",
        "documents": f"{found.documents:,}; {found.missing:,} could not be had"
        + (" (`audiera index retry` says why)" if found.missing else ""),
    }
    print_lines(*block(f"Index of chain {found.chain_id}", rows))
