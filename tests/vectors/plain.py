"""How vectors are written down: hashes as 0x text, members as decimal text, made-up data by name."""

from __future__ import annotations

from audiera.protocol.hashing import Value, keccak
from audiera.protocol.ids import to_address
from audiera.protocol.sumtree import Node, Proof
from audiera.protocol.typed import Struct
from audiera.text import Json

__all__ = ["Json", "address", "digest", "hexed", "node_json", "proof_json", "struct_json"]


def digest(name: str) -> bytes:
    """Return 32 bytes that look random and follow from `name`."""
    return keccak(f"audiera vector {name}".encode())


def address(name: str) -> str:
    """Return an address that follows from `name`."""
    return to_address("0x" + digest(name)[12:].hex())


def hexed(data: bytes) -> str:
    return "0x" + data.hex()


def plain(value: Value) -> str:
    """Write a struct member: integers in decimal, because JSON numbers end at 2^53."""
    if isinstance(value, bytes):
        return hexed(value)
    return value if isinstance(value, str) else str(int(value))


def struct_json(struct: Struct) -> Json:
    return {name: plain(value) for name, value in struct.abi().items()}


def node_json(node: Node) -> Json:
    return {
        "hash": hexed(node.hash),
        "amount": str(node.amount),
        "calls": str(node.calls),
        "sum": hexed(node.sum.to_bytes(32, "big")),
    }


def proof_json(proof: Proof) -> Json:
    return {"index": proof.index, "siblings": [node_json(node) for node in proof.siblings]}
