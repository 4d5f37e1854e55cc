"""Vectors of the trees: items, splits, sum trees, and a whole batch."""

from __future__ import annotations

import json
from fractions import Fraction

from audiera.metering.batch import Batch, PricedUse
from audiera.metering.proof import prove_use
from audiera.protocol.hashing import word
from audiera.protocol.items import ContentTree, Item
from audiera.protocol.lineage import Parent, owed_ppm
from audiera.protocol.merkle import MerkleTree
from audiera.protocol.metadata import Metadata
from audiera.protocol.meters import Meter
from audiera.protocol.served import ServedTree
from audiera.protocol.splits import Split, from_weights, move_share, payee_of
from audiera.protocol.structs import Use
from audiera.protocol.sumtree import Node, SumTree
from tests.vectors.plain import Json, address, digest, hexed, node_json, proof_json, struct_json

__all__ = ["batch_vectors", "item_vectors", "served_vectors", "split_vectors", "sum_tree_vectors"]

SIZES = (*range(1, 10), 512)

ROWS = (
    Metadata(path="silence.bin", media_type="application/octet-stream"),
    Metadata(
        path="Disc 1/01 Cafe\u0301.flac",  # decomposed: the row holds U+00E9
        media_type="audio/flac",
        title="Café \u266b “night”\n\u20ac",
        artists=("Zoë", "Ann\u0001a", "\U0001f3b7"),
        album="Nunc Dimittis",
        track=1,
        date="2024-02-29",
        genre="Ambient",
        bpm=128,
        key="F#m",
        isrc="USRC17607839",
        iswc="T0345246801",
        copyright="© 2024",
        licence="CC0-1.0",
        duration_ms=213_970,
        sample_rate=44_100,
        channels=2,
        bit_depth=24,
    ),
    Metadata(path="lyrics/one.txt", media_type="text/plain", title="One", artists=("Zoë",)),
)


def made_items(count: int) -> list[Item]:
    return [Item(digest(f"file {i}"), 1_000_000 + 37 * i, 1_000 * i, digest(f"row {i}")) for i in range(count)]


