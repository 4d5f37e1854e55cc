"""Splits as calls take them, and what is done with them."""

from web3.contract.contract import ContractFunction

from audiera.protocol.hashing import Value
from audiera.protocol.ids import account_id
from audiera.protocol.splits import Split, payee_of
from tests.support.chain import Chain, Deployed, HasAddress

__all__ = ["assigned", "claim", "equal_split", "owed", "shares_of", "split_of"]


def split_of(*parts: tuple[HasAddress | bytes, int]) -> Split:
    """The split of these payees (accounts as 32 bytes) and ppm, in any order."""
    return Split.of({_payee(payee): ppm for payee, ppm in parts})


def equal_split(count: int, first: int = 1) -> Split:
    """A split of `count` payees with small addresses from `first` on; the last takes what does not divide."""
    payees = [number.to_bytes(32, "big") for number in range(first, first + count)]
    each = 1_000_000 // count
    return Split.of({**dict.fromkeys(payees, each), payees[-1]: 1_000_000 - each * (count - 1)})


def shares_of(split: Split) -> list[tuple[Value, ...]]:
    """The argument `shares` of `createSplit` and others."""
    return [share.values() for share in split.shares]


def _payee(payee: HasAddress | bytes) -> bytes:
    return payee if isinstance(payee, bytes) else payee_of(payee.address)


def assigned(chain: Chain, splitter: Deployed, controller: HasAddress, key: bytes, split: Split) -> bytes:
    """Creates the split, points the controller's account at it, and returns the account."""
    chain.send(splitter.createSplit(shares_of(split)))
    chain.send(splitter.assign(key, split.id()), controller)
    return account_id(controller.address, key)


def claim(splitter: Deployed, split: Split, token: str, payee: HasAddress | bytes) -> ContractFunction:
    """The payee's claim, with its proof; anyone may send it."""
    key = _payee(payee)
    return splitter.claim(split.id(), token, key, split.ppm_of(key), split.proof(key))


def owed(splitter: Deployed, split: Split, token: str, payee: HasAddress | bytes) -> int:
    """What the payee can claim now."""
    key = _payee(payee)
    amount: int = splitter.owedOf(split.id(), token, key, split.ppm_of(key)).call()
    return amount
