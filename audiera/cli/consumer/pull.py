"""`audiera pull`: licensed music, bought within limits, brought here, and verified against the chain."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import click

from audiera.cli.consumer.options import connected, gateway_of, wanting
from audiera.cli.consumer.plan import Deposit, plan_json, show_plan
from audiera.cli.consumer.seeking import Seeking, seeking
from audiera.cli.terminal.documents import amount_json
from audiera.cli.terminal.keys import key_option, open_key
from audiera.cli.terminal.output import print_json, print_lines, progress_bar, say
from audiera.cli.terminal.payment import pay
from audiera.cli.terminal.session import Session
from audiera.client import Acquisition, Audiera, SignedCall, TxReceipt
from audiera.client.calls import Desk, most_of, refresh
from audiera.client.chain import ether_text
from audiera.client.contracts.events import Deposited, LicenseAcquired
from audiera.client.journal import Journal, State
from audiera.consumer import (
    CARRIED_FOR,
    Accesses,
    Agreed,
    Buying,
    Deal,
    Keeping,
    Limits,
    Plan,
    Pull,
    Pulled,
    Way,
    carry,
    carry_on,
    finish,
    make_plan,
    mend,
    read_about,
    read_version,
    spoken_for,
)
from audiera.errors import AudieraError, GatewayError, InputError, RevertError
from audiera.interface import About, Channel
from audiera.loading import FORMS, Form, Sharded, Shelf, form_of, write_shards
from audiera.protocol import Right, parse_right, right_bit
from audiera.quantities import Amount, format_size
from audiera.remote import Remote, relay_offer
from audiera.text import Json, shown

__all__ = ["pull"]

R = TypeVar("R")


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
    session = connected(node, signer, tokens, as_json=as_json, yes=yes, purpose=purpose)
    spend = session.book.amount(max_spend)
    limits = Limits(spend.value, _of(session, spend, "--max-exposure", max_exposure, -(-spend.value // 10)))
    topped = _of(session, spend, "--top-up", top_up, 0)
    remote = gateway_of(session, url, sought.first, signer)
    with Keeping.opened(folder / ".audiera") as keeping:
        about = read_about(session.client, remote)
        agreed = _agreed(session, remote, about, keeping.agreed(), sought, spend, folder)
        work = _Work(session, remote, keeping, about, agreed, limits, spend, topped, shards)
        work.carry_out(right, folder)


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

    session: Session
    remote: Remote
    keeping: Keeping
    about: About
    agreed: Agreed
    limits: Limits
    spend: Amount
    top_up: int
    shards: _Shards | None
    free: int = 0
    """Of what is deposited, what no voucher speaks for."""

    def carry_out(self, right: Right, folder: Path) -> None:
        """See what is missing, show what it takes, ask, buy, deposit and bring it."""
        session, client = self.session, self.session.client
        versions = [read_version(client, self.remote, it) for it in self.agreed.datasets]
        finish(client, self.remote, self.keeping)
        self._mend()
        self._go_on()
        pull = Pull(self.keeping, versions, folder, {int(it): set(leaves) for it, leaves in self.agreed.items.items()})
        with progress_bar("Looking") as progress:
            needs = pull.look(progress)
        plan = make_plan(
            *(client, session.book, needs, right),
            url=self.remote.url,
            about=self.about,
            payer=session.me,
            token=self.spend.token,
        )
        deposit = self._deposit_for(plan)
        show_plan(session, plan, deposit)
        self._check(plan)
        self._find_carrier(plan, deposit)
        if plan.ways:
            session.confirm("Buy, sign for and bring it?")
            session.yes = True
        self.keeping.agree(self.agreed)
        licenses = self._buy(plan)
        accesses = self._accesses(plan, deposit)
        wanted = {
            need.version.dataset: way.wanted(need, licenses[way.bought] if way.bought else way.license)
            for need, way in zip(plan.needs, plan.ways, strict=True)
        }
        try:
            with progress_bar("Fetching") as progress:
                pull.bring(accesses, wanted, progress)
        except AudieraError:
            self._tell(plan, deposit, pull.pulled(), folder, is_over=False)
            raise
        pulled = pull.pulled()
        sharded = self._shard(folder, pull.here)
        self._tell(plan, deposit, pulled, folder, sharded=sharded, is_over=True)
        if count := len(pulled.failed) + len(pulled.left_out):
            raise GatewayError(f"{count:,} files are missing, for the reasons above.")

    def _shard(self, folder: Path, here: Collection[tuple[int, bytes]]) -> Sharded | None:
        """Write what came as shards, too, if that is asked for."""
        if (shards := self.shards) is None:
            return None
        entries = [it for it in Shelf.open(folder).entries if (it.dataset, it.row.item.leaf()) in here]
        with progress_bar("Writing shards") as progress:
            return write_shards(shards.folder, entries, shards.form, shards.most, progress)

    def _check(self, plan: Plan) -> None:
        total = self.agreed.cost + sum(self.keeping.signed().values()) + plan.total
        if total > self.limits.spend:
            raise InputError(
                f"It would come to {self._worth(total)}, above your {self.spend}; raise --max-spend, or pull less."
            )

    def _mend(self) -> None:
        """Give back to the gateway what it has lost of what was signed here."""
        if self.keeping.heads() and (lost := mend(self.session.client, self.remote, self.keeping, self._channel())):
            say(f"The gateway had lost {lost:,} uses that it signed for; it has them again.")

    def _go_on(self) -> None:
        """Note what an earlier run bought or deposited, itself or through the gateway, and did not note."""
        session = self.session
        carried = carry_on(session.client, self.remote, self.keeping)
        self._note([*session.take(LicenseAcquired), *([carried] if carried else [])])
        session.take(Deposited)  # what the channel holds tells of it
        self.keeping.carried()
        self._forget()

    def _forget(self) -> None:
        """Count purchases no longer that were to be made, once none of what was sent for them can be mined any more."""
        if not self.agreed.buying:
            return
        node, run, me = self.session.client.node, self.session.run, self.session.me
        sent = [
            it for it in refresh(Desk(node, Journal.of(node, me), me, 0.0, run.report)) if it.purpose == run.purpose
        ]
        mined = [raw for it in sent if it.state is State.MINED and (raw := node.receipt(it.hash)) is not None]
        self._note([TxReceipt.of(it, self.session.client.suite) for it in mined])
        if not any(it.is_living or it.state is State.GIVEN_UP for it in sent):
            self.agreed.buying = []
            self.keeping.agree(self.agreed)

    def _find_carrier(self, plan: Plan, deposit: Deposit) -> None:
        """Have the gateway carry out what the account has no coin for, where it does that."""
        session, count = self.session, len(plan.bought) + bool(deposit.added or deposit.top_up)
        if not count:
            return
        has = session.client.node.balance(session.me)
        offer = None if has >= count * _GAS * most_of(session.client.node.fees()) else relay_offer(self.remote)
        if offer is None or not set(offer.functions) >= _CARRIED:
            return
        say(f"You have {ether_text(has)}, too little for gas: the gateway carries out what you sign, and pays the gas.")
        session.carrier, session.lifetime = self._carry, CARRIED_FOR

    def _carry(self, signed: SignedCall) -> TxReceipt:
        receipt = carry(self.session.client, self.remote, self.keeping, signed)
        self._note([receipt])
        self.keeping.carried()
        return receipt

    def _note(self, receipts: Sequence[TxReceipt]) -> None:
        """Write down what licences were bought for, each once.

        Who carries a call out may put acquisitions of its own into the same transaction: only what was to be bought
        counts.
        """
        for event in (it for receipt in receipts for it in receipt.events(LicenseAcquired)):
            asked = next((it for it in self.agreed.buying if _is_of(it, event, self.session.me)), None)
            if asked is not None and str(event.license_id) not in self.agreed.bought:
                self.agreed.buying.remove(asked)
                self.agreed.bought[str(event.license_id)] = event.price
        if receipts:
            self.keeping.agree(self.agreed)

    def _buy(self, plan: Plan) -> Mapping[tuple[int, bytes], int]:
        """Buy what is not held, and return the licences by what they are of."""
        session, ways = self.session, plan.bought
        if not ways:
            return {}
        wanted = [_acquisition(it, session.me) for it in ways]

        def take(client: Audiera[R]) -> R:
            if len(wanted) > 1:
                return client.licenses.acquire_many(wanted)
            (it,) = wanted
            return client.licenses.acquire(it.dataset, it.terms_id, it.to, max_price=it.max_price)

        due = [session.book.of_value(it.price, it.terms.token) for it in ways]
        before = list(self.agreed.buying)
        self.agreed.buying = [
            *before,
            *(Buying(dataset=it.dataset, terms=it.terms_id, price=it.max_price) for it in wanted),
        ]
        self.keeping.agree(self.agreed)
        try:
            receipt = pay(session, "LicenseRegistry", due, take, "Buy it?")
        except (InputError, RevertError):  # it was not sent, or had no effect
            if self.keeping.handed_over() is None:
                self.agreed.buying = before
                self.keeping.agree(self.agreed)
            raise
        if receipt is None:
            raise InputError("Nothing was bought.")
        self._note([receipt])
        events = [it for it in receipt.events(LicenseAcquired) if str(it.license_id) in self.agreed.bought]
        for it in events:
            say(f"Licence {it.license_id} of dataset {it.dataset} is yours.")
        return {(it.dataset, it.terms_id): it.license_id for it in events}

    def _accesses(self, plan: Plan, deposit: Deposit) -> Accesses:
        """Return what takes accesses, with a channel that holds what they come to."""
        deal = Deal(
            gateway=self.about.account,
            payer=self.session.me,
            right=self.agreed.right,
            fee_ppm=self.about.fee_ppm,
            items=max(1, min(self.about.items, _ITEMS)),
            bought=self.agreed.cost,
            limits=self.limits,
        )
        client = self.session.signing_client()
        accesses = Accesses(client, self.remote, self.keeping, deal, worth=self._worth, report=say)
        if plan.ways:
            channel = self._channel()
            accesses.keep_open([it.head.voucher.batch for it in channel.batches if it.state == "open"])
            self._put(deposit.added)
        if deposit.top_up:
            self.free = deposit.free
            accesses.fund = lambda value: self._fund(value, accesses.signed)
        return accesses

    def _fund(self, value: int, signed: int) -> None:
        """Have the channel hold what is signed for next, beside what is: topped up, if it does not."""
        if value > self.free:
            room = self.limits.spend - self.agreed.cost - signed - self.free
            added = max(value - self.free, min(self.top_up, room))
            self._put(added)
            self.free += added
        self.free -= value

    def _channel(self) -> Channel:
        """Return the channel as the gateway says that it is."""
        answer = self.remote.ask("GET", f"/v1/channels/{self.spend.token}")
        if answer.status != 200:
            raise self.remote.refusal(answer)
        return self.remote.read(Channel, answer)

    def _deposit_for(self, plan: Plan) -> Deposit:
        """Return what the channel has, and what it lacks for what is to be signed for."""
        session, due = self.session, plan.uses + plan.fee
        if not due:
            return Deposit(0, 0)
        channel = session.client.usage.channel_of(session.me, plan.about.account, plan.token)
        spoken = channel.thawing + spoken_for(session.client, self.keeping, self._channel())
        free = max(channel.balance - spoken, 0)
        return Deposit(free, 0 if self.top_up else max(due - free, 0), self.top_up)

    def _put(self, value: int) -> None:
        """Deposit so much."""
        if not value:
            return
        session, amount = self.session, self.session.book.of_value(value, self.spend.token)

        def put(client: Audiera[R]) -> R:
            return client.usage.deposit(session.me, self.about.account, self.spend.token, value)

        pay(session, "UsageLedger", [amount], put, "Deposit it?")
        say(f"Deposited {amount}, which is yours until it is used: `ape run usage withdraw` takes the rest back.")

    def _worth(self, value: int) -> str:
        return str(self.session.book.of_value(value, self.spend.token))

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
        session, token = self.session, self.spend.token
        signed = session.book.of_value(sum(self.keeping.signed().values()), token)
        bought = session.book.of_value(sum(self.agreed.bought.values()), token)
        left_out: list[Json] = [{"dataset": it.dataset, "path": it.path, "reason": it.reason} for it in pulled.left_out]
        for it in pulled.left_out:
            say(f"Not served: {shown(it.path)} of dataset {it.dataset} ({it.reason})")
        for told in pulled.failed:
            say(told)
        were = f"; {pulled.present:,} were there already" if pulled.present else ""
        line = (
            f"{pulled.fetched:,} files ({format_size(pulled.fetched_bytes)}) came to {shown(str(folder))}, verified "
            f"against the chain{were}. So far, licences cost {bought}, and {signed} is signed for uses."
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
                "signed": amount_json(signed),
                "bought": amount_json(bought),
            }
        )


_ITEMS: Final = 256  # of one access
_GAS: Final = 300_000  # of one purchase or deposit, more or less
_CARRIED: Final = {
    *("LicenseRegistry.permit", "LicenseRegistry.acquire", "LicenseRegistry.acquireMany"),
    *("UsageLedger.permit", "UsageLedger.deposit"),
}
"""What a gateway has to carry out."""


def _acquisition(way: Way, to: str) -> Acquisition:
    return Acquisition(dataset=way.source, terms_id=way.terms.id(), max_price=way.price, to=to)


def _is_of(asked: Buying, event: LicenseAcquired, me: str) -> bool:
    """Say whether an acquisition is the one that was to be made by this account, for itself."""
    is_mine = event.to == event.payer == me
    return is_mine and (event.dataset, event.terms_id) == (asked.dataset, asked.terms) and event.price <= asked.price


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
