"""Datasets as `register` takes them."""

from collections.abc import Sequence

from eth_utils import keccak

from audiera.protocol.hashing import ZERO_WORD, word
from audiera.protocol.ids import dataset_account
from audiera.protocol.kinds import Kind
from audiera.protocol.lineage import Parent
from audiera.protocol.splits import Split
from tests.support.chain import Chain, Deployed, HasAddress
from tests.support.splits import shares_of

__all__ = ["MANIFEST", "ROOT", "Content", "child_split", "content", "overwrite", "register", "registration"]

ROOT = b"\xaa" * 32
MANIFEST = b"\xbb" * 32

Content = tuple[int, int, int, bytes, bytes]


def content(
    kind: Kind = Kind.Recordings, *, flags: int = 0, items: int = 3, root: bytes = ROOT, manifest: bytes = MANIFEST
) -> Content:
    """The struct `Content`; of a catalogue, without items."""
    if kind == Kind.Catalogue:
        items, root = 0, ZERO_WORD
    return (kind, flags, items, root, manifest)


def registration(split: Split, of: Content | None = None, parents: Sequence[Parent] = ()) -> tuple[object, ...]:
    """The struct `Registration`."""
    return (of or content(), shares_of(split), [(parent.dataset, parent.ppm) for parent in parents])


def register(
    chain: Chain,
    datasets: Deployed,
    creator: HasAddress,
    split: Split,
    of: Content | None = None,
    parents: Sequence[Parent] = (),
) -> int:
    """Registers a dataset and returns its id."""
    chain.send(datasets.register(registration(split, of, parents)), creator)
    count: int = datasets.datasetCount().call()
    return count


def child_split(datasets: Deployed, parents: Sequence[Parent], payee: bytes) -> Split:
    """The split of a derived dataset: what the parents are due, and the rest for `payee`."""
    due = {dataset_account(datasets.address, it.dataset): it.ppm for it in parents if it.ppm}
    return Split.of({**due, payee: 1_000_000 - sum(due.values())})


def overwrite(chain: Chain, datasets: Deployed, dataset: int, cleared: int, bits: int) -> int:
    """Replaces bits of a dataset's packed state where no call could, and returns all of them."""
    owner, state = datasets.stateOf(dataset).call()
    state = int(state) & ~cleared | bits
    # Where Solady keeps owner and extra data of a token whose id has 32 bits.
    slot = 2 * dataset + int.from_bytes(keccak(bytes(28) + bytes.fromhex("7d882553")), "big")
    chain.rpc("anvil_setStorageAt", datasets.address, hex(slot), f"0x{word(state << 160 | int(owner, 16)).hex()}")
    assert datasets.stateOf(dataset).call() == [owner, state]
    return state
