"""What a call is to bring about, as a number that is the same whenever the same is called again, and in a few words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import Final

from audiera.client.chain.node import Message
from audiera.client.contracts.artifacts import Entry, artifacts
from audiera.client.contracts.codec import decode_fields
from audiera.errors import ChainError
from audiera.protocol import address_word, keccak, word

__all__ = ["calls_in", "intent_of", "title_of"]

_PERMIT: Final = "permit"


def intent_of(message: Message) -> bytes:
    """Return what a call is to bring about: receiver, value and data.

    A permit is left out, since its deadline and signature are fresh each time; and so whether a payment needed one.
    """
    parts = _parts(message.data)
    kept = [it for it in parts if _name(it) != _PERMIT]
    data = keccak(b"".join(map(keccak, kept))) if len(kept) != 1 else keccak(kept[0])
    return keccak(address_word(message.to) + word(message.value) + data)


def title_of(message: Message, contract: str) -> str:
    """Return what a call does: contract and functions, by name."""
    counts: dict[str, int] = {}
    for part in _parts(message.data):
        name = _name(part) or f"0x{part[:4].hex()}"
        counts[name] = counts.get(name, 0) + 1
    listed = ", ".join(name if count == 1 else f"{name} {count} times" for name, count in counts.items())
    return f"{contract}: {listed}"


def calls_in(data: bytes) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield each function of the suite that is called, and its arguments, by their Solidity names.

    What is no such call is passed over.
    """
    for part in _parts(data):
        if (entry := _functions().get(part[:4])) and entry.name != "multicall":
            with suppress(ChainError):
                yield entry.name, decode_fields(entry, part[4:])


def _parts(data: bytes) -> tuple[bytes, ...]:
    """Return the calls of a multicall; a call itself if it is none."""
    entry = _functions().get(data[:4])
    if entry is None or entry.name != "multicall":
        return (data,)
    try:
        (parts,) = decode_fields(entry, data[4:]).values()
    except ChainError:
        return (data,)
    return tuple(it for it in parts if isinstance(it, bytes)) if isinstance(parts, tuple) else (data,)


def _name(data: bytes) -> str:
    entry = _functions().get(data[:4])
    return entry.name if entry else ""


@cache
def _functions() -> Mapping[bytes, Entry]:
    return {entry.selector: entry for it in artifacts() for entry in it.functions}
