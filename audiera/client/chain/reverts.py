"""Revert data of the suite, and of tokens it touches, as `RevertError` with name and fields.

A call that passes through another contract, `callFor` or `multicall` bubbles unchanged, so what is read here is always
the error of the one who refused. Names come from the contracts' ABIs; what is thrown from assembly or by tokens is
listed here.

Sources: Solidity's ``Error(string)`` and ``Panic(uint256)``; EIP-6093; Solady's SafeTransferLib, ERC20 and ECDSA.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from audiera.client.chain.hints import hint_for
from audiera.client.contracts.artifacts import Entry, RawEntry, RawParam, artifacts
from audiera.client.contracts.codec import decode_fields
from audiera.errors import ChainError, RevertError

__all__ = ["NO_REASON", "decode_revert"]

NO_REASON: Final = "Reverted"
"""The name of an error that came without data."""

_FOREIGN: Final = (
    "Error(string message)",
    "Panic(uint256 code)",
    # This suite's, thrown by contracts that have no ABI of their own
    "PaymentAddress_NotSplitter(address caller)",
    # Solady: SafeTransferLib, ERC20, ReentrancyGuard, Multicallable
    "ETHTransferFailed()",
    "TransferFromFailed()",
    "TransferFailed()",
    "ApproveFailed()",
    "TotalSupplyOverflow()",
    "AllowanceOverflow()",
    "AllowanceUnderflow()",
    "InsufficientBalance()",
    "InsufficientAllowance()",
    "InvalidPermit()",
    "PermitExpired()",
    "Reentrancy()",
    # EIP-6093 and OpenZeppelin's permit
    "ERC20InsufficientBalance(address sender,uint256 balance,uint256 needed)",
    "ERC20InvalidSender(address sender)",
    "ERC20InvalidReceiver(address receiver)",
    "ERC20InsufficientAllowance(address spender,uint256 allowance,uint256 needed)",
    "ERC20InvalidApprover(address approver)",
    "ERC20InvalidSpender(address spender)",
    "ERC2612ExpiredSignature(uint256 deadline)",
    "ERC2612InvalidSigner(address signer,address owner)",
)


def decode_revert(data: bytes) -> RevertError:
    """Return what a contract meant by its revert data. Unknown data is kept whole in the field `data`."""
    if not data:
        return RevertError(
            NO_REASON, hint="No reason was given; check that the address is the contract or token it should be."
        )
    entry = _errors().get(data[:4])
    if entry is None:
        return _unknown(data)
    try:
        fields = decode_fields(entry, data[4:])
    except ChainError:
        return _unknown(data)
    return RevertError(entry.name, fields, hint=hint_for(entry.name, fields))


def _unknown(data: bytes) -> RevertError:
    return RevertError("Unknown", {"data": data}, hint="The error is not this suite's; a token or receiver threw it.")


@cache
def _errors() -> Mapping[bytes, Entry]:
    known: dict[bytes, Entry] = {}
    for entry in map(_parse, _FOREIGN):
        known[entry.selector] = entry
    for it in artifacts():
        known.update(it.errors)
    return known


def _parse(signature: str) -> Entry:
    name, _, rest = signature.partition("(")
    inputs: list[RawParam] = []
    for member in filter(None, rest.removesuffix(")").split(",")):
        kind, _, label = member.partition(" ")
        inputs.append({"name": label, "type": kind})
    raw: RawEntry = {"type": "error", "name": name, "inputs": inputs}
    return Entry.of(raw)
