"""`audiera gateway serve`: accesses over HTTP."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import uvicorn

from audiera.cli.folder.named_store import store_options
from audiera.cli.gateway.limits import Bounds, bounded, check_bounds, limit_option
from audiera.cli.gateway.notices import notice_options, read_noticing
from audiera.cli.gateway.options import journal_option
from audiera.cli.index.database import database_option, find_database
from audiera.cli.serve.listening import find_free
from audiera.cli.serve.tokens import token_option
from audiera.cli.terminal.keys import key_option, open_key
from audiera.cli.terminal.output import say
from audiera.client.chain import check_url
from audiera.errors import InputError
from audiera.gateway import Limits, Relaying, Settings, Uploading, create_app
from audiera.protocol import to_address
from audiera.quantities import Amount, parse_amount
from audiera.storage import Store, read_key

__all__ = ["serve"]

_MILLION = 1_000_000
_PRESIGN_SECRET = "AUDIERA_PRESIGN_SECRET"


def _models(
    context: click.Context,  # noqa: ARG001  # click's signature
    option: click.Parameter,  # noqa: ARG001
    said: tuple[str, ...],
) -> dict[int, str]:
    found = {}
    for text in said:
        dataset, equals, url = text.partition("=")
        if not (equals and dataset.isascii() and dataset.isdecimal()):
            raise click.BadParameter(f"{text!r} is not like 7=http://127.0.0.1:9000/generate.")
        found[int(dataset)] = url
    return found


@click.command()
@database_option
@journal_option
@store_options("Where the bytes are.")
@key_option
@click.option(
    "--gateway", "account", metavar="ADDRESS", help="The account whose channels are served; the signer's own."
)
@click.option(
    "--creator",
    "creators",
    metavar="ADDRESS",
    multiple=True,
    help="Serve all that the store has under the versions that this account published. May be repeated.",
)
@click.option(
    "--any-creator",
    is_flag=True,
    help="Serve it under everybody's datasets: then anybody copies one and has the bytes free.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65_535), help="The port to listen at.")
@click.option("--public", metavar="URL", help="Where the world finds it, if not at that address.")
@click.option(
    "--fee-ppm", default=0, show_default=True, type=click.IntRange(0, _MILLION), help="Your fee on top, in ppm."
)
@click.option(
    "--confirmations",
    default=5,
    show_default=True,
    type=click.IntRange(0, 10_000),
    help="Blocks after which a deposit counts.",
)
@click.option(
    "--credit",
    "credit_each",
    multiple=True,
    metavar="AMOUNT",
    help="What the unsettled heads of one payer may come to, such as '500 USDC', in ETH or in a token named by "
    "--token; unless told, all that its channel holds. May be repeated for other tokens.",
)
@click.option("--accel", metavar="PREFIX", help="Have nginx send files: its internal location over the store's folder.")
@click.option(
    "--presign",
    default=0,
    type=click.IntRange(0, 86_400),
    metavar="SECONDS",
    help="Give out URLs, good for so long, by which the bucket itself sends its objects; with --accel, those by which "
    f"nginx sends files, which it checks by {_PRESIGN_SECRET}.",
)
@click.option("--public-store", metavar="URL", help="Where everybody reads the sealed store: releases keys of objects.")
@click.option(
    "--proxy",
    "proxies",
    metavar="NETWORK",
    multiple=True,
    help="A proxy of yours, whose X-Forwarded-For is believed. May be repeated.",
)
@click.option("--node", metavar="URL", help="A node: for contract accounts that sign in, and for --relay.")
@click.option(
    "--relay",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A keystore file, whose password is that of --keystore: its account carries out what others signed, and pays "
    "the gas.",
)
@click.option(
    "--uploads",
    type=click.Path(file_okay=False, path_type=Path),
    help="Take files that accounts bring into the store; those that are not whole yet are kept in this folder.",
)
@limit_option
@notice_options
@click.option(
    "--model",
    "models",
    metavar="DATASET=URL",
    multiple=True,
    callback=_models,
    help="Have calls of a model, a dataset of that kind, forwarded to a service of yours. May be repeated.",
)
@click.option("--pages/--no-pages", default=True, show_default=True, help="Serve the catalogue's pages, too.")
@token_option
def serve(
    *,
    database: str | None,
    journal: str,
    url: str | None,
    key: Path | None,
    keystore: Path | None,
    account: str | None,
    creators: tuple[str, ...],
    any_creator: bool,
    host: str,
    port: int,
    public: str | None,
    fee_ppm: int,
    confirmations: int,
    credit_each: tuple[str, ...],
    accel: str | None,
    presign: int,
    public_store: str | None,
    proxies: tuple[str, ...],
    node: str | None,
    relay: Path | None,
    uploads: Path | None,
    limits: Bounds,
    notices: Path | None,
    smtp: str | None,
    sender: str | None,
    inside: bool,
    models: dict[int, str],
    pages: bool,
    tokens: dict[str, tuple[str, int]],
) -> None:
    """Serve over an index that `audiera index` keeps; the catalogue's pages are at the top.

    An item is served under a version whose publisher is named, or has brought the item by --uploads. The key that
    countersigns is the gateway account's own, or one that it lets settle. Several of these may share one journal in
    PostgreSQL. Ctrl-C ends it; nothing that was answered is lost, however it ends.

    \b
    Example:
      audiera gateway serve --journal sqlite:///gateway.db --store store --keystore gateway.json --creator 0x...
    """
    if url is None:
        raise InputError("Name the store that the bytes are in by --store.")
    if (any_creator and creators) or not (any_creator or creators or uploads or models):
        raise InputError("Say whose datasets are served: by --creator, or everybody's by --any-creator, and not both.")
    if relay is not None and node is None:
        raise InputError("Calls are carried out through a node; name one by --node.")
    if node is not None:
        check_url(node)
    if relay is None:
        check_bounds(limits, Relaying, "--relay")
    if uploads is None:
        check_bounds(limits, Uploading, "--uploads")
    noticing = read_noticing(notices, smtp, sender, inside=inside)
    signer = open_key(keystore)
    settings = Settings(
        index=find_database(database),
        journal=journal,
        store=url,
        store_key=None if key is None else read_key(key),
        signer=signer,
        gateway=to_address(account) if account else signer.address,
        creators=None if any_creator else frozenset(map(to_address, creators)),
        public_url=public,
        noticing=noticing,
        fee_ppm=fee_ppm,
        confirmations=confirmations,
        credit={it.token: it.value for it in _amounts(tokens, credit_each)},
        tokens=tokens,
        explorer=pages,
        accel=accel,
        presign=presign,
        presign_secret=os.environ.get(_PRESIGN_SECRET, ""),
        public_store=public_store,
        proxies=proxies,
        node=node,
        relaying=None if relay is None else bounded(Relaying(signer=open_key(relay)), limits),
        models=models,
        limits=bounded(Limits(), limits),
        uploading=None if uploads is None else bounded(Uploading(folder=uploads), limits),
    )
    if uploads is None:  # which begins a store
        Store.open(url).check_there()
    find_free(host, port)
    app = create_app(settings)
    say(f"Serving {public or f'http://{host}:{port}'} for gateway {settings.gateway}")
    uvicorn.run(
        app,
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
        proxy_headers=False,  # who asks is told by the gateway's own setting alone
        timeout_keep_alive=30,
    )


def _amounts(tokens: Mapping[str, tuple[str, int]], texts: Sequence[str]) -> list[Amount]:
    names = {symbol: (address, decimals) for address, (symbol, decimals) in tokens.items()}
    return [parse_amount(it, names) for it in texts]
