"""The facade of `RoyaltySplitter`: who is owed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from eth_typing import ChecksumAddress

from audiera.client.contracts.events import Log, SplitCreated
from audiera.client.facades.facade import Facade, ether
from audiera.errors import InputError
from audiera.protocol import Split, to_address

__all__ = ["Royalty"]

R = TypeVar("R")


class Royalty(Facade[R]):
    """Splits, accounts, payments and claims. Amounts are in a token's smallest unit; token zero is ETH."""

    NAME = "RoyaltySplitter"

    def create_split(self, split: Split) -> R:
        """Create a split, or find it; its list is emitted either way. Its id is an account of its own."""
        return self._send("createSplit", split.shares)

    def assign(self, key: bytes, split_id: bytes) -> R:
        """Point the sender's account `key` at a split."""
        return self._send("assign", key, split_id)

    def assign_many(self, keys: Sequence[bytes], split_id: bytes) -> R:
        """Point several of the sender's accounts at one split."""
        return self._send("assignMany", list(keys), split_id)

    def set_recipient(self, recipient: str) -> R:
        """Set who is paid when the sender is claimed for; zero is the sender itself."""
        return self._send("setRecipient", to_address(recipient))

    def pay(self, account: bytes, token: str, amount: int) -> R:
        """Pay an account from the sender's money; a token must be approved for this contract.

        The account is assigned to a split, or is the id of one.
        """
        return self._send("pay", account, to_address(token), amount, value=ether(token, amount))

    def sweep(self, account: bytes, token: str) -> R:
        """Credit what lies at the account's payment address."""
        return self._send("sweep", account, to_address(token))

    def claim(self, split: Split, token: str, payee: bytes) -> R:
        """Pay a payee of a split what it is owed.

        Raises:
            SplitError: if it has no share.
        """
        proof = split.proof(payee)
        return self._send("claim", split.id(), to_address(token), payee, split.ppm_of(payee), list(proof))

    def owed_of(self, split: Split, token: str, payee: bytes) -> int:
        """Return what a payee can claim now; 0 for who has no share."""
        return self._view(int, "owedOf", split.id(), to_address(token), payee, split.ppm_of(payee))

    def received_of(self, split_id: bytes, token: str) -> int:
        """Return all that a split was ever credited with, forwards included."""
        return self._view(int, "receivedOf", split_id, to_address(token))

    def claimed_of(self, split_id: bytes, token: str, payee: bytes) -> int:
        """Return all that a payee was ever paid by a split."""
        return self._view(int, "claimedOf", split_id, to_address(token), payee)

    def split_of(self, account: bytes) -> bytes:
        """Return the split behind an account: the one it is assigned to, or itself; zero if none."""
        return self._view(bytes, "splitOf", account)

    def payee_count_of(self, split_id: bytes) -> int:
        """Return how many payees a split has; 0 if it was not created."""
        return self._view(int, "payeeCountOf", split_id)

    def recipient_of(self, payee: str) -> ChecksumAddress:
        """Return who is paid when `payee` is claimed for."""
        return to_address(self._view(str, "recipientOf", to_address(payee)))

    def account_of(self, controller: str, key: bytes) -> bytes:
        """Return an account's id, as the contract computes it."""
        return self._view(bytes, "accountOf", to_address(controller), key)

    def address_of(self, account: bytes) -> ChecksumAddress:
        """Return the account's payment address on this chain."""
        return to_address(self._view(str, "addressOf", account))

    def split(self, split_id: bytes) -> Split:
        """Return a split by its id, from the event that created it.

        Raises:
            ChainError: if it was not created.
        """
        found = self._one(SplitCreated, f"split 0x{split_id.hex()}", split_id=split_id)
        return Split(found.shares)

    def current_split(self, account: bytes) -> Split:
        """Return the split behind an account now: the one it is assigned to, or itself.

        Raises:
            InputError: if there is none.
        """
        split_id = self.split_of(account)
        if not any(split_id):
            raise InputError(f"Account 0x{account.hex()} is not assigned to a split; its controller must assign it.")
        return self.split(split_id)

    def splits_created(self, *, first: int | None = None, last: int | None = None) -> Iterator[Log[SplitCreated]]:
        """Yield the splits created in a range of blocks."""
        return self.logs(SplitCreated, first=first, last=last)
