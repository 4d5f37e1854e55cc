"""The ledger that a voucher is for, with a node to ask or without, and money as it can be written then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import click
from eth_typing import ChecksumAddress

from audiera.cli.terminal.parse import parse_whole
from audiera.client import Audiera, TxReceipt
from audiera.client.deployment import stated_domain
from audiera.errors import AmountError, InputError
from audiera.operations import TokenBook, hold_to_chain
from audiera.protocol import ETHER, Domain, to_address
from audiera.quantities import Amount, parse_amount

__all__ = ["Asked", "Ledger", "chain_options", "node_option", "open_ledger", "worth"]

F = TypeVar("F", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Asked:
    """A node that was named, to be asked."""

    client: Audiera[TxReceipt]
    book: TokenBook

    @classmethod
    def connect(cls, node: str) -> Asked:
        """Connect to a node, as nobody.

        Raises:
            ChainError: if it does not answer, or has no contracts.
        """
        client = Audiera.connect(node)
        return cls(client, TokenBook.of(client))


@dataclass(frozen=True, slots=True)
class Ledger:
    """What vouchers are signed for; `asked` is None where no node was named."""

    domain: Domain
    asked: Asked | None

    def token(self, text: str) -> ChecksumAddress:
        """Return the token of a name or an address.

        Raises:
            InputError: if the name is not known.
        """
        wanted = text.strip()
        if self.asked:
            return self.asked.book.address(wanted)
        if wanted.upper() == "ETH":
            return ETHER
        if not wanted.startswith("0x"):
            raise AmountError(f"Token {wanted!r} is not known without a node; write its address, or name --node URL.")
        return to_address(wanted)

    def value(self, text: str, token: ChecksumAddress) -> int:
        """Return so much of a token in its smallest unit: the number itself, or an amount such as 0.1 ETH.

        Raises:
            InputError: if it is neither, or of another token.
        """
        if (whole := parse_whole(text)) is not None:
            return whole
        if self.asked:
            amount = self.asked.book.amount(text)
        elif token == ETHER:
            amount = parse_amount(text, {})
        else:
            raise AmountError(
                f"How many decimals the token has, only its chain says; write {text!r} in its smallest unit, as a "
                "whole number, or name --node URL."
            )
        if amount.token != token:
            raise InputError(f"{text!r} is in another token than the channel; write it in that of --token.")
        return amount.value

    def of_value(self, value: int, token: str) -> str:
        """Write so many smallest units of a token, as an amount where its decimals are known."""
        return worth(self.asked, value, token)


def worth(asked: Asked | None, value: int, token: str) -> str:
    """Write so many smallest units of a token, as an amount where its decimals are known."""
    if asked:
        return str(asked.book.of_value(value, token))
    if token == ETHER:
        return str(Amount(value, ETHER, "ETH", 18))
    return f"{value} of {token}"


def node_option(what: str) -> Callable[[F], F]:
    """Give a command the option --node; `what` says what is asked there."""
    return click.option("--node", metavar="URL", help=what)


def chain_options(what: str) -> Callable[[F], F]:
    """Give a command the options --chain-id and --node; `what` says what a node is asked besides."""

    def decorate(function: F) -> F:
        told = click.option(
            "--chain-id",
            type=click.IntRange(1),
            help="The number of the chain, which is not asked: the ledger is where deployments/NUMBER.json says, else "
            "where this release is on every chain.",
        )
        return told(node_option(f"A node of the chain. {what}")(function))

    return decorate


def open_ledger(chain_id: int | None, node: str | None) -> Ledger:
    """Return the ledger on a chain, by its number or as a node says.

    Raises:
        InputError: if neither is told, or the node is on another chain.
        ChainError: if the node does not answer, or has no contracts.
    """
    if node is None:
        if chain_id is None:
            raise InputError("Say which chain it is for: its number with --chain-id, or a node to ask with --node.")
        return Ledger(stated_domain("UsageLedger", chain_id), None)
    asked = Asked.connect(node)
    if chain_id is None:
        hold_to_chain(asked.client.node)
    elif chain_id != asked.client.chain_id:
        raise InputError(f"The node is on chain {asked.client.chain_id}, not on {chain_id}; leave --chain-id out.")
    return Ledger(asked.client.domain("UsageLedger"), asked)
