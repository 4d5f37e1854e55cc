"""What the events of catalogues, in `LicenseRegistry`, change."""

from __future__ import annotations

from audiera.client import events
from audiera.indexer.derive.batch import Batch
from audiera.indexer.derive.licenses import RULES
from audiera.indexer.rows import Row, Values, Wanted
from audiera.indexer.tables import DATASETS, MEMBERSHIPS
from audiera.protocol import PERPETUAL
from audiera.text import hex_of

__all__ = ["RULES"]


def _wanted(event: events.MembershipAgreed | events.MembershipStarted | events.MembershipEnded) -> Wanted:
    return MEMBERSHIPS, (event.catalogue, hex_of(event.terms_id), event.dataset)


@RULES.on(events.MembershipAgreed, lambda it: [_wanted(it), (DATASETS, (it.catalogue,)), (DATASETS, (it.dataset,))])
def _membership_agreed(batch: Batch, event: events.MembershipAgreed) -> None:
    """What was agreed to while either side was somebody else's is void."""
    terms = hex_of(event.terms_id)
    membership = batch.rows.row(MEMBERSHIPS, event.catalogue, terms, event.dataset)
    epochs = {
        "member_epoch": batch.rows.need(DATASETS, event.dataset).number("epoch"),
        "host_epoch": batch.rows.need(DATASETS, event.catalogue).number("epoch"),
    }
    agreed = {"joined" if event.by_member else "admitted": True}
    neither = {"joined": False, "admitted": False}
    if not membership.exists:
        key: Values = {"catalogue": event.catalogue, "terms": terms, "dataset": event.dataset}
        membership.put({**key, "since": 0, "until": 0, **neither, **agreed, **epochs})
    elif any(membership.number(name) != epoch for name, epoch in epochs.items()):
        membership.set(**neither | agreed | epochs)
    else:
        membership.set(**agreed)


@RULES.on(events.MembershipStarted, lambda it: [_wanted(it)])
def _membership_started(batch: Batch, event: events.MembershipStarted) -> None:
    """Both sides have agreed, which `MembershipAgreed` said before."""
    _membership(batch, event).set(since=event.since, until=PERPETUAL, joined=False, admitted=False)


@RULES.on(events.MembershipEnded, lambda it: [_wanted(it)])
def _membership_ended(batch: Batch, event: events.MembershipEnded) -> None:
    """After its notice; consents go at once."""
    _membership(batch, event).set(until=event.until, joined=False, admitted=False)


def _membership(batch: Batch, event: events.MembershipStarted | events.MembershipEnded) -> Row:
    return batch.rows.need(MEMBERSHIPS, event.catalogue, hex_of(event.terms_id), event.dataset)
