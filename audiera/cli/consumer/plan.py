"""A plan of a pull, as people and programs read it."""

from __future__ import annotations

from dataclasses import dataclass

from audiera.cli.license.terms import text_title
from audiera.cli.terminal.documents import amount_json
from audiera.cli.terminal.output import say
from audiera.cli.terminal.session import Session
from audiera.consumer import Need, Plan, Way
from audiera.protocol import Meter, describe_rights
from audiera.quantities import Amount, UnitPrice, format_duration, format_size
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
    first = {way.bought: way for way in reversed(plan.ways)}
    rows = [
        (
            need.version.dataset,
            shown(need.version.name),
            f"{len(need.rows):,}",
            _size(need),
            _licence(way),
            session.client.licenses.terms_of(way.terms.id()).index,
            format_duration(way.terms.duration) if way.terms.duration else "for ever",
            _each(session, way),
            _price(session, way, first[way.bought]),
            _free(session.book.of_value(way.cost, way.terms.token)),
        )
        for need, way in zip(plan.needs, plan.ways, strict=True)
    ]
    columns = ("dataset", "name", "items", "size", "licence", "terms", "lasts", "each use", "price", "uses")
    right = ("dataset", "items", "terms", "each use", "price", "uses")
    session.table(columns, rows, title=f"For the right {plan.right.name}:", right=right)
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
            ("licences", _free(_amount(session, plan, plan.licenses))),
            ("uses", _free(_amount(session, plan, plan.uses))),
            ("its fee", _free(_amount(session, plan, plan.fee))),
            ("in all", _free(_amount(session, plan, plan.total))),
            *([("deposit", _lasting(session, plan, deposit))] if deposit and plan.uses else []),
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


def _lasting(session: Session, plan: Plan, deposit: Deposit) -> str:
    """Tell what lies with the gateway, and how many uses at this price that covers."""
    free, top_up = _amount(session, plan, deposit.free), _amount(session, plan, deposit.top_up)
    lasts, calls = plan.lasts(deposit.free + deposit.added), plan.calls
    added = f", {_amount(session, plan, deposit.added)} more is put there" if deposit.added else ""
    more = f"; topped up by {top_up} when it runs low" if deposit.top_up else ""
    return f"{free} is free there{added}: it lasts for {lasts:,} uses at this price, and this takes {calls:,}{more}"


def _size(need: Need) -> str:
    return format_size(sum(it.item.size for it in need.rows), sum(it.item.duration_ms for it in need.rows))


def _amount(session: Session, plan: Plan, value: int) -> Amount:
    return session.book.of_value(value, plan.token)


def _free(amount: Amount) -> str:
    return str(amount) if amount.value else "free"


def _licence(way: Way) -> str:
    whose = "" if way.source == way.dataset else f"catalogue {way.source}"
    return f"{way.license or 'to buy'} {f'({whose})' if whose else ''}".strip()


def _price(session: Session, way: Way, first: Way) -> str:
    """Return what a licence costs, once: a catalogue's may be what several datasets are used by."""
    if way.license:
        return "held"
    return _free(session.book.of_value(way.price, way.terms.token)) if way is first else "included"


def _each(session: Session, way: Way) -> str:
    price = UnitPrice(session.book.of_value(way.terms.unit_price, way.terms.token), Meter(way.terms.meter))
    if not way.terms.unit_price:
        return "free"
    return f"{price}{', as a whole' if way.whole else ''}"
