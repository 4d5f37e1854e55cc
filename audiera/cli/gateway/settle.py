"""`audiera gateway settle`: what the gateway is owed, closed, settled and collected as long as it runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click
from sqlalchemy.exc import DBAPIError

from audiera.cli.gateway.options import journal_option
from audiera.cli.index.database import database_option, find_database
from audiera.cli.terminal.gas import max_fee_option
from audiera.cli.terminal.keys import key_option, open_key
from audiera.cli.terminal.output import print_lines, say
from audiera.client import Audiera
from audiera.client.chain import ether_text
from audiera.errors import InputError
from audiera.gateway import Problem, Rules, Told, settling, unanswered
from audiera.operations import TokenBook
from audiera.quantities import parse_duration

__all__ = ["settle"]


@click.command(short_help="Close, settle and collect what the gateway is owed.")
@click.option("--node", required=True, metavar="URL", help="The node that is asked and sent to.")
@database_option
@journal_option
@click.option(
    "--gateway",
    "account",
    metavar="ADDRESS",
    help="The gateway's account, if its signer with the scope settle signs. Unless told, whoever signs.",
)
@key_option
@click.option("--age", default="1 day", show_default=True, help="Close a batch so long after its first use.")
@click.option(
    "--calls", default=65_536, show_default=True, type=click.IntRange(1), help="Close a batch that has so many uses."
)
@click.option(
    "--amount",
    "amounts",
    multiple=True,
    metavar="AMOUNT",
    help="Close a batch that comes to so much, such as '100 USDC', fee included. May be repeated for other tokens.",
)
@click.option(
    "--least",
    multiple=True,
    metavar="AMOUNT",
    help="Leave statements of less to whoever wants to collect them: '0.05 USDC', say, if that is what the gas costs. "
    "May be repeated for other tokens; unless told, every statement is collected.",
)
@click.option(
    "--smallest",
    multiple=True,
    metavar="AMOUNT",
    help="Close and settle no batch that comes to less, fee apart: '0.5 USDC', say. It is dropped once it had no use "
    "for a month, or has as many as --calls. May be repeated for other tokens; unless told, anything is enough.",
)
@click.option("--free", is_flag=True, help="Settle batches that come to nothing, too, for which you pay gas.")
@click.option(
    "--token",
    "tokens",
    multiple=True,
    metavar="NAME=ADDRESS",
    help="Name a token, to write amounts in. May be repeated.",
)
@click.option(
    "--confirmations",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="Blocks after which a settlement is taken for good, and the channel serves on what it had held back.",
)
@max_fee_option
@click.option("--poll", default=15.0, show_default=True, type=click.FloatRange(0.05), help="Seconds between two looks.")
@click.option("--once", is_flag=True, help="Look once, and end when all is sent that is to be.")
@click.option("--json", "as_json", is_flag=True, help="Print what is done as lines of JSON on standard output.")
def settle(
    *,
    node: str,
    database: str | None,
    journal: str,
    account: str | None,
    keystore: Path | None,
    age: str,
    calls: int,
    amounts: tuple[str, ...],
    least: tuple[str, ...],
    smallest: tuple[str, ...],
    free: bool,
    tokens: tuple[str, ...],
    confirmations: int,
    max_fee: int,
    poll: float,
    once: bool,
    as_json: bool,
) -> None:
    """Close batches that are due, settle their heads, collect their statements, release the fees; again and again.

    A batch is closed by its age, calls or amount, and at once if the payer begins to withdraw what it is owed; one
    that comes to nothing, or to less than --smallest, is not. It can be stopped and killed at any time, and sends
    nothing twice when it is started again. One runs for each journal.

    \b
    Example:
      audiera gateway settle --node http://127.0.0.1:8545 --journal sqlite:///journal.db --amount '100 USDC'
    """
    signer = open_key(keystore)
    client = Audiera.connect(node, signer, max_fee=max_fee)
    book = TokenBook.of(client, tokens)
    rules = Rules(
        age=parse_duration(age),
        calls=calls,
        amounts=_by_token(book, amounts),
        least=_by_token(book, least),
        smallest=_by_token(book, smallest),
        confirmations=confirmations,
        free=free,
    )

    def worth(value: int, token: str) -> str:
        return str(book.of_value(value, token))

    def tell(told: Told) -> None:
        if as_json:
            print_lines(json.dumps(told.document()))
        else:
            say(told.text)

    try:
        with settling(
            client,
            index=find_database(database),
            journal=journal,
            gateway=account or signer.address,
            rules=rules,
            tell=tell,
            worth=worth,
        ) as settler:
            funds = ether_text(client.node.balance(signer.address))
            serving = f"gateway {settler.office.gateway} on chain {client.chain_id}"
            say(f"Settling for {serving}; {signer.address} has {funds}.")
            settler.run(once=once, poll=poll)
    except (Problem, DBAPIError) as error:
        raise InputError(f"{unanswered(error)}; check its URL.") from error


def _by_token(book: TokenBook, amounts: tuple[str, ...]) -> Mapping[str, int]:
    found = [book.amount(it) for it in amounts]
    return {it.token: it.value for it in found}
