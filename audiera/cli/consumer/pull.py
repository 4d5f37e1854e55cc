"""`audiera pull`: licensed music, bought within limits, brought here, and verified against the chain."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from audiera.cli.consumer.options import connected, gateway_of, wanting
from audiera.cli.consumer.paying import Paying
from audiera.cli.consumer.plan import Deposit, plan_json, show_plan
from audiera.cli.consumer.seeking import Seeking, seeking
from audiera.cli.terminal.documents import amount_json
from audiera.cli.terminal.gas import max_fee_option
from audiera.cli.terminal.keys import key_option, open_key
from audiera.cli.terminal.output import print_json, print_lines, progress_bar, say
from audiera.cli.terminal.session import Session
from audiera.consumer import (
    Agreed,
    Keeping,
    Limits,
    Plan,
    Pull,
    Pulled,
    Version,
    finish,
    make_plan,
    read_about,
    read_version,
)
from audiera.errors import AudieraError, GatewayError, InputError, StorageError
from audiera.interface import About
from audiera.loading import FORMS, Entry, Form, Sharded, Shelf, form_of, room_for, write_shards
from audiera.protocol import Right, parse_right, right_bit
from audiera.quantities import Amount, format_size
from audiera.remote import Remote
from audiera.text import Json, shown

__all__ = ["FETCHING", "pull"]

FETCHING: Final = "Fetching"
"""What its progress is called."""


@click.command(short_help="License datasets and bring them here.")
@wanting
@seeking
@click.option(
    "--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="Where the files go."
)
@click.option(
    "--max-spend",
    required=True,
    metavar="AMOUNT",
    help="The most that it may come to, licences, uses and fees: '20 USDC'. It says what is paid in, too.",
)
@click.option(
    "--max-exposure",
    metavar="AMOUNT",
    help="The most that may be signed for and not be here yet: what a gateway that lies can take. Unless told, a tenth "
    "of --max-spend.",
)
@click.option(
    "--top-up",
    metavar="AMOUNT",
    help="Deposit so much at a time, whenever the channel does not cover what is next, and not all of it at once; what "
    "is left over lasts for later uses. Never above --max-spend.",
)
@click.option(
    "--format",
    "form_name",
    type=click.Choice(["folder", *FORMS]),
    default="folder",
    show_default=True,
    help="Write the files once more, as shards in a folder of that name below it: for WebDataset, or for `datasets` of "
    "Hugging Face.",
)
@click.option(
    "--shard-size",
    type=click.IntRange(1),
    default=256,
    show_default=True,
    metavar="MIB",
    help="The most that a shard has; one with a single file may be larger.",
)
@max_fee_option
@key_option
@click.option("--yes", is_flag=True, help="Do not ask before anything is bought or signed.")
def pull(
    *,
    datasets: tuple[int, ...],
    right_name: str,
    url: str | None,
    node: str,
    tokens: tuple[str, ...],
    folder: Path,
    max_spend: str,
    max_exposure: str | None,
    top_up: str | None,
    form_name: str,
    shard_size: int,
    max_fee: int,
    keystore: Path | None,
    yes: bool,
    as_json: bool,
    words: str | None,
    hours: float | None,
    kind: str | None,
    genre: str,
    bpm: str | None,
    index: str | None,
) -> None:
    """License datasets, pay for their use, and bring their files here, each one verified.

    It buys the licences that cost least and deposits what the uses come to, having asked once. What broke off goes on
    when the command is run again: nothing is paid or fetched twice.

    With --search and --hours, it finds the datasets, and takes the items that come to so much for least. Who has no
    coin for gas signs, and the gateway carries it out.

    \b
    Example:
      audiera pull 3 --right training --to music --max-spend '20 USDC' --from https://music.example
    """
    shards = None if form_name == "folder" else _Shards(form_of(form_name), folder / form_name, shard_size << 20)
    right, signer = parse_right(right_name), open_key(keystore)
    sought = Seeking.of(datasets, right, words=words, hours=hours, kind=kind, genre=genre, bpm=bpm, index=index)
    purpose = ("pull", sorted(sought.datasets), right.name, folder.resolve(), *sorted(sought.request.items()))
    session = connected(node, signer, tokens, as_json=as_json, yes=yes, purpose=purpose, max_fee=max_fee)
    spend = session.book.amount(max_spend)
    limits = Limits(spend.value, _of(session, spend, "--max-exposure", max_exposure, -(-spend.value // 10)))
    topped = _of(session, spend, "--top-up", top_up, 0)
    remote = gateway_of(session, url, sought.first, signer)
    with Keeping.opened(folder / ".audiera") as keeping:
        about = read_about(session.client, remote)
        before = keeping.agreed() if keeping.is_claimed() else None
        agreed = _agreed(session, remote, about, before, sought, spend, folder)
        paying = Paying(session, remote, keeping, about, agreed, limits, spend, topped)
        _Work(paying, shards).carry_out(right, folder)


@dataclass(frozen=True, slots=True)
class _Shards:
    """As what else the files are written."""

    form: Form
    folder: Path
    most: int
    """Bytes of one."""


@dataclass(slots=True)
class _Work:
    """One run of the command."""

    paying: Paying
    shards: _Shards | None

    def carry_out(self, right: Right, folder: Path) -> None:
        """See what is missing, show what it takes, ask, buy, deposit and bring it."""
        paying, agreed = self.paying, self.paying.agreed
        session, client, remote = paying.session, paying.session.client, paying.remote
        versions = [read_version(client, remote, it) for it in agreed.datasets]
        finish(client, remote, paying.keeping)
        paying.mend()
        paying.go_on()
        pull = Pull(paying.keeping, versions, folder, {int(it): set(leaves) for it, leaves in agreed.items.items()})
        with progress_bar("Looking") as progress:
            needs = pull.look(progress)
        plan = make_plan(
            *(client, session.book, needs, right),
            url=remote.url,
            about=paying.about,
            payer=session.me,
            token=paying.spend.token,
        )
        deposit = paying.deposit_for(plan)
        show_plan(session, plan, deposit)
        paying.check(plan)
        self._check_room(pull, versions, folder)
        paying.find_carrier(plan, deposit)
        if plan.ways:
            session.confirm("Buy, sign for and bring it?")
            session.yes = True
        paying.keeping.agree(agreed)
        licenses = paying.buy(plan)
        accesses = paying.accesses(plan, deposit)
        wanted = {
            need.version.dataset: way.wanted(need, licenses[way.bought] if way.bought else way.license)
            for need, way in zip(plan.needs, plan.ways, strict=True)
        }
        try:
            with progress_bar(FETCHING, goes_on=True) as progress:
                pull.bring(accesses, wanted, progress)
        except AudieraError:
            self._tell(plan, deposit, pull.pulled(), folder, is_over=False)
            raise
        pulled = pull.pulled()
        sharded = self._shard(folder, pull.here)
        self._tell(plan, deposit, pulled, folder, sharded=sharded, is_over=True)
        if count := len(pulled.failed) + len(pulled.left_out):
            raise GatewayError(f"{count:,} files are missing, for the reasons above; see to those and run it again.")

    def _check_room(self, pull: Pull, versions: Sequence[Version], folder: Path) -> None:
        """Refuse what the disk has no room for, before anything is bought."""
        needs, shards, numbers = {folder: pull.lacking}, self.shards, {it.dataset: it.number for it in versions}
        if shards is not None:
            entries = [Entry(it.dataset, numbers[it.dataset], None, it.row, it.to) for it in pull.pieces]
            needed = room_for(shards.folder, entries, shards.form, shards.most, pull.here)
            if shards.folder.exists() and shards.folder.stat().st_dev != folder.stat().st_dev:
                needs[shards.folder] = needed  # another disk, by a link
            else:
                needs[folder] += needed
        for place, needed in needs.items():
            free = shutil.disk_usage(place).free
            if needed > free:
                raise StorageError(
                    f"The disk of {shown(str(place))} has {free:,} bytes free, and {needed:,} are to come; make room, "
                    "or pull less."
                )

    def _shard(self, folder: Path, here: Collection[tuple[int, bytes]]) -> Sharded | None:
        """Write what came as shards, too, if that is asked for."""
        if (shards := self.shards) is None:
            return None
        entries = [it for it in Shelf.open(folder).entries if (it.dataset, it.row.item.leaf()) in here]
        with progress_bar("Writing shards") as progress:
            return write_shards(shards.folder, entries, shards.form, shards.most, progress)

    def _tell(
        self,
        plan: Plan,
        deposit: Deposit,
        pulled: Pulled,
        folder: Path,
        *,
        is_over: bool,
        sharded: Sharded | None = None,
    ) -> None:
        """Tell what came, and what it cost; a run that broke off tells it before it says why."""
        session, token = self.paying.session, self.paying.spend.token
        taken, delivered, refused = self._signed()
        bought = session.book.of_value(sum(self.paying.agreed.bought.values()), token)
        left_out: list[Json] = [{"dataset": it.dataset, "path": it.path, "reason": it.reason} for it in pulled.left_out]
        for it in pulled.left_out:
            say(f"Not served: {shown(it.path)} of dataset {it.dataset} ({it.reason})")
        for told in pulled.failed:
            say(told)
        were = f"; {pulled.present:,} were there already" if pulled.present else ""
        uses = _told(taken, delivered, refused, self._worth)
        line = (
            f"{pulled.fetched:,} files ({format_size(pulled.fetched_bytes)}) came to {shown(str(folder))}, verified "
            f"against the chain{were}. So far, licences cost {bought}, and {uses}"
        )
        if not is_over:
            say(line)
            return
        session.run.tell()
        if not session.as_json:
            print_lines(line)
            if sharded is not None:
                print_lines(
                    f"{sharded.written:,} shards ({format_size(sharded.bytes)} in all) were written to "
                    f"{shown(str(sharded.folder))}; {sharded.present:,} were there, verified."
                )
            return
        shards: Json = None
        if sharded is not None:
            shards = {
                "folder": str(sharded.folder),
                "written": sharded.written,
                "present": sharded.present,
                "bytes": sharded.bytes,
            }
        print_json(
            {
                **plan_json(session, plan, deposit),
                "folder": str(folder),
                "fetched": pulled.fetched,
                "fetchedBytes": pulled.fetched_bytes,
                "present": pulled.present,
                "leftOut": left_out,
                "failed": list(pulled.failed),
                "shards": shards,
                "signed": amount_json(session.book.of_value(taken + refused, token)),
                "taken": amount_json(session.book.of_value(taken, token)),
                "delivered": amount_json(session.book.of_value(delivered, token)),
                "bought": amount_json(bought),
            }
        )

    def _signed(self) -> tuple[int, int, int]:
        """Return what the gateway took of what was signed, what of that is here, and what it did not take."""
        keeping = self.paying.keeping
        taken, delivered = keeping.taken(), sum(it.value for it in keeping.granted() if it.delivered)
        return taken, delivered, sum(keeping.signed().values()) - taken

    def _worth(self, value: int) -> str:
        return str(self.paying.session.book.of_value(value, self.paying.spend.token))


def _told(taken: int, delivered: int, refused: int, worth: Callable[[int], str]) -> str:
    """Say what is signed for uses, and what of it nothing came of."""
    told = f"{worth(taken)} is signed for uses"
    if delivered < taken:
        told += f", {worth(taken - delivered)} of it for files that are not here"
    if refused:
        told += (
            f". Besides, {worth(refused)} was signed and refused: the gateway could still settle that; what is signed "
            "next takes its place where it can"
        )
    return f"{told}."


def _of(session: Session, spend: Amount, option: str, text: str | None, otherwise: int) -> int:
    """Return an amount of the token that is spent."""
    if text is None:
        return otherwise
    found = session.book.amount(text)
    if found.token != spend.token:
        raise InputError(f"{option} is in {found.symbol}, and --max-spend in {spend.symbol}; write both in one.")
    return found.value


def _agreed(  # noqa: PLR0917  # all that a pull is of
    session: Session,
    remote: Remote,
    about: About,
    before: Agreed | None,
    sought: Seeking,
    spend: Amount,
    folder: Path,
) -> Agreed:
    """Return what the pull is of, if the folder is of no other: what was found when it began, if it was looked for."""
    datasets, items = sorted(sought.datasets), dict[str, list[bytes]]()
    if before is not None and sought.request == before.request:
        datasets, items = (before.datasets, before.items) if sought.request else (datasets, items)
    elif before is None and sought.request:
        needs = sought.find(session, remote, spend.token)
        datasets = sorted(it.version.dataset for it in needs)
        items = {str(it.version.dataset): [row.item.leaf() for row in it.rows] for it in needs}
    now = Agreed(
        gateway=about.account,
        chain_id=about.chain_id,
        ledger=about.ledger,
        payer=session.me,
        right=right_bit(sought.sought.right),
        token=spend.token,
        datasets=datasets,
        bought={} if before is None else before.bought,
        buying=[] if before is None else before.buying,
        request=sought.request,
        items=items,
    )
    if before is not None and before != now:
        raise InputError(
            f"{shown(str(folder))} is of another pull: of datasets {', '.join(map(str, before.datasets))}, for "
            f"{before.payer}, at {before.gateway}; pull to another folder."
        )
    return now
