"""Hashes, trees and signatures as docs/formats.md describes them, with no code of the package (P12)."""

from collections.abc import Sequence

from eth_abi import encode
from eth_account.signers.local import LocalAccount
from eth_typing import Hash32
from eth_utils import keccak

__all__ = [
    "SumProof",
    "account_of",
    "digest",
    "share_proof",
    "sign",
    "split_id",
    "struct",
    "sum_proof",
    "sum_root",
    "word",
]

Share = tuple[bytes, int]
Node = tuple[bytes, int]
SumProof = tuple[int, int, Sequence[Node]]

DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


def word(address: str) -> bytes:
    """An address as a payee."""
    return bytes(12) + bytes.fromhex(address[2:])


def account_of(controller: str, key: bytes) -> bytes:
    return keccak(encode(["address", "bytes32"], [controller, key]))


def struct(type_: str, *values: object) -> bytes:
    """EIP-712 hashStruct of a type without strings or structs inside."""
    fields = type_[type_.index("(") + 1 : -1].split(",")
    return keccak(encode(["bytes32", *(it.split()[0] for it in fields)], [keccak(text=type_), *values]))


def digest(name: str, chain_id: int, contract: str, message: bytes) -> bytes:
    separator = keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [keccak(text=DOMAIN), keccak(text=name), keccak(text="1"), chain_id, contract],
        )
    )
    return keccak(b"\x19\x01" + separator + message)


def sign(account: LocalAccount, message: bytes) -> bytes:
    return bytes(account.unsafe_sign_hash(Hash32(message)).signature)


def _share_tree(shares: Sequence[Share]) -> list[bytes]:
    leaves = [struct("Share(bytes32 payee,uint32 ppm)", *share) for share in shares]
    tree = [b""] * (len(leaves) - 1) + leaves[::-1]
    for k in reversed(range(len(leaves) - 1)):
        tree[k] = keccak(b"".join(sorted(tree[2 * k + 1 : 2 * k + 3])))
    return tree


def split_id(shares: Sequence[Share]) -> bytes:
    return _share_tree(shares)[0]


def share_proof(shares: Sequence[Share], index: int) -> list[bytes]:
    tree, proof = _share_tree(shares), []
    at = len(tree) - 1 - index
    while at:
        proof.append(tree[at + 1 if at % 2 else at - 1])
        at = (at - 1) // 2
    return proof


def _above(level: Sequence[Node]) -> list[Node]:
    pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
    return [pair[0] if len(pair) == 1 else _parent(*pair) for pair in pairs]


def _parent(left: Node, right: Node) -> Node:
    return keccak(encode(["bytes32", "uint256"] * 2, [*left, *right])), left[1] + right[1]


def sum_root(leaves: Sequence[Node]) -> Node:
    while len(leaves) > 1:
        leaves = _above(leaves)
    return leaves[0]


def sum_proof(leaves: Sequence[Node], index: int) -> list[Node]:
    proof = []
    while len(leaves) > 1:
        if index ^ 1 < len(leaves):
            proof.append(leaves[index ^ 1])
        leaves, index = _above(leaves), index // 2
    return proof
