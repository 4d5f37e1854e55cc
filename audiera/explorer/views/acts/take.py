"""Taking a licence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from audiera.explorer.asked import Reading
from audiera.explorer.calling import (
    ActView,
    Call,
    Field,
    address_in,
    approvals,
    contracts,
    name_of,
    prepare,
    read_within,
)
from audiera.explorer.commands import ape
from audiera.explorer.offered import Offered, offers_of
from audiera.explorer.refusals import not_found
from audiera.explorer.registered import dataset_row
from audiera.explorer.words import METERS, lasting
from audiera.protocol import ETHER, ZERO_WORD
from audiera.text import from_hex

__all__ = ["TakeView"]


@dataclass(frozen=True, slots=True)
class TakeView(ActView):
    """A licence that is taken under the terms of an offer."""

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the purchase of a licence at the price that stands for whoever signs.

        Raises:
            RefusalError: there is no such offer.
        """
        dataset, terms = reading.asked.number("dataset"), reading.asked.number("terms")
        dataset_row(reading)
        account, problem = read_within(lambda: address_in(reading.asked.text("account")))
        under = [it for it in offers_of(reading, [dataset])[dataset] if it.conditions.index == terms]
        standing = [it for it in under if it.through is None]
        if not standing:
            raise not_found(_not_offered(dataset, terms, under, reading.index.block))
        fitting = [it for it in standing if it.licensee is not None and it.licensee == account]
        fitting = fitting or [it for it in standing if it.licensee is None]
        if account and not fitting:
            problem = f"Under terms {terms} the dataset is offered to others alone; {account} cannot take it."
        offer, chain = fitting[0] if fitting else None, reading.index.chain_id
        return cls(
            index=reading.index,
            what="Take a licence",
            dataset=dataset,
            name=name_of(reading, dataset),
            account=account,
            command=offer.command(chain) if offer else ape(chain, f"license acquire {dataset} {terms}", acts=True),
            fields=(Field("account", "Account that pays and holds the licence", reading.asked.text("account"), "0x…"),),
            problem=problem,
            calls=_calls(reading, offer, account) if offer and account else (),
            costs=_costs(offer) if offer else "",
            effects=_effects(offer, account) if offer else (),
        )


def _not_offered(dataset: int, terms: int, under: Sequence[Offered], block: int) -> str:
    if under:
        catalogue = under[0].dataset
        return (
            f"Dataset {dataset} is offered under terms {terms} through catalogue {catalogue} alone; take the "
            f"catalogue's licence, which covers it: /act/licence/{catalogue}/{terms}."
        )
    return f"Dataset {dataset} is not offered under terms {terms} up to block {block:,}."


def _calls(reading: Reading, offer: Offered, account: str) -> tuple[Call, ...]:
    registry = contracts(reading)["LicenseRegistry"]
    price, terms = int(offer.price.amount), offer.conditions
    told = (
        (offer.dataset, f"dataset {offer.dataset}"),
        (from_hex(terms.terms), f"terms {terms.index}: {terms.title}"),
        (price, f"the most that is paid: {offer.price}"),
        (account, "who holds the licence: the account that signs"),
        (ZERO_WORD, "no reference of your own"),
    )
    sent = price if offer.price.token == ETHER else 0
    steps = approvals(reading, offer.price, account, registry.address)
    return (*steps, prepare(f"Take the licence for {offer.price}", registry, "acquire", told, value=sent))


def _costs(offer: Offered) -> str:
    terms = offer.conditions
    use = "" if terms.use_is_free else f"; each {METERS[terms.meter]} costs {terms.unit_price}"
    use += f", and {terms.counting}" if use and terms.counting else ""
    return f"Nothing but gas{use}." if offer.is_free else f"{offer.price}, and gas{use}."


def _effects(offer: Offered, account: str | None) -> tuple[str, ...]:
    terms = offer.conditions
    rights = ", ".join(terms.granted)
    return (
        f"{account or 'The account that signs'} holds a licence of dataset {offer.dataset} {lasting(terms.duration)}.",
        f"It grants: {rights}. What you accept is the text that terms {terms.index} name, sha-256 {terms.text[2:]}.",
        "What is paid is divided among everybody who is paid for the dataset, in the same transaction.",
        "A price that has risen meanwhile is refused by the contract, and nothing is paid.",
    )
