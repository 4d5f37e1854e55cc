"""Events of the license registry. Fields are the Solidity arguments, in their order."""

from __future__ import annotations

from dataclasses import dataclass

from eth_typing import ChecksumAddress

from audiera.client.contracts.events.base import Event
from audiera.protocol import Terms

__all__ = [
    "DatasetCleared",
    "LicenseAcquired",
    "LicenseRenewed",
    "LicenseRevoked",
    "Locked",
    "MembershipAgreed",
    "MembershipEnded",
    "MembershipStarted",
    "OfferMade",
    "OfferWithdrawn",
    "SignerSet",
    "TermsPublished",
]


@dataclass(frozen=True, slots=True)
class DatasetCleared(Event):
    """The dataset is cleared: this replaces its earlier clearance. The licences used can no longer be transferred."""

    dataset: int
    rights_ceiling: int
    until: int
    license_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LicenseAcquired(Event):
    """A licence was bought: `price` in the terms' token went to the dataset's account.

    `licensee` is whom the offer was made to, zero for anyone: one less is left of it.
    """

    license_id: int
    dataset: int
    to: ChecksumAddress
    terms_id: bytes
    payer: ChecksumAddress
    price: int
    expires_at: int
    licensee: ChecksumAddress
    ref: bytes


@dataclass(frozen=True, slots=True)
class LicenseRenewed(Event):
    """A licence lasts until `expires_at` now. `licensee` is whom the offer was made to, zero for anyone."""

    license_id: int
    payer: ChecksumAddress
    price: int
    expires_at: int
    licensee: ChecksumAddress


@dataclass(frozen=True, slots=True)
class LicenseRevoked(Event):
    """The dataset's owner ended the licence at `expires_at`."""

    license_id: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Locked(Event):
    """ERC-5192: the licence cannot be transferred from now on. One without this event can."""

    token_id: int


@dataclass(frozen=True, slots=True)
class MembershipAgreed(Event):
    """One side consents; the membership starts when both have."""

    catalogue: int
    terms_id: bytes
    dataset: int
    owner: ChecksumAddress
    by_member: bool


@dataclass(frozen=True, slots=True)
class MembershipEnded(Event):
    """Consents are withdrawn, and coverage ends at `until` (zero or past: there was none)."""

    catalogue: int
    terms_id: bytes
    dataset: int
    until: int


@dataclass(frozen=True, slots=True)
class MembershipStarted(Event):
    """Licences of the catalogue under these terms cover the dataset from now on."""

    catalogue: int
    terms_id: bytes
    dataset: int
    since: int


@dataclass(frozen=True, slots=True)
class OfferMade(Event):
    """The owner promises a licence of `dataset` under these terms at `price` to `licensee` (zero: to anyone), until
    withdrawn, until the dataset's epoch moves on, or until `left` licences and renewals were taken at it (`ENDLESS`:
    any number).
    """

    dataset: int
    terms_id: bytes
    licensee: ChecksumAddress
    epoch: int
    price: int
    left: int


@dataclass(frozen=True, slots=True)
class OfferWithdrawn(Event):
    """The offer stands no longer."""

    dataset: int
    terms_id: bytes
    licensee: ChecksumAddress
    epoch: int


@dataclass(frozen=True, slots=True)
class SignerSet(Event):
    """`signer` acts for `account` until these times (Unix seconds, exclusive; zero: not at all)."""

    account: ChecksumAddress
    signer: ChecksumAddress
    access_until: int
    pay_until: int
    settle_until: int


@dataclass(frozen=True, slots=True)
class TermsPublished(Event):
    """These terms exist from now on."""

    terms_id: bytes
    index: int
    terms: Terms
