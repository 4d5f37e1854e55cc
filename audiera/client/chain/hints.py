"""What to do next after a contract refused. `{name}` in a hint is the error's field of that name."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

__all__ = ["hint_for"]

_FUNDS: Final = "Check the payer's balance of the token, and approve the contract that pulls it."

_PANICS: Final[Mapping[int, str]] = {
    0x01: "An assertion of the contract failed.",
    0x11: "A number went over or under its range; give a smaller amount.",
    0x12: "Something was divided by zero.",
    0x21: "A number is not a member of its enum.",
    0x32: "A list is shorter than the index asked for.",
    0x41: "More memory was asked for than there is; give fewer entries.",
}

_HINTS: Final[Mapping[str, str]] = {
    "AllowanceOverflow": _FUNDS,
    "Catalogue_AlreadyMember": "It is covered already; nothing is left to do.",
    "Catalogue_JoinsNothing": "Join datasets, not catalogues.",
    "Catalogue_NotCatalogue": "Name a dataset of kind Catalogue.",
    "Catalogue_NotParty": "Use the account that owns the catalogue or the dataset.",
    "Catalogue_NotRevocable": "Choose terms with the flag Revocable.",
    "Clearance_BeyondCeiling": "Choose terms that grant only what the dataset's clearance allows.",
    "Clearance_LicenseInvalid": "Let the dataset's owner hold a live licence that covers the parent.",
    "Clearance_Missing": "Clear the dataset first, with licences of its parents.",
    "Clearance_NeedsLicense": "Acquire a licence of the parent with the right Derivation.",
    "Clearance_NoDerivationRight": "Use a licence that grants Derivation.",
    "Clearance_Outlived": "Choose a shorter duration, or clear the dataset again with longer licences.",
    "Clearance_Revocable": "Use a licence under irrevocable terms, or a catalogue's.",
    "Clearance_ShareTooSmall": "Register the dataset anew with at least {required} ppm for the parent.",
    "Clearance_WrongParents": "Give the parents as they were registered, in their order.",
    "ERC20InsufficientAllowance": "Approve the spender for at least {needed}.",
    "ERC20InsufficientBalance": "Give the payer at least {needed} of the token.",
    "ETHTransferFailed": "The receiver refuses ETH; let it choose another recipient.",
    "InsufficientAllowance": _FUNDS,
    "InsufficientBalance": _FUNDS,
    "Ledger_BatchTaken": "Another voucher was settled under this number; use a new batch number.",
    "Ledger_InvalidBatch": "A batch has at least one call and one statement.",
    "Ledger_InvalidSignature": "Have the voucher signed by the payer, or by a signer of its with the scope pay.",
    "Ledger_InvalidStatement": "Rebuild the batch from its complete use log and take statement and proof from there.",
    "Ledger_InvalidUnits": "Give from 1 to 2^40 - 1 units.",
    "Ledger_NotAllCollected": "Collect statement {index} first, and all others.",
    "Ledger_NotAuthorized": "The licence says {status}: use a licence, a holder and a right that fit.",
    "Ledger_NotGateway": "Use the gateway's account, or a signer of its with the scope settle.",
    "Ledger_NotThawed": "Start a withdrawal, wait a day, then withdraw.",
    "Ledger_QuotaExceeded": "Use fewer units, or acquire another licence.",
    "Ledger_Shortfall": "Deposit {missing} more into the channel.",
    "Ledger_WrongVoucher": "Give the voucher exactly as settled, with the time of its settlement.",
    "License_Irrevocable": "Only terms with the flag Revocable can be revoked.",
    "License_NotOffered": "Ask the dataset's owner for an offer, or choose terms that are offered.",
    "License_NotOwner": "Use the account {owner}, which owns dataset {dataset}.",
    "License_NotTransferable": "This licence stays where it is.",
    "License_Perpetual": "It never ends, so nothing is left to do.",
    "License_PriceAbove": "Agree to {price}, or look for another offer.",
    "License_Revoked": "Acquire a new licence.",
    "License_Unknown": "Look up the licence's number.",
    "NotOwnerNorApproved": "Use the account that holds the token.",
    "Payments_WrongValue": "Send exactly {due} wei along.",
    "Registry_InvalidPayee": "Name another payee.",
    "Registry_NotOwner": "Use the account {owner}, which owns dataset {id}.",
    "Registry_NotPayee": "Use the account that has a line of its own in the split.",
    "Registry_ParentShare": "Give the account of parent {dataset} exactly {expected} ppm in the split.",
    "Registry_UnknownDataset": "Look up the dataset's number.",
    "Registry_UnknownParent": "Register dataset {dataset} first, or look up its number.",
    "Registry_WrongShares": "Give the split as it is now; it may have changed.",
    "Relay_Expired": "Sign the call again with a later deadline.",
    "Relay_InvalidSignature": "Sign the call with the key of {account}, for this chain and contract.",
    "Relay_Nested": "Sign the inner call alone, or use multicall.",
    "Relay_NonceUsed": "It was carried out or cancelled already; sign again with another nonce if it is still wanted.",
    "Relay_NotRelayable": "Send this call from the account itself.",
    "Splitter_InvalidProof": "Take payee, share and proof from the split that is claimed from.",
    "Splitter_NotReceived": "The token delivered less than it said; tokens with a fee on transfer are not supported.",
    "Splitter_ShareSum": "Make the shares sum to 1,000,000 ppm.",
    "Splitter_UnassignedAccount": "Its controller must assign the account to a split first.",
    "Splitter_UnknownSplit": "Create the split first.",
    "Splitter_WrongValue": "Send exactly {expected} wei along.",
    "Terms_TransferableQuota": "Drop the quota or the flag Transferable.",
    "Terms_Unknown": "Publish the terms first.",
    "TokenDoesNotExist": "Look up the token's number.",
    "Token_HeldByItself": "Name another receiver.",
    "Token_TakesNoValue": "Send no ETH along.",
    "TransferFromFailed": _FUNDS,
    "TransferFailed": "The token refuses the transfer; ask its issuer about sender and receiver.",
}


def hint_for(name: str, fields: Mapping[str, object]) -> str:
    """Return the next step after an error of that name; empty where there is no better advice than the name."""
    if name == "Panic":
        code = fields.get("code")
        return _PANICS.get(code, "") if isinstance(code, int) else ""
    if name == "Error":
        return "The message is the contract's own."
    return _HINTS.get(name, "").format_map({key: _shown(value) for key, value in fields.items()})


def _shown(value: object) -> str:
    if isinstance(value, Enum):
        return value.name
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
