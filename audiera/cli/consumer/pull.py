"""`audiera pull`: licensed music, bought within limits, brought here, and verified against the chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from audiera.cli.consumer.options import connected, right_of, wanting
from audiera.cli.consumer.plan import plan_json, show_plan
from audiera.cli.terminal.documents import amount_json
from audiera.cli.terminal.keys import key_option, open_key
from audiera.cli.terminal.output import print_json, print_lines, progress_bar, say
from audiera.cli.terminal.payment import pay
from audiera.cli.terminal.session import Session
from audiera.client import Acquisition, Audiera
from audiera.client.contracts.events import LicenseAcquired
from audiera.consumer import (
    Accesses,
    Agreed,
    Keeping,
    Limits,
    Part,
    Plan,
    Pull,
    Pulled,
    Taken,
    Wanted,
    Way,
    make_plan,
    mend,
    place_of,
)
from audiera.errors import GatewayError, InputError
from audiera.interface import Channel
from audiera.protocol import right_bit
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
    right, signer = right_of(right_name), open_key(keystore)
    purpose = ("pull", sorted(set(datasets)), right.name, folder.resolve(), url)
    session = connected(node, signer, tokens, as_json=as_json, yes=yes, purpose=purpose)
    spend = session.book.amount(max_spend)
    limits = Limits(spend.value, _exposure(session, spend, max_exposure))
    remote = Remote(url or place_of(session.client, datasets[0]), signer)
    with Keeping.opened(folder / ".audiera") as keeping:
        before = keeping.agreed()
        plan = make_plan(session.client, session.book, remote, datasets, right, payer=session.me, token=spend.token)
        _check_same(before, session, plan, folder)
        done = _Pulling(session, plan, keeping, remote, limits, spend).carry_out(folder, before)
    _tell(session, plan, done, folder)


@dataclass(slots=True)
class _Done:
    pulled: Pulled
    present: int
    signed: int
    bought: int


@dataclass(slots=True)
class _Pulling:
    """One run of the command, once it is known what it takes."""

    session: Session
    plan: Plan
    keeping: Keeping
    remote: Remote
    limits: Limits
    spend: Amount

    def carry_out(self, folder: Path, before: Agreed | None) -> _Done:
        """Show it, ask, buy, deposit and bring it."""
        session, plan = self.session, self.plan
        bought = (before.bought if before else 0) + self._earlier()
        show_plan(session, plan)
        paid = sum(it.voucher.amount + it.voucher.fee for it in self.keeping.heads().values())
        due = max(plan.uses + plan.fee - paid, 0)
        total = bought + plan.licenses + sum(self.keeping.signed().values()) + due
        if total > self.limits.spend:
            raise InputError(
                f"It would come to {self._worth(total)}, above your {self.spend}; raise --max-spend, or pull less."
            )
        session.confirm("Buy, sign for and bring it?")
        session.yes = True
        licenses = self._buy()
        bought += plan.licenses
        agreed = self._agree(licenses, bought)
        self.keeping.agree(agreed)
        channel = self._channel()
        client = session.signing_client()
        if count := mend(client, self.remote, self.keeping, channel):
            say(f"The gateway had lost {count:,} uses that it signed for; it has them again.")
            channel = self._channel()
        self._deposit(due, channel.available)
        accesses = Accesses(client, self.remote, self.keeping, agreed, self.limits, worth=self._worth, report=say)
        accesses.keep_open([it.head.voucher.batch for it in channel.batches if it.state == "open"])
        parts = [
            Part(version, Wanted(taken, way.terms, version.rows))
            for version, way, taken in zip(plan.versions, plan.ways, agreed.datasets, strict=True)
        ]
        work = Pull(accesses, parts, folder)
        with progress_bar("Looking") as progress:
            present = work.look(progress)
        with progress_bar("Fetching") as progress:
            pulled = work.bring(progress)
        return _Done(pulled, present, accesses.signed, bought)

    def _earlier(self) -> int:
        """Return what licences cost that an earlier run bought without telling."""
        return sum(e.price for it in self.session.take(LicenseAcquired) for e in it.events(LicenseAcquired))

    def _buy(self) -> Mapping[tuple[int, bytes], int]:
        """Buy what is not held, and return the licences by what they are of."""
        session, ways = self.session, self.plan.bought
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
        events = receipt.events(LicenseAcquired)
        for it in events:
            say(f"Licence {it.license_id} of dataset {it.dataset} is yours.")
        return {(it.dataset, it.terms_id): it.license_id for it in events}

    def _agree(self, licenses: Mapping[tuple[int, bytes], int], bought: int) -> Agreed:
        plan = self.plan
        return Agreed(
            url=plan.url,
            gateway=plan.about.account,
            chain_id=plan.about.chain_id,
            ledger=plan.about.ledger,
            payer=self.session.me,
            right=right_bit(plan.right),
            fee_ppm=plan.about.fee_ppm,
            items=max(1, min(plan.about.items, _ITEMS)),
            bought=bought,
            token=plan.token,
            datasets=[
                Taken(
                    dataset=version.dataset,
                    version=version.number,
                    content_root=version.content_root,
                    license=licenses[way.bought] if way.bought else way.license,
                    whole=way.whole,
                )
                for version, way in zip(plan.versions, plan.ways, strict=True)
            ],
        )

    def _channel(self) -> Channel:
        """Return the channel as the gateway says that it is."""
        self.remote.sign_in()
        answer = self.remote.ask("GET", f"/v1/channels/{self.plan.token}")
        if answer.status != 200:
            raise self.remote.refusal(answer)
        return self.remote.read(Channel, answer)

    def _deposit(self, due: int, free: int) -> None:
        """Have the channel hold what is still to be signed for, of which the gateway says that so much is free."""
        session, plan = self.session, self.plan
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
        return str(self.session.book.of_value(value, self.plan.token))


_ITEMS = 256  # of one access


def _acquisition(way: Way, to: str) -> Acquisition:
    return Acquisition(dataset=way.source, terms_id=way.terms.id(), max_price=way.price, to=to)


def _exposure(session: Session, spend: Amount, text: str | None) -> int:
    if text is None:
        return -(-spend.value // 10)
    found = session.book.amount(text)
    if found.token != spend.token:
        raise InputError(f"--max-exposure is in {found.symbol}, and --max-spend in {spend.symbol}; write both in one.")
    return found.value


def _check_same(before: Agreed | None, session: Session, plan: Plan, folder: Path) -> None:
    if before is None:
        return
    now = (session.me, plan.about.account, plan.about.chain_id, right_bit(plan.right), plan.token)
    then = (before.payer, before.gateway, before.chain_id, before.right, before.token)
    if now != then:
        raise InputError(
            f"{shown(str(folder))} is of another pull (of {before.payer}, at {before.gateway}); pull to another folder."
        )


def _tell(session: Session, plan: Plan, done: _Done, folder: Path) -> None:
    pulled, book = done.pulled, session.book
    signed, bought = book.of_value(done.signed, plan.token), book.of_value(done.bought, plan.token)
    left_out: list[Json] = [{"dataset": it.dataset, "path": it.path, "reason": it.reason} for it in pulled.left_out]
    for it in pulled.left_out:
        say(f"Not served: {shown(it.path)} of dataset {it.dataset} ({it.reason})")
    for told in pulled.failed:
        say(told)
    session.run.tell()
    if session.as_json:
        print_json(
            {
                **plan_json(session, plan),
                "folder": str(folder),
                "fetched": pulled.fetched,
                "fetchedBytes": pulled.fetched_bytes,
                "present": done.present,
                "leftOut": left_out,
                "failed": list(pulled.failed),
                "signed": amount_json(signed),
                "bought": amount_json(bought),
            }
        )
    else:
        were = f"; {done.present:,} were there already" if done.present else ""
        print_lines(
            f"{pulled.fetched:,} files ({format_size(pulled.fetched_bytes)}) are in {shown(str(folder))}, verified "
            f"against the chain{were}. Licences cost {bought}, and {signed} is signed for uses."
        )
    if pulled.failed or pulled.left_out:
        count = len(pulled.failed) + len(pulled.left_out)
        raise GatewayError(f"{count:,} files are missing, for the reasons above.")
