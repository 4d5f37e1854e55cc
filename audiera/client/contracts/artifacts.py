"""The ABIs and creation code of the contracts, as the package ships them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Required, TypedDict

from audiera.errors import InputError
from audiera.protocol import CONTRACTS, keccak

__all__ = ["Artifact", "Entry", "Param", "RawEntry", "RawParam", "artifact", "artifacts"]


class RawParam(TypedDict, total=False):
    """A parameter, as the compiler writes it."""

    name: Required[str]
    type: Required[str]
    internalType: str
    indexed: bool
    components: list[RawParam]


class RawEntry(TypedDict, total=False):
    """A function, event, error or constructor, as the compiler writes it."""

    type: Required[str]
    name: str
    inputs: list[RawParam]
    outputs: list[RawParam]
    stateMutability: str


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter."""

    name: str
    type: str
    """Canonical: tuples written out, ``(bytes32,uint32)[]``."""
    origin: str
    """How the source calls the type, without array brackets: ``struct Share``, ``enum Kind``."""
    indexed: bool
    components: tuple[Param, ...]

    @classmethod
    def of(cls, raw: RawParam) -> Param:
        """Read what the compiler wrote."""
        components = tuple(cls.of(it) for it in raw.get("components", []))
        kind = raw["type"]
        if kind.startswith("tuple"):
            kind = f"({','.join(it.type for it in components)}){kind.removeprefix('tuple')}"
        origin = raw.get("internalType", raw["type"]).split("[", 1)[0]
        return cls(raw["name"], kind, origin, raw.get("indexed", False), components)


@dataclass(frozen=True, slots=True)
class Entry:
    """One function, event or error."""

    name: str
    inputs: tuple[Param, ...]
    outputs: tuple[Param, ...]
    mutability: str
    hash: bytes
    """keccak-256 of the signature: the topic of an event; its first four bytes select a function or error."""

    @classmethod
    def of(cls, raw: RawEntry) -> Entry:
        """Read what the compiler wrote."""
        inputs = tuple(Param.of(it) for it in raw.get("inputs", []))
        signature = f"{raw['name']}({','.join(it.type for it in inputs)})"
        outputs = tuple(Param.of(it) for it in raw.get("outputs", []))
        return cls(raw["name"], inputs, outputs, raw.get("stateMutability", ""), keccak(signature.encode()))

    @property
    def selector(self) -> bytes:
        """The first four bytes of a call, or of revert data."""
        return self.hash[:4]


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract."""

    name: str
    functions: tuple[Entry, ...]
    events: Mapping[bytes, Entry]
    """By topic."""
    errors: Mapping[bytes, Entry]
    """By selector."""
    creation_code: bytes
    """Without constructor arguments."""

    def function(self, name: str, arity: int) -> Entry:
        """Return the function of that name with so many arguments.

        Raises:
            InputError: if there is none.
        """
        for entry in self.functions:
            if entry.name == name and len(entry.inputs) == arity:
                return entry
        raise InputError(f"{self.name} has no function {name} with {arity} arguments; see docs/reference.")

    @classmethod
    def of(cls, name: str, abi: list[RawEntry], creation_code: bytes) -> Artifact:
        """Index an ABI."""
        by_kind: dict[str, list[Entry]] = {"function": [], "event": [], "error": []}
        for raw in abi:
            if raw["type"] in by_kind:
                by_kind[raw["type"]].append(Entry.of(raw))
        return cls(
            name,
            tuple(by_kind["function"]),
            {it.hash: it for it in by_kind["event"]},
            {it.selector: it for it in by_kind["error"]},
            creation_code,
        )


@cache
def artifact(name: str) -> Artifact:
    """Return a contract of the suite by name.

    Raises:
        InputError: if the suite has none of that name.
    """
    if name not in CONTRACTS:
        raise InputError(f"{name!r} is not a contract of the suite; choose from {', '.join(CONTRACTS)}.")
    fields = json.loads(files("audiera").joinpath("abi", f"{name}.json").read_text("utf-8"))
    return Artifact.of(name, fields["abi"], bytes.fromhex(fields["creationCode"].removeprefix("0x")))


def artifacts() -> tuple[Artifact, ...]:
    """Return the contracts of the suite, lowest layer first."""
    return tuple(artifact(name) for name in CONTRACTS)
