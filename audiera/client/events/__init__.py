"""Every event of the four contracts as a type, and how logs become them."""

from __future__ import annotations

from audiera.client.events.base import Event, Log
from audiera.client.events.common import Approval, ApprovalForAll, CallRelayed, NonceCancelled, Transfer
from audiera.client.events.datasets import (
    DatasetRegistered,
    EpochStarted,
    GatewaysSet,
    LineageDeclared,
    MetadataUpdate,
    ShareMoved,
    VersionPublished,
)
from audiera.client.events.licenses import (
    DatasetCleared,
    LicenseAcquired,
    LicenseRenewed,
    LicenseRevoked,
    Locked,
    MembershipAgreed,
    MembershipEnded,
    MembershipStarted,
    OfferMade,
    OfferWithdrawn,
    SignerSet,
    TermsPublished,
)
from audiera.client.events.royalty import AccountAssigned, Claimed, Credited, Forwarded, RecipientSet, SplitCreated
from audiera.client.events.usage import (
    BatchSettled,
    Deposited,
    FeeReleased,
    GatewayAnnounced,
    StatementCollected,
    UseRecorded,
    WithdrawalStarted,
    Withdrawn,
)

__all__ = [
    "AccountAssigned",
    "Approval",
    "ApprovalForAll",
    "BatchSettled",
    "CallRelayed",
    "Claimed",
    "Credited",
    "DatasetCleared",
    "DatasetRegistered",
    "Deposited",
    "EpochStarted",
    "Event",
    "FeeReleased",
    "Forwarded",
    "GatewayAnnounced",
    "GatewaysSet",
    "LicenseAcquired",
    "LicenseRenewed",
    "LicenseRevoked",
    "LineageDeclared",
    "Locked",
    "Log",
    "MembershipAgreed",
    "MembershipEnded",
    "MembershipStarted",
    "MetadataUpdate",
    "NonceCancelled",
    "OfferMade",
    "OfferWithdrawn",
    "RecipientSet",
    "ShareMoved",
    "SignerSet",
    "SplitCreated",
    "StatementCollected",
    "TermsPublished",
    "Transfer",
    "UseRecorded",
    "VersionPublished",
    "WithdrawalStarted",
    "Withdrawn",
]
