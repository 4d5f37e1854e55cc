"""A plan of a pull, as people and programs read it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from audiera.cli.license.terms import text_title
from audiera.cli.terminal.documents import amount_json
from audiera.cli.terminal.output import say
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import sentence
from audiera.consumer import Need, Plan, Way
from audiera.protocol import Meter, describe_rights
from audiera.quantities import Amount, UnitPrice, counted_whole, format_duration, format_size
from audiera.text import Json, hex_of, shown

__all__ = ["Deposit", "plan_json", "show_plan"]


@dataclass(frozen=True, slots=True)
class Deposit:
    """What lies with the gateway for uses, in the token's smallest unit."""

    free: int
    """Of what lies there, what no voucher speaks for."""
    added: int
    """What is deposited besides before anything is signed."""
    top_up: int = 0
    """What is deposited at a time when it runs low; 0: nothing is."""


def show_plan(session: Session, plan: Plan, deposit: Deposit | None = None) -> None:
    """Tell which licences are used and bought, how many uses there are, and what all of it comes to."""
    if not plan.ways:
        say("Everything is here, or paid for.")
        return
    first, amounts = {way.bought: way for way in reversed(plan.ways)}, _Amounts.of(session, plan)
    rows = [
        (
            need.version.dataset,
            shown(need.version.name),
            f"{len(need.rows):,}",
            _size(need),
            _licence(way),
            session.client.licenses.terms_of(way.terms.id()).index,
            format_duration(way.terms.duration) if way.terms.duration else "for ever",
            _each(amounts, way),
            _price(amounts, way, first[way.bought]),
            _free(amounts.write(way.cost, way.terms.token)),
        )
        for need, way in zip(plan.needs, plan.ways, strict=True)
    ]
    columns = ("dataset", "name", "items", "size", "licence", "terms", "lasts", "each use", "price", "uses")
    right = ("dataset", "items", "terms", "each use", "price", "uses")
    say(*amounts.named())
    session.table(columns, rows, title=f"For the right {plan.right.name}:", right=right)
    say(*_counting(plan))
    for terms in {it.terms.id(): it.terms for it in plan.ways}.values():
        index = session.client.licenses.terms_of(terms.id()).index
        say(
            f"Terms {index} grant {describe_rights(terms.rights)}. Their text: {text_title(terms.text)}. Read it: "
            f"{shown(plan.url)}/terms/{index} is the gateway's page of them, if it has pages; `ape run license text "
            f"{index}` holds it to that hash."
        )
    for dataset in plan.strangers:
        say(f"The owner of dataset {dataset} names other gateways than this one.")
    session.plan(
        f"At {shown(plan.url)}:",
        [
            ("gateway", plan.about.account),
            ("licences", _free(amounts.write(plan.licenses, plan.token))),
            ("uses", _free(amounts.write(plan.uses, plan.token))),
            ("its fee", _free(amounts.write(plan.fee, plan.token))),
            ("in all", _free(amounts.write(plan.total, plan.token))),
            *([("deposit", _lasting(amounts, plan, deposit))] if deposit and plan.uses else []),
        ],
    )


def plan_json(session: Session, plan: Plan, deposit: Deposit | None = None) -> dict[str, Json]:
    """Return a plan for programs."""
    datasets: list[Json] = [
        {
            "dataset": need.version.dataset,
            "version": need.version.number,
            "name": need.version.name,
            "items": len(need.rows),
            "bytes": sum(it.item.size for it in need.rows),
            "durationMs": sum(it.item.duration_ms for it in need.rows),
            "contentRoot": hex_of(need.version.content_root),
            "license": way.license or None,
            "licenseOf": way.source,
            "termsId": hex_of(way.terms.id()),
            "text": hex_of(way.terms.text),
            "price": amount_json(session.book.of_value(way.price, way.terms.token)),
            "uses": 1 if way.whole else len(need.rows),
            "units": way.units,
            "cost": amount_json(session.book.of_value(way.cost, way.terms.token)),
        }
        for need, way in zip(plan.needs, plan.ways, strict=True)
    ]
    return {
        "gateway": plan.about.account,
        "url": plan.url,
        "right": str(plan.right.name),
        "datasets": datasets,
        "licenses": amount_json(_amount(session, plan, plan.licenses)),
        "uses": amount_json(_amount(session, plan, plan.uses)),
        "fee": amount_json(_amount(session, plan, plan.fee)),
        "total": amount_json(_amount(session, plan, plan.total)),
        "deposit": {
            "free": amount_json(_amount(session, plan, deposit.free)),
            "added": amount_json(_amount(session, plan, deposit.added)),
            "uses": plan.lasts(deposit.free + deposit.added),
        }
        if deposit
        else None,
    }


