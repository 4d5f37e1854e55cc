"""The gateway's interface over HTTP: what travels, for both sides."""

from audiera.interface.access import Access, AccessRequest, Granted, Head, Quote, QuoteRequest, SignedHead
from audiera.interface.fields import Account, Bytes, Hash, Number, RightName

__all__ = [
    "Access",
    "AccessRequest",
    "Account",
    "Bytes",
    "Granted",
    "Hash",
    "Head",
    "Number",
    "Quote",
    "QuoteRequest",
    "RightName",
    "SignedHead",
]
