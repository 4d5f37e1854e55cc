"""`ape run license requests`: asking for a licence that nobody offers, and answering."""

from __future__ import annotations

from pathlib import Path

import click

from audiera.cli.license import requests as license_requests
from audiera.cli.license.requests import Offered, Wanted
from audiera.cli.terminal.options import sending
from audiera.cli.terminal.parse import DATASET
from audiera.cli.terminal.refusals import refusal
from audiera.cli.terminal.session import Session
from audiera.errors import AudieraError, InputError
from audiera.protocol import ENDLESS, parse_rights
from scripts._command import PlainCommand, SuiteCommand, SuiteGroup

__all__ = ["requests"]

_AT = click.option("--at", "url", required=True, metavar="URL", help="The gateway that passes requests on.")


class _Requests(SuiteGroup):
    """Without the name of a command it is `list`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read what is typed behind the group."""
        named = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if named else ["list", *args])


@click.group(cls=_Requests, short_help="Ask for a licence that nobody offers, and answer.")
def requests() -> None:
    """Ask for a licence of a dataset that is not offered, and answer who asks for yours. Without a command: `list`."""


@requests.command("list", cls=SuiteCommand)
@sending(relay=False)
@_AT
@click.option("--dataset", type=DATASET, help="Only those for this dataset.")
def list_(session: Session, *, url: str, dataset: int | None) -> None:
    """List what you asked for at a gateway, and what is asked there for datasets that you own, with the answers.

    Each is seen to be signed by whom it names. With --json it is a file that anybody can check later (`check`).

    \b
    Example:
      ape run license requests list --at https://music.example --account label
    """
    license_requests.list_requests(session, url, dataset)


@requests.command(cls=SuiteCommand)
@sending(relay=False)
@click.argument("dataset", type=DATASET)
@_AT
@click.option("--rights", required=True, metavar="NAMES", help="What you would like to do, such as Training,Inference.")
@click.option("--for", "purpose", required=True, metavar="TEXT", help="What for.")
@click.option("--extent", required=True, metavar="TEXT", help='How much, as "all items, for two years".')
@click.option("--who", required=True, metavar="TEXT", help="Who you are.")
@click.option("--contact", required=True, metavar="TEXT", help="How the owner reaches you.")
def ask(
    session: Session, *, dataset: int, url: str, rights: str, purpose: str, extent: str, who: str, contact: str
) -> None:
    """Ask the owner of DATASET for a licence, signed. Nothing is sent to the chain, and it binds nobody.

    \b
    Example:
      ape run license requests ask 7 --at https://music.example --rights Training --for "A model of choirs." \\
        --extent "all items, for two years" --who "Choir Lab" --contact lab@example.org --account lab
    """
    wanted = Wanted(dataset, parse_rights(rights), purpose, extent, who, contact)
    license_requests.ask(session, url, wanted)


@requests.command(cls=SuiteCommand)
@sending(relay=False)
@click.argument("number", type=click.IntRange(1))
@_AT
@click.option("--offer", "terms", metavar="TERMS", help="Offer a licence under these terms to who asks, alone.")
@click.option("--price", metavar="AMOUNT", help='Of the offer, in the terms\' token, as "5 USDC", or free.')
@click.option(
    "--count",
    default=1,
    show_default=True,
    type=click.IntRange(1, ENDLESS - 1),
    help="How many licences and renewals may be taken of the offer.",
)
@click.option("--say", default="", metavar="TEXT", help="A word that goes along with the offer.")
@click.option("--no", "reason", metavar="REASON", help="Offer nothing, for this reason.")
@click.option("--relay", is_flag=True, help="Have the gateway make the offer, and pay the gas, though you have ETH.")
def answer(
    session: Session,
    *,
    number: int,
    url: str,
    terms: str | None,
    price: str | None,
    count: int,
    say: str,
    reason: str | None,
) -> None:
    """Answer request NUMBER for your dataset, signed: make an offer to who asks, or say no.

    The offer is made on the chain first, as `ape run license offer` makes it, and can be withdrawn like any other. Who
    has too little ETH for that signs it, and the gateway makes it and pays the gas, where it does that.

    \b
    Example:
      ape run license requests answer 12 --at https://music.example --offer 3 --price "500 USDC" --account label
      ape run license requests answer 13 --at https://music.example --no "Not for cloning voices." --account label
    """
    if (terms is None) == (reason is None):
        raise InputError("Say either --offer TERMS with a --price, or --no REASON.")
    if terms is not None and price is None:
        raise InputError('An offer needs a price; add --price "5 USDC", or --price free.')
    offered = None if terms is None else Offered(terms, str(price), count)
    license_requests.answer(session, url, number, offered, say if reason is None else reason)


@requests.command(cls=PlainCommand)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
def check(file: Path, *, as_json: bool) -> None:
    """Look whether all in FILE, which `list --json` printed, was signed by whom it names. It takes no network.

    \b
    Example:
      ape run license requests check said.json
    """
    try:
        license_requests.check(file, as_json=as_json)
    except AudieraError as error:
        raise refusal(error) from error
