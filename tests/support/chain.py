"""Speaks to the private chain in the fewest words: deploy, send, read events, expect refusals."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypedDict, cast

import pytest
from eth_typing import ChecksumAddress
from eth_utils import to_checksum_address
from web3 import Web3
from web3.contract import Contract
from web3.contract.contract import ContractFunction
from web3.exceptions import ContractLogicError
from web3.types import RPCEndpoint

from audiera.errors import RevertError
from tests.support.artifacts import Artifact
from tests.support.codec import Event, RawLog, decode_logs, decode_revert

__all__ = ["Chain", "Deployed", "HasAddress", "Sent", "reverts"]

GAS = 15_000_000  # of every transaction; half a block, so that even burning it all does not raise the base fee


class HasAddress(Protocol):
    """An account or a contract."""

    @property
    def address(self) -> ChecksumAddress: ...


class _Receipt(TypedDict):
    status: str
    transactionHash: str
    contractAddress: str
    gasUsed: str
    blockNumber: str
    logs: list[RawLog]


@dataclass(frozen=True, slots=True)
class Deployed:
    """A contract on the chain: `it.pay(account, token, 5)` is a call, to be sent or asked with `.call()`."""

    artifact: str
    contract: Contract

    @property
    def address(self) -> ChecksumAddress:
        return self.contract.address

    def __getattr__(self, function: str) -> Callable[..., ContractFunction]:
        return cast("Callable[..., ContractFunction]", getattr(self.contract.functions, function))

    def event(self, name: str, /, **fields: object) -> Event:
        """What this contract's event of that name looks like, to compare with."""
        return Event(self.address, name, fields)


@dataclass(frozen=True, slots=True)
class Sent:
    """A mined transaction: all its events in order, and its gas."""

    events: list[Event]
    gas: int
    block: int
    data: bytes
    """Its calldata."""

    def of(self, contract: HasAddress) -> list[Event]:
        """The events of one contract."""
        return [event for event in self.events if event.address == contract.address]


class Chain:
    """One chain, where anyone can be the sender and gas costs nothing, so that balances of ETH stay exact."""

    def __init__(self, w3: Web3, artifact: Callable[[str], Artifact]) -> None:
        self.w3 = w3
        self.artifact = artifact
        self.somebody = w3.eth.accounts[0]
        w3.eth.default_account = self.somebody  # who asks views, too
        self.rpc("anvil_autoImpersonateAccount", True)
        self.rpc("anvil_setNextBlockBaseFeePerGas", "0x0")

    def rpc(self, method: str, *params: object) -> object:
        """The node's answer, or an error with its message."""
        reply = self.w3.provider.make_request(RPCEndpoint(method), list(params))
        assert "error" not in reply, reply
        return cast("object", reply["result"])

    def send(
        self,
        call: ContractFunction,
        sender: HasAddress | None = None,
        *,
        value: int = 0,
        gas: int = GAS,
    ) -> Sent:
        """Sends a call from `sender`, who may be a contract; from somebody if it does not matter.

        Raises:
            RevertError: the contract refused.
        """
        return self.send_raw(call.address, call._encode_transaction_data(), sender, value=value, gas=gas)

    def send_raw(
        self, to: str, data: str | bytes = "0x", sender: HasAddress | None = None, *, value: int = 0, gas: int = GAS
    ) -> Sent:
        """Sends any data, a plain transfer of ETH for one.

        Raises:
            RevertError: the receiver refused.
        """
        return self._mined({"to": to, "data": _hex(data), "value": hex(value), "gas": hex(gas)}, sender)[1]

    def deploy(self, name: str, *arguments: object, sender: HasAddress | None = None, value: int = 0) -> Deployed:
        """Creates a contract.

        Raises:
            RevertError: its constructor refused.
        """
        made = self.artifact(name)
        factory = self.w3.eth.contract(abi=made.abi, bytecode=made.creation_code)
        data = factory.constructor(*arguments).data_in_transaction
        receipt, _ = self._mined({"data": data, "value": hex(value), "gas": hex(GAS)}, sender)
        return self.at(name, receipt["contractAddress"])

    def at(self, name: str, address: str) -> Deployed:
        """The contract of that ABI at an address."""
        return Deployed(name, self.w3.eth.contract(to_checksum_address(address), abi=self.artifact(name).abi))

    def _mined(self, transaction: dict[str, str], sender: HasAddress | None) -> tuple[_Receipt, Sent]:
        transaction |= {"from": sender.address if sender else self.somebody, "gasPrice": "0x0"}
        receipt = cast("_Receipt", self.rpc("eth_sendTransactionSync", transaction))
        if receipt["status"] != "0x1":
            raise decode_revert(_bytes(self.rpc("ots_getTransactionError", receipt["transactionHash"])))
        gas, block = (int(number, 16) for number in (receipt["gasUsed"], receipt["blockNumber"]))
        sent = Sent(decode_logs(receipt["logs"]), gas, block, _bytes(transaction["data"]))
        return receipt, sent

    @contextmanager
    def renumbered(self, chain_id: int) -> Iterator[None]:
        """Gives the chain another id meanwhile, as after a fork."""
        before = self.w3.eth.chain_id
        self.rpc("anvil_setChainId", chain_id)
        try:
            yield
        finally:
            self.rpc("anvil_setChainId", before)

    def ether(self, holder: HasAddress | str) -> int:
        """The ETH of an account, in wei."""
        return self.w3.eth.get_balance(to_checksum_address(holder if isinstance(holder, str) else holder.address))

    def now(self) -> int:
        """The Unix second of the latest block."""
        return self.w3.eth.get_block("latest")["timestamp"]

    def at_time(self, second: int) -> None:
        """Makes `second` the time of the next block."""
        self.rpc("evm_setNextBlockTimestamp", second)

    def mine_at(self, second: int) -> None:
        """Mines a block at `second`, so that views see it too."""
        self.at_time(second)
        self.rpc("evm_mine")


@contextmanager
def reverts(name: str, /, **fields: object) -> Iterator[None]:
    """Expects exactly this error with exactly these fields, from a transaction or a view.

    `reverts("")` is a revert without any data; `reverts("Panic", code=0x11)` an overflow.
    """
    with pytest.raises((RevertError, ContractLogicError)) as caught:
        yield
    raised = caught.value
    error = raised if isinstance(raised, RevertError) else decode_revert(_bytes(getattr(raised, "data", None)))
    assert (error.name, error.fields) == (name, fields)


def _bytes(data: object) -> bytes:
    return bytes.fromhex(data[2:]) if isinstance(data, str) and data.startswith("0x") else b""


def _hex(data: str | bytes) -> str:
    return data if isinstance(data, str) else f"0x{data.hex()}"
