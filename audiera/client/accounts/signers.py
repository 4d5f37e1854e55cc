"""Who signs: a key, a keystore file, an Ape account (in `audiera.client.accounts.ape`), or nobody."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, cast

from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_account.types import TransactionDictType
from eth_typing import ChecksumAddress
from web3.types import TxParams

from audiera.errors import AudieraError, InputError
from audiera.protocol import Domain, Struct, TypedMessage, sign, to_address
from audiera.text import as_int, as_object, read_file, read_json

__all__ = ["KeySigner", "NoSignerError", "ReadOnly", "Signer", "who_signs"]

_LIBRARY: Final = (
    *(ValueError, KeyError, TypeError, AttributeError, OverflowError, NotImplementedError),
    AssertionError,  # of a `prf` that is no HMAC
)
"""What eth-keyfile raises over keystores that nobody wrote in earnest."""
_MOST_ROUNDS: Final = 10_000_000  # of PBKDF2; wallets ask for 262,144 to a million
_MOST_BLOCKS: Final = 1 << 23  # of 128 bytes, for scrypt: 1 GiB; wallets ask for a quarter of that
_MOST_WIDE: Final = 1 << 10
_MOST_LENGTH: Final = 64


class NoSignerError(AudieraError):
    """Something had to be signed and nobody can."""


class Signer(Protocol):
    """One account that can sign. Signatures have 65 bytes, v of 27 or 28, and low s."""

    @property
    def address(self) -> ChecksumAddress:
        """The account."""
        ...

    def sign_transaction(self, transaction: TxParams) -> bytes:
        """Return the transaction, all fields of which are filled, signed and serialised."""
        ...

    def sign_struct(self, domain: Domain, struct: Struct) -> bytes:
        """Return the signature over a struct of the suite."""
        ...

    def sign_message(self, message: TypedMessage) -> bytes:
        """Return the signature over any other EIP-712 message: a token's permit, say."""
        ...

    def sign_text(self, text: str) -> bytes:
        """Return the signature over a text (EIP-191): to sign in, say."""
        ...


@dataclass(frozen=True, slots=True)
class KeySigner:
    """A private key in memory. Its text never shows the key."""

    account: LocalAccount = field(repr=False)
    address: ChecksumAddress = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", to_address(self.account.address))

    @classmethod
    def from_key(cls, key: str | bytes) -> KeySigner:
        """Return the signer of a private key: 32 bytes, or their hex.

        Raises:
            InputError: if it is no such key. The message does not repeat it.
        """
        try:
            return cls(Account.from_key(key))
        except Exception:  # noqa: BLE001  # whatever it is may carry the key in its text, and is dropped with it
            pass
        raise InputError("The private key is not usable; give 32 bytes, or 64 hex digits, that are a secp256k1 key.")

    @classmethod
    def from_env(cls, name: str = "AUDIERA_PRIVATE_KEY") -> KeySigner:
        """Return the signer of the key in an environment variable.

        Raises:
            InputError: if it is not set or holds no key.
        """
        if not (key := os.environ.get(name, "").strip()):
            raise InputError(f"{name} is not set; put the private key there, or name a keystore file.")
        return cls.from_key(key)

    @classmethod
    def from_keystore(cls, path: Path, password: str) -> KeySigner:
        """Return the signer of a keystore file (Web3 Secret Storage), as wallets and Ape write it.

        Raises:
            InputError: if the file cannot be read or the password is wrong.
        """
        try:
            store = as_object(read_json(read_file(path)))
            _check_work(store)
        except (OSError, ValueError, TypeError) as error:
            raise InputError(f"{path} is not a keystore that can be read; check the file.") from error
        try:
            key = Account.decrypt(store, password)
        except _LIBRARY as error:
            raise InputError(f"The password does not open {path}; check both.") from error
        return cls.from_key(bytes(key))

    def sign_transaction(self, transaction: TxParams) -> bytes:
        """Sign and serialise a transaction."""
        return bytes(self.account.sign_transaction(cast("TransactionDictType", transaction)).raw_transaction)

    def sign_struct(self, domain: Domain, struct: Struct) -> bytes:
        """Sign a struct of the suite: the digest directly, since vouchers come by the thousand."""
        return sign(domain.digest(struct), bytes(self.account.key))

    def sign_message(self, message: TypedMessage) -> bytes:
        """Sign any EIP-712 message."""
        encoded = encode_typed_data(full_message=dict(message))
        return bytes(self.account.sign_message(encoded).signature)

    def sign_text(self, text: str) -> bytes:
        """Sign a text (EIP-191)."""
        return bytes(self.account.sign_message(encode_defunct(text=text)).signature)


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """An account that can be looked at and tried, and cannot sign."""

    address: ChecksumAddress

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", to_address(self.address))

    def _refuse(self) -> NoSignerError:
        return NoSignerError(f"Nobody here can sign for {self.address}; give a keystore, a key or an Ape account.")

    def sign_transaction(self, transaction: TxParams) -> bytes:  # noqa: ARG002  # the protocol's signature
        """Refuse.

        Raises:
            NoSignerError: always.
        """
        raise self._refuse()

    def sign_struct(self, domain: Domain, struct: Struct) -> bytes:  # noqa: ARG002  # the protocol's signature
        """Refuse.

        Raises:
            NoSignerError: always.
        """
        raise self._refuse()

    def sign_message(self, message: TypedMessage) -> bytes:  # noqa: ARG002  # the protocol's signature
        """Refuse.

        Raises:
            NoSignerError: always.
        """
        raise self._refuse()

    def sign_text(self, text: str) -> bytes:  # noqa: ARG002  # the protocol's signature
        """Refuse.

        Raises:
            NoSignerError: always.
        """
        raise self._refuse()


def who_signs(signer: Signer | None) -> Signer:
    """Return the signer.

    Raises:
        NoSignerError: there is none.
    """
    if signer is None:
        raise NoSignerError("Nobody is there to sign; connect with a keystore, a key or an Ape account.")
    return signer


def _check_work(store: Mapping[str, object]) -> None:
    """Return if to open a keystore is no more work than wallets ask for; else raise a ValueError or TypeError."""
    told = _member(_member(store, "crypto"), "kdfparams")
    rounds, cost, block, lanes, length = (as_int(told.get(name, 1)) for name in ("c", "n", "r", "p", "dklen"))
    wide, whole = block * lanes, cost * block * lanes
    if rounds > _MOST_ROUNDS or wide > _MOST_WIDE or whole > _MOST_BLOCKS or length > _MOST_LENGTH:
        raise ValueError("it takes more than any wallet asks for")


def _member(of: Mapping[str, object], name: str) -> dict[str, object]:
    """Return a member of a keystore, whose names are written in any case."""
    (found,) = [as_object(value) for key, value in of.items() if key.lower() == name]
    return {key.lower(): value for key, value in found.items()}
