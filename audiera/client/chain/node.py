"""A node, spoken to through web3.py: every answer typed, every failure an `AudieraError`.

This is the boundary: nothing above it sees a web3 exception, and nothing below it knows the contracts.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from json import JSONDecodeError
from pathlib import Path
from urllib.parse import urlsplit

from eth_typing import BlockNumber, ChecksumAddress, HexStr
from requests.exceptions import HTTPError, RequestException
from web3 import HTTPProvider, Web3
from web3.exceptions import TransactionNotFound, Web3Exception, Web3RPCError
from web3.providers import BaseProvider
from web3.types import FilterParams, LogReceipt, RPCEndpoint, TxParams, TxReceipt, Wei

from audiera.client.chain.reverts import NO_REASON, decode_revert
from audiera.errors import ChainError, RevertError

__all__ = ["MAX_FEE", "FundsError", "Message", "Node", "RefusalError", "connect", "ether_text"]

MAX_FEE = 10**17
"""wei: what the gas of one transaction costs at most, unless its sender allows more. What gas costs, only nodes say."""

TIMEOUT = 60  # seconds for one answer of the node
_HURRY = 10  # seconds for one answer where the question is asked again and again


class RefusalError(ChainError):
    """The node answered with an error of its own; `text` is what it said, and `code` its number.

    `node` and `method` say which one, and what it was asked.
    """

    def __init__(self, text: str, code: object = None, *, node: str = "The node", method: str = "") -> None:
        self.text, self.code = text, code
        super().__init__(f"{node} refused{f' {method}' if method else ''}: {text}.")


class FundsError(RefusalError):
    """The sender has too little ETH for a transaction and its gas."""

    def __init__(self, message: str) -> None:
        super().__init__("insufficient funds")
        self.args = (message,)


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
        ChainError: if it does not answer, or is on another chain.
    """
    web3 = Web3(HTTPProvider(provider, {"timeout": TIMEOUT})) if isinstance(provider, str) else provider
    with _asking(web3, "eth_chainId"):
        found = web3.eth.chain_id
    if chain_id not in (None, found):
        raise ChainError(f"{_name(web3)} is on chain {found}, and not on {chain_id}; nothing is signed for it.")
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
        return _url(self.web3)

    @property
    def name(self) -> str:
        """What to call it in a message, which tells no key."""
        return _name(self.web3)

    def hurried(self) -> Node:
        """Return the same node for questions that are asked again and again: none is waited for long."""
        inner = _inner(self.web3)
        if not isinstance(inner, HTTPProvider):
            return self
        provider = copy.copy(inner)  # with its address, headers and connections
        hurried = {
            "_request_kwargs": {**provider.get_request_kwargs(), "timeout": _HURRY},
            "_request_func_cache": (None, None),
            "_exception_retry_configuration": None,
        }
        for name, value in hurried.items():  # web3 has no other way to share connections and wait less
            setattr(provider, name, value)
        return replace(self, web3=Web3(provider))

    def genesis(self) -> bytes:
        """Return the hash of the chain's first block: two chains may have one number."""
        block = self.request("eth_getBlockByNumber", "0x0", False)
        return _bytes(block.get("hash") if isinstance(block, Mapping) else block)

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
        return _bytes(told.get("instanceId")) if isinstance(told, Mapping) and told.get("forkedNetwork") else b""

    def call(self, message: Message, block: int | None = None, override: Mapping[str, object] | None = None) -> bytes:
        """Return what a call answers at a block (the newest unless told), without sending anything.

        `override` is the state to pretend, by address, as ``eth_call`` takes it.

        Raises:
            RevertError: as the contract refused.
            ChainError: if the node does.
        """
        at = "latest" if block is None else hex(block)
        pretended = [] if override is None else [override]
        return _bytes(self.request("eth_call", message.params(), at, *pretended))

    def estimate(self, message: Message) -> int:
        """Return the gas that a transaction would use.

        Raises:
            RevertError: as the contract would refuse it.
            ChainError: if the node does, for want of ETH say.
        """
        try:
            return int.from_bytes(_bytes(self.request("eth_estimateGas", message.params())), "big")
        except RevertError as error:
            if error.name == NO_REASON:
                self.call(message)  # some nodes give the reason of a call only
            raise

    def code(self, address: ChecksumAddress, block: int | None = None) -> bytes:
        """Return the code at an address; empty where there is none."""
        with _asking(self.web3, "eth_getCode"):
            return bytes(self.web3.eth.get_code(address, "latest" if block is None else BlockNumber(block)))

    def balance(self, address: ChecksumAddress) -> int:
        """Return an address's ETH, in wei."""
        with _asking(self.web3, "eth_getBalance"):
            return self.web3.eth.get_balance(address)

    def nonce(self, address: ChecksumAddress, *, pending: bool = True) -> int:
        """Return the number of the address's next transaction, pending ones counted or not."""
        with _asking(self.web3, "eth_getTransactionCount"):
            return self.web3.eth.get_transaction_count(address, "pending" if pending else "latest")

    def next_nonce(self, address: ChecksumAddress) -> int:
        """Return the number of the address's next transaction, as far as this node knows.

        One that cannot tell what is pending is asked for what is mined.
        """
        try:
            return self.nonce(address)
        except RefusalError:
            return self.nonce(address, pending=False)

    def block_number(self) -> int:
        """Return the newest block's number."""
        with _asking(self.web3, "eth_blockNumber"):
            return self.web3.eth.block_number

    def timestamp(self, block: int | None = None) -> int:
        """Return a block's time, the newest's unless told, in Unix seconds."""
        with _asking(self.web3, "eth_getBlockByNumber"):
            return self.web3.eth.get_block("latest" if block is None else BlockNumber(block))["timestamp"]

    def fees(self) -> TxParams:
        """Return the fee fields of a transaction sent now: EIP-1559 where the chain has it, as web3 defaults them."""
        with _asking(self.web3, "eth_getBlockByNumber"):
            base = self.web3.eth.get_block("latest").get("baseFeePerGas")
        if base is None:
            with _asking(self.web3, "eth_gasPrice"):
                return {"gasPrice": self.web3.eth.gas_price}
        with _asking(self.web3, "eth_maxPriorityFeePerGas"):
            tip = self.web3.eth.max_priority_fee
        return {"type": 2, "maxPriorityFeePerGas": tip, "maxFeePerGas": Wei(2 * base + tip)}

    def send_raw(self, transaction: bytes) -> bytes:
        """Hand a signed transaction to the node; return its hash."""
        with _asking(self.web3, "eth_sendRawTransaction"):
            return bytes(self.web3.eth.send_raw_transaction(transaction))

    def receipt(self, transaction: bytes) -> TxReceipt | None:
        """Return the receipt of a transaction; None while it is not mined."""
        with _asking(self.web3, "eth_getTransactionReceipt"):
            try:
                return self.web3.eth.get_transaction_receipt(HexStr("0x" + transaction.hex()))
            except TransactionNotFound:
                return None

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
        block = self.request("eth_getBlockByNumber", hex(last), True)
        for it in block.get("transactions", ()) if isinstance(block, Mapping) else ():
            if str(it["from"]).lower() == address.lower() and _bytes(it["nonce"]) == _bytes(hex(nonce)):
                return _bytes(it["hash"])
        return None

    def _count(self, address: ChecksumAddress, block: int) -> int:
        return int.from_bytes(_bytes(self.request("eth_getTransactionCount", address, hex(block))), "big")

    def logs(
        self, addresses: Sequence[ChecksumAddress], topics: Sequence[bytes | None], first: int, last: int
    ) -> list[LogReceipt]:
        """Return the logs of a range of blocks, both ends included.

        Raises:
            ChainError: if the node refuses, for too long a range say.
        """
        wanted: FilterParams = {
            "address": list(addresses),
            "topics": [None if it is None else HexStr("0x" + it.hex()) for it in topics],
            "fromBlock": BlockNumber(first),
            "toBlock": BlockNumber(last),
        }
        with _asking(self.web3, "eth_getLogs"):
            return self.web3.eth.get_logs(wanted)

    def request(self, method: str, *params: object) -> object:
        """Make any request as it is; return its result.

        web3 would look into revert data itself, and fail over what a hostile token may put there.

        Raises:
            RevertError: if a contract refused.
            ChainError: if the node did.
        """
        with _asking(self.web3, method):
            reply = self.web3.provider.make_request(RPCEndpoint(method), list(params))
        if "error" in reply:
            raise _refusal(reply["error"], _name(self.web3), method)
        return reply.get("result")


