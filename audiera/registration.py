"""One registration of a folder on one chain, as its record keeps it."""

__all__ = ["RecordedShare", "Registration", "recorded_shares"]

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from eth_typing import ChecksumAddress

from audiera.credits import Credits
from audiera.ids import to_address
from audiera.jsontypes import Json, as_hash, as_int, as_list, as_object, as_text, as_texts
from audiera.splits import Share, Split


@dataclass(frozen=True, slots=True)
class RecordedShare:
    """One leaf of the split, with what is known of whom it stands for: what a custodian needs to assign
    it.
    """

    payee: bytes
    ppm: int
    names: tuple[str, ...] = ()
    """Empty for a parent dataset."""
    custodian: ChecksumAddress | None = None
    key: bytes | None = None
    """The account's key under its custodian."""

    def json(self) -> dict[str, Json]:
        """Returns the share as JSON values, hashes in hexadecimal."""
        entry: dict[str, Json] = {"payee": f"0x{self.payee.hex()}", "ppm": self.ppm, "names": list(self.names)}
        if self.custodian and self.key:
            entry |= {"custodian": self.custodian, "key": f"0x{self.key.hex()}"}
        return entry

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Reads what `json` writes; a KeyError, TypeError or ValueError if it is something else."""
        entry = as_object(value)
        custodian, key = entry.get("custodian"), entry.get("key")
        return cls(
            payee=as_hash(entry["payee"]),
            ppm=as_int(entry["ppm"]),
            names=as_texts(entry["names"]),
            custodian=to_address(as_text(custodian)) if custodian else None,
            key=as_hash(key) if key else None,
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
    """In payee order; empty for a later version, which keeps the shares."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What the command was given (the rule, the contributors file, …), for people."""

    @property
    def place(self) -> tuple[int, str, int, int]:
        """What tells registrations apart: chain, registry, dataset, version."""
        return self.chain_id, self.registry, self.dataset, self.version

    @property
    def split(self) -> Split | None:
        """The split that was registered, None for a later version."""
        return Split(tuple(Share(share.payee, share.ppm) for share in self.shares)) if self.shares else None

    def json(self) -> dict[str, Json]:
        """Returns the registration as JSON values, hashes in hexadecimal."""
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
        """Reads what `json` writes; a KeyError, TypeError or ValueError if it is something else."""
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
    """Returns a new split's shares with the people they stand for, parents included."""
    payouts = {payout.payee: payout for payout in divided.payouts}
    return tuple(
        RecordedShare(share.payee, share.ppm, known.names, known.custodian, known.key)
        if (known := payouts.get(share.payee))
        else RecordedShare(share.payee, share.ppm)
        for share in divided.split.shares
    )
