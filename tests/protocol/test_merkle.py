"""The tree against a second, recursive reading of the same layout. Node checks it against OpenZeppelin's."""

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import InputError
from audiera.protocol.merkle import MerkleTree, verify_merkle_proof

LEAVES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)


def node_at(leaves: list[bytes], place: int) -> bytes:
    first_leaf = len(leaves) - 1
    if place >= first_leaf:
        return leaves[2 * len(leaves) - 2 - place]
    children = sorted([node_at(leaves, 2 * place + 1), node_at(leaves, 2 * place + 2)])
    return keccak(b"".join(children))


@given(LEAVES)
def test_the_root_follows_from_the_layout(leaves: list[bytes]) -> None:
    tree = MerkleTree.of(leaves)

    assert tree.count == len(leaves)
    assert len(tree.nodes) == 2 * len(leaves) - 1
    assert tree.root == node_at(leaves, 0)


@given(LEAVES, st.data())
def test_every_leaf_has_a_proof_and_nothing_else_has(leaves: list[bytes], data: st.DataObject) -> None:
    tree = MerkleTree.of(leaves)
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof = tree.proof(index)
    stranger = keccak(leaves[index])

    assert verify_merkle_proof(tree.root, leaves[index], proof)
    assert not verify_merkle_proof(tree.root, stranger, proof)
    assert not verify_merkle_proof(tree.root, leaves[index], [*proof, stranger])


def test_a_tree_of_one_leaf_is_that_leaf() -> None:
    tree = MerkleTree.of([b"\x07" * 32])

    assert tree.root == b"\x07" * 32
    assert tree.proof(0) == ()


def test_an_odd_leaf_is_never_doubled() -> None:
    """Attack: odd-leaf duplication (three leaves and the last one twice must differ)."""
    a, b, c = (bytes([i]) * 32 for i in (1, 2, 3))

    assert MerkleTree.of([a, b, c]).root != MerkleTree.of([a, b, c, c]).root


def test_a_tree_without_leaves_is_refused() -> None:
    with pytest.raises(InputError, match="needs a leaf"):
        MerkleTree.of([])


@pytest.mark.parametrize(
    "leaves",
    [[b"\x01" * 64], [b"\x01" * 31, b"\x01" * 33], ["a" * 32], [b"\x01" * 32, "a" * 32], [bytearray(32)], [7]],
    ids=["long", "short and long", "text", "text among bytes", "changeable", "number"],
)
def test_a_leaf_that_is_not_32_bytes_is_refused(leaves: list[bytes]) -> None:
    with pytest.raises(InputError, match="is not 32 bytes"):
        MerkleTree.of(leaves)


@pytest.mark.parametrize("index", [-1, 3])
def test_a_proof_of_no_leaf_is_refused(index: int) -> None:
    tree = MerkleTree.of([bytes([i]) * 32 for i in range(3)])

    with pytest.raises(InputError, match="the tree has 3"):
        tree.proof(index)


@pytest.mark.parametrize("count", [4_095, 4_096, 4_097, 8_195])
def test_a_large_tree_is_the_one_that_its_definition_gives(count: int) -> None:
    leaves = [keccak(number.to_bytes(32, "big")) for number in range(count)]
    nodes = [b""] * (count - 1) + leaves[::-1]
    for place in range(count - 2, -1, -1):
        nodes[place] = keccak(b"".join(sorted(nodes[2 * place + 1 : 2 * place + 3])))

    tree = MerkleTree.of(leaves)

    assert tree.nodes == tuple(nodes)


def test_a_leaf_that_is_not_32_bytes_is_refused_wherever_it_is() -> None:
    leaves = [bytes([1]) * 32] * 5_000 + [bytes(31)]

    with pytest.raises(InputError, match="is not 32 bytes"):
        MerkleTree.of(leaves)
