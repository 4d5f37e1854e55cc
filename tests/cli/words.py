"""The words of `--json`: what each key of every command's result means, in one place.

A key has one kind of value whichever command prints it. Who needs a new word writes it down here; who needs one that is
taken for something else finds another. What is a file's format (a voucher, lines of a use log, rows of an item table)
has the words of that format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

__all__ = ["AMOUNT", "KINDS", "wrong_words"]

AMOUNT: Final = {"amount", "value", "token", "symbol", "decimals"}
"""What every amount of money has; beside other words where a result is an amount and little else."""

_WORDS: Final = {
    int: (
        "access at block bpmHigh bpmLow bytes campaign catalogue chainId closesAt count dataset decimals "
        "derivativePpm duration durationMs end epoch eventsPerSecond expiresAt first gasUsed head index lagBlocks "
        "lagSeconds lastAt lateLogs lasts left license lookedAt maxUnits nonce notice number openedAt orphanedBlocks "
        "orphanedLogs pay ppm registeredAt settle settledAt signedAt size start thawsAt units until version "
        "accessCount batchCount callCount documentCount itemCount licenseCount logCount missingCount offerCount "
        "presentBytes presentCount previewCount refusedCount reorganisationCount retryCount sentBytes sentCount "
        "statementCount triedCount useCount versionCount"
    ),
    bool: (
        "confirmed counted credited current derived direct feeReleased found good holds inForce locked ours published "
        "revoked sealed sentBefore started synthetic told"
    ),
    str: (
        "account address after alias amount batchId change channel content contentRoot creator custodian database "
        "detail feeAtMost folder from funder gateway group holder key keyedBy kind leaf licensee log manifest "
        "manifestFile manifestSha256 metadata meter name next of owner path payee payer paymentAddress problem reason "
        "recipient record ref registry reward right sha256 signer split sponsor stage state store symbol termsId text "
        "textFile textName to token transaction value what who why"
    ),
    list: (
        "about atPaymentAddress blocked campaigns carriedOut catalogues changes channels claimable claimableNow "
        "claimed compared complaints corrections covers datasets differences documents events exposed flags funders "
        "gateways items leaves leftOpen leftOut licenseIds licenses logged members names networks notes objections "
        "offers owed parents passedOver people problems proof received recipients refused registered rewards rights "
        "said sent shared shares splits statements swept through toEnter transactions unclaimed versions waiting"
    ),
    dict: (
        "asked balance clearance facets fee item pot price row settled terms thawing unitPrice unitsByMeter usage "
        "voucher weight"
    ),
}
KINDS: Final = {word: kind for kind, words in _WORDS.items() for word in words.split()}

_NULLABLE: Final = {
    *(
        "account",
        "address",
        "block",
        "bpmHigh",
        "bpmLow",
        "changes",
        "dataset",
        "kind",
        "lasts",
        "leaf",
        "left",
        "name",
        "settledAt",
        "signer",
        "textName",
        "to",
    ),
}
_MONEY: Final = {"balance", "fee", "pot", "price", "settled", "thawing", "unitPrice", "weight"}
_MONIES: Final = {"claimable", "claimableNow", "claimed", "owed", "received", "swept", "unclaimed", "waiting"}
_FILES: Final = {"facets", "items", "logged", "row", "unitsByMeter", "voucher"}


def wrong_words(result: object) -> Iterator[str]:
    """Yield which words of a result are not in the list, or are used for something else."""
    if isinstance(result, Mapping):
        if "ledger" in result:  # a file as it is
            return
        for key, value in result.items():
            yield from _wrong(key, value)
    elif isinstance(result, list | tuple):
        for each in result:
            yield from wrong_words(each)


def _wrong(key: str, value: object) -> Iterator[str]:
    kind = KINDS.get(key)
    if kind is None:
        yield f"{key}: is no word of --json yet"
    elif value is None:
        if key not in _NULLABLE:
            yield f"{key}: null"
    elif not _is_of(kind, value):
        yield f"{key}: {value!r}, and it is {kind.__name__}"
    elif key in _MONEY and set(value) != AMOUNT:  # type: ignore[call-overload]  # it is a dict
        yield f"{key}: {value!r}, and it is an amount"
    elif key in _MONIES and any(not set(each) >= AMOUNT for each in value):  # type: ignore[attr-defined]  # a list
        yield f"{key}: {value!r}, and it lists amounts"
    if key not in _FILES:
        yield from wrong_words(value)


def _is_of(kind: type, value: object) -> bool:
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
