"""One registration of a folder on one chain, as its record keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from eth_typing import ChecksumAddress

from audiera.credits import Credits, Payout
from audiera.protocol import Share, Split, to_address
from audiera.text import Json, as_hash, as_int, as_list, as_object, as_text, as_texts

__all__ = ["RecordedShare", "Registration", "recorded_shares"]


@dataclass(frozen=True, slots=True)
class RecordedShare:
    """One leaf of the split, with what is known of whom it stands for: what a custodian needs to assign
    it.
    """

    payee: bytes
    ppm: int
    names: tuple[str, ...] = ()
    """Empty for a parent dataset and for a group of payees."""
    custodian: ChecksumAddress | None = None
    key: bytes | None = None
    """The account's key under its custodian."""
    keyed_by: str | None = None
    """What the key is the hash of, without the salt: `isni:…`, `ipi:…` or `name:…`."""
    group: bytes | None = None
    """The split through which the payee is paid; None for a line of the dataset's own split."""

    def json(self) -> dict[str, Json]:
        """Return the share as JSON values, hashes in hexadecimal."""
        entry: dict[str, Json] = {"payee": f"0x{self.payee.hex()}", "ppm": self.ppm, "names": list(self.names)}
        if self.custodian and self.key:
            entry |= {"custodian": self.custodian, "key": f"0x{self.key.hex()}"}
        if self.keyed_by:
            entry["keyedBy"] = self.keyed_by
        if self.group:
            entry["group"] = f"0x{self.group.hex()}"
        return entry

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read what `json` writes; a KeyError, TypeError or ValueError if it is something else."""
        entry = as_object(value)
        custodian, key = entry.get("custodian"), entry.get("key")
        keyed_by, group = entry.get("keyedBy"), entry.get("group")
        return cls(
            payee=as_hash(entry["payee"]),
            ppm=as_int(entry["ppm"]),
            names=as_texts(entry["names"]),
            custodian=to_address(as_text(custodian)) if custodian else None,
            key=as_hash(key) if key else None,
            keyed_by=as_text(keyed_by) if keyed_by else None,
            group=as_hash(group) if group else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Where a version of a folder was registered, and with which shares."""

    chain_id: int
    registry: ChecksumAddress
    dataset: int
    version: int
    transaction: bytes
    content_root: bytes
    manifest_digest: bytes
    shares: tuple[RecordedShare, ...] = ()
    """The split's lines in payee order, then those of each group's; empty for a later version, which keeps them."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What the command was given (the rule, the contributors file, …), for people."""

    @property
    def place(self) -> tuple[int, str, int, int]:
        """What tells registrations apart: chain, registry, dataset, version."""
        return self.chain_id, self.registry, self.dataset, self.version

    @property
    def split(self) -> Split | None:
        """The split that was registered, None for a later version."""
        lines = tuple(Share(share.payee, share.ppm) for share in self.shares if not share.group)
        return Split(lines) if lines else None

    def json(self) -> dict[str, Json]:
        """Return the registration as JSON values, hashes in hexadecimal."""
        return {
            "chainId": self.chain_id,
            "registry": self.registry,
            "dataset": self.dataset,
            "version": self.version,
            "transaction": f"0x{self.transaction.hex()}",
            "contentRoot": f"0x{self.content_root.hex()}",
            "manifest": self.manifest_digest.hex(),
            "shares": [share.json() for share in self.shares],
            "options": dict(self.options),
        }

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Read what `json` writes; a KeyError, TypeError or ValueError if it is something else."""
        entry = as_object(value)
        return cls(
            chain_id=as_int(entry["chainId"]),
            registry=to_address(as_text(entry["registry"])),
            dataset=as_int(entry["dataset"]),
            version=as_int(entry["version"]),
            transaction=as_hash(entry["transaction"]),
            content_root=as_hash(entry["contentRoot"]),
            manifest_digest=as_hash(entry["manifest"]),
            shares=tuple(map(RecordedShare.from_json, as_list(entry["shares"]))),
            options={name: as_text(text) for name, text in as_object(entry["options"]).items()},
        )


def recorded_shares(divided: Credits) -> tuple[RecordedShare, ...]:
    """Return a new split's shares with the people they stand for, parents and the members of groups included."""
    payouts = {payout.payee: payout for payout in divided.payouts}
    lines = (
        _recorded(payouts[it.payee]) if it.payee in payouts else RecordedShare(it.payee, it.ppm)
        for it in divided.split.shares
    )
    members = (_recorded(payouts[it.payee]) for group in divided.groups.values() for it in group.shares)
    return (*lines, *members)


def _recorded(known: Payout) -> RecordedShare:
    return RecordedShare(
        known.payee, known.ppm, known.names, known.custodian, known.key, known.keyed_by, group=known.group
    )
