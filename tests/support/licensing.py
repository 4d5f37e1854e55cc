"""Scenes of licensing: datasets, terms, offers, licences, clearances, memberships, in one line each."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Unpack, cast

from eth_typing import ChecksumAddress
from web3.contract.contract import ContractFunction

from audiera.protocol.ids import ETHER, dataset_account
from audiera.protocol.kinds import Kind
from audiera.protocol.lineage import Parent, owed_ppm
from audiera.protocol.rights import Right
from audiera.protocol.splits import Split, from_weights, payee_of
from audiera.protocol.terms import Terms
from tests.support.chain import Chain, Deployed, HasAddress, Sent
from tests.support.splits import shares_of
from tests.support.suite import Suite
from tests.support.terms import TermsChanges, plain_terms

__all__ = ["DAY", "ENDLESS", "REF", "RIGHTS", "Market", "fields_of", "make_terms"]

DAY = 86_400  # seconds
ENDLESS = 2**32 - 1  # how many are left of an offer that may be taken any number of times
REF = sha256(b"purchase order 17").digest()
RIGHTS = int(Right.Inference | Right.Training | Right.Derivation)
TEXT = sha256(b"a legal text").digest()


def make_terms(**changes: Unpack[TermsChanges]) -> Terms:
    """Irrevocable terms of 30 days in ETH at 10 wei a call, with whatever is to differ."""
    usual: TermsChanges = {"rights": RIGHTS, "unit_price": 10, "duration": 30 * DAY, "notice": 7 * DAY, "text": TEXT}
    return plain_terms(**(usual | changes))


def fields_of(view: ContractFunction) -> dict[str, object]:
    """What a view that answers one struct says, by name."""
    (output,) = cast("dict[str, list[dict[str, list[dict[str, str]]]]]", view.abi)["outputs"]
    return dict(zip((part["name"] for part in output["components"]), view.call(), strict=True))


@dataclass(frozen=True, slots=True)
class Market:
    """The licence registry and what stands below it, as owners and buyers use them."""

    chain: Chain
    suite: Suite

    @property
    def licenses(self) -> Deployed:
        return self.suite.licenses

    def account(self, dataset: int) -> bytes:
        """The dataset's royalty account."""
        return dataset_account(self.suite.datasets.address, dataset)

    def dataset(self, owner: HasAddress, *, kind: Kind = Kind.Recordings, parents: Sequence[Parent] = ()) -> int:
        """Registers a dataset with a split of its own: for its parents, its owner, and a payee of no other dataset."""
        content = (kind, 0, 0, bytes(32), TEXT) if kind == Kind.Catalogue else (kind, 0, 3, TEXT, TEXT)
        number: int = self.suite.datasets.datasetCount().call() + 1
        split = self.split(number, owner, parents)
        lineage = [(parent.dataset, parent.ppm) for parent in parents]
        self.chain.send(self.suite.datasets.register((content, shares_of(split), lineage)), owner)
        return number

    def split(self, dataset: int, owner: HasAddress, parents: Sequence[Parent] = ()) -> Split:
        """The split that a dataset is registered with."""
        owed = owed_ppm(self.suite.datasets.address, parents)
        lone = (0xDA7A + dataset).to_bytes(32, "big")
        return from_weights({payee_of(owner.address): 99, lone: 1}, parents=owed)

    def catalogue(self, owner: HasAddress) -> int:
        """Registers a catalogue."""
        return self.dataset(owner, kind=Kind.Catalogue)

    def give(self, dataset: int, owner: HasAddress, to: HasAddress) -> None:
        """Transfers a dataset's token."""
        self.chain.send(self.suite.datasets.transferFrom(owner.address, to.address, dataset), owner)

    def publish(self, terms: Terms) -> bytes:
        """Publishes terms and names them."""
        self.chain.send(self.licenses.publishTerms(terms.values()))
        return terms.id()

    def offer(
        self,
        owner: HasAddress,
        dataset: int,
        terms: Terms,
        price: int = 0,
        licensee: ChecksumAddress = ETHER,
        left: int = ENDLESS,
    ) -> Sent:
        """Publishes terms if need be, and offers the dataset under them."""
        return self.chain.send(self.licenses.offer(dataset, self.publish(terms), licensee, price, left), owner)

    def offered(self, dataset: int, terms: Terms, licensee: ChecksumAddress = ETHER) -> tuple[int, int]:
        """The price of an offer, and how many are left."""
        price, left = self.licenses.offerOf(dataset, terms.id(), licensee).call()
        return price, left

    def acquire(
        self, buyer: HasAddress, dataset: int, terms: Terms, price: int = 0, to: HasAddress | None = None
    ) -> int:
        """Buys a licence, with ETH or from the allowance, and returns its id."""
        call = self.licenses.acquire(dataset, terms.id(), price, (to or buyer).address, REF)
        self.chain.send(call, buyer, value=price if terms.token == ETHER else 0)
        count: int = self.licenses.licenseCount().call()
        return count

    def licence(self, owner: HasAddress, dataset: int, buyer: HasAddress, **changes: Unpack[TermsChanges]) -> int:
        """Offers a dataset free of charge to `buyer` alone, and has it take the licence."""
        terms = make_terms(**changes)
        self.offer(owner, dataset, terms, licensee=buyer.address)
        return self.acquire(buyer, dataset, terms)

    def member(self, curator: HasAddress, catalogue: int, terms: Terms, owner: HasAddress, dataset: int) -> Sent:
        """Makes a dataset a member, by consent of both owners."""
        self.chain.send(self.licenses.join(catalogue, self.publish(terms), dataset), owner)
        return self.chain.send(self.licenses.admit(catalogue, terms.id(), dataset), curator)

    def clear(self, owner: HasAddress, dataset: int, parents: Sequence[Parent], license_ids: Sequence[int]) -> Sent:
        """Clears a derived dataset."""
        lineage = [(parent.dataset, parent.ppm) for parent in parents]
        return self.chain.send(self.licenses.clear(dataset, lineage, license_ids), owner)

    def fund(self, token: Deployed, holder: HasAddress, spender: HasAddress, amount: int) -> None:
        """Gives a holder tokens, and the spender an allowance of them."""
        self.chain.send(token.mint(holder.address, amount))
        self.chain.send(token.approve(spender.address, amount), holder)

    def received(self, dataset: int, token: str = ETHER) -> int:
        """What the dataset's present split was ever credited with."""
        split = self.suite.splitter.splitOf(self.account(dataset)).call()
        amount: int = self.suite.splitter.receivedOf(split, token).call()
        return amount
