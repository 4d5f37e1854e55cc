"""What is in which catalogue now, read from the chain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from audiera.client import Audiera, Membership, TxReceipt
from audiera.client.contracts.events import MembershipStarted

__all__ = ["members_named", "memberships_in_force"]

_NAMED: Final = 10


def memberships_in_force(
    client: Audiera[TxReceipt], *, catalogue: int | None = None, dataset: int | None = None
) -> Iterator[tuple[MembershipStarted, Membership]]:
    """Yield the memberships that hold now, in the order in which they first started, each with the event of that.

    Args:
        client: the connection.
        catalogue: only its members; those of all unless told.
        dataset: only what it is in.
    """
    licenses, now = client.licenses, client.node.timestamp()
    started = (it.event for it in licenses.logs(MembershipStarted, catalogue=catalogue, dataset=dataset))
    first = {(it.catalogue, it.terms_id, it.dataset): it for it in reversed(list(started))}
    for key, event in reversed(first.items()):
        standing = licenses.membership_of(*key)
        if standing.since and now < standing.until:
            yield event, standing


def members_named(client: Audiera[TxReceipt], catalogue: int) -> str:
    """Return whom to name in place of a catalogue, as the end of a sentence: its members, of many the first."""
    members = sorted({it.dataset for it, _ in memberships_in_force(client, catalogue=catalogue)})
    if not members:
        return "other datasets, since none has joined it"
    named = f"its members: {', '.join(map(str, members[:_NAMED]))}"
    more = len(members) - _NAMED
    return f"{named} and {more:,} more, all listed by `ape run license show dataset {catalogue}`" if more > 0 else named
