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
    "Catalogue_NotMember": "Nothing is left to end.",
    "Catalogue_NotParty": "Use the account that owns the catalogue or the dataset.",
    "Catalogue_UnfitTerms": "Choose terms with the flag Revocable and a notice of at most 366 days.",
    "Clearance_BeyondCeiling": "Choose terms that grant only what the dataset's clearance allows.",
    "Clearance_CatalogueParent": "Register anew, with the members that it was made from as parents.",
    "Clearance_LengthMismatch": "Give one licence, or 0, for each of the {parents} parents.",
    "Clearance_LicenseEnding": "Use a licence that is not revoked, and by which parent {parent} stays covered.",
    "Clearance_LicenseInvalid": "Let the dataset's owner hold a live licence that covers the parent.",
    "Clearance_Missing": "Clear the dataset first, with licences of its parents.",
    "Clearance_Narrower": "Show licences that allow at least what the clearance in force does, or wait until it ends.",
    "Clearance_NeedsLicense": "Acquire a licence of the parent with the right Derivation.",
    "Clearance_NoDerivationRight": "Use a licence that grants Derivation.",
    "Clearance_NotDerived": "Offer it as it is; nothing has to be cleared.",
    "Clearance_Outlived": "Choose a shorter duration, or clear the dataset again with longer licences.",
    "Clearance_Revocable": "Use a licence under terms that are irrevocable, or with the flag DerivativesSurvive.",
    "Clearance_ShareTooSmall": "Register the dataset anew with at least {required} ppm for the parent.",
    "Clearance_WrongParents": "Give the parents as they were registered, in their order.",
    "Custody_NotReceived": "The token delivered less than it said; tokens with a fee on transfer are not supported.",
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
    "Ledger_LengthMismatch": "Give one proof for each statement.",
    "Ledger_NoAmount": "Give an amount above zero.",
    "Ledger_NoPayer": "Name the payer, who alone can take the deposit back.",
    "Ledger_NotAllCollected": "Collect statement {index} first, and all others.",
    "Ledger_NotAuthorized": "The licence says {status}: use a licence, a holder and a right that fit.",
    "Ledger_NotGateway": "Use the gateway's account, or a signer of its with the scope settle.",
    "Ledger_NotThawed": "Start a withdrawal, wait a day, then withdraw.",
    "Ledger_QuotaExceeded": "Use fewer units, or acquire another licence.",
    "Ledger_Shortfall": "Deposit {missing} more into the channel.",
    "Ledger_UnknownRight": "Give the index of one right's bit, below 16.",
    "Ledger_WrongVoucher": "Give the voucher exactly as settled, with the time of its settlement.",
    "License_Irrevocable": "Only terms with the flag Revocable can be revoked.",
    "License_NoneLeft": "Say how many licences may be taken, or withdraw the offer instead.",
    "License_NotOffered": "Ask the dataset's owner for an offer, or choose terms that are offered.",
    "License_NotOwner": "Use the account {owner}, which owns dataset {dataset}.",
    "License_NotTransferable": "This licence stays where it is.",
    "License_Perpetual": "It never ends, so nothing is left to do.",
    "License_PriceAbove": "Agree to {price}, or look for another offer.",
    "License_Revoked": "Acquire a new licence.",
    "License_TermOverflow": "Choose a shorter duration.",
    "License_Unknown": "There is no licence {licenseId}; look up its number.",
    "NotOwnerNorApproved": "Use the account that holds the token.",
    "PaymentAddress_DeploymentFailed": "Sweep again with more gas.",
    "Payments_NotSplitter": "Pay through the contract's own functions; only the splitter calls this one.",
    "Payments_WrongValue": "Send exactly {due} wei along.",
    "Pool_Closed": "Enter statements before the campaign closes; they count in another one if it is open.",
    "Pool_Ended": "Fund a campaign that has not ended, or open another.",
    "Pool_GatewayCount": "Name from 1 to 64 gateways.",
    "Pool_GatewayOrder": "Name the gateways in ascending order, each once.",
    "Pool_HasWeight": "Credit the datasets that count instead.",
    "Pool_InvalidStatement": "Rebuild the batch from its complete use log and take statement and proof from there.",
    "Pool_InvalidWindow": "Let the campaign end after it starts, at most 366 days later, and after now.",
    "Pool_LengthMismatch": "Give one proof for each statement.",
    "Pool_NoAmount": "Give an amount above zero.",
    "Pool_NotClosed": "Wait until the Unix second {closesAt}.",
    "Pool_OutsideWindow": "Enter batches that were settled from the campaign's start until before its end.",
    "Pool_UnknownCampaign": "There is no campaign {campaign}; look up its number.",
    "Pool_WrongGateway": "Enter batches of the gateways that the campaign names.",
    "Pool_WrongToken": "Enter batches that were paid in the campaign's token.",
    "Registry_CatalogueAsParent": "Name the datasets that it was made from instead of catalogue {dataset}.",
    "Registry_CatalogueHasParents": "Register the catalogue without parents.",
    "Registry_ContentMismatch": "Give items and a content root, or neither for a catalogue.",
    "Registry_InvalidPayee": "Name another payee.",
    "Registry_NoManifest": "Give the sha-256 of the manifest.",
    "Registry_NotOwner": "Use the account {owner}, which owns dataset {id}.",
    "Registry_NotPayee": "Use the account that has a line of its own in the split.",
    "Registry_NothingToRegister": "Name at least one dataset.",
    "Registry_ParentOrder": "Give the parents in ascending order, each once.",
    "Registry_ParentShare": "Give the account of parent {dataset} exactly {expected} ppm in the split.",
    "Registry_ParentShareSum": "Share at most 900,000 ppm with all parents together.",
    "Registry_TooManyParents": "Name at most 255 parents; wider lineages nest.",
    "Registry_UnknownDataset": "There is no dataset {id}; look up its number.",
    "Registry_UnknownFlags": "Declare no flag but Synthetic.",
    "Registry_UnknownParent": "There is no dataset {dataset}; register it first, or look up its number.",
    "Registry_WrongShares": "Give the split as it is now; it may have changed.",
    "Registry_WrongVersion": "Publish version {next}, if the content is still the one to follow.",
    "Relay_Expired": "Sign the call again with a later deadline.",
    "Relay_InvalidSignature": "Sign the call with the key of {account}, for this chain and contract.",
    "Relay_Nested": "Sign the inner call alone, or use multicall.",
    "Relay_NonceUsed": "It was carried out or cancelled already; sign again with another nonce if it is still wanted.",
    "Relay_NotRelayable": "Send this call from the account itself.",
    "Signer_Invalid": "Name another address than the account's own.",
    "Signer_UnknownScopes": "Use the scopes access, pay and settle.",
    "Splitter_BalanceUnknown": "The token does not say how much of it anybody has; check its address, and the chain.",
    "Splitter_InvalidProof": "Take payee, share and proof from the split that is claimed from.",
    "Splitter_LeftAlignedPayee": "Write the payee's address at the right end of its 32 bytes.",
    "Splitter_LengthMismatch": "Give one amount for each account.",
    "Splitter_NotAnAccount": "It is an address: pay it directly.",
    "Splitter_NotReceived": "The token delivered less than it said; tokens with a fee on transfer are not supported.",
    "Splitter_NothingPaid": "Give an amount above zero.",
    "Splitter_PayeeCount": "Name from 1 to 1,000 payees; more are paid through splits of their own.",
    "Splitter_PayeeOrder": "Give the payees in ascending order, each once.",
    "Splitter_PaysItself": "Name somebody else than the splitter.",
    "Splitter_PlainEther": "Pay an account, or send ETH to its payment address.",
    "Splitter_ShareSum": "Make the shares sum to 1,000,000 ppm.",
    "Splitter_UnassignedAccount": "Its controller must assign it first; if it is the id of a split, create that split.",
    "Splitter_UnknownSplit": "Create the split first.",
    "Splitter_WrongValue": "Send exactly {expected} wei along.",
    "Splitter_ZeroShare": "Give the payee at least 1 ppm, or leave it out.",
    "SumTree_IndexOutOfRange": "Take the proof from the batch that was settled.",
    "SumTree_Overflow": "Take the proof from the batch that was settled.",
    "Terms_DerivativeShare": "Ask for at most 900,000 ppm.",
    "Terms_InvalidRights": "Grant at least one right, and only known ones.",
    "Terms_TransferableQuota": "Drop the quota or the flag Transferable.",
    "Terms_Unknown": "Publish the terms first.",
    "Terms_UnknownFlags": "Use the flags Transferable, Revocable and DerivativesSurvive.",
    "TokenDoesNotExist": "Look up the token's number.",
    "Token_HeldByItself": "Name another receiver.",
    "Token_TakesNoValue": "Send no ETH along.",
    "TransferFailed": "The token refuses the transfer; ask its issuer about sender and receiver.",
    "TransferFromFailed": _FUNDS,
    "TransferToNonERC721ReceiverImplementer": "Name an account, or a contract that takes tokens.",
    "TransferToZeroAddress": "Name another receiver.",
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
