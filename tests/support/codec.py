"""Reads revert data and logs by the ABIs of every contract, mocks included."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TypedDict, cast

from eth_abi import decode
from eth_utils import function_signature_to_4byte_selector, keccak, to_checksum_address
from eth_utils.abi import collapse_if_tuple

from audiera.errors import RevertError
from tests.support.artifacts import load
from tests.support.places import BUILD

__all__ = ["Event", "RawLog", "decode_logs", "decode_revert"]

# What assembly of Solady reverts with; no ABI lists it.
UNLISTED = ["ApproveFailed", "ETHTransferFailed", "TransferFailed", "TransferFromFailed"]


class Param(TypedDict, total=False):
    name: str
    type: str
    indexed: bool
    components: list["Param"]


class Entry(TypedDict):
    type: str
    name: str
    inputs: list[Param]


class RawLog(TypedDict):
    """A log as the node answers it."""

    address: str
    topics: list[str]
    data: str


BUILT_IN = [
    Entry(type="error", name="Error", inputs=[{"name": "message", "type": "string"}]),
    Entry(type="error", name="Panic", inputs=[{"name": "code", "type": "uint256"}]),
    *(Entry(type="error", name=name, inputs=[]) for name in UNLISTED),
]


@dataclass(frozen=True, slots=True)
class Event:
    """A decoded log. Structs are tuples, addresses checksummed, hashes bytes."""

    address: str
    name: str
    fields: Mapping[str, object] = field(default_factory=dict)


def decode_revert(data: bytes) -> RevertError:
    """The error that revert data states. Nothing at all has the name "", what no ABI knows the name "unknown"."""
    if not data:
        return RevertError("")
    entry = _entries()[1].get(data[:4])
    if entry is None:
        return RevertError("unknown", {"data": data})
    return RevertError(entry["name"], _decode(entry["inputs"], data[4:]))


def decode_logs(logs: Iterable[RawLog]) -> list[Event]:
    """The events of a receipt, in order."""
    return [_decode_log(log) for log in logs]


def _decode_log(log: RawLog) -> Event:
    topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
    entry = _entries()[0][topics[0], len(topics)]
    indexed = [param for param in entry["inputs"] if param["indexed"]]
    others = [param for param in entry["inputs"] if not param["indexed"]]
    found = _decode(indexed, b"".join(topics[1:])) | _decode(others, bytes.fromhex(log["data"][2:]))
    fields = {param["name"]: found[param["name"]] for param in entry["inputs"]}
    return Event(to_checksum_address(log["address"]), entry["name"], fields)


@cache
def _entries() -> tuple[dict[tuple[bytes, int], Entry], dict[bytes, Entry]]:
    """Events by first topic and number of topics (ERC-20 and ERC-721 share `Transfer`), and errors by selector."""
    events, errors = {}, {}
    listed = [cast("Entry", it) for path in BUILD.glob("*.json") for it in load(path.stem).abi]
    for entry in [*listed, *BUILT_IN]:
        if entry["type"] == "event":
            topics = 1 + sum(param["indexed"] for param in entry["inputs"])
            events[keccak(text=_signature(entry)), topics] = entry
        elif entry["type"] == "error":
            errors[function_signature_to_4byte_selector(_signature(entry))] = entry
    return events, errors


def _signature(entry: Entry) -> str:
    return f"{entry['name']}({','.join(_types(entry['inputs']))})"


def _types(params: Sequence[Param]) -> list[str]:
    return [collapse_if_tuple(cast("dict[str, str]", param)) for param in params]


def _decode(params: Sequence[Param], data: bytes) -> dict[str, object]:
    values = decode(_types(params), data)
    return {param["name"]: _plain(value) for param, value in zip(params, values, strict=True)}


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(_plain(part) for part in value)
    return to_checksum_address(value) if isinstance(value, str) and _is_address(value) else value


def _is_address(text: str) -> bool:
    return len(text) == 42 and text.startswith("0x")
