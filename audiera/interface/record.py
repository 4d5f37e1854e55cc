"""The record of what was used: pages of a use log, and proofs as `verifyUse` of the ledger takes them."""

from __future__ import annotations

from pydantic import Field

from audiera.interface.access import Head
from audiera.interface.fields import Hash, Number
from audiera.interface.model import Model

__all__ = ["LogPage", "LoggedUse", "SumNode", "SumProof", "UseProof", "UseStatement", "UseStruct"]


class UseStruct(Model):
    """A use, as the ledger's struct has it."""

    license: Number
    dataset: Number
    version: Number
    item: Hash
    """The leaf; zero: the whole dataset."""
    right: Number
    """The bit's number."""
    units: Number
    at: Number
    nonce: Hash


class LoggedUse(UseStruct):
    """A line of a use log (docs/formats.md, section 9)."""

    price: Number


class LogPage(Model):
    """Some uses of a batch, in the order of its log."""

    voucher: Head
    """The batch's final head, whose root they make."""
    position: Number
    """Of the first of them."""
    uses: list[LoggedUse]
    next: str | None
    """The cursor of the page after it; none: it is the last."""


class UseStatement(Model):
    """A statement, as the ledger's struct has it."""

    license: Number
    dataset: Number
    units: Number
    calls: Number
    uses: Hash


class SumNode(Model):
    """A node of a sum tree."""

    hash: Hash
    sum: Number


class SumProof(Model):
    """Where a leaf is, what it amounts to, and its siblings from the leaf up."""

    index: Number
    amount: Number
    siblings: list[SumNode]


class UseProof(Model):
    """A use with its proof: the arguments of `verifyUse`, named and in order as the ledger has them."""

    voucher: Head
    settledAt: Number = Field(description="Unix seconds.")  # noqa: N815  # the ledger's name
    statement: UseStatement
    statementProof: SumProof  # noqa: N815  # likewise
    use: UseStruct
    useProof: SumProof  # noqa: N815  # likewise
