"""`audiera gateway backup`: a copy of the journal, whole and read through, while it is served."""

from __future__ import annotations

from pathlib import Path

import click

from audiera.cli.gateway.options import journal_option
from audiera.cli.terminal.output import print_json, say
from audiera.gateway import copy_journal

__all__ = ["backup"]


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@journal_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
def backup(*, file: Path, journal: str, as_json: bool) -> None:
    """Copy the journal to a new FILE, as it is at one moment; it may be served meanwhile.

    The file appears once it is whole and was read through. `cp` is no such copy: the newest is in the file beside, and
    may be torn. A journal in PostgreSQL is copied by pg_dump.

    \b
    Example:
      audiera gateway backup --journal sqlite:///gateway.db backups/2026-11-27.db
    """
    copied = copy_journal(journal, file)
    if as_json:
        print_json(
            {
                "path": str(file),
                "gateway": copied.gateway,
                "chainId": copied.chain_id,
                "batchCount": copied.batches,
                "accessCount": copied.accesses,
                "bytes": copied.size,
            }
        )
        return
    say(f"Copied the journal of gateway {copied.gateway} on chain {copied.chain_id} to {file}:")
    say(f"{copied.batches:,} batches, {copied.accesses:,} accesses, {copied.size:,} bytes; read through, and whole.")
