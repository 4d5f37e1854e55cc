"""Shows who shares a dataset's income, and creates the groups that payees beyond 1,000 are paid through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from audiera.cli.terminal.documents import payee_id
from audiera.cli.terminal.output import say
from audiera.cli.terminal.session import Session, Step
from audiera.credits import Credits, Payout, alike_note, payout_table, trust_notes
from audiera.protocol import Parent, Split
from audiera.quantities import format_ppm
from audiera.text import Json, hex_of

__all__ = ["create_groups", "notes_of", "payee_json", "show_payees"]


def show_payees(session: Session, shared: Credits, parents: Sequence[Parent] = ()) -> None:
    """Show the split as a table, and below it what its payees should know before anybody signs."""
    rows = [(line.who, line.roles, line.share, line.paid_at) for line in payout_table(shared)]
    rows += [(f"dataset {it.dataset}", "parent", format_ppm(it.ppm), "whoever shares its income") for it in parents]
    how = "as the contributors file states" if shared.rule == "stated" else f"divided by {shared.rule}"
    title = f"Who shares the income ({how}), for ever:"
    session.table(("who", "role", "share", "paid at"), rows, title=title, right=("share",))
    for note in notes_of(shared):
        say(f"  {note}")


def notes_of(*several: Credits) -> tuple[str, ...]:
    """Return what payees should know of splits before anybody signs: what use pays, whom they trust."""
    alike = [note for note in map(alike_note, several) if note]
    if len(several) > 1:
        alike = ["Use of a file pays those of its own dataset, by these shares."]
    told = [note for shared in several for note in shared.notes]
    return tuple(dict.fromkeys((*alike, *trust_notes(*several), *told)))


def create_groups(session: Session, shared: Credits) -> None:
    """Create the splits of all groups, as far as they are not there.

    Raises:
        InputError: if calls are to be signed and not sent.
        RevertError: if the splitter refuses.
    """
    royalty = session.client.royalty
    missing = [group for split_id, group in shared.groups.items() if not royalty.payee_count_of(split_id)]
    if not missing:
        return
    session.refuse_relay(
        "Payees beyond 1,000 are paid through groups, which take transactions of their own; leave --relay out."
    )
    some = f"{len(missing)} group{'s' if len(missing) > 1 else ''} of payees"
    say(f"To create before the registration: {some}, one transaction each.")
    session.show_contract("RoyaltySplitter")
    session.confirm("Create them?")
    for group in missing:
        session.carry_out(_creation(group))


def payee_json(payout: Payout) -> Mapping[str, Json]:
    """Return a payee for programs."""
    share: dict[str, Json] = {
        "payee": payee_id(payout.payee),
        "ppm": payout.ppm,
        "names": list(payout.names),
        "address": payout.address,
    }
    if payout.alias:
        share["alias"] = payout.alias
    if payout.key and payout.custodian:
        share |= {"custodian": payout.custodian, "key": hex_of(payout.key), "keyedBy": payout.keyed_by}
    if payout.group:
        share["group"] = hex_of(payout.group)
    return share


def _creation(group: Split) -> Step:
    return lambda client: client.royalty.create_split(group)
