"""`ape run tx`: what was sent, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click
from ape.cli import network_option

from audiera.cli.terminal.gas import max_fee_option
from audiera.cli.terminal.options import address_of, find_account, unlock
from audiera.cli.terminal.parse import parse_hash32
from audiera.cli.tx import sent
from audiera.cli.tx.about import subjects_of
from audiera.client.calls import Following
from audiera.client.chain import connect
from audiera.protocol import to_address
from scripts._command import SuiteCommand, SuiteGroup

if TYPE_CHECKING:
    from ape.api import ProviderAPI

__all__ = ["cli"]

_ACCOUNT: Final = click.option(
    "--account", metavar="ALIAS|ADDRESS", help="Whose transactions: an account of Ape, or an address."
)
_SIGNS: Final = click.option("--account", metavar="ALIAS", help="Who sent it: an account of Ape.")
_YES: Final = click.option("--yes", is_flag=True, help="Do not ask before sending.")
_AGREES: Final = click.option("--yes", is_flag=True, help="Do not ask before it is given up.")
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
_HASH: Final = click.argument("transaction", metavar="HASH")


@click.group(cls=SuiteGroup, short_help="What was sent, and what became of it.")
def cli() -> None:
    """Look at transactions that were sent from here, wait for them, and replace those that take too long.

    Whatever sends writes the transaction down before it is sent, so nothing is lost with an answer of the node. A
    command that was interrupted is simply run again: it finds what it sent, and sends nothing twice.
    """


@cli.command("list", cls=SuiteCommand, short_help="List what an account sent from here.")
@network_option()
@_ACCOUNT
@_JSON
def list_(provider: ProviderAPI, account: str | None, as_json: bool) -> None:
    """List what an account sent from here on this network, as the chain has it now, and what that was about.

    \b
    Example:
      ape run tx list --account label
    """
    following = _following(provider, account)
    sent.list_sent(following, subjects_of(provider.web3), as_json=as_json)


@cli.command(cls=SuiteCommand, short_help="Wait for a transaction.")
@network_option()
@_HASH
@_ACCOUNT
@_JSON
def wait(provider: ProviderAPI, transaction: str, account: str | None, as_json: bool) -> None:
    """Wait until transaction HASH is mined, and send its bytes again if the node lost them.

    What asked for it has not told its result by that: run it again, and it goes on from there.

    \b
    Example:
      ape run tx wait 0x5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060 --account label
    """
    sent.wait_for(_following(provider, account), parse_hash32(transaction, "a transaction"), as_json=as_json)


@cli.command("speed-up", cls=SuiteCommand, short_help="Send a transaction again for a higher fee.")
@network_option()
@_HASH
@_SIGNS
@_YES
@max_fee_option
@_JSON
def speed_up(
    provider: ProviderAPI, *, transaction: str, account: str | None, yes: bool, max_fee: int, as_json: bool
) -> None:
    """Send transaction HASH again under its nonce, for a fee an eighth higher at least: one of the two is mined.

    \b
    Example:
      ape run tx speed-up 0x5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060 --account label
    """
    found = find_account(account)
    following = sent.following_of(connect(provider.web3, max_fee=max_fee), to_address(str(found.address)))
    hash_ = parse_hash32(transaction, "a transaction")
    sent.speed_up_sent(following, hash_, lambda: unlock(found), yes=yes, as_json=as_json)


@cli.command(cls=SuiteCommand, short_help="Replace a transaction by one that does nothing.")
@network_option()
@_HASH
@_SIGNS
@_YES
@max_fee_option
@_JSON
def cancel(
    provider: ProviderAPI, *, transaction: str, account: str | None, yes: bool, max_fee: int, as_json: bool
) -> None:
    """Replace transaction HASH by one that does nothing, for a higher fee, unless it is mined first.

    \b
    Example:
      ape run tx cancel 0x5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060 --account label
    """
    found = find_account(account)
    following = sent.following_of(connect(provider.web3, max_fee=max_fee), to_address(str(found.address)))
    hash_ = parse_hash32(transaction, "a transaction")
    sent.cancel_sent(following, hash_, lambda: unlock(found), yes=yes, as_json=as_json)


@cli.command("give-up", cls=SuiteCommand, short_help="Go on without a transaction that cannot be mined.")
@network_option()
@_HASH
@_ACCOUNT
@_AGREES
@_JSON
def give_up(provider: ProviderAPI, *, transaction: str, account: str | None, yes: bool, as_json: bool) -> None:
    """Go on without transaction HASH, which cannot be mined, since a nonce before it is free.

    That happens where a node said a nonce that is far too large. Whoever has the transaction may still get it mined,
    once all nonces before its own are used. What asked for it asks before it sends another one.

    \b
    Example:
      ape run tx give-up 0x5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060 --account label
    """
    hash_ = parse_hash32(transaction, "a transaction")
    sent.give_up_sent(_following(provider, account), hash_, yes=yes, as_json=as_json)


def _following(provider: ProviderAPI, account: str | None) -> Following:
    who = address_of(account) if account else str(find_account(None).address)
    return sent.following_of(connect(provider.web3), to_address(who))
