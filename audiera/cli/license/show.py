"""What is known of a licence, of a dataset's licensing, of terms: as JSON fields and as text for people."""

from __future__ import annotations

from audiera.cli.license.terms import describe_terms, terms_json
from audiera.cli.terminal.documents import dataset_json, offer_json, rights_json
from audiera.cli.terminal.output import Shown, block
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import ends, sentence, until, who
from audiera.client import License, LicenseUsage
from audiera.client.contracts.events import LicenseAcquired, MembershipStarted
from audiera.licensing import StandingOffer
from audiera.operations import memberships_in_force, offers_in_force
from audiera.protocol import DatasetFlag, Kind, Meter, Terms, describe_rights
from audiera.quantities import Amount, format_duration
from audiera.text import Json, hex_of

__all__ = ["license_json", "memberships", "show_dataset", "show_license", "show_terms"]


def show_terms(session: Session, terms_id: bytes) -> Shown:
    """Return terms and the offers under them."""
    index, terms = session.client.licenses.known_terms(terms_id).index, session.client.licenses.terms(terms_id)
    offers = list(offers_in_force(session.client, session.book, terms_id=terms_id))
    rows: dict[str, object] = {"id": hex_of(terms_id), **_described(session, terms)}
    for it in offers:
        rows[session.names.called(it.dataset)] = f"offered to {who(it.licensee)} for {_price(it.price)}{_left(it)}"
    fields = terms_json(session, terms_id, index, terms) | {"offers": [offer_json(it) for it in offers]}
    return fields, block(f"Terms {index}", rows)


def show_dataset(session: Session, dataset: int) -> Shown:
    """Return what may be licensed of a dataset: its clearance, offers and memberships."""
    client = session.client
    state, now = client.datasets.dataset_of(dataset), client.node.timestamp()
    fields = dataset_json(dataset, session.names.name(dataset), state)
    rows: dict[str, object] = {"owner": state.owner}
    if state.flags & DatasetFlag.Derived:
        clearance = client.licenses.clearance_of(dataset)
        if clearance.until > now:
            rows["cleared for"] = f"{describe_rights(clearance.rights_ceiling)}; {until(clearance.until)}"
        else:
            rows["cleared for"] = f"nothing; clear it with `ape run license clear {dataset}`"
        fields["clearance"] = {"rights": rights_json(clearance.rights_ceiling), "until": clearance.until}
    offers = list(offers_in_force(session.client, session.book, datasets=[dataset]))
    fields["offers"] = [offer_json(it) for it in offers]
    for it in offers:
        index = client.licenses.terms_of(it.terms.id()).index
        rows[f"terms {index}, {who(it.licensee)}"] = f"{_price(it.price)}{_left(it)}; {_summary(it)}"
    if not offers:
        rows["offers"] = "none"
    issued = sum(1 for _ in client.licenses.logs(LicenseAcquired, dataset=dataset))
    fields["licenseCount"], rows["licences"] = issued, f"{issued} issued"
    members = memberships(session, dataset, as_catalogue=state.kind is Kind.Catalogue)
    fields["members" if state.kind is Kind.Catalogue else "catalogues"] = members
    if members:
        rows["members" if state.kind is Kind.Catalogue else "covered by"] = "; ".join(
            f"{session.names.called(int(str(it['dataset'])))} under terms {it['index']}" for it in members
        )
    return fields, block(f"{sentence(session.names.called(dataset))}, {state.kind.name}", rows)


def show_license(session: Session, license_id: int) -> Shown:
    """Return a licence, its use and its terms."""
    client = session.client
    found, now = client.licenses.license_of(license_id), client.node.timestamp()
    terms, used = client.licenses.terms(found.terms_id), client.usage.usage_of_license(license_id)
    unit = Meter(terms.meter).name.lower()
    in_force = now < found.expires_at
    quota = f" of {terms.max_units:,}" if terms.max_units else ""
    notes = [*(["revoked"] if found.revoked else []), *(["kept in place by a clearance"] if found.locked else [])]
    index = client.licenses.terms_of(found.terms_id).index
    rows: dict[str, object] = {
        "held by": found.holder,
        "ends" if in_force else "ended": ", ".join([ends(found.expires_at), *notes]),
        "used": f"{used.units:,}{quota} {unit}s in {used.calls:,} calls" if used.calls else "not yet",
        "terms": f"{index} ({hex_of(found.terms_id)})",
        **_described(session, terms),
    }
    described = terms_json(session, found.terms_id, index, terms)
    fields = {"holder": found.holder, **license_json(license_id, found, used, described, now)}
    fields["name"] = session.names.name(found.dataset)
    if client.datasets.dataset_of(found.dataset).kind is Kind.Catalogue:
        started = client.licenses.logs(MembershipStarted, catalogue=found.dataset, terms_id=found.terms_id)
        joined = sorted({it.event.dataset for it in started})
        covered = [it for it in joined if client.licenses.covers(license_id, it, now)]
        fields["covers"], rows["covers"] = (
            covered,
            ", ".join(map(session.names.called, covered)) if covered else "nothing",
        )
    return fields, block(f"Licence {license_id} of {session.names.called(found.dataset)}", rows)


def license_json(
    license_id: int, found: License, used: LicenseUsage, terms: dict[str, Json], now: int
) -> dict[str, Json]:
    """Return a licence for programs, but for its holder: with its terms, and in force or not at the chain's time."""
    return {
        "license": license_id,
        "dataset": found.dataset,
        "expiresAt": found.expires_at,
        "inForce": now < found.expires_at,
        "revoked": found.revoked,
        "locked": found.locked,
        "usage": {"callCount": used.calls, "units": used.units, "lastAt": used.last_at},
        "terms": terms,
    }


def memberships(session: Session, dataset: int, *, as_catalogue: bool) -> list[dict[str, Json]]:
    """Return the memberships in force: of a catalogue its members, of another dataset its catalogues."""
    catalogue, member = (dataset, None) if as_catalogue else (None, dataset)
    return [
        {
            "dataset": it.dataset if as_catalogue else it.catalogue,
            "termsId": hex_of(it.terms_id),
            "index": session.client.licenses.terms_of(it.terms_id).index,
            "until": standing.until,
        }
        for it, standing in memberships_in_force(session.client, catalogue=catalogue, dataset=member)
    ]


def _described(session: Session, terms: Terms) -> dict[str, str]:
    return describe_terms(terms, session.book.of_value(terms.unit_price, terms.token))


def _price(price: Amount) -> str:
    return str(price) if price.value else "nothing"


def _left(offer: StandingOffer) -> str:
    return "" if offer.left is None else f" ({offer.left:,} left)"


def _summary(offer: StandingOffer) -> str:
    terms = offer.terms
    use = f"{offer.unit_price}/{offer.meter.name.lower()}" if terms.unit_price else "use is free"
    lasts = format_duration(terms.duration) if terms.duration else "for ever"
    return f"{use}; {lasts}; {describe_rights(terms.rights)}"
