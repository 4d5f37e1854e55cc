"""Ape's accounts as signers. The only module that needs eth-ape; nothing imports it unless it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from ape.logging import LogLevel, logger
from eth_account import Account
from eth_account.messages import SignableMessage, encode_defunct, encode_typed_data
from eth_typing import ChecksumAddress
from web3.types import TxParams

from audiera.client.accounts.signers import NoSignerError
from audiera.errors import SignatureError
from audiera.protocol import Domain, Struct, TypedMessage, check_signer, to_address

if TYPE_CHECKING:
    from ape.api import AccountAPI

__all__ = ["ApeSigner"]


@dataclass(frozen=True, slots=True)
class ApeSigner:
    """An account that Ape knows, inside a context that is connected to its network.

    The account asks as Ape's accounts do: for a passphrase (or takes ``APE_ACCOUNTS_<alias>_PASSPHRASE``), and whether
    to sign, unless it signs by itself (`unlocked`).
    """

    account: AccountAPI = field(repr=False)
    address: ChecksumAddress = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", to_address(str(self.account.address)))

    @classmethod
    def unlocked(cls, account: AccountAPI) -> ApeSigner:
        """Return a signer that asks for the passphrase now, if the environment has none, and for nothing later."""
        with _quietly():
            if hasattr(account, "set_autosign"):
                account.set_autosign(True)
        return cls(account)

    def sign_transaction(self, transaction: TxParams) -> bytes:
        """Sign and serialise a transaction.

        Raises:
            NoSignerError: if the account's holder says no.
            SignatureError: if what comes back is not signed by the account.
        """
        ecosystem = self.account.provider.network.ecosystem
        prepared = ecosystem.create_transaction(**cast("dict[str, object]", transaction))
        with _quietly():
            signed = self.account.sign_transaction(prepared)
        if signed is None:
            raise self._declined()
        raw = bytes(signed.serialize_transaction())
        if Account.recover_transaction(raw) != self.address:  # what was serialised is not what was signed
            raise SignatureError(f"Ape signed another transaction for {self.address}; use a plain account.")
        return raw

    def sign_struct(self, domain: Domain, struct: Struct) -> bytes:
        """Sign a struct of the suite.

        Raises:
            NoSignerError: if the account's holder says no.
            SignatureError: if the account is not one that contracts could recover.
        """
        signature = self.sign_message(domain.typed_message(struct))
        check_signer(domain.digest(struct), signature, self.address)
        return signature

    def sign_message(self, message: TypedMessage) -> bytes:
        """Sign any EIP-712 message.

        Raises:
            NoSignerError: if the account's holder says no.
        """
        return self._signed(encode_typed_data(full_message=dict(message)))

    def sign_text(self, text: str) -> bytes:
        """Sign a text (EIP-191).

        Raises:
            NoSignerError: if the account's holder says no.
        """
        return self._signed(encode_defunct(text=text))

    def _signed(self, message: SignableMessage) -> bytes:
        with _quietly():
            signature = self.account.sign_message(message)
        if signature is None:
            raise self._declined()
        signed = bytes(signature.encode_rsv())
        if len(signed) != 65:
            raise SignatureError(f"{self.address} gave a signature of {len(signed):,} bytes; use a plain account.")
        return signed

    def _declined(self) -> NoSignerError:
        return NoSignerError(
            f"{self.address} was not allowed to sign; start again and allow it, or use another account."
        )


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep Ape from warning at every signature of what its user has just asked for."""
    with logger.at_level(LogLevel.ERROR):
        yield
