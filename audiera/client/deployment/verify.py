"""Whether the code at an address is what a release's creation code makes there."""

from __future__ import annotations

from eth_typing import ChecksumAddress

from audiera.client.chain.node import Message, Node
from audiera.client.deployment.create2 import address_of
from audiera.errors import ChainError
from audiera.protocol import keccak, to_address

__all__ = ["check_code"]


def check_code(node: Node, name: str, address: ChecksumAddress, creation_code: bytes) -> None:
    """Return if the code at `address` is what `creation_code`, constructor arguments included, makes there.

    The creation code is run at that address in a call that overrides its state, so what it answers holds the
    immutables that depend on address and chain. Nodes that cannot override state leave the proof that the address is:
    nothing else could have been created there.

    Raises:
        ChainError: if there is no code, or other code.
    """
    found = node.code(address)
    if not found:
        raise ChainError(f"There is no {name} at {address} on chain {node.chain_id}; deploy it there first.")
    expected = _simulate(node, address, creation_code)
    if expected is None and address == address_of(creation_code):
        return
    if found != expected:
        raise ChainError(
            f"The code at {address} on chain {node.chain_id} is not this release's {name}; "
            "do not use it, and check release and network."
        )


def _simulate(node: Node, address: ChecksumAddress, creation_code: bytes) -> bytes | None:
    """Return the code that creation would leave at `address`; None if the node cannot say."""
    # A constructor may create a contract of its own, whose address is the hash of RLP([creator, 1]).
    child = to_address("0x" + keccak(b"\xd6\x94" + bytes.fromhex(address[2:]) + b"\x01")[12:].hex())
    override: dict[str, object] = {
        address: {"code": f"0x{creation_code.hex()}", "nonce": "0x1"},
        child: {"code": "0x", "nonce": "0x0"},
    }
    try:
        return node.call(Message(address, b""), override=override) or None
    except ChainError:  # a node that ignores the override runs the contract itself, which reverts
        return None
