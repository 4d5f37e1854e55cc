"""`royalty list`: everything that an account has a share in, and what is to be claimed where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from audiera.cli.terminal.documents import amount_json, payee_id
from audiera.cli.terminal.output import print_json, print_lines, print_table
from audiera.cli.terminal.session import Session
from audiera.operations import Claims, Flow, Owed
from audiera.protocol import WHOLE
from audiera.quantities import Amount, format_ppm
from audiera.text import Json, hex_of

__all__ = ["list_shares"]


@dataclass(frozen=True, slots=True)
class _Shared:
    """A split whose money reaches the account, as a line of the list."""

    split_id: bytes
    called: str
    datasets: tuple[int, ...]
    """Whose split it is now."""
    part: Fraction
    is_direct: bool
    """Whether the account has a share in it itself."""
    through: tuple[str, ...]
    """What else its money goes through to the account."""
    waiting: tuple[Owed, ...]

    def row(self, session: Session) -> tuple[object, ...]:
        """Return it as people read it."""
        ways = (*(["itself"] if self.is_direct and self.through else []), *self.through)
        return (
            self.called,
            _share_text(self.part),
            ", ".join(ways) or "-",
            _written(session.book.totals((it.token, it.amount) for it in self.waiting if it.is_direct)),
            _written(session.book.totals((it.token, it.amount) for it in self.waiting if not it.is_direct)),
        )

    def json(self, session: Session, payee: bytes) -> dict[str, Json]:
        """Return it for programs."""
        return {
            "split": hex_of(self.split_id),
            "of": self.called,
            "datasets": [{"dataset": it, "name": session.names.name(it)} for it in self.datasets],
            "payee": payee_id(payee),
            "ppm": int(self.part * WHOLE),
            "direct": self.is_direct,
            "through": list(self.through),
            "waiting": [
                {**amount_json(session.book.of_value(it.amount, it.token)), "direct": it.is_direct}
                for it in self.waiting
            ],
        }


def list_shares(session: Session, payee: bytes) -> None:
    """Print everything whose income reaches an account, by a share of its own or through the shares of others.

    An earlier split of a dataset is listed while something waits there.
    """
    client = session.client
    flow = Flow.read(client, session.names)
    claims = Claims.of(client, flow, payee)
    waiting = list(claims.waiting())
    listed = list(_shared(claims, waiting))
    now = session.book.totals((it.token, it.amount) for it in waiting if it.is_direct)
    in_all = session.book.totals((it.token, it.amount) for it in claims.plan().steps if it.payee == payee)
    if session.as_json:
        claimable: list[Json] = [amount_json(it) for it in in_all]
        at_once: list[Json] = [amount_json(it) for it in now]
        shares: list[Json] = [it.json(session, payee) for it in listed]
        print_json(
            {
                "payee": payee_id(payee),
                "chainId": client.chain_id,
                "shares": shares,
                "claimable": claimable,
                "claimableNow": at_once,
            }
        )
        return
    if not listed:
        print_lines(f"{flow.name(payee)} has no share in any split on chain {client.chain_id}.")
        return
    title = f"Shares of {flow.name(payee)} on chain {client.chain_id}:"
    columns = ("of", "share", "by way of", "to claim", "to come")
    rows = [it.row(session) for it in listed]
    print_table(columns, rows, title=title, right=("share", "to claim", "to come"), err=False)
    print_lines(f"To claim: {_written(in_all)}; without forwards {_written(now)}.")


def _shared(claims: Claims, waiting: Sequence[Owed]) -> Iterator[_Shared]:
    """Yield what the account has a share in: first where it has one itself."""
    flow = claims.flow
    here: defaultdict[bytes, list[Owed]] = defaultdict(list)
    for it in waiting:
        here[it.split_id].append(it)
    found = [
        _Shared(
            split_id,
            flow.name_split(split_id),
            flow.datasets_of(split_id),
            reach.part,
            split_id in claims.wanted,
            tuple(dict.fromkeys(flow.name_split(it) for it in claims.onward_of(split_id))),
            tuple(here[split_id]),
        )
        for split_id, reach in claims.reach().items()
        if here[split_id] or flow.is_in_use(split_id)
    ]
    yield from sorted(found, key=lambda it: (not it.is_direct, not it.datasets, it.datasets))


def _written(amounts: Iterable[Amount]) -> str:
    return ", ".join(map(str, amounts)) or "nothing"


def _share_text(part: Fraction) -> str:
    ppm = part * WHOLE
    return f"{'' if ppm.denominator == 1 else 'about '}{format_ppm(int(ppm))}"
