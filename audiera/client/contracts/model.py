"""What the contracts take and answer, where the domain has no type for it already.

Fields are called as in the Solidity structs, in snake case: that is how values of the chain become objects and back.
Times are Unix seconds; amounts are in the smallest unit of a token; the zero address is ETH.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from eth_typing import ChecksumAddress

from audiera.protocol import ZERO_WORD, Kind, Meter, Node, Proof

__all__ = [
    "Acquisition",
    "Campaign",
    "Channel",
    "Clearance",
    "Content",
    "Dataset",
    "DatasetUsage",
    "License",
    "LicenseUsage",
    "Membership",
    "Offer",
    "SettledBatch",
    "Standing",
    "StoredTerms",
    "SumProof",
    "UsageTerms",
]


@dataclass(frozen=True, slots=True)
class Content:
    """What one version of a dataset is made of."""

    kind: Kind
    flags: int
    """`DatasetFlag` bits; only Synthetic may be declared."""
    item_count: int
    """Zero for a catalogue only."""
    content_root: bytes
    """Root of the content tree; zero for a catalogue only."""
    manifest: bytes
    """sha-256 of the manifest."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """The state of a dataset's token."""

    owner: ChecksumAddress
    registered_at: int
    version: int
    """The newest; the first is 1."""
    kind: Kind
    flags: int
    """`DatasetFlag` bits."""
    epoch: int
    """How many times its offers have lapsed."""


@dataclass(frozen=True, slots=True)
class StoredTerms:
    """Terms as the registry keeps them: without the text's digest. Index 0: never published."""

    token: ChecksumAddress
    rights: int
    meter: Meter
    flags: int
    duration: int
    notice: int
    unit_price: int
    max_units: int
    derivative_ppm: int
    index: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A standing promise of licences."""

    price: int
    left: int | None
    """How many licences and renewals may still be taken at it; None is any number."""
    token: ChecksumAddress
    """What the terms are paid in."""

    def after_one(self) -> Offer | None:
        """Return what stands when one more is taken; None if that was the last."""
        if self.left is None:
            return self
        return replace(self, left=self.left - 1) if self.left > 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """One purchase of `acquire_many`."""

    dataset: int
    terms_id: bytes
    max_price: int
    """The most that is paid, in the smallest unit of the terms' token."""
    to: str
    """Who will hold the licence."""
    ref: bytes = ZERO_WORD
    """The buyer's own reference, for the event."""


@dataclass(frozen=True, slots=True)
class License:
    """A licence."""

    holder: ChecksumAddress
    dataset: int
    expires_at: int
    """Exclusive; `PERPETUAL` never comes."""
    terms_id: bytes
    revoked: bool
    """It cannot be renewed."""
    locked: bool
    """A clearance rests on it, so it cannot be transferred."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A dataset's membership of a catalogue under one set of terms."""

    since: int
    """Zero: never held."""
    until: int
    """`PERPETUAL` while nobody has left."""
    joined: bool
    """The member's owner consents, and the catalogue's does not yet."""
    admitted: bool
    """The catalogue's owner consents, and the member's does not yet."""
    member_epoch: int
    """The member's at the last consent, which lapses when either of the two changes hands."""
    host_epoch: int
    """The catalogue's at the last consent."""


@dataclass(frozen=True, slots=True)
class Clearance:
    """What its parents allow of the licences of a derived dataset."""

    rights_ceiling: int
    """`Right` bits."""
    until: int
    """Zero: never cleared; `PERPETUAL`: for ever."""


@dataclass(frozen=True, slots=True)
class UsageTerms:
    """What the ledger asks about a licence and a dataset."""

    holder: ChecksumAddress
    covered: bool
    token: ChecksumAddress
    meter: Meter
    unit_price: int
    max_units: int


@dataclass(frozen=True, slots=True)
class Channel:
    """A payer's deposit with a gateway in one token."""

    balance: int
    thawing: int
    """What the payer asked back."""
    thaws_at: int
    """Zero while nothing thaws."""


@dataclass(frozen=True, slots=True)
class DatasetUsage:
    """What was used of a dataset by holders of its licences, as far as it counted. Where use is free it says little."""

    calls: int
    call_units: int
    second_units: int
    megabyte_units: int
    last_at: int


@dataclass(frozen=True, slots=True)
class LicenseUsage:
    """What was used under a licence by its holder; units as its meter counts them."""

    calls: int
    units: int
    last_at: int


@dataclass(frozen=True, slots=True)
class SettledBatch:
    """What the ledger keeps of a batch. `settled_at` 0: it is not settled."""

    commitment: bytes
    """The first 28 bytes of the commitment."""
    settled_at: int


@dataclass(frozen=True, slots=True)
class Campaign:
    """What a sponsor promises: a pot, shared out by what was paid for uses."""

    reward: ChecksumAddress
    """What the pot is in."""
    token: ChecksumAddress
    """What counted uses were paid in."""
    gateways: tuple[ChecksumAddress, ...]
    """Whose batches count, strictly ascending, at most 64."""
    start: int
    """Batches settled from then on count."""
    end: int
    """Exclusive: batches settled before it count, and the pot can be added to until then."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a campaign stands."""

    reward: ChecksumAddress
    token: ChecksumAddress
    start: int
    end: int
    closes_at: int
    """Before it statements are entered, from it on datasets are credited."""
    pot: int
    """All that was put in; what is credited does not lower it."""
    weight: int
    """The sum of all datasets' weights."""


@dataclass(frozen=True, slots=True)
class SumProof:
    """A leaf's own amount and its place in a sum tree, as the ledger takes it."""

    index: int
    amount: int
    siblings: tuple[Node, ...]

    @classmethod
    def of(cls, proof: Proof, amount: int) -> SumProof:
        """Join a proof of the domain with the amount of its leaf."""
        return cls(proof.index, amount, proof.siblings)
