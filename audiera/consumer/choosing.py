"""Which licences to use and which to buy, so that all of it costs least."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from audiera.client import Audiera, TxReceipt
from audiera.client.contracts.events import MembershipStarted
from audiera.consumer.version import Version
from audiera.consumer.wanted import Wanted, units_under
from audiera.licensing import StandingOffer
from audiera.metering import fee_of
from audiera.operations import TokenBook, offers_in_force
from audiera.protocol import ETHER, Meter, Right, Status, TableRow, Terms

__all__ = ["Need", "Way", "choose", "ways_for"]

_MARGIN: Final = 3_600  # seconds that a licence has to last yet
_EXACT: Final = 12  # catalogues of which every combination is tried


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to use a dataset: under a licence that is held, or under one that can be bought."""

    dataset: int
    """What is used."""
    source: int
    """What the licence is of: the dataset, or a catalogue that it is in."""
    license: int
    """0: it is to be bought."""
    terms: Terms
    price: int
    """Of the licence; 0 if it is held."""
    whole: bool
    """One use of the whole dataset, and not one for each item."""
    units: int
    """Of all uses."""

    @property
    def cost(self) -> int:
        """Of all uses, without the licence and without the gateway's fee."""
        return self.units * self.terms.unit_price

    def is_paid_in(self, token: str) -> bool:
        """Say whether nothing has to be paid in another token."""
        return self.terms.token == token or not (self.price or self.terms.unit_price)

    def wanted(self, need: Need, license_id: int) -> Wanted:
        """Return what an access is to be of, under the licence that is held or was bought."""
        version = need.version
        rows = version.rows if self.whole else need.rows
        return Wanted(version.dataset, version.number, license_id, self.terms, rows, self.whole)

    def dearest(self, need: Need, fee_ppm: int) -> int:
        """Return what its dearest access comes to at least, fee included: that of the whole, or of one item."""
        units = self.units if self.whole else max((units_under(self.terms, it) for it in need.rows), default=0)
        price = units * self.terms.unit_price
        return price + fee_of(price, fee_ppm)

    @property
    def bought(self) -> tuple[int, bytes] | None:
        """The offer that is taken; none: the licence is held."""
        return None if self.license else (self.source, self.terms.id())


@dataclass(frozen=True, slots=True)
class Need:
    """What is to be used of a dataset."""

    version: Version
    rows: Sequence[TableRow]
    """The items."""


def ways_for(client: Audiera[TxReceipt], book: TokenBook, need: Need, right: Right, payer: str) -> tuple[Way, ...]:
    """Return every way in which an account may use items of a dataset: under licences it holds, and under offers.

    Args:
        client: the connection.
        book: how amounts are written.
        need: what is used.
        right: how.
        payer: whose licences, and to whom offers stand.
    """
    return (*_held(client, need, right, payer), *_offered(client, book, need, right, payer))


def choose(datasets: Sequence[int], ways: Mapping[int, Sequence[Way]]) -> tuple[Way, ...]:
    """Return the way for each dataset that together cost least; a licence of a catalogue is paid for once.

    Every combination of catalogues is tried; where there are very many, they are tried one after another.

    Args:
        datasets: what is used.
        ways: of each, one at least.
    """
    shared = sorted({it.bought for each in ways.values() for it in each if it.bought and it.source != it.dataset})
    best = _with(datasets, ways, ())
    if len(shared) <= _EXACT:
        tried: Iterable[tuple[tuple[int, bytes], ...]] = (
            some for count in range(1, len(shared) + 1) for some in combinations(shared, count)
        )
        for some in tried:
            best = _cheaper(best, _with(datasets, ways, some))
    else:
        taken: tuple[tuple[int, bytes], ...] = ()
        for one in shared:
            found = _with(datasets, ways, (*taken, one))
            if found is not None and _cheaper(best, found) is found:
                best, taken = found, (*taken, one)
    if best is None:  # each needs a catalogue, and no combination that was tried has all of them
        best = _with(datasets, ways, shared)
    assert best is not None
    return best


def _with(
    datasets: Sequence[int], ways: Mapping[int, Sequence[Way]], catalogues: Sequence[tuple[int, bytes]]
) -> tuple[Way, ...] | None:
    """Return the cheapest way for each dataset where of catalogues these licences are bought, and no others."""
    made = []
    for dataset in datasets:
        open_ones = [it for it in ways[dataset] if it.license or it.source == it.dataset or it.bought in catalogues]
        if not open_ones:
            return None
        made.append(min(open_ones, key=lambda it: (_alone(it), not it.license, it.license, it.terms.id())))
    return tuple(made)


def _alone(way: Way) -> int:
    """Return what a way costs beside what is bought for several."""
    return way.cost + (way.price if way.source == way.dataset else 0)


def _total(ways: Iterable[Way]) -> int:
    prices: dict[tuple[int, bytes], int] = {}
    uses = 0
    for it in ways:
        uses += it.cost
        if it.bought:
            prices[it.bought] = it.price
    return uses + sum(prices.values())


def _cheaper(one: tuple[Way, ...] | None, other: tuple[Way, ...] | None) -> tuple[Way, ...] | None:
    if one is None or other is None:
        return one or other
    return other if _total(other) < _total(one) else one


def _held(client: Audiera[TxReceipt], need: Need, right: Right, payer: str) -> Iterator[Way]:
    now, dataset = client.node.timestamp(), need.version.dataset
    for number in client.licenses.held_by(payer):
        license_ = client.licenses.license_of(number)
        if license_.expires_at <= now + _MARGIN:
            continue
        if client.usage.status_of(number, payer, dataset, right) is not Status.Valid:
            continue
        terms = client.licenses.terms(license_.terms_id)
        way = _way(need, license_.dataset, terms, 0, license=number)
        used = client.usage.usage_of_license(number).units if terms.max_units else 0
        if not terms.max_units or used + way.units <= terms.max_units:
            yield way


def _offered(client: Audiera[TxReceipt], book: TokenBook, need: Need, right: Right, payer: str) -> Iterator[Way]:
    now, licenses, dataset = client.node.timestamp(), client.licenses, need.version.dataset
    catalogues = {
        (it.event.catalogue, it.event.terms_id): found.until
        for it in licenses.logs(MembershipStarted, dataset=dataset)
        if (found := licenses.membership_of(it.event.catalogue, it.event.terms_id, dataset)).since
    }
    sources = {dataset, *(source for source, _ in catalogues)}
    for offer in offers_in_force(client, book, datasets=sources):
        own = offer.dataset == dataset
        # Of one that covers the dataset until it leaves, and lasts longer, the rest would be paid for in vain.
        if not own and offer.terms.until(now) > catalogues.get((offer.dataset, offer.terms.id()), 0):
            continue
        if not _stands(offer, payer) or not offer.terms.rights & right:
            continue
        if 0 < offer.terms.duration <= _MARGIN:
            continue
        way = _way(need, offer.dataset, offer.terms, offer.price.value, license=0)
        if not offer.terms.max_units or way.units <= offer.terms.max_units:
            yield way


def _stands(offer: StandingOffer, payer: str) -> bool:
    return offer.licensee in (ETHER, payer)


def _way(need: Need, source: int, terms: Terms, price: int, *, license: int) -> Way:  # noqa: A002
    whole = terms.meter == Meter.Call and terms.unit_price > 0
    units = 1 if whole else sum(units_under(terms, it) for it in need.rows)
    return Way(
        dataset=need.version.dataset, source=source, license=license, terms=terms, price=price, whole=whole, units=units
    )