@contextmanager
def _asking(web3: Web3, method: str) -> Iterator[None]:
    """Turn whatever goes wrong with a request into a `ChainError` that names the node and the method."""
    try:
        yield
    except Web3RPCError as error:
        raise _refusal((error.rpc_response or {}).get("error", str(error)), _name(web3), method) from error
    except (Web3Exception, JSONDecodeError) as error:
        raise ChainError(
            f"{_name(web3)} answered {method} with what cannot be used: {error}; check that the URL is a node's."
        ) from error
    except HTTPError as error:
        status = f"HTTP {error.response.status_code} {error.response.reason}".strip()
        raise ChainError(
            f"{_name(web3)} refused {method} ({status}); check its URL, the key in that, and what it may be asked."
        ) from error
    except (RequestException, OSError) as error:
        raise ChainError(
            f"{_name(web3)} cannot be reached for {method} ({type(error).__name__}); check that it runs and that its "
            "URL is right."
        ) from error


def _name(web3: Web3) -> str:
    """Name a node by scheme, host and port of its URL: what else is in it may be a password or a key."""
    url = urlsplit(_url(web3))
    return f"The node at {url.scheme}://{url.netloc.rpartition('@')[2]}" if url.netloc else "The node"


def _url(web3: Web3) -> str:
    return str(getattr(_inner(web3), "endpoint_uri", None) or "")


def _inner(web3: Web3) -> BaseProvider:
    """Return the provider that asks: Ape's chooses one of several."""
    chosen: BaseProvider | None = getattr(web3.provider, "_active_provider", None)
    return chosen or web3.provider


def _refusal(error: object, node: str, method: str) -> ChainError:
    """Return what an error object of JSON-RPC means. Nodes agree on little: not even on where revert data is."""
    fields = error if isinstance(error, Mapping) else {"message": error}
    text = str(fields.get("message")).rstrip(".")
    data = fields.get("data")
    if isinstance(data, Mapping):
        data = data.get("data")
    if isinstance(data, str) and data.startswith("0x"):
        return decode_revert(_bytes(data))
    if "revert" in text.lower():
        return decode_revert(b"")
    if "insufficient funds" in text.lower():
        return FundsError(
            "The account has too little ETH for this transaction and its gas; send it some and try again."
        )
    return RefusalError(text, fields.get("code"), node=node, method=method)


def _bytes(answer: object) -> bytes:
    digits = str(answer).removeprefix("0x")
    try:
        return bytes.fromhex(digits.zfill(len(digits) + len(digits) % 2))
    except ValueError as error:
        raise ChainError(f"The node answered {answer!r} where hex was due; check that the URL is a node's.") from error
