"""Calls that a wallet may sign: encoded as the client would send them, and told in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from audiera.client import token_contract
from audiera.client.contracts import Contract, Suite
from audiera.errors import InputError
from audiera.explorer.asked import Reading
from audiera.explorer.described import described
from audiera.explorer.money import Money
from audiera.explorer.refusals import bad_request
from audiera.explorer.view import View
from audiera.protocol import ETHER, Share, to_address
from audiera.text import from_hex, hex_of

__all__ = [
    "ActView",
    "Argument",
    "Call",
    "Field",
    "Need",
    "address_in",
    "approvals",
    "contracts",
    "name_of",
    "payee_in",
    "prepare",
    "read_within",
]

_PAYEE: Final = 66
"""Letters of 32 bytes in hexadecimal."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call."""

    name: str
    type: str
    value: str
    """As it is encoded."""
    words: str
    """What it is."""


@dataclass(frozen=True, slots=True)
class Need:
    """When a call is needed: while a question to the same contract is answered with a number within bounds."""

    data: str
    least: str
    most: str


@dataclass(frozen=True, slots=True)
class Call:
    """One transaction, ready to be signed."""

    title: str
    """What it does."""
    contract: str
    to: str
    function: str
    arguments: tuple[Argument, ...]
    value: str
    """wei."""
    data: str
    need: Need | None
    """None: it is needed always."""


@dataclass(frozen=True, slots=True)
class Field:
    """What the page has to be told before a call can be prepared."""

    name: str
    label: str
    value: str
    hint: str = ""
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    """Values, and how they read; none: anything may be typed."""


@dataclass(frozen=True, slots=True)
class ActView(View):
    """Something to be done with a wallet, or with a command."""

    what: str
    """What is done, in an imperative."""
    dataset: int | None
    name: str | None
    """Of the dataset, as a stranger wrote it."""
    account: str | None
    """Who has to sign; None: anyone, or nobody is named yet."""
    command: str
    """What does the same without a wallet."""
    fields: tuple[Field, ...] = ()
    problem: str = ""
    """Why nothing can be prepared from what is asked."""
    calls: tuple[Call, ...] = ()
    """In this order; none before everything is told."""
    costs: str = ""
    effects: tuple[str, ...] = field(default=())
    """What happens, a sentence each."""

    @property
    def title(self) -> str:
        """What the page is called."""
        return f"{self.what}: {self.name or f'dataset {self.dataset}'}" if self.dataset else self.what

    @property
    def summary(self) -> str:
        """What it says."""
        return "What exactly a wallet would sign, in words, and the command that does the same."

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return what is prepared.

        Raises:
            RefusalError: there is nothing of that to be done.
        """
        raise NotImplementedError


def read_within(read: Callable[[], str | None]) -> tuple[str | None, str]:
    """Return what is read of a form, or None and why it cannot be used."""
    try:
        return read(), ""
    except InputError as error:
        return None, str(error)


def contracts(reading: Reading) -> Suite:
    """Return the contracts that the index follows."""
    return Suite.at(reading.index.chain_id, reading.index.suite)


def name_of(reading: Reading, dataset: int) -> str | None:
    """Return what a dataset is called, by a stranger."""
    return described(reading.connection, [dataset])[dataset].name


def address_in(text: str) -> str | None:
    """Return an address that was typed; None if nothing was.

    Raises:
        InputError: it is something else.
    """
    return to_address(text) if text else None


def payee_in(text: str) -> bytes:
    """Return a payee: an address, or the id of an account.

    Raises:
        RefusalError: it is neither.
    """
    try:
        if len(text) == _PAYEE and text.startswith("0x"):
            return from_hex(text)
        return bytes(12) + from_hex(to_address(text))
    except ValueError as error:
        raise bad_request("That is neither an address nor the id of an account, 0x and 64 digits.") from error


def prepare(
    title: str,
    contract: Contract,
    function: str,
    told: Sequence[tuple[object, str]],
    *,
    value: int = 0,
    need: Need | None = None,
) -> Call:
    """Return a call as it is shown, and sent.

    Args:
        title: what it does.
        contract: whom it calls.
        function: of that contract.
        told: its arguments, each with what it is in words.
        value: wei that are sent along.
        need: when it is needed, if not always.
    """
    request = contract.request(function, *(each for each, _ in told), value=value)
    shown = zip(request.function.inputs, told, strict=True)
    return Call(
        title=title,
        contract=contract.name,
        to=contract.address,
        function=request.function.name,
        arguments=tuple(
            Argument(param.name or param.type, param.type, _written(each), words) for param, (each, words) in shown
        ),
        value=str(value),
        data=hex_of(request.data),
        need=need,
    )


def approvals(reading: Reading, price: Money, owner: str, spender: str) -> tuple[Call, ...]:
    """Return what lets a contract take a price: nothing for ETH, nothing to be sent if enough is approved already.

    Some tokens refuse to change an approval that is neither zero nor used up, so such a one is taken back first.
    """
    amount = int(price.amount)
    if price.token == ETHER or not amount:
        return ()
    token = token_contract(reading.index.chain_id, price.token)
    ask = hex_of(token.request("allowance", owner, spender).data)

    def approve(title: str, value: int, words: str, least: int) -> Call:
        told = ((spender, "the contract that may take it"), (value, words))
        need = Need(ask, str(least), str(amount - 1))
        return prepare(title, token, "approve", told, need=need)

    return (
        approve("Take back an earlier approval that is too small", 0, "nothing", 1),
        approve(f"Approve {price}", amount, f"{price}, exactly the price", 0),
    )


def _written(value: object) -> str:
    if isinstance(value, bytes):
        return hex_of(value)
    if isinstance(value, Share):
        return f"({hex_of(value.payee)}, {value.ppm})"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_written, value))}]"
    return str(value)
