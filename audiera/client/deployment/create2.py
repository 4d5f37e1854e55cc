"""Addresses that follow from code alone: CREATE2 through the deployer that is the same on every chain.

Sources: EIP-1014; Arachnid's deterministic-deployment-proxy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from eth_typing import ChecksumAddress

from audiera.client.contracts.artifacts import artifact
from audiera.protocol import CONTRACTS, ZERO_WORD, address_word, keccak, to_address

__all__ = ["DEPLOYER", "LAYERS_BELOW", "SALT", "address_of", "creation_codes", "predict"]

DEPLOYER: Final = to_address("0x4e59b44847b379578588920cA78FbF26c0B4956C")
"""The canonical CREATE2 deployer: sent salt and creation code, it creates the contract."""

SALT: Final = ZERO_WORD

LAYERS_BELOW: Final[Mapping[str, tuple[str, ...]]] = {
    "RoyaltySplitter": (),
    "DatasetRegistry": ("RoyaltySplitter",),
    "LicenseRegistry": ("RoyaltySplitter", "DatasetRegistry"),
    "UsageLedger": ("RoyaltySplitter", "DatasetRegistry", "LicenseRegistry"),
    "IncentivePool": ("RoyaltySplitter", "DatasetRegistry", "UsageLedger"),
}
"""The contracts whose addresses each one is constructed with, in order."""


def address_of(creation_code: bytes) -> ChecksumAddress:
    """Return where the deployer puts this creation code (constructor arguments included)."""
    digest = keccak(b"\xff" + bytes.fromhex(DEPLOYER[2:]) + SALT + keccak(creation_code))
    return to_address("0x" + digest[12:].hex())


def creation_codes() -> dict[str, bytes]:
    """Return each contract's creation code with its constructor arguments, lowest layer first."""
    codes: dict[str, bytes] = {}
    for name in CONTRACTS:
        arguments = (address_word(address_of(codes[below])) for below in LAYERS_BELOW[name])
        codes[name] = artifact(name).creation_code + b"".join(arguments)
    return codes


def predict() -> dict[str, ChecksumAddress]:
    """Return where each contract of this release is, on every chain it is deployed on."""
    return {name: address_of(code) for name, code in creation_codes().items()}
