"""Typed structured data (EIP-712): what every signed or hashed struct shares.

A struct is a frozen dataclass whose fields, in order, are the members of its Solidity definition.
Leaves of trees are struct hashes alone; what is signed is the digest of a struct under the domain of
the contract that will check it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final, TypeAlias

from eth_typing import ChecksumAddress

from audiera.protocol.hashing import (
    Value,
    address_word,
    hash_struct,
    keccak,
    struct_members,
    struct_name,
    type_hash,
    word,
)
from audiera.protocol.ids import to_address

__all__ = ["CONTRACTS", "VERSION", "Domain", "Struct", "TypedMessage"]

VERSION: Final = "1"
"""The EIP-712 version of every contract's domain."""

CONTRACTS: Final = ("RoyaltySplitter", "DatasetRegistry", "LicenseRegistry", "UsageLedger", "IncentivePool")
"""The contracts that have a domain, lowest layer first; its name is the contract's."""

_DOMAIN: Final = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


TypedMessage: TypeAlias = dict[str, object]
"""The whole message of ``eth_signTypedData_v4``: types, primaryType, domain, message."""


class Struct:
    """Base of every struct: subclass it as a frozen, slotted dataclass with a `TYPE`."""

    __slots__: tuple[str, ...] = ()
    TYPE: ClassVar[str]

    def values(self) -> tuple[Value, ...]:
        """Return the members' values in the order of the definition."""
        return tuple([getattr(self, name) for name in self.__slots__])

    def struct_hash(self) -> bytes:
        """Return EIP-712 ``hashStruct`` of this struct.

        Raises:
            InputError: if a value does not fit its Solidity type.
        """
        return hash_struct(self.TYPE, self.values())

    def abi(self) -> dict[str, Value]:
        """Return the members by their Solidity names, as web3 takes a tuple argument."""
        names = (name for _, name in struct_members(self.TYPE))
        return dict(zip(names, self.values(), strict=True))


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a signature is good: one contract at one address on one chain."""

    name: str
    chain_id: int
    contract: ChecksumAddress

    def __post_init__(self) -> None:
        object.__setattr__(self, "contract", to_address(self.contract))

    def separator(self) -> bytes:
        """Return the EIP-712 domain separator, as the contract computes it."""
        return _separator(self.name, self.chain_id, self.contract)

    def digest(self, struct: Struct) -> bytes:
        """Return the 32 bytes that are signed: ``keccak256(0x1901 || separator || hashStruct)``."""
        return keccak(b"\x19\x01" + self.separator() + struct.struct_hash())

    def typed_message(self, struct: Struct) -> TypedMessage:
        """Return the message for a wallet, or for ``eth_account.encode_typed_data``."""
        return {
            "types": {
                "EIP712Domain": _members(_DOMAIN),
                struct_name(struct.TYPE): _members(struct.TYPE),
            },
            "primaryType": struct_name(struct.TYPE),
            "domain": {
                "name": self.name,
                "version": VERSION,
                "chainId": self.chain_id,
                "verifyingContract": self.contract,
            },
            "message": struct.abi(),
        }


@lru_cache(maxsize=64)
def _separator(name: str, chain_id: int, contract: str) -> bytes:
    texts = (keccak(name.encode()), keccak(VERSION.encode()))
    return keccak(b"".join((type_hash(_DOMAIN), *texts, word(chain_id), address_word(contract))))


def _members(definition: str) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for kind, name in struct_members(definition)]
