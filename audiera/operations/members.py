"""What is in which catalogue now, read from the chain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from audiera.client import Audiera, Membership, TxReceipt
from audiera.client.contracts.events import MembershipStarted

__all__ = ["members_named", "memberships_in_force"]

_NAMED: Final = 10


def memberships_in_force(
    client: Audiera[TxReceipt],
    *,
    catalogue: int | None = None,
    dataset: int | None = None,
    newest_first: bool = False,
) -> Iterator[tuple[MembershipStarted, Membership]]:
    """Yield the memberships that hold now, in the order in which they first started, each with the event of that.

    Each is asked for when it is reached, so that whoever stops early asks for no more.

    Args:
        client: the connection.
        catalogue: only its members; those of all unless told.
        dataset: only what it is in.
        newest_first: the other way round.
    """
    licenses, now = client.licenses, client.node.timestamp()
    first: dict[tuple[int, bytes, int], MembershipStarted] = {}
    for it in licenses.logs(MembershipStarted, catalogue=catalogue, dataset=dataset):
        first.setdefault((it.event.catalogue, it.event.terms_id, it.event.dataset), it.event)
    for key, event in reversed(first.items()) if newest_first else first.items():
        standing = licenses.membership_of(*key)
        if standing.since and now < standing.until:
            yield event, standing


def members_named(client: Audiera[TxReceipt], catalogue: int) -> str:
    """Return whom to name in place of a catalogue, as the end of a sentence: its members, of many the newest."""
    members = set[int]()
    for event, _ in memberships_in_force(client, catalogue=catalogue, newest_first=True):
        if len(members) == _NAMED and event.dataset not in members:
            more = f" and more, all listed by `ape run license show dataset {catalogue}`"
            break
        members.add(event.dataset)
    else:
        more = ""
    if not members:
        return "other datasets, since none has joined it"
    return f"its members: {', '.join(map(str, sorted(members)))}{more}"
