"""What a signed call calls: one function, or those of a multicall, with their arguments."""

from __future__ import annotations

from collections.abc import Iterator

from audiera.client.contracts import Artifact, decode_fields
from audiera.errors import ChainError, InputError

__all__ = ["read_parts"]


def read_parts(contract: Artifact, data: bytes) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the name of what is called, and its arguments, for each part of a call of a contract.

    What the contract does not have has no name, and as its only argument the data by the name of the contract.

    Raises:
        InputError: if it is not written as every compiler writes it: then it could be shown at any length.
    """
    entry, arguments = _read(contract, data)
    if entry == "multicall" and isinstance(parts := arguments.get("data"), tuple):
        for part in parts:
            name, given = _read(contract, part)
            if name == entry:
                raise InputError("A multicall is part of the multicall, as none is that a command prints; refuse it.")
            yield name, given
        return
    yield entry, arguments


def _read(contract: Artifact, data: bytes) -> tuple[str, dict[str, object]]:
    """Return the name of what is called, and its arguments; no name if the contract has no such function."""
    entry = next((it for it in contract.functions if it.selector == data[:4]), None)
    if entry is None:
        return "", {contract.name: data}
    try:
        return entry.name, decode_fields(entry, data[4:])
    except ChainError as error:
        raise InputError(
            f"The arguments of {entry.name} are not written as any compiler writes them; refuse the call."
        ) from error
