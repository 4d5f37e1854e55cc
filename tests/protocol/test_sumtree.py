"""The sum tree against a second reading of RFC 9162: split at the largest power of two below the count."""

from dataclasses import replace

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import UseError
from audiera.protocol.sumtree import Frontier, Node, Proof, SumTree, parent_of, verify_sum_proof

MAX_AMOUNT, MAX_CALLS = 2**192 - 1, 2**64 - 1
NODES = st.builds(Node.of, st.binary(min_size=32, max_size=32), st.integers(0, 2**128), st.integers(0, 2**32))
LEAVES = st.lists(NODES, min_size=1, max_size=70)


def recursive_root(leaves: list[Node]) -> Node:
    if len(leaves) == 1:
        return leaves[0]
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = recursive_root(leaves[:middle]), recursive_root(leaves[middle:])
    words = [left.hash, left.sum, right.hash, right.sum]
    return Node(keccak(encode(["bytes32", "uint256", "bytes32", "uint256"], words)), left.sum + right.sum)


@given(LEAVES)
def test_tree_and_frontier_have_the_root_of_rfc_9162(leaves: list[Node]) -> None:
    expected = recursive_root(leaves)

    assert SumTree.of(leaves).root == expected
    assert Frontier().extend(leaves).root() == expected
    assert expected.amount == sum(leaf.amount for leaf in leaves)
    assert expected.calls == sum(leaf.calls for leaf in leaves)


