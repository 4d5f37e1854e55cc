"""What a gateway is told when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from audiera.client import Signer

__all__ = ["RELAYED", "Limits", "Noticing", "Receiver", "Relaying", "Rules", "Settings", "Smtp", "Uploading"]

_CARRIED_OUT: Final = {
    "DatasetRegistry": (
        *("register", "registerMany", "publishVersion", "setGateways"),
        *("moveShare", "withdrawItems", "withdrawAll", "cancel"),
    ),
    "LicenseRegistry": (
        *("publishTerms", "offer", "withdrawOffer", "permit", "acquire", "acquireMany", "renew"),
        *("setSigner", "join", "admit", "leave", "revoke", "clear", "cancel"),
    ),
    "UsageLedger": ("permit", "deposit", "startWithdrawal", "withdraw", "cancel"),
    "RoyaltySplitter": ("createSplit", "setRecipient", "claim", "cancel"),
}

RELAYED: Final = frozenset(f"{contract}.{name}" for contract, names in _CARRIED_OUT.items() for name in names)
"""What is carried out for others unless the operator says otherwise: publishing, offering, buying, paying in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of what is served, all of them counts, bytes or seconds."""

    items: int = 4_096
    """Items of one access."""
    body: int = 1 << 20
    """Bytes of a request."""
    restoration: int = 1 << 22
    """Bytes of a request that brings back what the journal has lost; some 10,000 uses."""
    statements: int = 4_096
    """Statements of one batch."""
    batches: int = 64
    """Open batches of one channel."""
    clock: int = 600
    """Seconds by which the time of a use may differ from the gateway's."""
    grant: int = 3_600
    """Seconds for which a grant is good."""
    renewal: int = 7 * 86_400
    """Seconds after an access in which its grants are renewed free."""
    nonce: int = 300
    """Seconds in which a text to sign in with is signed."""
    session: int = 3_600
    """Seconds for which an account is signed in."""
    rate: str = "600/minute"
    """Requests of one address, as `limits` writes it; not those for the bytes that an access grants."""
    work: str = "200000/minute"
    """Items and uses that requests of one address are about, likewise; not those that are paid for."""
    free: str = "100000/day"
    """Uses of one address that come to nothing, likewise."""
    complaints: str = "10/hour"
    """Complaints of one address, likewise."""
    requests: str = "20/hour"
    """Requests for licences that come from one address, likewise."""
    asked: int = 50
    """Requests of one account that are not answered."""
    verify: int = 20
    """Seconds that a request waits while an object is verified; after them it is told to come again."""
    stall: int = 60
    """Seconds in which a client has to take the next block, and a model to give it."""
    calls: int = 32
    """Calls of models that one process forwards at the same time."""
    calls_of_one: int = 8
    """Calls that are on their way for one channel."""
    call_wait: int = 60
    """Seconds in which a model has to begin its answer, after which nothing is charged."""
    call_time: int = 600
    """Seconds of a whole answer of a model."""
    call_bytes: int = 1 << 28
    """Bytes of it."""
    call_times: int = 3
    """How often a call that is paid for is forwarded, in the time of a grant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaying:
    """Who carries out signed calls for others, and within which bounds. Accounts cost nothing, so the budget counts."""

    signer: Signer = field(repr=False)
    """Pays the gas."""
    functions: frozenset[str] = RELAYED
    """By contract and name; of a multicall, each part."""
    gas: int = 3_000_000
    """Gas of one call."""
    cost: int = 10**16
    """wei of one call's gas."""
    budget: int = 10**17
    """wei in any 24 hours, for all calls together."""
    account: int = 50
    """Calls of one account in any 24 hours."""
    address: int = 100
    """Calls from one address in any 24 hours."""
    state: Path | None = None
    """The folder where what is sent is written down; `AUDIERA_STATE` or the user's own unless told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """When batches are closed and settled, and what of them is collected."""

    age: int = 86_400
    """Seconds after its first use at which a batch is closed."""
    calls: int = 65_536
    """Uses with which it is closed. A proof of one of them hashes all of its statement."""
    amounts: Mapping[str, int] = field(default_factory=dict)
    """By token, in its smallest unit: amount and fee with which it is closed."""
    least: Mapping[str, int] = field(default_factory=dict)
    """By token, likewise: what a statement has to be of to be collected; unless told, every one is."""
    confirmations: int = 0
    """Blocks after which a settlement is taken for good."""
    smallest: Mapping[str, int] = field(default_factory=dict)
    """By token, likewise: what a batch has to come to, fee apart, to be settled; unless told, to anything."""
    free: bool = False
    """Whether heads that come to nothing are closed and settled too: they cost gas, and anybody makes as many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploading:
    """What accounts may bring into the store. Several processes share the folder, too."""

    folder: Path
    """Where what is not whole yet is kept."""
    file: int = 1 << 31
    """Bytes of one object."""
    quota: int = 1 << 34
    """Bytes of one account. What is begun counts as far as it is here, and one part more."""
    total: int = 1 << 40
    """Bytes of all accounts together, likewise."""
    open: int = 16
    """Objects that one account has begun and not ended."""
    expiry: int = 6 * 3_600
    """Seconds after which what nobody goes on with is removed; of what nothing came, it is minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Where an account hears of requests and answers."""

    webhook: str = ""
    """An https:// URL; empty: none."""
    secret: bytes = field(default=b"", repr=False)
    """What webhooks to it are signed with."""
    mail: str = ""
    """A mail address; empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """The server that takes mail from here."""

    host: str
    port: int
    sender: str
    """The address that mail is from."""
    tls: bool = True
    """From the first byte; else by STARTTLS, but for a server on this machine, which needs none."""
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticing:
    """Who is told of requests for licences, and of answers. Only the operator names receivers."""

    receivers: Mapping[str, Receiver]
    """By account."""
    smtp: Smtp | None = None
    """None: no mail is sent."""
    inside: bool = False
    """Whether webhooks may lie on this machine and in networks that not everybody reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a gateway is told when it starts. Nothing else is read from anywhere."""

    index: str
    """The index: an SQLAlchemy URL, of SQLite or PostgreSQL. It is only read."""
    journal: str
    """The gateway's own database, likewise: what it took and granted."""
    store: str
    """Where the bytes are: a folder, s3:// or https://."""
    store_key: bytes | None = field(default=None, repr=False)
    """The operator's key, if objects are sealed."""
    public_store: str | None = None
    """An https:// URL where everybody reads the same store: then the keys of sealed objects are released."""
    accel: str | None = None
    """What nginx calls the store's folder (`internal`, `X-Accel-Redirect`); None: the gateway sends files itself."""
    presign: int = 0
    """Seconds for which URLs are good at which a bucket, or nginx, sends objects by itself; 0: there are none."""
    presign_secret: str = field(default="", repr=False)
    """What nginx checks URLs by, so that it sends a folder's files for `presign` seconds without asking the gateway;
    letters, digits, - and _, 32 of them at least. Empty: it has no such URLs. Several processes have the same.
    """
    signer: Signer = field(repr=False)
    """Countersigns heads: the gateway's own account, or a signer of it with the scope settle."""
    gateway: str
    """The gateway's account, whose channels are served."""
    creators: frozenset[str] | None = frozenset()
    """Everything in the store is served under versions that these published, and under those of others what they
    brought themselves. Who registers a dataset publishes its first version, and its owner of then each later one.
    None: under anybody's. Then whoever copies another's content root into a dataset of his own has the bytes for
    nothing, so it is for a store of which everybody may have everything.
    """
    public_url: str | None = None
    """Where the world finds it; None: where each request found it."""
    node: str | None = field(default=None, repr=False)
    """A node's URL: for signatures of contract accounts that sign in, and for what is sent. No access ever asks it."""
    uploading: Uploading | None = None
    """What accounts may bring into the store; None: nothing."""
    models: Mapping[int, str] = field(default_factory=dict)
    """By dataset: the URL of the service that a model is behind this gateway, on any machine that the operator names.
    Nothing else of these datasets is served.
    """
    relaying: Relaying | None = None
    """Who carries out signed calls; None: nobody does. It takes a node."""
    noticing: Noticing | None = None
    """Who is told of requests for licences; None: nobody, and owners look for themselves."""
    fee_ppm: int = 0
    """The gateway's fee on top of what uses cost, in millionths, rounded up."""
    credit: Mapping[str, int] = field(default_factory=dict)
    """By token, in its smallest unit: what one payer's heads may come to, fee included, before some are settled; of a
    token that is not named, all that the payer's channel holds.
    """
    confirmations: int = 0
    """Blocks after which what the chain says is taken for good: deposits, settlements."""
    ahead: int = 60
    """Seconds: what ends within them is taken to have ended."""
    proxies: tuple[str, ...] = ()
    """Networks whose `X-Forwarded-For` is believed: those of the operator's own proxies."""
    index_age: int = 300
    """Seconds without news of the index after which the gateway is not ready."""
    head_age: int = 3 * 86_400
    """Seconds for which a head that comes to something may be unsettled, after which it is not ready either."""
    limits: Limits = field(default_factory=Limits)
    tokens: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Symbol and decimals of tokens by address, beside those that are known everywhere."""
    explorer: bool = True
    """Whether the pages are served too, at the top."""
