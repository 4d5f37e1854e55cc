"""Use logs from wherever they may lie, each held to the batch that was settled before any of it is kept.

A log is read a few thousand uses at a time and kept in the same transaction as it is verified in: what makes another
batch leaves nothing behind. It is kept under the hash of the voucher that was settled: a root alone is anybody's to
settle again, with other sums.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Final, TypeAlias

from sqlalchemy import Connection, Engine, exists, func, literal, select

from audiera.errors import AudieraError, InputError, StorageError
from audiera.indexer import batch
from audiera.indexer.documents import Paper, keep_uses, voucher_of
from audiera.indexer.tables import BATCHES, DOCUMENTS, GATEWAYS, USES
from audiera.metering import PricedUse, log_name, read_log, verified
from audiera.protocol import Voucher
from audiera.storage import Store
from audiera.text import as_object, hex_of, read_file, read_json

__all__ = ["LOGGED", "USED_IN", "Near", "Unlogged", "bring_logs"]

_LINE: Final = 1 << 10  # bytes that a use takes at most in a log of a stranger's: most take half
_HEAD: Final = 1 << 16  # bytes of the head of a batch
_FOREIGN: Final = 1 << 32  # bytes of a log that is taken from where a stranger says: some eight million uses
_ENDLESS: Final = float("inf")
_PATIENCE: Final = 120.0  # seconds in all for a gateway that gives nothing
_SLOWEST: Final = 1 << 18  # bytes a second of a log, after that
_SECONDS: Final = 1_800.0  # for all gateways that nobody of the audit answers for
_USES: Final = 1 << 24  # that are taken from all of those
_STATEMENTS: Final = 1 << 18  # that are taken from gateways at all: each is held in memory
_DIGITS: Final = 64  # of a root
_CHANNEL: Final = ("payer", "gateway", "token", "batch")
_LATEST: Final = (1 << 63) - 1

Near: TypeAlias = Callable[[str, str], int | None]
"""How near to an audit is what a payer and a gateway sign: 0, somebody of it answers for it; 1 and 2, less and less, so
that it is asked for later and only so much of it; None: it is none of it, and no gateway is asked."""

LOGGED: Final = exists().where(DOCUMENTS.c.digest == BATCHES.c.voucher, DOCUMENTS.c.kind == Paper.LOG)
"""Whether the log of one of `BATCHES` is here."""

USED_IN: Final = literal("0x").concat(func.lower(func.hex(USES.c.voucher)))
"""The hash of the voucher that a use is kept under, as `BATCHES` has it."""


@dataclass(slots=True)
class Unlogged:
    """Why the log of a batch is not here."""

    batch: str
    root: str
    wrong: bool = False
    """A source has a log under the batch's name that is of another batch."""
    own: bool = False
    """So has its gateway, where it says that it answers."""
    said: list[str] = field(default_factory=list)

    def note(self, error: Exception, *, wrong: bool = False) -> None:
        """Write down what one source came to."""
        self.wrong = self.wrong or wrong
        self.said.append(str(error))


def bring_logs(  # noqa: PLR0917  # all that it takes
    engine: Engine,
    folders: Sequence[Path],
    stores: Sequence[Store],
    spool: Path,
    now: int,
    near_to: Callable[[Connection], Near],
) -> dict[str, Unlogged]:
    """Bring the logs of all settled batches that are not here yet; return those that are not to be had, by batch.

    Folders are looked through first, then the stores, then where the batch's gateway says on the chain that it answers.
    A gateway is asked for what is of the audit alone, and for so much: anybody can settle a thousand batches at a
    server that never ends.

    Args:
        engine: the index, which this process writes.
        folders: of logs, such as a consumer's `.audiera/batches`.
        stores: that gateways publish to.
        spool: a file that what is fetched passes through.
        now: Unix seconds.
        near_to: reads from the index whose batches are of the audit; only if a gateway can be asked.

    Raises:
        StorageError: if a folder cannot be read.
    """
    with engine.connect() as connection:
        wanted = list(_wanted(connection))
    known = _Folders.of(folders)
    missing: dict[str, Unlogged] = {}
    asked: list[tuple[str, Voucher, Unlogged]] = []
    for id_, root, voucher, url in wanted:
        lacking = Unlogged(id_, root)
        if _from_folders(engine, known, voucher, now, lacking):
            continue
        if not any(_from_store(engine, voucher, spool, now, lacking, it) for it in stores):
            missing[id_] = lacking
            if url is not None:
                asked.append((url, voucher, lacking))
    for lacking in _from_gateways(engine, asked, spool, now, near_to):
        del missing[lacking.batch]
    with engine.connect() as connection:
        logged = set(connection.execute(select(BATCHES.c.root).where(LOGGED)).scalars())
    for lacking in missing.values():
        if lacking.root in logged:  # the root is another batch's, whose log is rightly published under it
            lacking.wrong = lacking.own = False
    return missing


