"""What a pull would take: which licences, how many uses, and what all of it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audiera.client import Audiera, TxReceipt
from audiera.consumer.accesses import CALLS
from audiera.consumer.choosing import Need, Way, choose, ways_for
from audiera.consumer.version import Version
from audiera.errors import GatewayError, InputError
from audiera.interface import About
from audiera.metering import fee_of
from audiera.operations import TokenBook
from audiera.protocol import ETHER, Right, to_address
from audiera.remote import Remote
from audiera.text import shown

__all__ = ["Plan", "make_plan", "place_of", "read_about"]


@dataclass(frozen=True, slots=True)
class Plan:
    """The cheapest way to use what is needed."""

    url: str
    about: About
    token: str
    right: Right
    needs: tuple[Need, ...]
    ways: tuple[Way, ...]
    """One for each need."""
    strangers: tuple[int, ...]
    """Datasets whose owner names gateways, and not this one."""

    @property
    def calls(self) -> int:
        """How many uses there are."""
        return sum(1 if way.whole else len(need.rows) for need, way in zip(self.needs, self.ways, strict=True))

    def lasts(self, balance: int) -> int:
        """Return how many uses a balance covers, at what these cost on average; 0: they cost nothing."""
        due = self.uses + self.fee
        return balance * self.calls // due if due else 0

    @property
    def bought(self) -> tuple[Way, ...]:
        """One way for each licence that has to be bought."""
        return tuple({it.bought: it for it in self.ways if it.bought}.values())

    @property
    def licenses(self) -> int:
        """What the licences cost."""
        return sum(it.price for it in self.bought)

    @property
    def uses(self) -> int:
        """What all uses cost."""
        return sum(it.cost for it in self.ways)

    @property
    def fee(self) -> int:
        """Of the gateway, at most: it is rounded up for each batch."""
        batches = 2 * self.calls // CALLS + 2 if self.uses and self.about.fee_ppm else 0
        return fee_of(self.uses, self.about.fee_ppm) + batches

    @property
    def total(self) -> int:
        """All of it."""
        return self.licenses + self.uses + self.fee


def place_of(client: Audiera[TxReceipt], dataset: int) -> str:
    """Return where a dataset is served, as its owner says on the chain.

    Raises:
        InputError: he does not say, or names no https:// URL.
    """
    for gateway in client.datasets.gateways(dataset):
        url = client.usage.gateway_url(gateway)
        if url.startswith("https://"):
            return url
    raise InputError(f"The owner of dataset {dataset} names no gateway at an https:// URL; name one with --from.")


def read_about(client: Audiera[TxReceipt], remote: Remote) -> About:
    """Return what a gateway says of itself, if it is one of this suite's.

    Raises:
        GatewayError: it is none, or another suite's, or refuses.
    """
    answer = remote.ask_openly("GET", "/v1/gateway")
    if answer.status != 200 and answer.code not in {"", "not_found"}:
        raise GatewayError(answer.refusal(remote.url))
    if answer.status != 200:
        raise GatewayError(f"{remote.url} is no gateway ({answer.problem()}); name another with --from.")
    about = remote.read(About, answer)
    if (about.chain_id, to_address(about.ledger)) != (client.chain_id, client.usage.address):
        raise GatewayError(
            f"{remote.url} serves chain {about.chain_id} and the ledger {about.ledger}, and this is "
            f"{client.usage.address} on chain {client.chain_id}; name another node or another gateway."
        )
    return about


def make_plan(
    client: Audiera[TxReceipt],
    book: TokenBook,
    needs: Sequence[Need],
    right: Right,
    *,
    url: str,
    about: About,
    payer: str,
    token: str | None,
) -> Plan:
    """Return the cheapest way for an account to use what is needed of some datasets.

    Args:
        client: the connection.
        book: how amounts are written.
        needs: what is used; of what nothing is needed, nothing is planned.
        right: how.
        url: of the gateway.
        about: what it says of itself.
        payer: whose licences count, and to whom offers stand.
        token: that is paid in; None: the only one that pays for all of it.

    Raises:
        InputError: a dataset cannot be used so, or several tokens pay for all.
    """
    needs = tuple(it for it in needs if it.rows)
    every = [(it.version, ways_for(client, book, it, right, payer)) for it in needs]
    if token is None:
        token = _only_token(book, [ways for _, ways in every])
    ways = {version.dataset: _paid_in(book, token, version, found) for version, found in every}
    named = {it: client.datasets.gateways(it) for it in ways}
    strangers = tuple(it for it, gateways in named.items() if gateways and about.account not in gateways)
    return Plan(url, about, token, right, needs, choose(tuple(ways), ways) if ways else (), strangers)


def _only_token(book: TokenBook, every: Sequence[Sequence[Way]]) -> str:
    """Return the token that pays for all of it; any of those that are asked for if none does; ETH if all is free.

    Raises:
        InputError: there are several.
    """
    asked = {it.terms.token for ways in every for it in ways if not it.is_paid_in("")}
    fit = {token for token in asked if all(any(it.is_paid_in(token) for it in ways) for ways in every)}
    if len(fit) > 1:
        listed = " or ".join(sorted(map(book.symbol, fit)))
        raise InputError(f"All of it can be paid in {listed}; name one with --in.")
    return min(fit or asked, default=ETHER)


def _paid_in(book: TokenBook, token: str, version: Version, ways: Sequence[Way]) -> tuple[Way, ...]:
    """Return the ways to use a dataset that are paid in a token.

    Raises:
        InputError: there is none.
    """
    called = f"Dataset {version.dataset} ({shown(version.name)})"
    if not ways:
        raise InputError(
            f"{called} is neither licensed to you nor on offer for this use; see `ape run license show dataset "
            f"{version.dataset}`, or ask its owner."
        )
    found = tuple(it for it in ways if it.is_paid_in(token))
    if not found:
        others = " or ".join(sorted({book.symbol(it.terms.token) for it in ways}))
        raise InputError(
            f"{called} is paid in {others}, and not in {book.symbol(token)}; name that with --in of "
            "`audiera quote`, and in --max-spend of `audiera pull`."
        )
    return found
