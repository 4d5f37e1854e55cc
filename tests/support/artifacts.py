"""Reads what `make build` made of a contract."""

import json
from dataclasses import dataclass

from eth_typing import ABI

from tests.support.places import BUILD

__all__ = ["Artifact", "load"]


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract; the creation code is 0x-prefixed hex without constructor arguments."""

    name: str
    abi: ABI
    creation_code: str
    runtime_size: int


def load(name: str) -> Artifact:
    """The artifact of a contract, mock or interface.

    Raises:
        LookupError: if `contracts/` has nothing of that name.
    """
    path = BUILD / f"{name}.json"
    if not path.exists():
        raise LookupError(
            f"there is no contract {name}; contracts/ makes {sorted(it.stem for it in BUILD.glob('*.json'))}"
        )
    fields = json.loads(path.read_text())
    return Artifact(name, fields["abi"], fields["creationCode"], fields["runtimeSize"])
