"""Money: ETH and ERC-20 tokens, read and approved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from eth_typing import ChecksumAddress

from audiera.client.accounts.signers import Signer
from audiera.client.calls.receipts import TxReceipt
from audiera.client.calls.runs import Run
from audiera.client.calls.transactions import send
from audiera.client.chain.node import Message, Node
from audiera.client.contracts.artifacts import Artifact, RawEntry
from audiera.client.contracts.codec import decode_outputs, encode_call, expect
from audiera.client.contracts.suite import Contract, Suite
from audiera.errors import ChainError, InputError, RevertError
from audiera.protocol import ETHER, TypedMessage, address_word, keccak, to_address, type_hash, word
from audiera.quantities import Amount

__all__ = ["Permit", "Token", "token_contract"]

_PERMIT: Final = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
_DOMAIN: Final = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_VERSIONS: Final = ("1", "2", "3")  # no standard way to ask older tokens, so these are tried against their separator


def _function(name: str, inputs: str, output: str) -> RawEntry:
    return {
        "type": "function",
        "name": name,
        "inputs": [{"name": "", "type": kind} for kind in filter(None, inputs.split(","))],
        "outputs": [{"name": "", "type": output}] if output else [],
    }


_ABI: Final = Artifact.of(
    "ERC20",
    [
        _function("symbol", "", "string"),
        _function("name", "", "string"),
        _function("decimals", "", "uint8"),
        _function("balanceOf", "address", "uint256"),
        _function("allowance", "address,address", "uint256"),
        _function("approve", "address,uint256", ""),  # some tokens return nothing
        _function("nonces", "address", "uint256"),
        _function("DOMAIN_SEPARATOR", "", "bytes32"),
    ],
    b"",
)


@dataclass(frozen=True, slots=True)
class Permit:
    """A signed EIP-2612 permit: `spender` may take `amount` of the signer's token until the deadline."""

    token: ChecksumAddress
    spender: ChecksumAddress
    amount: int
    deadline: int
    v: int
    r: bytes
    s: bytes


@dataclass(frozen=True, slots=True)
class Token:
    """A token, or ETH at the zero address."""

    node: Node
    suite: Suite
    address: ChecksumAddress
    timeout: float
    run: Run | None = None
    """What its transactions are part of, if what comes of them is told later than each returns."""

    @property
    def is_ether(self) -> bool:
        """Whether this is ETH."""
        return self.address == ETHER

    def symbol(self) -> str:
        """Return the token's symbol.

        Raises:
            ChainError: if there is no such token.
        """
        return "ETH" if self.is_ether else self._text("symbol")

    def decimals(self) -> int:
        """Return how many decimals people write it with.

        Raises:
            ChainError: if there is no such token.
        """
        return 18 if self.is_ether else self._number("decimals")

    def amount(self, value: int) -> Amount:
        """Return an amount that writes itself as people do."""
        return Amount(value, self.address, self.symbol(), self.decimals())

    def balance_of(self, account: str) -> int:
        """Return what an account has, in the smallest unit."""
        holder = to_address(account)
        return self.node.balance(holder) if self.is_ether else self._number("balanceOf", holder)

    def allowance(self, owner: str, spender: str) -> int:
        """Return what `spender` may take of `owner`'s; of ETH nothing, and nothing need be."""
        return 0 if self.is_ether else self._number("allowance", to_address(owner), to_address(spender))

    def approve(self, signer: Signer, spender: str, amount: int) -> TxReceipt:
        """Let `spender` take `amount` from now on.

        Raises:
            InputError: for ETH, which is sent along and never approved.
        """
        if self.is_ether:
            raise InputError("ETH is not approved but sent along; leave the approval out.")
        return self._approve(signer, spender, amount, looked=False)

    def ensure_allowance(self, signer: Signer, spender: str, amount: int) -> tuple[TxReceipt, ...]:
        """Approve exactly `amount` if less is approved; return what was sent for it.

        Tokens like USDT refuse to change an allowance that is not zero, so such a one is set to zero first.
        """
        if self.is_ether or (standing := self.allowance(signer.address, spender)) >= amount:
            return ()
        if not standing:
            return (self._approve(signer, spender, amount, looked=True),)
        try:
            return (self._approve(signer, spender, amount, looked=True),)
        except RevertError:
            return tuple(self._approve(signer, spender, it, looked=True) for it in (0, amount))

    def _approve(self, signer: Signer, spender: str, amount: int, *, looked: bool) -> TxReceipt:
        data = encode_call(_ABI.function("approve", 2), [to_address(spender), amount])
        return send(
            self.node,
            signer,
            Message(self.address, data),
            timeout=self.timeout,
            title=f"ERC-20 token: approve {amount}",
            suite=self.suite,
            run=self.run,
            looked=looked,
        )

    def sign_permit(self, signer: Signer, spender: str, amount: int, deadline: int) -> Permit:
        """Sign an EIP-2612 permit; nothing is sent.

        Raises:
            InputError: if the token has no permits, or not in a form that is known.
        """
        message = self._permit_message(signer.address, to_address(spender), amount, deadline)
        signature = signer.sign_message(message)
        r, s, v = signature[:32], signature[32:64], signature[64]
        return Permit(self.address, to_address(spender), amount, deadline, v, r, s)

    def _permit_message(self, owner: str, spender: str, amount: int, deadline: int) -> TypedMessage:
        refusal = InputError(f"Token {self.address} takes no permits that are known; approve the spender instead.")
        try:
            nonce, name = self._number("nonces", to_address(owner)), self._text("name")
            separator = self._call("DOMAIN_SEPARATOR")
        except ChainError as error:
            raise refusal from error
        for version in _VERSIONS:
            words = (type_hash(_DOMAIN), keccak(name.encode()), keccak(version.encode()), word(self.node.chain_id))
            if keccak(b"".join(words) + address_word(self.address)) == separator:
                break
        else:
            raise refusal
        return {
            "types": {"EIP712Domain": _members(_DOMAIN), "Permit": _members(_PERMIT)},
            "primaryType": "Permit",
            "domain": {
                "name": name,
                "version": version,
                "chainId": self.node.chain_id,
                "verifyingContract": self.address,
            },
            "message": {"owner": owner, "spender": spender, "value": amount, "nonce": nonce, "deadline": deadline},
        }

    def _call(self, function: str, *arguments: object) -> object:
        entry = _ABI.function(function, len(arguments))
        answer = self.node.call(Message(self.address, encode_call(entry, arguments)))
        try:
            return decode_outputs(entry, answer)[0]
        except ChainError as error:
            raise ChainError(
                f"There is no ERC-20 token at {self.address}; check the address and the network."
            ) from error

    def _number(self, function: str, *arguments: object) -> int:
        return expect(int, self._call(function, *arguments))

    def _text(self, function: str) -> str:
        return expect(str, self._call(function))


def token_contract(chain_id: int, address: str) -> Contract:
    """Return what every ERC-20 token can be asked and told, at one of them: for calls that somebody else sends."""
    return Contract(_ABI, to_address(address), chain_id)


def _members(definition: str) -> list[dict[str, str]]:
    listed = definition.partition("(")[2].removesuffix(")").split(",")
    return [{"name": name, "type": kind} for kind, name in (it.split(" ") for it in listed)]
