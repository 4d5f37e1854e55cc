"""Which contracts this user trusts: a release's own, whose code was checked, and those accepted by hand.

What is remembered, beside the journals, is the hash of their code: so to look whether it is still there costs no more
than to read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from eth_typing import ChecksumAddress

from audiera.client.chain.node import Node
from audiera.client.deployment.create2 import creation_codes
from audiera.client.deployment.verify import check_code
from audiera.client.journal import state_folder
from audiera.errors import StorageError
from audiera.protocol import CONTRACTS, address_word, keccak
from audiera.text import replace_file

__all__ = ["accept", "check_release", "is_accepted", "was_accepted"]

_FOLDER: Final = "contracts"

Addresses = Mapping[str, ChecksumAddress]
Codes = Mapping[str, bytes]


def accept(node: Node, addresses: Addresses, codes: Codes) -> None:
    """Trust contracts from now on, as long as their code is this.

    Raises:
        StorageError: if that cannot be written down.
    """
    path = _path(node.chain_id, addresses, node.state)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(path, [_hash_of(codes).encode()])
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error.strerror}), so nothing is accepted.") from error


def is_accepted(node: Node, addresses: Addresses, codes: Codes) -> bool:
    """Say whether these contracts were accepted, and still have the code that they had then."""
    with suppress(OSError, ValueError):
        return _path(node.chain_id, addresses, node.state).read_text("utf-8") == _hash_of(codes)
    return False


def was_accepted(chain_id: int, addresses: Addresses) -> bool:
    """Say whether contracts at these addresses were accepted, on a chain that is not asked."""
    return _path(chain_id, addresses, None).is_file()


def check_release(node: Node, addresses: Addresses, codes: Codes) -> None:
    """Return if contracts at a release's own addresses have its code. What was checked once is not run again.

    Raises:
        ChainError: naming the first that differs.
    """
    if is_accepted(node, addresses, codes):
        return
    for name, creation_code in creation_codes().items():
        check_code(node, name, addresses[name], creation_code)
    with suppress(StorageError):  # then it is checked anew the next time
        accept(node, addresses, codes)


def _path(chain_id: int, addresses: Addresses, state: Path | None) -> Path:
    where = keccak(b"".join(address_word(addresses[name]) for name in CONTRACTS))
    return (state or state_folder()) / _FOLDER / f"{chain_id}-{where[:8].hex()}"


def _hash_of(codes: Codes) -> str:
    return keccak(b"".join(keccak(codes[name]) for name in CONTRACTS)).hex()
