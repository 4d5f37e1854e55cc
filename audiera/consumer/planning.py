"""What a pull would take: which licences, how many uses, and what all of it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audiera.client import Audiera, TxReceipt
from audiera.consumer.choosing import Way, choose, ways_for
from audiera.consumer.version import Version, read_version
from audiera.errors import GatewayError, InputError
from audiera.interface import About
from audiera.metering import fee_of
from audiera.operations import TokenBook
from audiera.protocol import Right, to_address
from audiera.remote import Remote
from audiera.text import shown

__all__ = ["Plan", "make_plan", "place_of", "read_about"]


@dataclass(frozen=True, slots=True)
class Plan:
    """The cheapest way to use some datasets whole."""

    url: str
    about: About
    token: str
    right: Right
    versions: tuple[Version, ...]
    ways: tuple[Way, ...]
    """One for each version."""
    strangers: tuple[int, ...]
    """Datasets whose owner names gateways, and not this one."""

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
        return fee_of(self.uses, self.about.fee_ppm)

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
        GatewayError: it is none, or another suite's.
    """
    answer = remote.ask_openly("GET", "/v1/gateway")
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
    remote: Remote,
    datasets: Sequence[int],
    right: Right,
    *,
    payer: str,
    token: str,
) -> Plan:
    """Return the cheapest way for an account to use datasets whole.

    Args:
        client: the connection.
        book: how amounts are written.
        remote: the gateway.
        datasets: by number.
        right: how they are used.
        payer: whose licences count, and to whom offers stand.
        token: that is paid in.

    Raises:
        InputError: a dataset cannot be used so.
        GatewayError: the gateway is none of this suite's.
        StorageError: it does not have what the chain says.
    """
    about = read_about(client, remote)
    versions = tuple(read_version(client, remote, it) for it in dict.fromkeys(datasets))
    ways = {it.dataset: _paid_in(book, token, it, ways_for(client, book, it, right, payer)) for it in versions}
    named = {it.dataset: client.datasets.gateways(it.dataset) for it in versions}
    strangers = tuple(it for it, gateways in named.items() if gateways and about.account not in gateways)
    return Plan(remote.url, about, token, right, versions, choose(versions, ways), strangers)


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
        raise InputError(f"{called} is paid in {others}, and not in {book.symbol(token)}; pay in that.")
    return found
