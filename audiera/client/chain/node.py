"""A node, spoken to through web3.py: every answer typed, every failure an `AudieraError`.

This is the boundary: nothing above it sees a web3 exception, and nothing below it knows the contracts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eth_typing import ChecksumAddress
from requests.exceptions import HTTPError
from web3 import HTTPProvider, Web3
from web3.types import LogReceipt, TxParams, TxReceipt, Wei

from audiera.client.chain.answers import bytes_of, hash_of, listed, log_of, number_of, object_of, receipt_of
from audiera.client.chain.asking import FundsError, RefusalError, ask, bounded, check_url, name_of, url_of
from audiera.client.chain.reverts import NO_REASON
from audiera.errors import ChainError, RevertError

__all__ = ["MAX_FEE", "FundsError", "Message", "Node", "RefusalError", "connect", "ether_text"]

MAX_FEE = 10**17
"""wei: what the gas of one transaction costs at most, unless its sender allows more. What gas costs, only nodes say."""

TIMEOUT = 60  # seconds for one answer of the node
_HURRY = 10  # seconds for one answer where the question is asked again and again
_LARGEST = (1 << 256) - 1
_LAST_SECOND = 253_402_300_799  # of the year 9999, beyond which there are no dates
_PENDING = 1_000  # transactions of one account, several times as many as nodes keep
_LEAST_TIP, _MOST_TIP = 10**9, 15 * 10**8  # wei for each gas, where only what others paid is known


@dataclass(frozen=True, slots=True)
class Message:
    """A call as an account would make it."""

    to: ChecksumAddress
    data: bytes
    sender: ChecksumAddress | None = None
    value: int = 0

    def params(self) -> dict[str, str]:
        """Return the call as nodes take it."""
        params = {"to": str(self.to), "data": f"0x{self.data.hex()}", "value": hex(self.value)}
        return params if self.sender is None else {**params, "from": self.sender}


def connect(
    provider: str | Web3, *, chain_id: int | None = None, state: Path | None = None, max_fee: int = MAX_FEE
) -> Node:
    """Return the node behind a URL, or behind a Web3 that the caller keeps.

    Args:
        provider: the URL, or the Web3.
        chain_id: the chain that it has to be on: what is signed is good on the chain that the node says. Any unless
            told.
        state: where what is sent there is written down; the user's own folder for that unless told.
        max_fee: wei; what the gas of one transaction may cost at most.

    Raises:
        InputError: if the URL is none of a node.
        ChainError: if it does not answer, or is on another chain.
    """
    if isinstance(provider, str):
        check_url(provider)
    web3 = bounded(Web3(HTTPProvider(provider)) if isinstance(provider, str) else provider, TIMEOUT)
    found = number_of(Node(web3, 0).request("eth_chainId"))
    if chain_id not in (None, found):
        raise ChainError(f"{name_of(web3)} is on chain {found}, and not on {chain_id}; nothing is signed for it.")
    return Node(web3, found, state, max_fee)


def ether_text(wei: int) -> str:
    """Write an amount of the chain's coin to two digits, rounded up: for what is an upper bound."""
    exponent = max(len(str(wei)) - 2, 0)
    rounded = -(-wei // 10**exponent) * 10**exponent
    whole, part = divmod(rounded, 10**18)
    return f"{whole:,}.{part:018}".rstrip("0").rstrip(".") + " ETH"


@dataclass(frozen=True, slots=True)
class Node:
    """A node and the chain it follows."""

    web3: Web3
    chain_id: int
    state: Path | None = None
    """Where what is sent there is written down; None is the user's own folder for that."""
    max_fee: int = MAX_FEE
    """wei: what the gas of one transaction may cost at most."""

    @property
    def url(self) -> str:
        """Where it is asked, with whatever key is in that; empty where it has no address."""
        return url_of(self.web3)

    @property
    def name(self) -> str:
        """What to call it in a message, which tells no key."""
        return name_of(self.web3)

    def hurried(self) -> Node:
        """Return the same node for questions that are asked again and again: none is waited for long."""
        return replace(self, web3=bounded(self.web3, _HURRY, tries=1))

    def genesis(self) -> bytes:
        """Return the hash of the chain's first block: two chains may have one number."""
        return hash_of(object_of(self.request("eth_getBlockByNumber", "0x0", False)).get("hash"))

    def fork(self) -> bytes:
        """Return what tells this fork of another chain from that chain and from other forks; empty if it is none.

        A fork has the number and the first block of what it is a fork of. Anvil and Hardhat say that theirs are forks;
        whatever answers anything else is taken for the chain itself.

        Raises:
            ChainError: if the node does not answer at all.
        """
        try:
            told = self.request("hardhat_metadata")
        except ChainError as error:
            reason = error.__cause__
            if isinstance(reason, OSError) and not isinstance(reason, HTTPError):
                raise
            return b""
        if not isinstance(told, Mapping) or not told.get("forkedNetwork"):
            return b""
        return bytes_of(told.get("instanceId"))[:32]

    def call(self, message: Message, block: int | None = None, override: Mapping[str, object] | None = None) -> bytes:
        """Return what a call answers at a block (the newest unless told), without sending anything.

        `override` is the state to pretend, by address, as ``eth_call`` takes it.

        Raises:
            RevertError: as the contract refused.
            ChainError: if the node does.
        """
        at = "latest" if block is None else hex(block)
        pretended = [] if override is None else [override]
        return bytes_of(self.request("eth_call", message.params(), at, *pretended))

    def estimate(self, message: Message) -> int:
        """Return the gas that a transaction would use.

        Raises:
            RevertError: as the contract would refuse it.
            ChainError: if the node does, for want of ETH say.
        """
        try:
            return number_of(self.request("eth_estimateGas", message.params()))
        except RevertError as error:
            if error.name == NO_REASON:
                self.call(message)  # some nodes give the reason of a call only
            raise

    def code(self, address: ChecksumAddress, block: int | None = None) -> bytes:
        """Return the code at an address; empty where there is none."""
        return bytes_of(self.request("eth_getCode", address, "latest" if block is None else hex(block)))

    def balance(self, address: ChecksumAddress) -> int:
        """Return an address's ETH, in wei."""
        return number_of(self.request("eth_getBalance", address, "latest"), _LARGEST)

    def nonce(self, address: ChecksumAddress, *, pending: bool = True) -> int:
        """Return the number of the address's next transaction, pending ones counted or not."""
        return number_of(self.request("eth_getTransactionCount", address, "pending" if pending else "latest"))

    def next_nonce(self, address: ChecksumAddress) -> int:
        """Return the number of the address's next transaction, as far as this node knows.

        One that cannot tell what is pending is asked for what is mined.

        Raises:
            ChainError: if it says that more is pending than an account can have: what is signed for a number that the
                account never reaches is never mined, and waited for.
        """
        mined = self.nonce(address, pending=False)
        try:
            pending = self.nonce(address)
        except RefusalError:
            return mined
        if pending > mined + _PENDING:
            raise ChainError(
                f"{self.name} says that {pending - mined:,} transactions of {address} are pending, which is more than "
                f"{_PENDING:,}; ask another node."
            )
        return pending

    def block_number(self) -> int:
        """Return the newest block's number."""
        return number_of(self.request("eth_blockNumber"))

    def timestamp(self, block: int | None = None) -> int:
        """Return a block's time, the newest's unless told, in Unix seconds."""
        at = "latest" if block is None else hex(block)
        return number_of(object_of(self.request("eth_getBlockByNumber", at, False)).get("timestamp"), _LAST_SECOND)

    def fees(self) -> TxParams:
        """Return the fee fields of a transaction sent now: EIP-1559 where the chain has it, as web3 defaults them."""
        block = object_of(self.request("eth_getBlockByNumber", "latest", False))
        if block.get("baseFeePerGas") is None:
            return {"gasPrice": Wei(number_of(self.request("eth_gasPrice")))}
        base, tip = number_of(block["baseFeePerGas"]), self._tip()
        return {"type": 2, "maxPriorityFeePerGas": Wei(tip), "maxFeePerGas": Wei(2 * base + tip)}

    def _tip(self) -> int:
        try:
            return number_of(self.request("eth_maxPriorityFeePerGas"))
        except RefusalError:
            history = object_of(self.request("eth_feeHistory", "0xa", "pending", [5.0]))
        paid = [number_of(it) for each in listed(history.get("reward")) for it in listed(each)[:1]]
        usual = [it for it in paid if it] or [0]
        return min(max(sum(usual) // len(usual), _LEAST_TIP), _MOST_TIP)

    def send_raw(self, transaction: bytes) -> bytes:
        """Hand a signed transaction to the node; return its hash."""
        return hash_of(self.request("eth_sendRawTransaction", f"0x{transaction.hex()}"))

    def receipt(self, transaction: bytes) -> TxReceipt | None:
        """Return the receipt of a transaction; None while it is not mined."""
        told = self.request("eth_getTransactionReceipt", f"0x{transaction.hex()}")
        return None if told is None or object_of(told).get("blockNumber") is None else receipt_of(told, transaction)

    def knows(self, transaction: bytes) -> bool:
        """Say whether the node has a transaction, mined or not."""
        return self.request("eth_getTransactionByHash", f"0x{transaction.hex()}") is not None

    def user_of(self, address: ChecksumAddress, nonce: int) -> bytes | None:
        """Return the hash of the mined transaction that used a nonce; None if there is none, or nobody can tell."""
        last = self.block_number()
        if self._count(address, last) <= nonce:
            return None
        first, step = last - 1, 1
        while first >= 0 and self._count(address, first) > nonce:  # the newest blocks first: old ones may be forgotten
            last, first, step = first, first - step, step * 2
        first = max(first, -1)
        while last - first > 1:
            middle = (first + last) // 2
            first, last = (first, middle) if self._count(address, middle) > nonce else (middle, last)
        block = object_of(self.request("eth_getBlockByNumber", hex(last), True))
        for it in map(object_of, listed(block.get("transactions"))):
            if str(it.get("from")).lower() == address.lower() and number_of(it.get("nonce")) == nonce:
                return hash_of(it.get("hash"))
        return None

    def _count(self, address: ChecksumAddress, block: int) -> int:
        return number_of(self.request("eth_getTransactionCount", address, hex(block)))

    def logs(
        self, addresses: Sequence[ChecksumAddress], topics: Sequence[bytes | None], first: int, last: int
    ) -> list[LogReceipt]:
        """Return the logs of a range of blocks, both ends included.

        Raises:
            ChainError: if the node refuses, for too long a range say.
        """
        wanted = {
            "address": list(addresses),
            "topics": [None if it is None else f"0x{it.hex()}" for it in topics],
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        return [log_of(it) for it in listed(self.request("eth_getLogs", wanted))]

    def request(self, method: str, *params: object) -> object:
        """Make any request as it is; return its result.

        Over HTTP its answer has a bound in bytes and in time. web3 would look into revert data itself, and fail over
        what a hostile token may put there.

        Raises:
            RevertError: if a contract refused.
            ChainError: if the node did, or its answer cannot be used.
        """
        return ask(self.web3, method, params)
