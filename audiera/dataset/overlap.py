"""Which files two datasets share, byte for byte, and which other datasets of this place have the files of a new one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audiera.dataset.itemproof import ItemProof, prove
from audiera.dataset.record import StoredVersion, load_version, read_registrations
from audiera.dataset.registration import Registration
from audiera.errors import StorageError
from audiera.folder import RECORD_SUFFIX
from audiera.protocol import TABLE_NAME, TableRow
from audiera.text import read_file

__all__ = ["Holding", "Shared", "known_elsewhere", "shared_items"]

_SHA256: Final = re.compile(rb'"sha256":"([0-9a-f]{64})"')
_TABLE_BYTES: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Holding:
    """An item in the earliest version that has its bytes, of those that are at hand."""

    version: int
    proof: ItemProof


@dataclass(frozen=True, slots=True)
class Shared:
    """Bytes that two datasets have."""

    one: Holding
    other: Holding


def shared_items(one: Mapping[int, StoredVersion], other: Mapping[int, StoredVersion]) -> tuple[Shared, ...]:
    """Return what two datasets share, by the paths of the first; each is given by its versions at hand.

    Raises:
        StorageError: an item does not lead to its version's content root.
    """
    mine, theirs = _earliest(one), _earliest(other)
    common = sorted(mine.keys() & theirs.keys(), key=lambda sha256: mine[sha256][1].metadata.path)
    return tuple(Shared(_held(one, mine[it]), _held(other, theirs[it])) for it in common)


def known_elsewhere(
    record: Path, chain_id: int, registry: str, rows: Iterable[TableRow]
) -> Iterator[tuple[Registration, tuple[str, ...]]]:
    """Yield each registration of the chain that has some of these files, byte for byte, and those files' paths.

    Looked at are the record and those beside it. One that cannot be read is passed over: what is found is worth
    knowing, and that nothing is found proves nothing.
    """
    wanted = {row.item.sha256: row.metadata.path for row in rows}
    for each in sorted({record.resolve(), *record.resolve().parent.glob(f"*{RECORD_SUFFIX}")}):
        with suppress(StorageError):
            for known in read_registrations(each):
                if known.dataset and (known.chain_id, known.registry) == (chain_id, registry):
                    held = _hashes(each / known.manifest_digest.hex() / TABLE_NAME) & wanted.keys()
                    if held and load_version(each, known.manifest_digest).tree.root == known.content_root:
                        yield known, tuple(sorted(wanted[sha256] for sha256 in held))


def _earliest(versions: Mapping[int, StoredVersion]) -> dict[bytes, tuple[int, TableRow]]:
    found: dict[bytes, tuple[int, TableRow]] = {}
    for number in sorted(versions):
        for row in versions[number].rows:
            found.setdefault(row.item.sha256, (number, row))
    return found


def _held(versions: Mapping[int, StoredVersion], place: tuple[int, TableRow]) -> Holding:
    number, row = place
    return Holding(number, prove(versions[number], row))


def _hashes(table: Path) -> set[bytes]:
    """Return the files of an item table without building its tree: most records have none of those in question."""
    try:
        return {bytes.fromhex(found.decode()) for found in _SHA256.findall(read_file(table, _TABLE_BYTES))}
    except OSError:
        return set()
