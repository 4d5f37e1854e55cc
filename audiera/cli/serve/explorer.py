"""`audiera explorer`: pages over an index."""

from __future__ import annotations

import click

from audiera.cli.index.database import database_option, find_database
from audiera.cli.serve.listening import find_free
from audiera.cli.serve.tokens import token_option
from audiera.cli.terminal.output import say
from audiera.errors import InputError
from audiera.storage import Store

__all__ = ["explorer"]


@click.command(short_help="Serve pages over an index.")
@database_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65_535), help="The port to listen at.")
@click.option("--public", metavar="URL", help="Where the world finds it, if not at that address: of feeds and links.")
@click.option(
    "--store",
    "stores",
    metavar="FOLDER|URL",
    multiple=True,
    help="Where the excerpts are that anyone may hear. May be repeated.",
)
@token_option
def explorer(
    *,
    database: str | None,
    host: str,
    port: int,
    public: str | None,
    stores: tuple[str, ...],
    tokens: dict[str, tuple[str, int]],
) -> None:
    """Serve the catalogue as pages, over an index that `audiera index` keeps: it is read and never written.

    Every page is also had as JSON, and its tables as CSV. Ctrl-C ends it.

    \b
    Example:
      audiera explorer --port 8000
    """
    try:
        import uvicorn  # noqa: PLC0415  # of an extra

        from audiera.explorer import Settings, create_app  # noqa: PLC0415
        from audiera.indexer import check_index  # noqa: PLC0415
    except ImportError as error:
        raise InputError("The explorer needs more than the package: pip install 'audiera[serve]'.") from error
    place = find_database(database)
    check_index(place)  # else every page would say for ever that it cannot be read now
    for each in stores:
        Store.open(each).check_there()
    find_free(host, port)
    app = create_app(Settings(database=place, public_url=public, stores=stores, tokens=tokens))
    say(f"Serving {public or f'http://{host}:{port}'}")
    uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False)
