"""`ape run royalty`: who is owed what."""

from __future__ import annotations

import click

from audiera.cli.royalty import claim as royalty_claim
from audiera.cli.royalty import send as royalty_send
from audiera.cli.royalty import shares as royalty_shares
from audiera.cli.royalty import show as royalty_show
from audiera.cli.terminal.options import sending, viewing, whose
from audiera.cli.terminal.parse import parse_payee, parse_split
from audiera.cli.terminal.session import Session
from audiera.errors import InputError
from audiera.protocol import payee_of, to_address
from scripts._command import SuiteCommand, SuiteGroup

__all__ = ["cli"]


@click.group(cls=SuiteGroup, short_help="Splits, accounts, payments and claims.")
def cli() -> None:
    """Say who shares income, pay it in, look at what is owed, and claim it.

    A dataset is named by its number, a split or an account by 0x and 64 digits, a person by an address.
    """


@cli.command(cls=SuiteCommand, short_help="Create a split: who gets which share.")
@sending()
@click.argument("shares", nargs=-1, required=True, metavar="FILE|PAYEE:SHARE...")
def split(session: Session, shares: tuple[str, ...]) -> None:
    """Create a split: who gets which share of what is paid in.

    A payee is an address, an account, or dataset:7; a share is 60%, 600000ppm or 3/5, and all make a whole. A FILE is
    a CSV with the columns payee and share. The same shares are the same split, whoever creates it.

    \b
    Example:
      ape run royalty split 0x70997970C51812dc3A010C7d01b50e0d17dc79C8:60% dataset:7:40% --account label
    """
    royalty_send.create_split(session, parse_split(shares, session.client.datasets.address))


@cli.command(cls=SuiteCommand, short_help="Point an account of yours at a split.")
@sending()
@click.argument("key")
@click.argument("target", metavar="SPLIT|ADDRESS")
@click.option(
    "--salt",
    default="",
    envvar="AUDIERA_SALT",
    show_envvar=True,
    help="The salt that the key of a name, ISNI or IPI was made with, if any.",
)
def assign(session: Session, key: str, target: str, salt: str) -> None:
    """Point the account that you hold under KEY at a SPLIT, or at the one ADDRESS that gets all of it.

    This is how a custodian hands over: KEY is as the registration's record has it (0x and 64 digits), or
    "name:Pavel Brandt", or isni:0000000121032683. Use `royalty claim --payee` to forward what has waited.

    \b
    Example:
      ape run royalty assign "name:Pavel Brandt" 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --account custodian
    """
    royalty_send.assign(session, royalty_send.parse_key(key, salt), target)


@cli.command(cls=SuiteCommand, short_help="Pay a dataset or an account.")
@sending()
@click.argument("to", metavar="DATASET|ACCOUNT")
@click.argument("amount")
def pay(session: Session, to: str, amount: str) -> None:
    """Pay AMOUNT to everybody who shares the income of a dataset or account.

    A token is approved first where it has to be, for exactly the amount.

    \b
    Example:
      ape run royalty pay 7 "5 USDC" --token USDC=0x5FbDB2315678afecb367f032d93F642f64180aa3 --account fan
    """
    account, name = royalty_send.account_of(session, to)
    royalty_send.pay(session, account, name, amount)


@cli.command(cls=SuiteCommand, short_help="Credit what a payment address holds.")
@sending(relay=False)
@click.argument("of", metavar="DATASET|ACCOUNT")
@click.argument("named", nargs=-1, metavar="[TOKEN]...")
def sweep(session: Session, of: str, named: tuple[str, ...]) -> None:
    """Credit what was sent to the payment address of a dataset or account: ETH and the named TOKENs.

    Anybody may do it. `royalty show` tells the address.

    \b
    Example:
      ape run royalty sweep 7 ETH 0x5FbDB2315678afecb367f032d93F642f64180aa3 --account fan
    """
    account, name = royalty_send.account_of(session, of)
    royalty_send.sweep(session, account, name, named)


