"""Names of things, each the hash of what it names: accounts, channels, batches, commitments.

Every id is ``keccak256(abi.encode(...))`` of static words, except the key of a contributor without a
wallet, which hashes the text that a custodian knows the contributor by.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from audiera.errors import InputError
from audiera.protocol.hashing import address_word, bytes32, keccak, word
from audiera.protocol.identifiers import parse_ipi, parse_isni
from audiera.text import MOST_MARKS, is_piled, normal

__all__ = [
    "ETHER",
    "account_id",
    "batch_id",
    "channel_id",
    "commitment",
    "dataset_account",
    "dataset_key",
    "ipi_key",
    "isni_key",
    "name_key",
    "registration_nonce",
    "to_address",
]


@lru_cache(maxsize=4096)
def to_address(address: str) -> ChecksumAddress:
    """Return an address in its one checksummed spelling (EIP-55).

    Raises:
        InputError: if it is not an address, or is in mixed case with a wrong checksum.
    """
    address_word(address)
    checksummed = to_checksum_address(address)
    digits = address[2:]
    if address != checksummed and digits not in (digits.lower(), digits.upper()):
        raise InputError(f"{address} has a wrong checksum; copy the address again.")
    return checksummed


ETHER = to_address("0x" + 40 * "0")
"""The token address that stands for ETH."""


def account_id(controller: str, key: bytes) -> bytes:
    """Return the royalty account of `controller` under `key`: a payee that the controller assigns."""
    return keccak(address_word(controller) + bytes32(key))


def registration_nonce(content_root: bytes) -> int:
    """Return the nonce under which a registration of content is signed: of each, an account has one carried out."""
    return int.from_bytes(keccak(b"register" + bytes32(content_root)))


def dataset_key(dataset: int) -> bytes:
    """Return the account key of a dataset: its id as one word."""
    _fits(dataset, 32, "A dataset id")
    return word(dataset)


def dataset_account(registry: str, dataset: int) -> bytes:
    """Return the royalty account of a dataset: the registry controls it, the id is its key."""
    return account_id(registry, dataset_key(dataset))


@lru_cache(maxsize=4096)  # each of its batches is named by it, several times for one access
def channel_id(payer: str, gateway: str, token: str) -> bytes:
    """Return the id of the payment channel of (payer, gateway, token)."""
    return keccak(address_word(payer) + address_word(gateway) + address_word(token))


def batch_id(channel: bytes, batch: int) -> bytes:
    """Return the id of batch number `batch` (a uint64) of a channel."""
    _fits(batch, 64, "A batch number")
    return keccak(bytes32(channel) + word(batch))


def commitment(voucher_hash: bytes, settled_at: int) -> bytes:
    """Return what the ledger stores for a settled voucher: its struct hash with the Unix second."""
    return keccak(bytes32(voucher_hash) + word(settled_at))


def isni_key(isni: str, salt: str = "") -> bytes:
    """Return the account key by which a custodian holds for the person with this ISNI.

    ``keccak256(utf8("isni:" + sixteen characters + NUL + salt))``; the salt, if any, keeps others
    from finding the person by trying numbers.

    Raises:
        InputError: if the ISNI is wrong.
    """
    return _text_key("isni", parse_isni(isni), salt)


def ipi_key(ipi: str, salt: str = "") -> bytes:
    """Return the account key by which a custodian holds for the person with this IPI name number.

    ``keccak256(utf8("ipi:" + eleven digits + NUL + salt))``.

    Raises:
        InputError: if the number is wrong.
    """
    return _text_key("ipi", parse_ipi(ipi), salt)


def name_key(name: str, salt: str = "") -> bytes:
    """Return the account key by which a custodian holds for a person known only by name.

    ``keccak256(utf8("name:" + name + NUL + salt))`` with the name in NFC, its white space trimmed
    and each run of it made one space. Letter case counts. A salt tells namesakes apart.

    Raises:
        InputError: if the name is empty, or has control characters or more than 30 marks in a row.
    """
    tidy = " ".join(normal(name).split())
    if not tidy:
        raise InputError("The contributor's name is empty; give the name to hold the money under.")
    return _text_key("name", tidy, salt)


def _text_key(kind: str, text: str, salt: str) -> bytes:
    salt = normal(salt)
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text + salt):
        raise InputError(f"{text!r} or its salt has control characters; remove them.")
    if is_piled(f"{text} {salt}"):
        raise InputError(f"The name or its salt has more than {MOST_MARKS} marks in a row, which is no text; clean it.")
    return keccak(f"{kind}:{text}\0{salt}".encode())


def _fits(value: int, bits: int, what: str) -> None:
    if value >> bits:
        raise InputError(f"{what} is a uint{bits}; {value} is outside its range.")
