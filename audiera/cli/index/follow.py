"""`audiera index follow`: the chain in the database, as long as it runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread
from typing import Final

import click
from sqlalchemy.exc import DBAPIError

from audiera.cli.index.database import database_option, new_database
from audiera.cli.terminal.output import say
from audiera.client import Audiera
from audiera.client.chain import check_url
from audiera.indexer import (
    Deriver,
    Figures,
    Follower,
    Keeper,
    Librarian,
    Ours,
    Source,
    Sources,
    StoppedError,
    Wire,
    metrics_of,
    open_index,
    serving_metrics,
)
from audiera.storage import Store

__all__ = ["follow"]

_EVERY: Final = 5.0  # seconds between lines that say how far it is
_LEAVE: Final = 5.0  # seconds that documents on their way are waited for
_TOKENS: Final = 10.0  # seconds that a token has for its answer


@click.command()
@click.option("--node", required=True, metavar="URL", help="The node that is asked.")
@database_option
@click.option("--second", metavar="URL", help="Another node, which has to say the same: by somebody else, say.")
@click.option(
    "--store",
    "stores",
    metavar="FOLDER|URL",
    multiple=True,
    help="Where manifests, item tables, licence texts and use logs are looked for first. May be repeated; after them "
    "the gateways are asked that a dataset names.",
)
@click.option("--once", is_flag=True, help="End when the newest block is read.")
@click.option("--metrics", metavar="ADDRESS", help="Answer Prometheus at HOST:PORT, under /metrics.")
def follow(
    *,
    node: str,
    database: str | None,
    second: str | None,
    stores: tuple[str, ...],
    once: bool,
    metrics: str | None,
) -> None:
    """Read the chain into the database, and keep up with it.

    It can be stopped and killed at any time, and goes on where it was when it is started again. What nodes say is
    checked: docs/operating.md has what it survives and when it stops.

    \b
    Example:
      audiera index follow --node http://127.0.0.1:8545 --metrics 127.0.0.1:9464
    """
    opened = [Store.open(it) for it in stores]
    for each in opened:
        each.check_there()
    if second is not None:
        check_url(second)
    client = Audiera.connect(node)
    url = new_database(database, client.chain_id)
    engine, ours = open_index(url), Ours(client.suite)
    sources = [Source(Wire(it), ours) for it in (node, second) if it is not None]
    keeper = Keeper(engine, Deriver(client.suite))
    with ExitStack() as held:
        held.callback(engine.dispose)
        held.callback(keeper.close)
        try:
            head = sources[0].head()
            keeper.begin(head.chain_id, head.genesis, client.suite, client.start)
        except DBAPIError as error:
            reason = " ".join(str(error.orig).split())
            raise StoppedError(f"The database does not answer ({reason}); see to that and start again.") from error
        follower = Follower(sources[0], keeper, second=sources[1] if second else None, report=say, watch=_Told().tell)
        if metrics is not None:
            where = held.enter_context(serving_metrics(metrics, lambda: metrics_of(follower.figures, client.chain_id)))
            say(f"Metrics are at {where}.")
        read = f"read up to block {keeper.next_block - 1:,}" if keeper.last else "nothing is read yet"
        say(f"The index of chain {client.chain_id} is {engine.url!r}, and {read}.")
        librarian = Librarian(engine, Sources(opened), Wire(node, timeout=_TOKENS, most=1 << 16))
        try:
            with _beside(librarian):
                follower.run(once=once)
            if once:
                librarian.finish()
        except KeyboardInterrupt:
            say("", f"Stopped after block {keeper.next_block - 1:,}; start again to go on.")
            raise


@contextmanager
def _beside(librarian: Librarian) -> Iterator[None]:
    """Fetch documents in a thread of its own, until the block ends."""
    stop = Event()
    thread = Thread(target=librarian.run, args=(stop,), name="librarian", daemon=True)  # whom a slow store cannot hold
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_LEAVE)


class _Told:
    """Says now and then how far reading is, until it is done."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def tell(self, now: Figures) -> None:
        """Say how far it is, if that was not said lately."""
        if not now.behind or time.monotonic() - self._last < _EVERY:
            return
        self._last = time.monotonic()
        left = now.seconds_left
        say(
            f"Block {now.next_block - 1:,} of {now.head:,}: {now.events:,} events, {now.events_a_second:,.0f} a second"
            + (f", about {_rounded(left)} left." if left is not None else ".")
        )


def _rounded(seconds: float) -> str:
    """Write how long something takes, as people guess it."""
    for unit, size in (("hour", 3_600), ("minute", 60)):
        if seconds >= 1.5 * size:
            return f"{round(seconds / size):,} {unit}s"
    return f"{max(round(seconds), 1)} second{'s' if round(seconds) > 1 else ''}"
