"""What the compiler says of a contract, typed."""

from dataclasses import dataclass
from typing import Required, TypedDict

__all__ = ["AbiEntry", "AbiParam", "Contract", "Layout", "NatSpec", "Output"]


class AbiParam(TypedDict, total=False):
    """One parameter, as the ABI describes it."""

    name: Required[str]
    type: Required[str]
    internalType: str
    indexed: bool
    components: "list[AbiParam]"


class AbiEntry(TypedDict, total=False):
    """One function, event, error or constructor, as the ABI describes it."""

    type: Required[str]
    name: str
    inputs: list[AbiParam]
    outputs: list[AbiParam]
    stateMutability: str


class Variable(TypedDict):
    """A state variable and where it lies."""

    label: str
    slot: str
    offset: int
    type: str


class Layout(TypedDict):
    """The state variables of a contract; `types` explains their types."""

    storage: list[Variable]
    types: dict[str, dict[str, str]] | None


class NatSpec(TypedDict, total=False):
    """Documentation of one thing: devdoc and userdoc have the same shape, with other fields filled."""

    title: str
    notice: str
    details: str
    params: dict[str, str]
    returns: dict[str, str]
    methods: "dict[str, NatSpec]"
    events: "dict[str, NatSpec]"
    errors: "dict[str, list[NatSpec]]"


class Code(TypedDict):
    """Code as hex without 0x; empty for what cannot be deployed."""

    object: str


class Evm(TypedDict):
    """What is sent to create a contract, and what then lies on chain (immutables as zeros)."""

    bytecode: Code
    deployedBytecode: Code


class Output(TypedDict, total=False):
    """All that the compiler says of one contract."""

    abi: Required[list[AbiEntry]]
    evm: Required[Evm]
    metadata: str
    storageLayout: Layout
    transientStorageLayout: Layout
    devdoc: NatSpec
    userdoc: NatSpec


@dataclass(frozen=True, slots=True)
class Contract:
    """A compiled contract. `public` ones are those at the top of `contracts/`, which get deployed."""

    name: str
    public: bool
    output: Output
    interface: bool = False

    @property
    def creation_code(self) -> str:
        """Hex without 0x; empty for what cannot be deployed."""
        return self.output["evm"]["bytecode"]["object"]

    @property
    def creation_size(self) -> int:
        """Bytes of creation code, without constructor arguments."""
        return len(self.creation_code) // 2

    @property
    def runtime_size(self) -> int:
        """Bytes of code on chain."""
        return len(self.output["evm"]["deployedBytecode"]["object"]) // 2
