"""The client of the suite: one typed facade over its contracts. Start with `Audiera.connect`."""

from audiera.client.accounts.signers import KeySigner, NoSignerError, ReadOnly, Signer
from audiera.client.audiera import Audiera
from audiera.client.calls.receipts import TxReceipt
from audiera.client.calls.relay import SignedCall
from audiera.client.calls.runs import Run
from audiera.client.calls.senders import Preview
from audiera.client.contracts import events
from audiera.client.contracts.model import (
    Acquisition,
    Campaign,
    Channel,
    Clearance,
    Content,
    Dataset,
    DatasetUsage,
    License,
    LicenseUsage,
    Membership,
    Offer,
    SettledBatch,
    Standing,
    StoredTerms,
    SumProof,
    UsageTerms,
)
from audiera.client.contracts.suite import Request
from audiera.client.facades.erc20 import Permit, Token, token_contract
from audiera.client.facades.facade import Facade

__all__ = [
    "Acquisition",
    "Audiera",
    "Campaign",
    "Channel",
    "Clearance",
    "Content",
    "Dataset",
    "DatasetUsage",
    "Facade",
    "KeySigner",
    "License",
    "LicenseUsage",
    "Membership",
    "NoSignerError",
    "Offer",
    "Permit",
    "Preview",
    "ReadOnly",
    "Request",
    "Run",
    "SettledBatch",
    "SignedCall",
    "Signer",
    "Standing",
    "StoredTerms",
    "SumProof",
    "Token",
    "TxReceipt",
    "UsageTerms",
    "events",
    "token_contract",
]
