"""What commands print for programs: a thing has one form, whichever command tells of it (docs/integrating.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from audiera.client import Dataset, TxReceipt
from audiera.licensing import StandingOffer, template_of
from audiera.protocol import DatasetFlag, Parent, Right, Share, cid_of, is_account, payee_address
from audiera.quantities import Amount
from audiera.text import Json, hex_of

__all__ = [
    "amount_json",
    "content_json",
    "dataset_json",
    "offer_json",
    "payee_id",
    "rights_json",
    "sent_json",
    "shares_json",
]


def amount_json(amount: Amount) -> dict[str, Json]:
    """Return an amount: as people write it, and as `value` in the smallest unit."""
    return {
        "amount": str(amount),
        "value": str(amount.value),
        "token": amount.token,
        "symbol": amount.symbol,
        "decimals": amount.decimals,
    }


def content_json(item_count: int, content_root: bytes, manifest: bytes) -> dict[str, Json]:
    """Return what a version of a dataset is."""
    return {"itemCount": item_count, "contentRoot": hex_of(content_root), "manifest": cid_of(manifest)}


def dataset_json(dataset: int, name: str | None, state: Dataset) -> dict[str, Json]:
    """Return a dataset as it stands."""
    return {
        "dataset": dataset,
        "name": name,
        "kind": state.kind.name,
        "derived": bool(state.flags & DatasetFlag.Derived),
        "synthetic": bool(state.flags & DatasetFlag.Synthetic),
        "owner": state.owner,
        "registeredAt": state.registered_at,
    }


def offer_json(offer: StandingOffer) -> dict[str, Json]:
    """Return an offer; zero as `licensee` is anyone, null as `left` any number."""
    text = template_of(offer.terms.text)
    return {
        "dataset": offer.dataset,
        "termsId": hex_of(offer.terms.id()),
        "text": hex_of(offer.terms.text),
        "textName": text.name if text else None,
        "rights": rights_json(offer.terms.rights),
        "licensee": offer.licensee,
        "price": amount_json(offer.price),
        "unitPrice": amount_json(offer.unit_price),
        "meter": offer.meter.name,
        "left": offer.left,
    }


def payee_id(payee: bytes) -> str:
    """Return a payee: an address, or the 32 bytes of an account."""
    return hex_of(payee) if is_account(payee) else payee_address(payee)


def rights_json(rights: int) -> list[Json]:
    """Return the names of a set of rights."""
    return [str(right.name) for right in Right if rights & right]


def sent_json(receipts: Sequence[TxReceipt]) -> dict[str, Json]:
    """Return the transactions of what took several."""
    return {
        "transactions": [hex_of(it.transaction) for it in receipts],
        "gasUsed": sum(it.gas_used for it in receipts),
    }


def shares_json(shares: Iterable[Share | Parent]) -> list[Json]:
    """Return who has which part of something: payees, or datasets that are parents."""
    return [
        {**({"dataset": it.dataset} if isinstance(it, Parent) else {"payee": payee_id(it.payee)}), "ppm": it.ppm}
        for it in shares
    ]
