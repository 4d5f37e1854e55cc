"""Offering licences of a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from sqlalchemy import Row, select

from audiera.errors import AmountError, InputError
from audiera.explorer.asked import Asked, Reading
from audiera.explorer.calling import ActView, Call, Field, address_in, contracts, name_of, prepare
from audiera.explorer.commands import ape
from audiera.explorer.money import Money
from audiera.explorer.refusals import RefusalError
from audiera.explorer.registered import dataset_row
from audiera.explorer.words import METERS, RIGHTS, lasting, rights_of
from audiera.indexer.tables import TERMS
from audiera.licensing import template_of
from audiera.protocol import ENDLESS, ETHER, Meter
from audiera.quantities import parse_units
from audiera.text import from_hex

__all__ = ["OfferView"]

_TERMS: Final = 100
"""Terms to choose from, the newest; others are named by their number."""
_FREE: Final = "free"
_FIELDS: Final = ("terms", "price", "licensee", "count")


@dataclass(frozen=True, slots=True)
class OfferView(ActView):
    """Licences of a dataset, offered by its owner."""

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the offer that the form describes.

        Raises:
            RefusalError: there is no such dataset, or it belongs to somebody else.
        """
        row, asked = dataset_row(reading), reading.asked
        typed = {name: asked.text(name) for name in _FIELDS}
        plan, problem = None, ""
        try:
            _check_owner(asked, row.id, row.owner)
            if typed["terms"] and typed["price"]:
                plan = _plan(reading, asked)
        except (InputError, RefusalError) as error:
            problem = str(error)
        return cls(
            index=reading.index,
            what="Offer licences",
            dataset=row.id,
            name=name_of(reading, row.id),
            account=row.owner,
            command=(
                plan.command(reading.index.chain_id, row.id)
                if plan
                else ape(reading.index.chain_id, f"license offer {row.id} TERMS", '--price "AMOUNT"', acts=True)
            ),
            fields=_fields(reading, typed),
            problem=problem,
            calls=(plan.call(reading, row.id),) if plan else (),
            costs="Nothing but gas.",
            effects=(
                *(plan.effects(row.id) if plan else ()),
                "It stands until it is withdrawn, used up, or the dataset changes hands. What was taken stays taken.",
            ),
        )


@dataclass(frozen=True, slots=True)
class _Plan:
    terms: Row[*tuple[object, ...]]
    price: Money
    licensee: str | None
    count: int | None

    def command(self, chain_id: int, dataset: int) -> str:
        amount = self.price.plain if self.price.is_scaled else "AMOUNT"  # which the command reads in whole tokens
        price = _FREE if self.price.amount == "0" else amount
        options = [f'--price "{price}"', *([f"--licensee {self.licensee}"] if self.licensee else [])]
        options += [f"--count {self.count}"] if self.count else []
        return ape(chain_id, f"license offer {dataset} {self.terms.index}", *options, acts=True)

    def call(self, reading: Reading, dataset: int) -> Call:
        told = (
            (dataset, f"dataset {dataset}"),
            (from_hex(self.terms.id), _line(reading, self.terms)),
            (self.licensee or ETHER, "who may take it: that address alone" if self.licensee else "anyone may take it"),
            (int(self.price.amount), f"the price: {self.price}"),
            (self.count or ENDLESS, f"{self.count:,} may be taken" if self.count else "any number may be taken"),
        )
        return prepare(
            f"Offer dataset {dataset} for {self.price}", contracts(reading)["LicenseRegistry"], "offer", told
        )

    def effects(self, dataset: int) -> tuple[str, ...]:
        rights = ", ".join(RIGHTS[it][0] for it in rights_of(self.terms.rights))
        who = self.licensee or "Anyone"
        return (f"{who} may take a licence of dataset {dataset} for {self.price}, and then: {rights}.",)


def _check_owner(asked: Asked, dataset: int, owner: str) -> None:
    account = address_in(asked.text("account"))
    if account not in {None, owner}:
        raise InputError(f"Dataset {dataset} belongs to {owner}, and only its owner offers it; {account} cannot.")


def _plan(reading: Reading, asked: Asked) -> _Plan:
    number = asked.whole("terms")
    terms = reading.connection.execute(select(TERMS).where(TERMS.c.index == number)).first()
    if terms is None:
        raise InputError(f"No terms {number} are published up to block {reading.index.block:,}.")
    licensee = address_in(asked.text("licensee"))
    count = asked.whole("count")
    if count is not None and not 0 < count < ENDLESS:
        raise InputError(f"Offer 1 to {ENDLESS - 1:,} licences, or leave the number out.")
    price = _price(reading, asked.text("price"), terms.token)
    if int(price.amount) >= 1 << 128:
        raise InputError("That is more than any price can be; ask for less.")
    return _Plan(terms, price, None if licensee == ETHER else licensee, count)


def _price(reading: Reading, text: str, token: str) -> Money:
    """Read a number of the terms' token, exactly; of one without a name here, in its smallest unit."""
    if text.lower() == _FREE:
        return reading.tokens.money(0, token)
    like = reading.tokens.money(0, token)
    symbol = like.symbol or like.called or "units"
    bare = text.removesuffix(symbol).strip()
    try:
        amount = parse_units(bare, like.decimals, symbol)
    except AmountError as error:
        if len(bare.split()) != 1:
            raise InputError(f"The price is a number of {symbol}, such as 12.5, or free.") from error
        raise
    return reading.tokens.money(amount, token)


def _fields(reading: Reading, typed: dict[str, str]) -> tuple[Field, ...]:
    rows = reading.connection.execute(select(TERMS).order_by(TERMS.c.index.desc()).limit(_TERMS)).all()
    choices = [(str(row.index), _line(reading, row)) for row in rows]
    if typed["terms"] and typed["terms"] not in dict(choices):
        choices.insert(0, (typed["terms"], f"Terms {typed['terms']}"))
    return (
        Field("terms", "Terms", typed["terms"], choices=(("", "Choose"), *choices)),
        Field("price", "Price of a licence", typed["price"], "In the token of the terms, such as 12.5; or free"),
        Field("licensee", "For one address alone", typed["licensee"], "Anyone, if left empty", required=False),
        Field("count", "How many may be taken", typed["count"], "Any number, if left empty", required=False),
    )


def _line(reading: Reading, row: Row[*tuple[object, ...]]) -> str:
    text = template_of(from_hex(row.text))
    unit = reading.tokens.money(row.unit_price, row.token)
    token = unit.unit if unit.is_scaled else unit.token
    use = "use is free" if unit.amount == "0" else f"{unit} for each {METERS[Meter(row.meter)]}"
    title = text.title if text else "a text of its own"
    return f"Terms {row.index}: {title}, in {token}, {use}, {lasting(row.duration)}"
