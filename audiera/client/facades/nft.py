"""The ERC-721 side of datasets and licences."""

from __future__ import annotations

from typing import TypeVar

from eth_typing import ChecksumAddress

from audiera.client.contracts.events import Transfer
from audiera.client.facades.facade import Facade
from audiera.protocol import to_address

__all__ = ["Nft"]

R = TypeVar("R")


class Nft(Facade[R]):
    """A token contract. Transfers and approvals must be sent by the holder itself; they cannot be relayed."""

    def transfer_from(self, from_: str, to: str, token_id: int) -> R:
        """Transfer a token."""
        return self._send("transferFrom", to_address(from_), to_address(to), token_id)

    def safe_transfer_from(self, from_: str, to: str, token_id: int, data: bytes = b"") -> R:
        """Transfer a token to an account or to a contract that accepts it."""
        return self._send("safeTransferFrom", to_address(from_), to_address(to), token_id, data)

    def approve(self, account: str, token_id: int) -> R:
        """Let an account transfer one token; zero takes it back."""
        return self._send("approve", to_address(account), token_id)

    def set_approval_for_all(self, operator: str, approved: bool) -> R:
        """Let an account transfer all of the sender's tokens, or no longer."""
        return self._send("setApprovalForAll", to_address(operator), approved)

    def owner_of(self, token_id: int) -> ChecksumAddress:
        """Return who holds a token.

        Raises:
            RevertError: if there is no such token.
        """
        return to_address(self._view(str, "ownerOf", token_id))

    def balance_of(self, owner: str) -> int:
        """Return how many tokens an account holds."""
        return self._view(int, "balanceOf", to_address(owner))

    def total_supply(self) -> int:
        """Return how many tokens there are; none is ever burnt."""
        return self._view(int, "totalSupply")

    def get_approved(self, token_id: int) -> ChecksumAddress:
        """Return who may transfer a token beside its holder; zero if nobody."""
        return to_address(self._view(str, "getApproved", token_id))

    def is_approved_for_all(self, owner: str, operator: str) -> bool:
        """Say whether `operator` may transfer all tokens of `owner`."""
        return self._view(bool, "isApprovedForAll", to_address(owner), to_address(operator))

    def token_uri(self, token_id: int) -> str:
        """Return where a token's metadata is."""
        return self._view(str, "tokenURI", token_id)

    def contract_uri(self) -> str:
        """Return where the collection's metadata is."""
        return self._view(str, "contractURI")

    def name(self) -> str:
        """Return the collection's name."""
        return self._view(str, "name")

    def symbol(self) -> str:
        """Return the collection's symbol."""
        return self._view(str, "symbol")

    def supports_interface(self, interface_id: bytes) -> bool:
        """Say whether an ERC-165 interface is there."""
        return self._view(bool, "supportsInterface", interface_id)

    def held_by(self, holder: str) -> tuple[int, ...]:
        """Return the tokens that an account holds now, ascending, from the transfers to it."""
        account = to_address(holder)
        came = {log.event.id for log in self.logs(Transfer, to=account)}
        return tuple(it for it in sorted(came) if self.owner_of(it) == account)