@pytest.mark.parametrize("count", [*range(1, 18), 512])
def test_every_leaf_of_every_size_is_proven(count: int) -> None:
    leaves = [Node.of(keccak(bytes([i % 256, i // 256])), i, 1) for i in range(count)]
    tree = SumTree.of(leaves)

    assert tree.count == count
    assert all(verify_sum_proof(tree.root, count, leaf, tree.proof(i)) for i, leaf in enumerate(leaves))


@given(LEAVES, st.data())
def test_nothing_altered_is_proven(leaves: list[Node], data: st.DataObject) -> None:
    """P11. Attacks: proof extension, altered sums, another place, another count."""
    tree, count = SumTree.of(leaves), len(leaves)
    index = data.draw(st.integers(0, count - 1))
    leaf, proof = leaves[index], tree.proof(index)
    other = Node(keccak(leaf.hash), leaf.sum)

    assert not verify_sum_proof(tree.root, count, other, proof)
    assert not verify_sum_proof(tree.root, count, Node(leaf.hash, leaf.sum + 1), proof)
    assert not verify_sum_proof(tree.root, count, leaf, Proof(index, (*proof.siblings, other)))
    assert not verify_sum_proof(tree.root, count, leaf, Proof(index, proof.siblings[:-1])) or count == 1
    assert not verify_sum_proof(Node(tree.root.hash, tree.root.sum + 1), count, leaf, proof)
    for outside in (-1, count):
        assert not verify_sum_proof(tree.root, count, leaf, replace(proof, index=outside))
    if proof.siblings:
        sibling = proof.siblings[0]
        swapped = (Node(sibling.hash, sibling.sum + 1), *proof.siblings[1:])
        assert not verify_sum_proof(tree.root, count, leaf, Proof(index, swapped))


def test_a_leaf_is_not_proven_at_its_neighbours_place() -> None:
    leaves = [Node.of(bytes([i]) * 32, i, 1) for i in range(5)]
    tree = SumTree.of(leaves)

    for i, leaf in enumerate(leaves):
        found = [j for j in range(5) if verify_sum_proof(tree.root, 5, leaf, replace(tree.proof(i), index=j))]
        assert found == [i]


def test_an_inner_node_is_not_proven_as_a_leaf_of_a_smaller_tree() -> None:
    """Attack: proof truncation. The hashes fit; only that no leaf is four words long forbids it."""
    leaves = [Node.of(bytes([i]) * 32, i, 1) for i in range(4)]
    tree = SumTree.of(leaves)
    inner = tree.levels[1][0]

    assert verify_sum_proof(tree.root, 2, inner, Proof(0, (tree.levels[1][1],)))
    assert not verify_sum_proof(tree.root, 4, inner, Proof(0, (tree.levels[1][1],)))


def test_an_odd_leaf_moves_up_and_is_never_doubled() -> None:
    """Attack: odd-leaf duplication."""
    a, b, c = (Node.of(bytes([i]) * 32, i, 1) for i in (1, 2, 3))

    assert SumTree.of([a, b, c]).root == parent_of(parent_of(a, b), c)
    assert SumTree.of([a, b, c]).proof(2) == Proof(2, (parent_of(a, b),))


@given(LEAVES, st.lists(NODES, max_size=5))
def test_a_frontier_can_be_tried_and_dropped(leaves: list[Node], more: list[Node]) -> None:
    before = Frontier().extend(leaves)
    root = before.root()

    after = before.extend(more)

    assert after.count == len(leaves) + len(more)
    assert after.root() == SumTree.of([*leaves, *more]).root
    assert before.root() == root


def test_a_frontier_holds_one_node_per_binary_digit() -> None:
    frontier = Frontier()
    for i in range(1_000):
        frontier = frontier.append(Node.of(bytes(32), i, 1))
        assert len(frontier.peaks) == frontier.count.bit_count()


@given(LEAVES, st.data())
def test_replaced_leaves_give_the_tree_built_anew(leaves: list[Node], data: st.DataObject) -> None:
    places = data.draw(st.dictionaries(st.integers(0, len(leaves) - 1), NODES, max_size=6))
    changed = [places.get(i, leaf) for i, leaf in enumerate(leaves)]

    assert SumTree.of(leaves).replace(places) == SumTree.of(changed)


@pytest.mark.parametrize("place", [-1, 3])
def test_only_leaves_that_exist_are_replaced(place: int) -> None:
    tree = SumTree.of([Node.of(bytes(32), 1, 1)] * 3)

    with pytest.raises(UseError, match="not among the 3"):
        tree.replace({place: Node.of(bytes(32), 1, 1)})


@pytest.mark.parametrize(("amount", "calls"), [(MAX_AMOUNT + 1, 0), (0, MAX_CALLS + 1), (-1, 0), (0, -1)])
def test_a_sum_out_of_range_is_refused(amount: int, calls: int) -> None:
    with pytest.raises(UseError, match="does not fit a sum"):
        Node.of(bytes(32), amount, calls)


@pytest.mark.parametrize(
    ("amounts", "calls"), [((MAX_AMOUNT, 1), (0, 0)), ((0, 0), (MAX_CALLS, 1))], ids=["amount", "calls"]
)
def test_a_sum_that_overflows_is_refused_everywhere(amounts: tuple[int, int], calls: tuple[int, int]) -> None:
    """Attack: sum overflow. Calls must not carry into the amount."""
    left, right = (Node.of(bytes([i]) * 32, amounts[i], calls[i]) for i in (0, 1))

    with pytest.raises(UseError, match="overflows"):
        parent_of(left, right)
    with pytest.raises(UseError, match="overflows"):
        SumTree.of([left, right])
    with pytest.raises(UseError, match="overflows"):
        Frontier().extend([left, right])
    assert not verify_sum_proof(Node(bytes(32), 0), 2, left, Proof(0, (right,)))


def test_peaks_that_overflow_only_together_are_refused_at_once() -> None:
    half = Node.of(bytes(32), MAX_AMOUNT // 2, 1)
    frontier = Frontier().extend([half, half])

    with pytest.raises(UseError, match="does not fit a sum"):
        frontier.append(Node.of(bytes(32), 2, 1))


def test_the_fullest_sum_is_exact() -> None:
    root = SumTree.of([Node.of(bytes(32), MAX_AMOUNT - 1, MAX_CALLS - 1), Node.of(bytes(32), 1, 1)]).root

    assert root.sum == 2**256 - 1
    assert (root.amount, root.calls) == (MAX_AMOUNT, MAX_CALLS)


@pytest.mark.parametrize(
    ("hash_", "total"), [(b"\x01" * 31, 1), (b"\x01" * 33, 1), (b"\x01" * 32, -1), (b"\x01" * 32, 2**256)]
)
def test_what_is_no_node_is_refused(hash_: bytes, total: int) -> None:
    """Attack: packed-string collision. 31 bytes here and 33 there would hash like 32 and 32."""
    with pytest.raises(UseError, match="A node is a hash of 32 bytes and a sum of 256 bits"):
        Node(hash_, total)


def test_a_tree_without_leaves_is_refused() -> None:
    with pytest.raises(UseError, match="needs a leaf"):
        SumTree.of([])
    with pytest.raises(UseError, match="needs a leaf"):
        Frontier().root()


@pytest.mark.parametrize("index", [-1, 2])
def test_a_proof_of_no_leaf_is_refused(index: int) -> None:
    with pytest.raises(UseError, match="the tree has 2"):
        SumTree.of([Node.of(bytes(32), 1, 1)] * 2).proof(index)