@cli.command(cls=SuiteCommand, short_help="Show what was received, is owed, was claimed.")
@viewing
@click.argument("subject", metavar="DATASET|SPLIT|ACCOUNT|ADDRESS")
def show(session: Session, subject: str) -> None:
    """Show what was received, is owed and was claimed, by payee and token.

    \b
    Example:
      ape run royalty show 7
      ape run royalty show 0x70997970C51812dc3A010C7d01b50e0d17dc79C8
    """
    royalty_show.show(session, royalty_show.Subject.of(session, subject))


@cli.command("list", cls=SuiteCommand, short_help="List what an account has a share in.")
@viewing
@click.argument("subject", required=False, metavar="[ACCOUNT]")
def list_(session: Session, subject: str | None) -> None:
    """List everything that ACCOUNT has a share in, or you: which part of it, through what, and what is to claim where.

    ACCOUNT is an address, an alias of Ape's, an account by its 32 bytes, or dataset:7. What a dataset made from yours
    owes you comes through yours; `royalty claim` forwards it.

    \b
    Example:
      ape run royalty list --account composer
      ape run royalty list dataset:7 --json
    """
    if subject is not None and subject.startswith(("0x", "dataset:")):
        payee = parse_payee(subject, session.client.datasets.address)
    else:
        payee = payee_of(whose(session, subject))
    royalty_shares.list_shares(session, payee)


@cli.command(cls=SuiteCommand, short_help="Claim what is owed, forwards included.")
@sending(relay=False)
@click.argument("subject", required=False, metavar="[DATASET|SPLIT|ACCOUNT]")
@click.option("--payee", help="Claim for this address or account; for the account that sends unless told.")
@click.option(
    "--all", "everything", is_flag=True, help="From everywhere what is worth it, and leave the rest for another time."
)
@click.option(
    "--least",
    metavar="AMOUNT",
    multiple=True,
    help="With --all: leave what comes to less than this from one place. May be repeated, for other tokens.",
)
def claim(
    session: Session, *, subject: str | None, payee: str | None, everything: bool, least: tuple[str, ...]
) -> None:
    """Claim what is owed to you, or to somebody else: from a dataset or split, or everything from everywhere.

    Royalties that have to pass through accounts on their way (a dataset made from yours, a custodian) are forwarded
    first. Anybody may claim for anybody: the money always goes to the payee, or where the payee chose to be paid.

    With --all, ETH that does not pay for the gas of its own way is left where it is, and so is every token that has no
    name here (--token, deployments/tokens.json). A token with a name is claimed, from --least on if that is told.

    \b
    Example:
      ape run royalty claim --account composer
      ape run royalty claim --all --least "1 USDC" --account composer
      ape run royalty claim 7 --payee 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --account fan
    """
    who = parse_payee(payee, session.client.datasets.address) if payee else payee_of(session.me)
    if everything and subject:
        raise InputError("--all is from everywhere; leave the source out, or --all.")
    if least and not everything:
        raise InputError("--least goes with --all; add that, or leave --least out.")
    if everything:
        royalty_claim.claim_all(session, who, least)
    else:
        royalty_claim.claim(session, who, royalty_show.Subject.of(session, subject) if subject else None)


@cli.command(cls=SuiteCommand, short_help="Choose where you are paid.")
@sending()
@click.argument("address")
def recipient(session: Session, address: str) -> None:
    """Choose the ADDRESS where you are paid: claims, deposits that come back, fees. Your own address takes it back.

    \b
    Example:
      ape run royalty recipient 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --account composer
    """
    chosen = to_address(address)
    session.plan("From now on:", [("what is owed to", session.me), ("is paid to", chosen)])
    receipt = session.act(lambda client: client.royalty.set_recipient(chosen), "Change it?")
    if receipt:
        told = f"What is owed to {session.me} is paid to {chosen}."
        session.result({"payee": session.me, "recipient": chosen}, told, receipt)
