"""The gateway's interface over HTTP: what travels, for both sides."""

from audiera.interface.about import About
from audiera.interface.access import Access, AccessRequest, Granted, Head, Priced, Quote, QuoteRequest, SignedHead
from audiera.interface.calling import INFERENCE, Invocation
from audiera.interface.channel import Channel, OpenBatch
from audiera.interface.dataset import DatasetState
from audiera.interface.delivery import (
    BUNDLE_BYTES,
    BUNDLE_ITEMS,
    PRESIGNED_BYTES,
    PRESIGNED_ITEMS,
    Blocked,
    BlockedPage,
    Bundle,
    Complaint,
    ComplaintTaken,
    ItemKey,
    Presigned,
    Presigning,
)
from audiera.interface.fields import Account, Bytes, Hash, Number, RightName
from audiera.interface.record import LoggedUse, LogPage, SumNode, SumProof, UseProof, UseStatement, UseStruct
from audiera.interface.relay import CallToRelay, Happened, Relayed, RelayOffer
from audiera.interface.request import (
    AnswerStruct,
    KeptRequest,
    RequestPage,
    RequestStruct,
    RequestTaken,
    SignedAnswer,
    SignedRequest,
)
from audiera.interface.restoring import Restoration, Restored
from audiera.interface.signin import NewSession, Nonce, Session, SignIn, account_in, account_uri, sign_in_text
from audiera.interface.upload import MOST_ASKED, Brought, Missing

__all__ = [
    "BUNDLE_BYTES",
    "BUNDLE_ITEMS",
    "INFERENCE",
    "MOST_ASKED",
    "PRESIGNED_BYTES",
    "PRESIGNED_ITEMS",
    "About",
    "Access",
    "AccessRequest",
    "Account",
    "AnswerStruct",
    "Blocked",
    "BlockedPage",
    "Brought",
    "Bundle",
    "Bytes",
    "CallToRelay",
    "Channel",
    "Complaint",
    "ComplaintTaken",
    "DatasetState",
    "Granted",
    "Happened",
    "Hash",
    "Head",
    "Invocation",
    "ItemKey",
    "KeptRequest",
    "LogPage",
    "LoggedUse",
    "Missing",
    "NewSession",
    "Nonce",
    "Number",
    "OpenBatch",
    "Presigned",
    "Presigning",
    "Priced",
    "Quote",
    "QuoteRequest",
    "RelayOffer",
    "Relayed",
    "RequestPage",
    "RequestStruct",
    "RequestTaken",
    "Restoration",
    "Restored",
    "RightName",
    "Session",
    "SignIn",
    "SignedAnswer",
    "SignedHead",
    "SignedRequest",
    "SumNode",
    "SumProof",
    "UseProof",
    "UseStatement",
    "UseStruct",
    "account_in",
    "account_uri",
    "sign_in_text",
]
