"""A small world of royalties: datasets with parents, payees, a custodian, and a model of who is owed what."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from eth_account.signers.local import LocalAccount

from audiera.protocol.ids import account_id, dataset_account
from audiera.protocol.lineage import Parent, owed_ppm
from audiera.protocol.splits import WHOLE, Share, Split, from_weights, is_account, move_share, payee_of
from tests.support.chain import Chain, reverts
from tests.support.datasets import register
from tests.support.money import Money
from tests.support.splits import claim, owed, shares_of
from tests.support.suite import Suite

__all__ = ["Leaf", "World", "id_of"]

KEY = b"in trust".ljust(32, b"\0")
Leaf = tuple[Split, str, bytes]  # split, token, payee


@cache
def id_of(split: Split) -> bytes:
    """The split's id, which takes a whole tree of hashes, once."""
    return split.id()


@dataclass
class World:
    """Acts on the chain and on the model alike. `moneys` are ETH and a token."""

    chain: Chain
    suite: Suite
    moneys: Sequence[Money]
    people: Sequence[LocalAccount]
    custodian: LocalAccount
    splits: dict[bytes, Split] = field(default_factory=dict)  # by account: where it is assigned now
    ever: dict[bytes, Split] = field(default_factory=dict)  # by id: every split there was
    lineage: dict[int, Sequence[Parent]] = field(default_factory=dict)
    received: dict[tuple[bytes, str], int] = field(default_factory=lambda: defaultdict(int))
    claimed: dict[tuple[bytes, str, bytes], int] = field(default_factory=lambda: defaultdict(int))
    paid_in: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    paid_out: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    stray: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    # What may happen

    def register(self, parents: Sequence[Parent], weights: Sequence[int]) -> None:
        """A dataset for its parents, some people, and the account that the custodian holds."""
        payees = [payee_of(it.address) for it in self.people] + [self.trust]
        rest = {payee: weight for payee, weight in zip(payees, weights, strict=True) if weight}
        split = from_weights(rest, parents=owed_ppm(self.suite.datasets.address, parents))
        number = register(self.chain, self.suite.datasets, self.people[0], split, parents=parents)
        self.lineage[number] = parents
        self._assign(self.account(number), split)

    def entrust(self, person: LocalAccount) -> None:
        """The custodian points the account it holds at one person."""
        split = Split.of({payee_of(person.address): WHOLE})
        self.chain.send(self.suite.splitter.createSplit(shares_of(split)))
        self.chain.send(self.suite.splitter.assign(KEY, id_of(split)), self.custodian)
        self._assign(self.trust, split)

    def pay(self, dataset: int, money: Money, amount: int) -> None:
        money.pay(self.suite.splitter, self.account(dataset), amount, self.custodian)
        self._credited(dataset, money, amount)

    def pay_by_transfer(self, dataset: int, money: Money, amount: int) -> None:
        """A plain transfer to the payment address, swept by somebody."""
        address = self.suite.splitter.addressOf(self.account(dataset)).call()
        money.move(self.custodian, address, amount)
        self.chain.send(self.suite.splitter.sweep(self.account(dataset), money.address))
        self._credited(dataset, money, amount)

    def stray_to_splitter(self, money: Money, amount: int) -> None:
        """Money sent to the splitter itself: ETH is refused, and a token that lies there is credited to nobody."""
        splitter = self.suite.splitter
        if money.token is None:
            with reverts("Splitter_PlainEther", sender=self.custodian.address):
                money.move(self.custodian, splitter.address, amount)
            return
        money.move(self.custodian, splitter.address, amount)
        self.stray[money.address] += amount

    def move_share(self, dataset: int, person: LocalAccount, to: bytes) -> None:
        """Moves a person's share of a dataset, where it has one and `to` is somebody else."""
        account, payee = self.account(dataset), payee_of(person.address)
        split = self.splits[account]
        if not split.ppm_of(payee) or to in {payee, account}:
            return
        self.chain.send(self.suite.datasets.moveShare(dataset, shares_of(split), to), person)
        self._assign(account, move_share(split, payee, to, own_account=account))

    def claim(self, leaf: Leaf) -> int:
        """Claims one leaf, if it can be: money for an unassigned account waits where it is."""
        split, token, payee = leaf
        if is_account(payee) and payee not in self.splits:
            return 0
        amount = self.owed(leaf)
        self.chain.send(claim(self.suite.splitter, split, token, payee))
        self.claimed[id_of(split), token, payee] += amount
        if is_account(payee):
            self.received[id_of(self.splits[payee]), token] += amount
        else:
            self.paid_out[token] += amount
        return amount

    def claim_all(self, order: Sequence[int]) -> None:
        """Claims every leaf, in some order, until nothing moves; lineage has no cycles, so that it ends."""
        while True:
            leaves = list(self.leaves())
            moved = 0
            for leaf in [*(leaves[index % len(leaves)] for index in order), *leaves]:
                moved += self.claim(leaf) if self.owed(leaf) else 0
            if not moved:
                return

    # What the model says

    @property
    def trust(self) -> bytes:
        return account_id(self.custodian.address, KEY)

    def account(self, dataset: int) -> bytes:
        return dataset_account(self.suite.datasets.address, dataset)

    def leaves(self) -> Iterator[Leaf]:
        """Every line of every split there was, in every token."""
        for split in self.ever.values():
            for money in self.moneys:
                for share in split.shares:
                    yield split, money.address, share.payee

    def owed(self, leaf: Leaf) -> int:
        split, token, payee = leaf
        entitled = self.received[id_of(split), token] * split.ppm_of(payee) // WHOLE
        return entitled - self.claimed[id_of(split), token, payee]

    def owed_on_chain(self, leaf: Leaf) -> int:
        split, token, payee = leaf
        return owed(self.suite.splitter, split, token, payee)

    def shares(self, dataset: int) -> tuple[Share, ...]:
        return self.splits[self.account(dataset)].shares

    def _assign(self, account: bytes, split: Split) -> None:
        self.splits[account] = split
        self.ever[id_of(split)] = split

    def _credited(self, dataset: int, money: Money, amount: int) -> None:
        self.received[id_of(self.splits[self.account(dataset)]), money.address] += amount
        self.paid_in[money.address] += amount