def indices(count: int) -> list[int]:
    """Return the leaves to prove: all of a small tree, the telling ones of a large one."""
    return list(range(count)) if count < 10 else [0, 1, count // 2, count - 2, count - 1]


def merkle_json(tree: MerkleTree, leaves: list[bytes]) -> dict[str, Json]:
    return {
        "leaves": [hexed(leaf) for leaf in leaves],
        "root": hexed(tree.root),
        "proofs": [{"index": i, "siblings": [hexed(node) for node in tree.proof(i)]} for i in indices(tree.count)],
    }


def item_vectors() -> Json:
    rows: list[Json] = [
        {"row": json.loads(row.canonical()), "canonical": row.canonical().decode(), "hash": hexed(row.hash())}
        for row in ROWS
    ]
    items = [*made_items(3), *(Item.of(digest("bytes"), 2_000_001, row) for row in ROWS)]
    leaves: list[Json] = [
        {
            "item": struct_json(item),
            "leaf": hexed(item.leaf()),
            "units": {meter.name: str(item.units(meter)) for meter in Meter},
        }
        for item in items
    ]
    contents = [ContentTree.of(made_items(size)) for size in SIZES]
    trees: list[Json] = [merkle_json(tree.tree, [item.leaf() for item in tree.items]) for tree in contents]
    return {"metadata": rows, "items": leaves, "trees": trees}


def served_vectors() -> Json:
    trees = [ServedTree.of({(1 + i % 3, 1 + i % 2, digest(f"item {i}")): 1 + i for i in range(n)}) for n in SIZES]
    return {
        "trees": [
            {
                "served": [struct_json(it) for it in tree.served],
                **merkle_json(tree.tree, sorted(it.struct_hash() for it in tree.served)),
            }
            for tree in trees
        ]
    }


def split_json(split: Split) -> dict[str, Json]:
    return {"shares": [struct_json(share) for share in split.shares], "id": hexed(split.id())}


def equal_split(count: int) -> Split:
    payees = [payee_of(address(f"payee {i}")) if i % 3 else digest(f"account {i}") for i in range(count)]
    return from_weights(dict.fromkeys(payees, 1))


def split_vectors() -> Json:
    splits = [equal_split(size) for size in (*SIZES, 1_000)]
    whole: list[Json] = [
        split_json(split) | merkle_json(split.tree(), [share.struct_hash() for share in split.shares])
        for split in splits
    ]
    return {"splits": whole, "moves": move_vectors(), "weights": weight_vectors()}


def move_vectors() -> Json:
    split = equal_split(5)
    mover = split.shares[0].payee
    targets = {"a new payee": payee_of(address("newcomer")), "one with a share": split.shares[-1].payee}
    return [
        {
            "case": f"to {case}",
            "before": split_json(split),
            "payee": hexed(mover),
            "to": hexed(to),
            "after": split_json(move_share(split, mover, to)),
        }
        for case, to in targets.items()
    ]


def weight_vectors() -> Json:
    payees = [payee_of(address(f"payee {i}")) for i in range(7)]
    parents = owed_ppm(address("registry"), [Parent(1, 100_000), Parent(2, 0), Parent(7, 33_333)])
    cases: list[tuple[dict[bytes, int | Fraction], dict[bytes, int]]] = [
        (dict.fromkeys(payees[:3], 1), {}),
        (dict.fromkeys(payees, 1), {}),
        ({payees[0]: 50, payees[1]: 30, payees[2]: 20}, {}),
        ({payees[0]: Fraction(1, 3), payees[1]: Fraction(1, 6), payees[2]: Fraction(1, 2)}, parents),
        ({payees[0]: 999_999, payees[1]: 1}, {}),
    ]
    return [
        {
            "weights": [{"payee": hexed(payee), "weight": str(Fraction(weight))} for payee, weight in weights.items()],
            "parents": [{"account": hexed(account), "ppm": str(ppm)} for account, ppm in fixed.items()],
            "split": split_json(from_weights(weights, fixed)),
        }
        for weights, fixed in cases
    ]


def made_nodes(count: int) -> list[Node]:
    return [Node.of(digest(f"leaf {i}"), 10**15 + i, i % 3 + 1) for i in range(count)]


def sum_tree_json(leaves: list[Node]) -> Json:
    tree = SumTree.of(leaves)
    return {
        "count": tree.count,
        "leaves": [node_json(leaf) for leaf in leaves],
        "root": node_json(tree.root),
        "proofs": [proof_json(tree.proof(i)) for i in indices(tree.count)],
    }


def sum_tree_vectors() -> Json:
    trees = [sum_tree_json(made_nodes(size)) for size in SIZES]
    most = [Node.of(digest("left"), (1 << 192) - 2, (1 << 64) - 3), Node.of(digest("right"), 1, 2)]
    return {
        "trees": trees,
        "fullest": sum_tree_json(most),
        "overflowing": [
            {"case": "amount", "leaves": [node_json(most[0]), node_json(Node.of(digest("x"), 2, 1))]},
            {"case": "calls", "leaves": [node_json(most[0]), node_json(Node.of(digest("x"), 0, 3))]},
        ],
    }


def made_uses() -> list[PricedUse]:
    lines = [(7, 3), (2, 9), (7, 3), (7, 1), (2, 9), (7, 3), (40, 3), (7, 3), (7, 3)]
    return [
        PricedUse(
            Use(
                license=license_,
                dataset=dataset,
                version=1 + i % 2,
                item=digest(f"item {i}") if i % 4 else bytes(32),
                right=i % 10,
                units=i,
                at=1_700_000_000 + i,
                nonce=word(i),
            ),
            1_000 * i,
        )
        for i, (license_, dataset) in enumerate(lines)
    ]


def batch_vectors() -> Json:
    uses = made_uses()
    batch = Batch().extend(uses)
    voucher = batch.voucher(payer=address("payer"), gateway=address("gateway"), token=address("token"), batch=4, fee=77)
    proofs = [prove_use(uses, i) for i in range(len(uses))]
    return {
        "uses": [{"use": struct_json(priced.use), "price": str(priced.price)} for priced in uses],
        "statements": [
            {
                "statement": struct_json(line.statement),
                "amount": str(line.amount),
                "node": node_json(line.node()),
                "proof": proof_json(batch.proof(line.line)),
            }
            for line in batch.statements()
        ],
        "root": node_json(batch.root()),
        "voucher": struct_json(voucher),
        "proofs": [
            {
                "use": proof_json(proof.use_proof),
                "statement": struct_json(proof.statement.statement),
                "amount": str(proof.statement.amount),
                "statementProof": proof_json(proof.statement_proof),
            }
            for proof in proofs
        ],
    }
