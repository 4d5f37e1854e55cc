"""One run of a command: who acts on which chain, and how what it does is shown, asked for, and carried out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias, TypeVar

from eth_typing import ChecksumAddress

from audiera.cli.terminal.output import NOTHING_SENT, ask, print_document, print_json, print_lines, print_table, say
from audiera.client import Audiera, Dataset, Preview, Request, Run, SignedCall, Signer, TxReceipt, events
from audiera.client.calls import checked_cost, gas_limit, most_of, resume, sent_before
from audiera.client.chain import FundsError, ether_text
from audiera.errors import InputError
from audiera.operations import Names, TokenBook
from audiera.text import Json, hex_of

__all__ = ["AnyAudiera", "Outcome", "Session", "Step"]

AnyAudiera: TypeAlias = "Audiera[TxReceipt] | Audiera[SignedCall] | Audiera[Preview] | Audiera[Request]"
Outcome: TypeAlias = "TxReceipt | SignedCall | Preview | Request"
Step: TypeAlias = Callable[[AnyAudiera], Outcome]
"""One call, written once for every mode: `lambda client: client.datasets.withdraw_all(7)`."""

_LIFETIME: Final = 86_400  # seconds; a signed call may travel by mail

_SOME_SENT: Final = "Nothing more was sent; run it again to go on from what was."

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
    carrier: Callable[[SignedCall], TxReceipt] | None = None
    """Has what the account signs carried out, by somebody who pays the gas."""
    lifetime: int = _LIFETIME
    """Seconds for which a signed call is good."""
    run: Run = field(default_factory=lambda: Run(began=int(time.time()), report=say))
    """What the command's transactions are part of: their outcome is told with its result."""
    _names: Names | None = field(default=None, repr=False)
    _earlier: list[TxReceipt] = field(default_factory=list, repr=False)
    _ready: Audiera[TxReceipt] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Have the run ask before it sends once more what was given up."""
        self.run.again = self._ask_again

    @property
    def me(self) -> ChecksumAddress:
        """Who acts.

        Raises:
            NoSignerError: if nobody was named.
        """
        return self.client.account

    @property
    def only_signs(self) -> bool:
        """Whether others carry out what is done, and pay the gas."""
        return self.relay or self.carrier is not None

    @property
    def now(self) -> int:
        """The chain's time, in Unix seconds, when the command began: for whatever is signed and follows from it.

        It is the same in a run that goes on with an earlier one, so that the same is signed.
        """
        self.run.now = self.run.now or self.client.node.timestamp()
        return self.run.now

    @property
    def names(self) -> Names:
        """What datasets are called, as far as this user has seen their manifests."""
        if self._names is None:
            self._names = Names.of(self.client)
        return self._names

    def go_on(self) -> None:
        """Wait for what an earlier run of the same command sent whose result was never told, before anything else.

        Raises:
            ChainError: if it is not mined in time.
        """
        if self.relay or self.client.signer is None:
            return
        found = resume(self.client.node, self.me, self.run, timeout=self.client.timeout, suite=self.client.suite)
        self._earlier.extend(found)

    def take(self, kind: type[events.Event], **fields: object) -> list[TxReceipt]:
        """Return what an earlier run of this command sent, by an event: for a plan that it has carried out already.

        Args:
            kind: of the event.
            fields: what it has to say, where the same words may have meant something else: another file, say.
        """

        def fits(event: events.Event) -> bool:
            return all(getattr(event, name) == value for name, value in fields.items())

        taken = [it for it in self._earlier if any(map(fits, it.events(kind)))]
        self.run.used |= {it.transaction for it in taken}
        self._earlier = [it for it in self._earlier if it not in taken]
        return taken

    def is_sent(self, step: Step) -> bool:
        """Say whether a call was sent already, and what became of it never told: it would not be sent again."""
        if self.only_signs:
            return False
        return sent_before(self.client.node, self.me, _only(Request, step(self.client.asking())), self.run)

    def own_dataset(self, dataset: int) -> Dataset:
        """Return the state of a dataset that only its owner may do something with.

        Raises:
            InputError: if it is somebody else's.
            RevertError: `Registry_UnknownDataset`.
        """
        state = self.client.datasets.dataset_of(dataset)
        if state.owner != self.me:
            raise InputError(f"Dataset {dataset} belongs to {state.owner}; use that account.")
        return state

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

    def show_gas(self, step: Step, more: str = "") -> None:
        """Try a call, and show which contract it calls, the gas that it takes and what that costs at most.

        Raises:
            RevertError: as the contract would refuse.
            ChainError: if it takes more gas, or costs more, than it may.
            FundsError: if the account has less than that, and pays it.
        """
        self.show_contract(_only(Request, step(self.client.asking())).contract.name)
        tried, fees = self.preview(step), self.client.node.fees()
        gas, limit = tried.gas, gas_limit(tried.gas)
        most = limit * most_of(fees) if self.only_signs else checked_cost(self.client.node, limit, fees)
        whose = ", paid by who carries it out" if self.carrier else ""
        say(f"  gas: about {gas:,}, at most {ether_text(most)}{whose}{more}")
        if self.only_signs:
            return
        has, needed = self.client.node.balance(self.me), most + tried.value
        if has < needed:
            told = f"{ether_text(has)}, and it may take {ether_text(needed)}; send it some and try again."
            raise self._short(FundsError(f"The account has too little ETH for this transaction and its gas: {told}"))

    def show_contract(self, name: str) -> None:
        """Show where a contract is that will be called, and on which chain: what is signed is good there."""
        say(f"  contract: {name} at {self.client.suite[name].address} on chain {self.client.chain_id}")

    def confirm(self, question: str) -> None:
        """Ask before anything is sent or signed, unless --yes.

        Raises:
            InputError: if there is nobody to ask.
            click.exceptions.Exit: if the answer is anything but yes.
        """
        if not self.yes:
            ask(question, _SOME_SENT if self.run.has_sent else NOTHING_SENT)

    def carry_out(self, step: Step, *, nonce: int | None = None) -> TxReceipt | None:
        """Send a call and await it; or, with --relay, sign it, print it, and return None.

        Args:
            step: the call.
            nonce: of what is signed, where only one of several such calls may ever be carried out.

        Raises:
            RevertError: as the contract refuses; then nothing is sent.
            NoSignerError: if the account does not sign.
        """
        client = self.signing_client()
        if not self.only_signs:
            return _told(self._sent(client, step))
        signed = _only(SignedCall, step(client.signing(nonce=nonce, lifetime=self.lifetime)))
        if self.carrier is not None:
            return _told(self.carrier(signed))
        print_document(signed.to_json())
        say(
            "Signed, not sent. Whoever has this line in a file can carry it out and pay the gas: `ape run relay FILE`. "
            "A gateway does both: `ape run relay FILE --at URL`."
        )
        return None

    def _ask_again(self, told: str) -> None:
        say(told)
        self.confirm("Send it once more all the same? Both may be mined then.")

    def _sent(self, client: Audiera[TxReceipt], step: Step) -> TxReceipt:
        try:
            return _only(TxReceipt, step(client))
        except FundsError as error:
            raise self._short(error) from error

    def _short(self, error: FundsError) -> FundsError:
        """Return the same, with what else may be done."""
        if not self.can_relay:
            return error
        return FundsError(
            f"{error} Or add --relay and keep what is printed in a file: somebody who has ETH carries it out by `ape "
            "run relay FILE`, or a gateway by `ape run relay FILE --at URL`."
        )

    def act(self, step: Step, question: str = "Send it?") -> TxReceipt | None:
        """Try a call, ask, and carry it out: the usual way of a command that has shown its plan."""
        if self.is_sent(step):
            return self.carry_out(step)
        self.show_gas(step)
        self.confirm("Sign it?" if self.relay else question)
        return self.carry_out(step)

    def signing_client(self) -> Audiera[TxReceipt]:
        """Return the client that signs; the account is unlocked once."""
        if self._ready is None:
            self._ready = self.client.acting_as(self.unlock(), self.run)
        return self._ready

    def result(self, fields: dict[str, Json], told: str | Sequence[str], receipt: TxReceipt | None = None) -> None:
        """Print what came of it: as JSON (with transaction and gas), or in lines. It counts as told then."""
        sent: dict[str, Json] = {}
        if receipt is not None:
            sent = {"transaction": hex_of(receipt.transaction), "block": receipt.block, "gasUsed": receipt.gas_used}
            if receipt.transaction in self.run.found:
                sent["sentBefore"] = True
        if self.as_json:
            print_json(fields | sent)
        else:
            print_lines(*([told] if isinstance(told, str) else told))
        self.run.tell()

    def refuse_relay(self, why: str) -> None:
        """Return unless --relay was given.

        Raises:
            InputError: saying why a signed call cannot do it.
        """
        if self.relay:
            raise InputError(why)


def _told(receipt: TxReceipt) -> TxReceipt:
    say(f"Transaction {hex_of(receipt.transaction)} is in block {receipt.block} ({receipt.gas_used:,} gas).")
    return receipt


def _only(kind: type[T], outcome: object) -> T:
    if not isinstance(outcome, kind):
        raise TypeError(f"{type(outcome).__name__} came of a call, not {kind.__name__}")
    return outcome
