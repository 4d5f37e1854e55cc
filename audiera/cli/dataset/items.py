"""`dataset withdraw-items`: consent to single items withdrawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from audiera.cli.dataset.records import recorded_version
from audiera.cli.terminal.output import say
from audiera.cli.terminal.parse import parse_hash32
from audiera.cli.terminal.session import Session
from audiera.client.contracts.events import ItemsWithdrawn, VersionPublished
from audiera.dataset import find_path, load_version, record_folder, stored_versions
from audiera.errors import InputError
from audiera.protocol import TableRow
from audiera.text import Json, hex_of, shown

__all__ = ["find_items", "withdraw_items"]


def find_items(
    session: Session, dataset: int, names: Sequence[str], folder: Path | None, *, out: Path | None = None
) -> Mapping[bytes, str]:
    """Return the leaves of items, each once, and how they were called.

    Args:
        session: who asks.
        dataset: whose items they are.
        names: leaf hashes (0x and 64 digits), or paths in the folder: the newest version that has one tells its leaf.
        folder: what was registered; None where no paths are named.
        out: where the folder's record is, if not beside it.

    Raises:
        InputError: if a name is neither, or no version has such a path.
        StorageError: if the record is not there, or not what the chain names.
    """
    rows: list[TableRow] = []
    found: dict[bytes, str] = {}
    for name in names:
        if name.startswith("0x"):
            found.setdefault(parse_hash32(name, "an item's leaf"), name)
            continue
        if folder is None:
            raise InputError(f"{shown(name)!r} is no leaf of an item; name the folder that it is in with --folder.")
        rows = rows or list(_rows(session, dataset, record_folder(folder, out)))
        row = find_path(rows, name, where=f"dataset {dataset}")
        found[row.item.leaf()] = shown(row.metadata.path)
    return found


def withdraw_items(session: Session, dataset: int, items: Mapping[bytes, str]) -> None:
    """Show what would be withdrawn, ask, and withdraw it; what was withdrawn already is left out.

    Raises:
        InputError: if it is somebody else's dataset, or all of it was withdrawn already.
        RevertError: `Registry_UnknownDataset`.
    """
    session.own_dataset(dataset)
    if not session.is_sent(lambda client: client.datasets.withdraw_items(dataset, list(items))):
        items = _standing(session, dataset, items)
    title = f"To withdraw consent to {'an item' if len(items) == 1 else f'{len(items):,} items'} of dataset {dataset}:"
    session.table(("item", "leaf"), [(name, hex_of(leaf)) for leaf, name in items.items()], title=title)
    say("It holds for licences acquired from now on, and for revocable ones after their notice.")
    receipt = session.act(lambda client: client.datasets.withdraw_items(dataset, list(items)), "Withdraw it?")
    if receipt:
        listed: list[Json] = [hex_of(it) for it in receipt.event(ItemsWithdrawn).items]
        many = "1 item" if len(listed) == 1 else f"{len(listed):,} items"
        told = f"Consent to {many} of dataset {dataset} is withdrawn; a later version that has one gives it anew."
        session.result({"dataset": dataset, "leaves": listed}, told, receipt)


def _standing(session: Session, dataset: int, items: Mapping[bytes, str]) -> Mapping[bytes, str]:
    """Return the items that were not withdrawn since the newest version, and say which were."""
    datasets = session.client.datasets
    newest = max(((it.block, it.index) for it in datasets.logs(VersionPublished, id=dataset)), default=(0, 0))
    logs = [
        it for it in datasets.logs(ItemsWithdrawn, first=newest[0] or None, id=dataset) if (it.block, it.index) > newest
    ]
    gone = {leaf: it.block for it in logs for leaf in it.event.items if leaf in items}
    if gone:
        names = ", ".join(items[it] for it in gone)
        told = f"Consent to {names} of dataset {dataset} was withdrawn already, in block {max(gone.values()):,}"
        if gone.keys() == items.keys():
            raise InputError(f"{told}; nothing is sent.")
        say(f"{told}; it is left out.")
    return {leaf: name for leaf, name in items.items() if leaf not in gone}


def _rows(session: Session, dataset: int, record: Path) -> Iterator[TableRow]:
    """Yield the items of the versions that the folder's record has, those of the newest last."""
    datasets, kept = session.client.datasets, stored_versions(record)
    newest = datasets.dataset_of(dataset).version
    for number in range(1, newest + 1):
        _, digest = datasets.content_of(dataset, number)
        if digest in kept:
            yield from load_version(record, digest).rows
        elif number == newest:  # whose absence is refused
            yield from recorded_version(session, record, dataset, number).rows
