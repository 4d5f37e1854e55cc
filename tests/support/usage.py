"""Scenes of metering: channels, batches of statements, vouchers, collections, in one line each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from eth_account.signers.local import LocalAccount
from web3.contract.contract import ContractFunction

from audiera.metering.batch import Batch, PricedUse, StatementLine
from audiera.protocol.hashing import Value, keccak
from audiera.protocol.ids import ETHER
from audiera.protocol.signing import sign
from audiera.protocol.structs import Statement, Use, Voucher
from audiera.protocol.sumtree import Proof, SumTree
from tests.support.chain import Chain, Deployed, HasAddress, Sent
from tests.support.places import SNAPSHOTS
from tests.support.relay import domain_of
from tests.support.suite import Suite

__all__ = ["Book", "Metering", "ProofArgument", "altered", "make_line", "make_uses", "proof_of", "slot_of"]

AnyStruct = TypeVar("AnyStruct", Statement, Use, Voucher)
ProofArgument = tuple[int, int, list[tuple[bytes, int]]]
LAYOUT = SNAPSHOTS / "layout" / "UsageLedger.json"


def slot_of(variable: str) -> int:
    """The storage slot of one of the ledger's mappings, from the committed layout."""
    lines: list[str] = json.loads(LAYOUT.read_text())["storage"]
    (line,) = (line for line in lines if line.endswith(f" {variable}"))
    return int(line.split()[1])


def make_uses(licence: int, dataset: int, count: int = 1, *, price: int = 10, units: int = 1) -> list[PricedUse]:
    """Uses of a dataset for training, each of so many units at the same price."""
    return [
        PricedUse(
            Use(
                license=licence,
                dataset=dataset,
                version=1,
                right=2,
                units=units,
                at=1_800_000_000 + number,
                nonce=number.to_bytes(32, "big"),
            ),
            price,
        )
        for number in range(count)
    ]


def make_line(licence: int, dataset: int, *, units: int = 1, amount: int = 10, calls: int = 1) -> StatementLine:
    """A statement whose uses nobody asks for."""
    uses = keccak(b"uses of %d under %d" % (dataset, licence))
    return StatementLine(Statement(license=licence, dataset=dataset, units=units, calls=calls, uses=uses), amount)


def altered(struct: AnyStruct, field: str) -> AnyStruct:
    """The struct with one field changed a little, within its type."""
    value: Value = getattr(struct, field)
    other: Value
    if isinstance(value, int):
        other = value ^ 1
    else:
        other = keccak(value) if isinstance(value, bytes) else f"0x{int(value, 16) ^ 1:040x}"
    return replace(struct, **{field: other})  # type: ignore[arg-type]  # a value of the field's own type


def proof_of(proof: Proof, amount: int) -> ProofArgument:
    """A proof as the ledger takes it."""
    return proof.index, amount, [(node.hash, node.sum) for node in proof.siblings]


@dataclass(frozen=True, slots=True)
class Book:
    """A batch: its statements with their amounts, and the tree over them."""

    lines: tuple[StatementLine, ...]
    tree: SumTree

    @classmethod
    def of(cls, *lines: StatementLine) -> "Book":
        """The batch of these statements, in this order."""
        return cls(lines, SumTree.of([line.node() for line in lines]))

    @classmethod
    def of_uses(cls, uses: Sequence[PricedUse]) -> "Book":
        """The batch that sums these uses."""
        return cls.of(*Batch().extend(uses).statements())

    def voucher(
        self, payer: HasAddress, gateway: HasAddress, token: str = ETHER, *, batch: int = 0, fee: int = 0
    ) -> Voucher:
        """The voucher for the batch, unsigned."""
        return Voucher(
            payer=payer.address,
            gateway=gateway.address,
            token=token,  # type: ignore[arg-type]  # any spelling will do
            batch=batch,
            amount=self.tree.root.amount,
            fee=fee,
            calls=self.tree.root.calls,
            statements=len(self.lines),
            root=self.tree.root.hash,
        )

    def statement(self, index: int) -> tuple[Value, ...]:
        """A statement as the ledger takes it."""
        return self.lines[index].statement.values()

    def proof(self, index: int) -> ProofArgument:
        """The proof of a statement as the ledger takes it."""
        return proof_of(self.tree.proof(index), self.lines[index].amount)


@dataclass(frozen=True, slots=True)
class Metering:
    """The usage ledger, as payers and gateways use it."""

    chain: Chain
    suite: Suite

    @property
    def ledger(self) -> Deployed:
        return self.suite.ledger

    def deposit(self, payer: HasAddress, gateway: HasAddress, amount: int, token: Deployed | None = None) -> Sent:
        """Adds to the payer's channel from its own money; tokens are minted for it."""
        if token is None:
            call = self.ledger.deposit(payer.address, gateway.address, ETHER, amount)
            return self.chain.send(call, payer, value=amount)
        self.chain.send(token.mint(payer.address, amount))
        self.chain.send(token.approve(self.ledger.address, amount), payer)
        return self.chain.send(self.ledger.deposit(payer.address, gateway.address, token.address, amount), payer)

    def channel(self, payer: HasAddress, gateway: HasAddress, token: str = ETHER) -> tuple[int, int, int]:
        """Balance, thawing, and when it thaws."""
        state: tuple[int, int, int] = self.ledger.channelOf(payer.address, gateway.address, token).call()
        return state

    def signature(self, voucher: Voucher, signer: LocalAccount) -> bytes:
        """The signer's signature of a voucher."""
        return sign(domain_of(self.chain, self.ledger).digest(voucher), bytes(signer.key))

    def settlement(self, voucher: Voucher, signer: LocalAccount) -> ContractFunction:
        """The call that settles a voucher that the signer signed."""
        return self.ledger.settle(voucher.values(), self.signature(voucher, signer))

    def settle(self, voucher: Voucher, payer: LocalAccount, gateway: HasAddress) -> int:
        """Settles a voucher and says when."""
        self.chain.send(self.settlement(voucher, payer), gateway)
        return self.chain.now()

    def settled(
        self, book: Book, payer: LocalAccount, gateway: HasAddress, token: Deployed | None = None,
        *, batch: int = 0, fee: int = 0,
    ) -> tuple[Voucher, int]:  # fmt: skip
        """Deposits what the batch costs, settles it, and says when."""
        voucher = book.voucher(payer, gateway, token.address if token else ETHER, batch=batch, fee=fee)
        if voucher.amount + fee:
            self.deposit(payer, gateway, voucher.amount + fee, token)
        return voucher, self.settle(voucher, payer, gateway)

    def collection(self, voucher: Voucher, settled_at: int, book: Book, *indices: int) -> ContractFunction:
        """The call that collects these statements."""
        statements = [book.statement(index) for index in indices]
        return self.ledger.collect(voucher.values(), settled_at, statements, [book.proof(index) for index in indices])

    def collect(self, voucher: Voucher, settled_at: int, book: Book, *indices: int) -> Sent:
        """Collects these statements, or all."""
        return self.chain.send(self.collection(voucher, settled_at, book, *(indices or range(len(book.lines)))))

    def changed(self, voucher: Voucher, **changes: Value) -> Voucher:
        """The voucher with some fields changed."""
        return replace(voucher, **changes)  # type: ignore[arg-type]  # by name, from a table of fields