def _wanted(connection: Connection) -> Iterator[tuple[str, str, Voucher, str | None]]:
    urls = {it.gateway: it.url for it in connection.execute(select(GATEWAYS))}
    for row in connection.execute(select(BATCHES).where(~LOGGED).order_by(BATCHES.c.block, BATCHES.c.log_index)):
        yield row.id, row.root, voucher_of(row), urls.get(row.gateway)


@dataclass(frozen=True, slots=True)
class _Folders:
    """The logs in folders: by the batch that their name or the head beside them says; the others by their length."""

    named: dict[object, list[Path]]
    others: dict[int, list[Path]]

    @classmethod
    def of(cls, folders: Iterable[Path]) -> _Folders:
        """Look through folders, and the folders in them."""
        named: dict[object, list[Path]] = defaultdict(list)
        others: dict[int, list[Path]] = defaultdict(list)
        for folder in folders:
            if not folder.is_dir():
                raise StorageError(f"There is no folder {folder}; check its name.")
            for path in sorted(folder.rglob("*.jsonl")):
                if (name := _name_of(path)) is not None:
                    named[name].append(path)
                elif (calls := _calls_of(path)) is not None:
                    others[calls].append(path)
        return cls(named, others)


def _calls_of(log: Path) -> int | None:
    """Return how many uses a file has; None: it is no log, as item tables are none."""
    try:
        return sum(1 for _ in read_log(log))
    except InputError:
        return None


def _name_of(log: Path) -> object:
    """Return which batch a log is said to be of: by its root, or by the channel and number in the head beside it."""
    if len(log.stem) == _DIGITS:
        return f"0x{log.stem.lower()}"
    try:
        head = as_object(as_object(read_json(read_file(log.with_suffix(".json"), _HEAD)))["voucher"])
        return tuple(str(head[it]).lower() for it in _CHANNEL)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _from_folders(engine: Engine, folders: _Folders, voucher: Voucher, now: int, lacking: Unlogged) -> bool:
    channel = tuple(str(getattr(voucher, it)).lower() for it in _CHANNEL)
    named = [*folders.named.get(lacking.root, ()), *folders.named.get(channel, ())]
    for path in (*named, *folders.others.get(voucher.calls, ())):
        try:
            _keep(engine, voucher, read_log(path), path.stat().st_size, now)
            return True
        except (AudieraError, OSError) as error:
            if path in named:
                lacking.note(error, wrong=True)
    return False


def _from_store(  # noqa: PLR0917  # all that it takes
    engine: Engine,
    voucher: Voucher,
    spool: Path,
    now: int,
    lacking: Unlogged,
    store: Store,
    limits: _Limits | None = None,
) -> bool:
    try:
        size = _fetch(store, voucher, spool, limits)
        try:
            _keep(engine, voucher, read_log(spool), size, now)
        except AudieraError as error:
            lacking.note(error, wrong=True)
            return False
    except AudieraError as error:
        lacking.note(error)
        return False
    finally:
        spool.unlink(missing_ok=True)
    return True


