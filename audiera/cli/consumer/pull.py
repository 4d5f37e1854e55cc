"""`audiera pull`: licensed music, bought within limits, brought here, and verified against the chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from audiera.cli.consumer.options import connected, gateway_of, wanting
from audiera.cli.consumer.plan import plan_json, show_plan
from audiera.cli.terminal.documents import amount_json
from audiera.cli.terminal.keys import key_option, open_key
from audiera.cli.terminal.output import print_json, print_lines, progress_bar, say
from audiera.cli.terminal.payment import pay
from audiera.cli.terminal.session import Session
from audiera.client import Acquisition, Audiera, TxReceipt
from audiera.client.contracts.events import LicenseAcquired
from audiera.consumer import (
    Accesses,
    Agreed,
    Deal,
    Keeping,
    Limits,
    Need,
    Plan,
    Pull,
    Pulled,
    Wanted,
    Way,
    finish,
    make_plan,
    mend,
    read_about,
    read_version,
)
from audiera.errors import AudieraError, GatewayError, InputError
from audiera.interface import About, Channel
from audiera.protocol import Right, parse_right, right_bit
from audiera.quantities import Amount, format_size
from audiera.remote import Remote
from audiera.text import Json, shown

__all__ = ["pull"]

R = TypeVar("R")


@click.command(short_help="License datasets and bring them here.")
@wanting
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
    keystore: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """License datasets, pay for their use, and bring their files here, each one verified.

    It buys the licences that cost least and deposits what the uses come to, having asked once. What broke off goes on
    when the command is run again: nothing is paid or fetched twice.

    \b
    Example:
      audiera pull 3 --right training --to music --max-spend '20 USDC' --from https://music.example
    """
    right, signer = parse_right(right_name), open_key(keystore)
    purpose = ("pull", sorted(set(datasets)), right.name, folder.resolve(), url)
    session = connected(node, signer, tokens, as_json=as_json, yes=yes, purpose=purpose)
    spend = session.book.amount(max_spend)
    limits = Limits(spend.value, _exposure(session, spend, max_exposure))
    remote = gateway_of(session, url, datasets[0], signer)
    with Keeping.opened(folder / ".audiera") as keeping:
        about = read_about(session.client, remote)
        agreed = _agreed(session, about, keeping.agreed(), right, spend, sorted(set(datasets)), folder)
        work = _Work(session, remote, keeping, about, agreed, limits, spend)
        work.carry_out(right, folder)


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

    def carry_out(self, right: Right, folder: Path) -> None:
        """See what is missing, show what it takes, ask, buy, deposit and bring it."""
        session, client = self.session, self.session.client
        versions = [read_version(client, self.remote, it) for it in self.agreed.datasets]
        finish(client, self.remote, self.keeping)
        self._mend()
        pull = Pull(self.keeping, versions, folder)
        with progress_bar("Looking") as progress:
            needs = pull.look(progress)
        plan = make_plan(
            *(client, session.book, needs, right),
            url=self.remote.url,
            about=self.about,
            payer=session.me,
            token=self.spend.token,
        )
        show_plan(session, plan)
        self._note(session.take(LicenseAcquired))
        self._check(plan)
        if plan.ways:
            session.confirm("Buy, sign for and bring it?")
            session.yes = True
        self.keeping.agree(self.agreed)
        licenses = self._buy(plan)
        accesses = self._accesses(plan)
        wanted = {
            need.version.dataset: _wanted(need, way, licenses[way.bought] if way.bought else way.license)
            for need, way in zip(plan.needs, plan.ways, strict=True)
        }
        try:
            with progress_bar("Fetching") as progress:
                pull.bring(accesses, wanted, progress)
        except AudieraError:
            self._tell(plan, pull.pulled(), folder, is_over=False)
            raise
        pulled = pull.pulled()
        self._tell(plan, pulled, folder, is_over=True)
        if count := len(pulled.failed) + len(pulled.left_out):
            raise GatewayError(f"{count:,} files are missing, for the reasons above.")

    def _check(self, plan: Plan) -> None:
        total = sum(self.agreed.bought.values()) + sum(self.keeping.signed().values()) + plan.total
        if total > self.limits.spend:
            raise InputError(
                f"It would come to {self._worth(total)}, above your {self.spend}; raise --max-spend, or pull less."
            )

    def _mend(self) -> None:
        """Give back to the gateway what it has lost of what was signed here."""
        if self.keeping.heads() and (lost := mend(self.session.client, self.remote, self.keeping, self._channel())):
            say(f"The gateway had lost {lost:,} uses that it signed for; it has them again.")

    def _note(self, receipts: Sequence[TxReceipt]) -> None:
        """Write down what licences were bought for, each once."""
        for event in (it for receipt in receipts for it in receipt.events(LicenseAcquired)):
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
        receipt = pay(session, "LicenseRegistry", due, take, "Buy it?")
        if receipt is None:
            raise InputError("Nothing was bought.")
        self._note([receipt])
        events = receipt.events(LicenseAcquired)
        for it in events:
            say(f"Licence {it.license_id} of dataset {it.dataset} is yours.")
        return {(it.dataset, it.terms_id): it.license_id for it in events}

    def _accesses(self, plan: Plan) -> Accesses:
        """Return what takes accesses, with a channel that holds what they come to."""
        deal = Deal(
            gateway=self.about.account,
            payer=self.session.me,
            right=self.agreed.right,
            fee_ppm=self.about.fee_ppm,
            items=max(1, min(self.about.items, _ITEMS)),
            bought=sum(self.agreed.bought.values()),
            limits=self.limits,
        )
        client = self.session.signing_client()
        accesses = Accesses(client, self.remote, self.keeping, deal, worth=self._worth, report=say)
        if plan.ways:
            channel = self._channel()
            accesses.keep_open([it.head.voucher.batch for it in channel.batches if it.state == "open"])
            self._deposit(plan, channel.available)
        return accesses

    def _channel(self) -> Channel:
        """Return the channel as the gateway says that it is."""
        answer = self.remote.ask("GET", f"/v1/channels/{self.spend.token}")
        if answer.status != 200:
            raise self.remote.refusal(answer)
        return self.remote.read(Channel, answer)

    def _deposit(self, plan: Plan, free: int) -> None:
        """Have the channel hold what is to be signed for, of which the gateway says that so much is free."""
        session, due = self.session, plan.uses + plan.fee
        if not due:
            return
        channel = session.client.usage.channel_of(session.me, plan.about.account, plan.token)
        free = min(free, channel.balance - min(channel.thawing, channel.balance))
        amount = session.book.of_value(max(due - free, 0), plan.token)
        if not amount.value:
            return

        def put(client: Audiera[R]) -> R:
            return client.usage.deposit(session.me, plan.about.account, plan.token, amount.value)

        pay(session, "UsageLedger", [amount], put, "Deposit it?")
        say(f"Deposited {amount}, which is yours until it is used: `ape run usage withdraw` takes the rest back.")

    def _worth(self, value: int) -> str:
        return str(self.session.book.of_value(value, self.spend.token))

    def _tell(self, plan: Plan, pulled: Pulled, folder: Path, *, is_over: bool) -> None:
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
            return
        print_json(
            {
                **plan_json(session, plan),
                "folder": str(folder),
                "fetched": pulled.fetched,
                "fetchedBytes": pulled.fetched_bytes,
                "present": pulled.present,
                "leftOut": left_out,
                "failed": list(pulled.failed),
                "signed": amount_json(signed),
                "bought": amount_json(bought),
            }
        )


_ITEMS = 256  # of one access


def _acquisition(way: Way, to: str) -> Acquisition:
    return Acquisition(dataset=way.source, terms_id=way.terms.id(), max_price=way.price, to=to)


def _wanted(need: Need, way: Way, license_id: int) -> Wanted:
    version = need.version
    rows = version.rows if way.whole else need.rows
    return Wanted(version.dataset, version.number, license_id, way.terms, rows, way.whole)


def _exposure(session: Session, spend: Amount, text: str | None) -> int:
    if text is None:
        return -(-spend.value // 10)
    found = session.book.amount(text)
    if found.token != spend.token:
        raise InputError(f"--max-exposure is in {found.symbol}, and --max-spend in {spend.symbol}; write both in one.")
    return found.value


def _agreed(  # noqa: PLR0917  # all that a pull is of
    session: Session,
    about: About,
    before: Agreed | None,
    right: Right,
    spend: Amount,
    datasets: list[int],
    folder: Path,
) -> Agreed:
    """Return what the pull is of, if the folder is of no other."""
    now = Agreed(
        gateway=about.account,
        chain_id=about.chain_id,
        ledger=about.ledger,
        payer=session.me,
        right=right_bit(right),
        token=spend.token,
        datasets=datasets,
        bought={} if before is None else before.bought,
    )
    if before is not None and before != now:
        raise InputError(
            f"{shown(str(folder))} is of another pull: of datasets {', '.join(map(str, before.datasets))}, for "
            f"{before.payer}, at {before.gateway}; pull to another folder."
        )
    return now