def _lasting(amounts: _Amounts, plan: Plan, deposit: Deposit) -> str:
    """Tell what lies with the gateway, and how many uses at this price that covers."""
    free, top_up = amounts.write(deposit.free, plan.token), amounts.write(deposit.top_up, plan.token)
    lasts, calls = plan.lasts(deposit.free + deposit.added), plan.calls
    added = f", {amounts.write(deposit.added, plan.token)} more is put there" if deposit.added else ""
    more = f"; topped up by {top_up} when it runs low" if deposit.top_up else ""
    return f"{free} is free there{added}: it lasts for {lasts:,} uses at this price, and this takes {calls:,}{more}"


def _size(need: Need) -> str:
    return format_size(sum(it.item.size for it in need.rows), sum(it.item.duration_ms for it in need.rows))


def _counting(plan: Plan) -> list[str]:
    """Tell what the items come to where each counts as so many whole units."""
    lines = []
    for meter in (Meter.Second, Meter.Megabyte):
        pairs = [it for it in zip(plan.needs, plan.ways, strict=True) if it[1].terms.meter == meter]
        if not pairs:
            continue
        items, units = sum(len(need.rows) for need, _ in pairs), sum(way.units for _, way in pairs)
        come = "1 item comes" if items == 1 else f"{items:,} items come"
        unit = f"{meter.name.lower()}{'' if units == 1 else 's'}"
        lines.append(f"{sentence(counted_whole(meter))}: {come} to {units:,} {unit}.")
    return lines


@dataclass(frozen=True, slots=True)
class _Amounts:
    """How the amounts of a plan are written: a token without a name here in short, which is told once."""

    session: Session
    short: dict[str, str]
    """What a token calls itself, by its address."""

    @classmethod
    def of(cls, session: Session, plan: Plan) -> _Amounts:
        """Return how they are written: in short no token that would be taken for another, or for one with a name."""
        tokens = {plan.token, *(str(it.terms.token) for it in plan.ways)}
        symbols = {it: session.book.symbol(it) for it in tokens}
        short = {it: said.removesuffix(f"({it})") for it, said in symbols.items() if said.endswith(f"({it})")}
        taken = [it.casefold() for it in ("ETH", *session.book.names, *short.values())]
        return cls(session, {it: said for it, said in short.items() if taken.count(said.casefold()) == 1})

    def named(self) -> list[str]:
        """Tell which token each short name is of."""
        return [
            f"{said} is what token {token} calls itself; --token NAME={token} gives it a name of yours."
            for token, said in sorted(self.short.items())
        ]

    def write(self, value: int, token: str) -> Amount:
        """Return an amount as the plan writes it."""
        amount = self.session.book.of_value(value, token)
        said = self.short.get(token)
        return amount if said is None else replace(amount, symbol=amount.symbol.replace(f"{said}({token})", said))


def _amount(session: Session, plan: Plan, value: int) -> Amount:
    return session.book.of_value(value, plan.token)


def _free(amount: Amount) -> str:
    return str(amount) if amount.value else "free"


def _licence(way: Way) -> str:
    whose = "" if way.source == way.dataset else f"catalogue {way.source}"
    return f"{way.license or 'to buy'} {f'({whose})' if whose else ''}".strip()


def _price(amounts: _Amounts, way: Way, first: Way) -> str:
    """Return what a licence costs, once: a catalogue's may be what several datasets are used by."""
    if way.license:
        return "held"
    return _free(amounts.write(way.price, way.terms.token)) if way is first else "included"


def _each(amounts: _Amounts, way: Way) -> str:
    price = UnitPrice(amounts.write(way.terms.unit_price, way.terms.token), Meter(way.terms.meter))
    if not way.terms.unit_price:
        return "free"
    return f"{price}{', as a whole' if way.whole else ''}"