def _from_gateways(
    engine: Engine,
    asked: Iterable[tuple[str, Voucher, Unlogged]],
    spool: Path,
    now: int,
    near_to: Callable[[Connection], Near],
) -> Iterator[Unlogged]:
    """Yield what is brought from where gateways say that they answer: first what is nearest, and little of it first."""
    wanted = list(asked)
    if not wanted:
        return
    with engine.connect() as connection:
        near = near_to(connection)
    gateways = _Gateways()
    ranked = [(rank, it) for it in wanted if (rank := near(it[1].payer, it[1].gateway)) is not None]
    for rank, (url, voucher, lacking) in sorted(ranked, key=lambda it: (it[0], it[1][1].calls)):
        was_wrong, lacking.wrong = lacking.wrong, False
        if gateways.bring(url, voucher, partial(_from_store, engine, voucher, spool, now, lacking), lacking, rank):
            yield lacking
        lacking.wrong, lacking.own = was_wrong or lacking.wrong, lacking.wrong


@dataclass(frozen=True, slots=True)
class _Limits:
    """How much is taken of a log, and how long it is waited for."""

    size: int
    """Bytes."""
    seconds: float


@dataclass(slots=True)
class _Gateways:
    """Where gateways say that they answer: each is asked only for so long, and those that are anybody's for so much."""

    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Seconds in vain, by URL."""
    statements: int = _STATEMENTS
    """What is still taken from all of them."""
    seconds: float = _SECONDS
    """What is left for those that nobody of the audit answers for."""
    uses: int = _USES
    """Likewise."""

    def bring(
        self, url: str, voucher: Voucher, bring: Callable[[Store, _Limits], bool], lacking: Unlogged, rank: int
    ) -> bool:
        """Have a log brought from a URL, if it was worth asking so far, and is not of any size."""
        if self.spent[url] > _PATIENCE:
            lacking.note(StorageError(f"{url} gave nothing for {_PATIENCE:.0f} seconds, and was asked no more."))
            return False
        is_spent = rank and (self.seconds <= 0 or voucher.calls > self.uses)
        if is_spent or voucher.statements > self.statements:
            lacking.note(
                StorageError(
                    f"{url} was not asked, as no more is taken from gateways in one audit; audit again to go on, or "
                    "name the log by --logs."
                )
            )
            return False
        begun = monotonic()
        try:
            brought = bring(Store.open_foreign(url), _Limits(_FOREIGN, self.seconds if rank else _ENDLESS))
        except AudieraError as error:
            lacking.note(error)
            brought = False
        took = monotonic() - begun
        self.spent[url] += 0.0 if brought else took
        self.statements -= voucher.statements if brought else 0
        if rank:
            self.seconds -= took
            self.uses -= voucher.calls if brought else 0
        return brought


def _fetch(store: Store, voucher: Voucher, spool: Path, limits: _Limits | None) -> int:
    name, most = log_name(voucher.root), voucher.calls * _LINE
    if limits is not None:
        most = min(most, limits.size)
    size = store.backend.size(name)
    if size is None:
        raise StorageError(f"{store.url} has no {name}.")
    if size > most:
        raise StorageError(f"{store.url}/{name} has {size:,} bytes, and more than {most:,} are not taken from there.")
    seconds = _ENDLESS if limits is None else min(limits.seconds, _PATIENCE + size / _SLOWEST)
    ends = monotonic() + seconds
    try:
        with spool.open("wb") as file:
            for block in store.backend.read(name, 0, size):
                file.write(block)
                if monotonic() > ends:
                    raise StorageError(f"{store.url}/{name} did not come within {seconds:,.0f} seconds.")
    except OSError as error:
        raise StorageError(f"{store.url}/{name} cannot be put into {spool} ({error.strerror}); make room.") from error
    return size


def _keep(engine: Engine, voucher: Voucher, uses: Iterator[PricedUse], size: int, now: int) -> None:
    """Keep a log if it is the batch's; what a payer's copy has beyond the head that was settled is left out."""
    with batch(engine) as connection:
        found = _sane(verified(voucher, islice(uses, voucher.calls)))
        keep_uses(connection, hex_of(voucher.struct_hash()), size, found, now)


def _sane(uses: Iterator[PricedUse]) -> Iterator[PricedUse]:
    for it in uses:
        if it.use.license > _LATEST or it.use.at > _LATEST:
            raise StorageError("The use log has a licence or a time beyond 2^63, which nothing has.")
        yield it
