"""`audiera index retry`: documents that could not be had, and another try."""

from __future__ import annotations

import click

from audiera.cli.index.database import database_option, find_database
from audiera.cli.terminal.output import print_json, print_lines, print_table
from audiera.indexer import answering, batch, check_schema, failures, open_index
from audiera.indexer import retry as try_again

__all__ = ["retry"]


@click.command()
@database_option
@click.option("--dataset", type=int, help="Only what this dataset names.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
def retry(*, database: str | None, dataset: int | None, as_json: bool) -> None:
    """Name the documents that could not be had, each with the reason, and have them tried again at once.

    Whoever follows the chain with this database fetches them: `audiera index follow`, now or when it is started.

    \b
    Example:
      audiera index retry --dataset 7
    """
    engine = open_index(find_database(database), begun=True)
    try:
        with answering(engine), engine.connect() as connection:
            check_schema(connection)
        with answering(engine), batch(engine) as connection:
            found = [it for it in failures(connection) if dataset in (None, it.dataset)]
            count = try_again(connection, dataset)
    finally:
        engine.dispose()
    if as_json:
        documents = [
            {
                "kind": it.paper.value,
                "sha256": it.digest,
                "dataset": it.dataset,
                "triedCount": it.attempts,
                "reason": it.reason,
            }
            for it in found
        ]
        print_json({"count": count, "documents": documents})
        return
    if found:
        rows = [(it.paper.value, str(it.dataset or ""), f"{it.attempts:,}", it.digest, it.reason) for it in found]
        print_table(["Document", "Dataset", "Tries", "sha256", "Reason"], rows, right=["Tries"], err=False)
    print_lines(f"{count:,} documents are tried again." if count else "Every document that was looked for is here.")
