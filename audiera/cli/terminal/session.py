"""One run of a command: who acts on which chain, and how what it does is shown, asked for, and carried out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias, TypeVar

import click
from eth_typing import ChecksumAddress

from audiera.cli.terminal.output import ask, print_json, print_table, say
from audiera.client import Audiera, Preview, SignedCall, Signer, TxReceipt
from audiera.client.chain import FundsError
from audiera.errors import InputError
from audiera.operations import TokenBook
from audiera.text import Json, hex_of

__all__ = ["AnyAudiera", "Outcome", "Session", "Step"]

AnyAudiera: TypeAlias = "Audiera[TxReceipt] | Audiera[SignedCall] | Audiera[Preview]"
Outcome: TypeAlias = "TxReceipt | SignedCall | Preview"
Step: TypeAlias = Callable[[AnyAudiera], Outcome]
"""One call, written once for every mode: `lambda client: client.datasets.withdraw_all(7)`."""

_LIFETIME: Final = 86_400  # seconds; a signed call may travel by mail

T = TypeVar("T")


@dataclass(slots=True)
class Session:
    """What a command works with. Views need `client` and `book` only."""

    client: Audiera[TxReceipt]
    """Knows who acts, and cannot sign yet: the user is asked first."""
    book: TokenBook
    unlock: Callable[[], Signer]
    """Return the account's signer, ready to sign without asking again."""
    as_json: bool = False
    yes: bool = False
    relay: bool = False
    can_relay: bool = False
    """Whether the command has --relay at all."""
    lifetime: int = _LIFETIME
    """Seconds for which a signed call is good."""
    _ready: Audiera[TxReceipt] | None = field(default=None, repr=False)

    @property
    def me(self) -> ChecksumAddress:
        """Who acts.

        Raises:
            NoSignerError: if nobody was named.
        """
        return self.client.account

    def plan(self, title: str, lines: Sequence[tuple[str, object]]) -> None:
        """Show what will happen: a title, and what is what."""
        say(title)
        wide = max((len(name) for name, _ in lines), default=0)
        for name, value in lines:
            say(f"  {name:<{wide}}  {value}")

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str = "", right: Sequence[str] = ()
    ) -> None:
        """Show a table that belongs to the plan."""
        print_table(columns, rows, title=title, right=right, err=True)

    def preview(self, step: Step) -> Preview:
        """Try a call as the account; nothing is sent.

        Raises:
            RevertError: as the contract would refuse.
        """
        return _only(Preview, step(self.client.preview()))

    def confirm(self, question: str) -> None:
        """Ask before anything is sent or signed, unless --yes.

        Raises:
            InputError: if there is nobody to ask.
            click.Abort: if the answer is no.
        """
        if not self.yes:
            ask(question)

    def carry_out(self, step: Step) -> TxReceipt | None:
        """Send a call and await it; or, with --relay, sign it, print it, and return None.

        Raises:
            RevertError: as the contract refuses; then nothing is sent.
            NoSignerError: if the account does not sign.
        """
        client = self.signing_client()
        if not self.relay:
            receipt = self._sent(client, step)
            say(f"Transaction {hex_of(receipt.transaction)} is in block {receipt.block} ({receipt.gas_used:,} gas).")
            return receipt
        signed = _only(SignedCall, step(client.signing(lifetime=self.lifetime)))
        click.echo(signed.to_json())
        say("Signed, not sent. Whoever has this line can carry it out and pay the gas: `ape run relay FILE`.")
        return None

    def _sent(self, client: Audiera[TxReceipt], step: Step) -> TxReceipt:
        try:
            return _only(TxReceipt, step(client))
        except FundsError as error:
            if not self.can_relay:
                raise
            raise FundsError(f"{error} Or add --relay, and let somebody who has ETH carry it out.") from error

    def act(self, step: Step, question: str = "Send it?") -> TxReceipt | None:
        """Try a call, ask, and carry it out: the usual way of a command that has shown its plan."""
        tried = self.preview(step)
        say(f"  gas: about {tried.gas:,}")
        self.confirm("Sign it?" if self.relay else question)
        return self.carry_out(step)

    def signing_client(self) -> Audiera[TxReceipt]:
        """Return the client that signs; the account is unlocked once."""
        if self._ready is None:
            self._ready = self.client.acting_as(self.unlock())
        return self._ready

    def result(self, fields: dict[str, Json], text: str, receipt: TxReceipt | None = None) -> None:
        """Print what came of it: as JSON (with transaction and gas) or as a sentence."""
        if not self.as_json:
            click.echo(text)
            return
        sent: dict[str, Json] = {}
        if receipt is not None:
            sent = {"transaction": hex_of(receipt.transaction), "block": receipt.block, "gasUsed": receipt.gas_used}
        print_json(fields | sent)

    def refuse_relay(self, why: str) -> None:
        """Return unless --relay was given.

        Raises:
            InputError: saying why a signed call cannot do it.
        """
        if self.relay:
            raise InputError(why)


def _only(kind: type[T], outcome: object) -> T:
    if not isinstance(outcome, kind):
        raise TypeError(f"{type(outcome).__name__} came of a call, not {kind.__name__}")
    return outcome
