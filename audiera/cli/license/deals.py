"""Offers made and withdrawn, memberships, keys: what each does is shown, then done, then said."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from eth_typing import ChecksumAddress

from audiera.cli.terminal.documents import amount_json
from audiera.cli.terminal.session import AnyAudiera, Outcome, Session, Step
from audiera.cli.terminal.words import ends, how_often, until, when, who
from audiera.client import TxReceipt
from audiera.client.contracts.events import LicenseRevoked, MembershipEnded, MembershipStarted, SignerSet
from audiera.errors import InputError
from audiera.protocol import SignerScope, describe_rights
from audiera.quantities import Amount, format_duration
from audiera.text import Json, hex_of

__all__ = ["Side", "act_on_membership", "act_on_offer", "carry_out_offer", "price_of", "revoke", "set_signer"]

Side: TypeAlias = Literal["join", "admit", "leave"]

_DAY: Final = 86_400  # seconds for which a key keeps what is taken from it


def act_on_offer(
    session: Session,
    dataset: int,
    terms_id: bytes,
    licensee: ChecksumAddress,
    price: Amount | None,
    *,
    count: int | None = None,
) -> None:
    """Make an offer, change it, or (without a price) withdraw it, and say so; see `carry_out_offer`."""
    receipt = carry_out_offer(session, dataset, terms_id, licensee, price, count=count)
    if receipt is None:
        return
    index = session.client.licenses.terms_of(terms_id).index
    fields: dict[str, Json] = {"dataset": dataset, "termsId": hex_of(terms_id), "licensee": licensee}
    if price is None:
        text = f"Dataset {dataset} is no longer offered to {who(licensee)} under terms {index}."
    else:
        fields |= {"price": amount_json(price), "left": count}
        times = "" if count is None else f", {how_often(count)}"
        text = f"Dataset {dataset} is offered to {who(licensee)} under terms {index} for {price}{times}."
    session.result(fields, text, receipt)


def carry_out_offer(
    session: Session,
    dataset: int,
    terms_id: bytes,
    licensee: ChecksumAddress,
    price: Amount | None,
    *,
    count: int | None = None,
) -> TxReceipt | None:
    """Make an offer, change it, or (without a price) withdraw it; return None if it was only signed.

    Args:
        session: who offers.
        dataset: what is licensed.
        terms_id: under which terms.
        licensee: to whom; zero is anyone.
        price: of a licence; None withdraws the offer.
        count: how many licences and renewals may be taken; None is any number.

    Raises:
        InputError: if it is somebody else's dataset, or there is no offer to withdraw.
        RevertError: as the contract refuses; then nothing is sent.
    """
    client = session.client
    standing = client.licenses.offer_of(dataset, terms_id, licensee)
    stored = client.licenses.terms_of(terms_id)
    step: Step
    if price is None:
        title, question, step = "Withdrawal of an offer", "Withdraw it?", _withdrawal(dataset, terms_id, licensee)
    else:
        title, question, step = "Offer", "Offer it?", _offer(dataset, terms_id, licensee, price.value, count)
    if not session.is_sent(step):
        session.own_dataset(dataset)
        if price is None and standing is None:
            raise InputError(
                f"Dataset {dataset} is not offered to {who(licensee)} under terms {stored.index}; "
                f"see what is with `ape run license show dataset {dataset}`."
            )
    lines: list[tuple[str, object]] = [
        ("terms", f"{stored.index} ({hex_of(terms_id)})"),
        ("rights", describe_rights(stored.rights)),
        ("lasts", format_duration(stored.duration) if stored.duration else "for ever"),
        ("to", who(licensee)),
    ]
    if price is not None:
        lines += [("price", price), ("may be taken", how_often(count))]
    if standing:
        before = session.book.of_value(standing.price, stored.token)
        lines.append(("until now", f"{before}, {how_often(standing.left)}"))
    session.plan(f"{title}, dataset {dataset}:", lines)
    return session.act(step, question)


def price_of(session: Session, text: str, token: str) -> Amount:
    """Read a price in the token that terms are paid in; ``free`` is nothing of it.

    Raises:
        InputError: if it is in another token.
    """
    if text.strip().lower() == "free":
        return session.book.of_value(0, token)
    price = session.book.amount(text)
    if price.token != token:
        raise InputError(f"These terms are paid in {session.book.symbol(token)}; write the price in it.")
    return price


def revoke(session: Session, license_id: int) -> None:
    """End a licence of the account's dataset, after the notice of its terms.

    Raises:
        InputError: if it is a licence of somebody else's dataset.
        RevertError: as the contract refuses; then nothing is sent.
    """
    found = session.client.licenses.license_of(license_id)
    session.own_dataset(found.dataset)
    notice = session.client.licenses.terms_of(found.terms_id).notice
    lines = [
        ("dataset", found.dataset),
        ("held by", found.holder),
        ("ends", ends(found.expires_at)),
        ("notice", format_duration(notice) if notice else "none"),
    ]

    def step(client: AnyAudiera) -> Outcome:
        return client.licenses.revoke(license_id)

    if not session.is_sent(step):
        session.preview(step)  # what is refused needs no plan
    session.plan(f"Revocation of licence {license_id}:", lines)
    receipt = session.act(step, "Revoke it?")
    if receipt:
        end = receipt.event(LicenseRevoked).expires_at
        text = f"Licence {license_id} ends {when(end)} and cannot be renewed."
        session.result({"license": license_id, "expiresAt": end}, text, receipt)


def act_on_membership(session: Session, side: Side, catalogue: int, terms_id: bytes, dataset: int) -> None:
    """Consent to a membership as either owner, or end it.

    Raises:
        InputError: if that is somebody else's to do.
        RevertError: as the contract refuses; then nothing is sent.
    """
    client = session.client
    if side != "leave":
        session.own_dataset(dataset if side == "join" else catalogue)
    stored = client.licenses.terms_of(terms_id)
    notice = format_duration(stored.notice) if stored.notice else "none"
    lines: list[tuple[str, object]] = [
        ("catalogue", f"{catalogue}, owned by {client.datasets.owner_of(catalogue)}"),
        ("dataset", f"{dataset}, owned by {client.datasets.owner_of(dataset)}"),
        ("terms", f"{stored.index} ({hex_of(terms_id)})"),
        ("rights", describe_rights(stored.rights)),
        ("use", f"{session.book.of_value(stored.unit_price, stored.token)}/{stored.meter.name.lower()}"),
        ("notice", notice),
    ]
    titles = {"join": "The dataset joins", "admit": "The catalogue admits", "leave": "The dataset leaves"}
    step = _membership(side, catalogue, terms_id, dataset)
    if not session.is_sent(step):
        session.preview(step)  # what is refused needs no plan
    session.plan(f"{titles[side]}:", lines)
    receipt = session.act(step, {"leave": "End it?"}.get(side, "Agree?"))
    if receipt is None:
        return
    fields: dict[str, Json] = {"catalogue": catalogue, "dataset": dataset, "termsId": hex_of(terms_id)}
    if side == "leave":
        last = receipt.event(MembershipEnded).until
        fields["until"] = last
        over = last <= client.node.timestamp()
        cover = "no longer cover" if over else "cover"
        end = "" if over else f" until {when(last)}"
        text = f"Licences of catalogue {catalogue} under terms {stored.index} {cover} dataset {dataset}{end}."
    elif receipt.events(MembershipStarted):
        fields["started"] = True
        text = f"Licences of catalogue {catalogue} under terms {stored.index} cover dataset {dataset} from now on."
    else:
        fields["started"] = False
        other = "admit" if side == "join" else "join"
        text = (
            f"You agreed; it begins when the other owner does: "
            f"`ape run license {other} {catalogue} {stored.index} {dataset}`."
        )
    session.result(fields, text, receipt)


def set_signer(session: Session, key: ChecksumAddress, scopes: SignerScope, end: int) -> None:
    """Let a key act for the account, in these scopes only.

    Raises:
        RevertError: as the contract refuses; then nothing is sent.
    """
    licenses = session.client.licenses
    lines: list[tuple[str, object]] = [("account", session.me)]
    now = session.client.node.timestamp()
    for scope in SignerScope:
        old = licenses.signer_until(session.me, key, scope)
        kept = max(end if scope & scopes else 0, min(old, now + _DAY) if old > now else 0)
        change = f" instead of {until(old)}" if now < old != kept else ""
        lines.append((str(scope.name).lower(), f"{until(kept) if kept else 'not'}{change}"))
    session.plan(f"What {key} may do:", lines)
    receipt = session.act(lambda client: client.licenses.set_signer(key, scopes, end), "Set it?")
    if receipt is None:
        return
    found = receipt.event(SignerSet)
    times = {"access": found.access_until, "pay": found.pay_until, "settle": found.settle_until}
    alive = [f"{name} {until(end)}" for name, end in times.items() if end > session.client.node.timestamp()]
    text = f"{key} may act for {session.me}: {', '.join(alive)}." if alive else f"{key} may do nothing any more."
    session.result({"account": found.account, "signer": found.signer, **times}, text, receipt)


def _offer(dataset: int, terms_id: bytes, licensee: str, price: int, count: int | None) -> Step:
    return lambda client: client.licenses.offer(dataset, terms_id, price, licensee, left=count)


def _withdrawal(dataset: int, terms_id: bytes, licensee: str) -> Step:
    return lambda client: client.licenses.withdraw_offer(dataset, terms_id, licensee)


def _membership(side: Side, catalogue: int, terms_id: bytes, dataset: int) -> Step:
    if side == "join":
        return lambda client: client.licenses.join(catalogue, terms_id, dataset)
    if side == "admit":
        return lambda client: client.licenses.admit(catalogue, terms_id, dataset)
    return lambda client: client.licenses.leave(catalogue, terms_id, dataset)
