"""How money flows at the splitter, from its events: splits, which accounts point at them, and what reached them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from eth_typing import ChecksumAddress

from audiera.client import Audiera, TxReceipt
from audiera.client.contracts.events import AccountAssigned, Credited, Forwarded
from audiera.errors import InputError
from audiera.operations.names import Names
from audiera.protocol import Split, is_account, payee_address
from audiera.text import short

__all__ = ["Flow"]


@dataclass(frozen=True, slots=True)
class Flow:
    """The splitter's state as its events tell it; amounts are asked of the contract."""

    registry: ChecksumAddress
    splits: Mapping[bytes, Split]
    """By id."""
    history: Mapping[bytes, tuple[bytes, ...]]
    """The splits that each account was ever assigned to, by account, the present one last.

    A split is its own account besides, without being assigned.
    """
    owners: Mapping[bytes, tuple[ChecksumAddress, bytes]]
    """(controller, key) of each account that was ever assigned."""
    tokens: Mapping[bytes, tuple[ChecksumAddress, ...]]
    """What each split was ever credited in, by split."""
    called: Callable[[int], str] = "dataset {}".format
    """How people call a dataset."""

    @classmethod
    def read(cls, client: Audiera[TxReceipt], names: Names | None = None) -> Flow:
        """Read the events of the whole chain, once; datasets are called by their names, too, if these are given."""
        royalty = client.royalty
        history: defaultdict[bytes, dict[bytes, None]] = defaultdict(dict)
        owners: dict[bytes, tuple[ChecksumAddress, bytes]] = {}
        for assigned in royalty.logs(AccountAssigned):
            event = assigned.event
            history[event.account].pop(event.split_id, None)  # an earlier one may come back, and is the present one
            history[event.account][event.split_id] = None
            owners[event.account] = (event.controller, event.key)
        tokens: defaultdict[bytes, dict[ChecksumAddress, None]] = defaultdict(dict)
        for credited in royalty.logs(Credited):
            tokens[credited.event.split_id][credited.event.token] = None
        for forwarded in royalty.logs(Forwarded):
            tokens[forwarded.event.to_split][forwarded.event.token] = None
        return cls(
            client.datasets.address,
            {log.event.split_id: Split(log.event.shares) for log in royalty.splits_created()},
            {account: tuple(ids) for account, ids in history.items()},
            owners,
            {split_id: tuple(sorted(found)) for split_id, found in tokens.items()},
            names.called if names else "dataset {}".format,
        )

    def split(self, split_id: bytes) -> Split:
        """Return a split.

        Raises:
            InputError: if it was not created.
        """
        if split_id not in self.splits:
            raise InputError(f"There is no split 0x{split_id.hex()} on this chain; check the id and the network.")
        return self.splits[split_id]

    def current(self, account: bytes) -> bytes | None:
        """Return the split behind an account: the one it is assigned to, or itself; None if there is none."""
        if account in self.history:
            return self.history[account][-1]
        return account if account in self.splits else None

    def shared_by(self, payee: bytes) -> Iterator[bytes]:
        """Yield the splits in which a payee has a share."""
        return (split_id for split_id, split in self.splits.items() if split.ppm_of(payee))

    def accounts_of(self, split_id: bytes) -> Iterator[bytes]:
        """Yield the accounts whose split this is now: those assigned to it, and the one of its own id."""
        yield from self._assigned(split_id)
        if split_id in self.splits and split_id not in self.history:
            yield split_id

    def datasets_of(self, split_id: bytes) -> tuple[int, ...]:
        """Return the datasets whose split this is now, ascending."""
        owners = (self.owners[account] for account in self._assigned(split_id))
        return tuple(sorted(int.from_bytes(key) for controller, key in owners if controller == self.registry))

    def is_in_use(self, split_id: bytes) -> bool:
        """Say whether income comes to a split: an account points at it now, or it is paid as the account that it is."""
        if any(split_id in ids for ids in self.history.values()):
            return any(self._assigned(split_id))
        return split_id in self.tokens or any(self.shared_by(split_id))

    def name(self, payee: bytes) -> str:
        """Return how people call a payee: its address, its dataset, or whose account it is."""
        if not is_account(payee):
            return payee_address(payee)
        if payee not in self.owners:
            return self.name_split(payee) if payee in self.splits else f"account 0x{payee.hex()} (not assigned)"
        controller, key = self.owners[payee]
        if controller == self.registry:
            return self.called(int.from_bytes(key))
        return f"account {short(payee)} held by {controller}"

    def name_split(self, split_id: bytes, asked: bytes | None = None) -> str:
        """Return how people call a split: by an account that is assigned to it, or else was.

        That is the one that was asked for, if it is or was; else the first.
        """
        once = [account for account, ids in self.history.items() if split_id in ids]
        now = [] if asked in once and self.current(asked) != split_id else list(self._assigned(split_id))
        if not once:
            return f"split {short(split_id)}"
        name = self.name(asked if asked in once else (now or once)[0])
        if not now:
            return f"earlier split of {name}"
        return name if len(now) == 1 else f"{name} and {len(now) - 1} more"

    def sharers_of(self, split_id: bytes) -> tuple[str, ...]:
        """Return what the accounts are called that are assigned to a split now: what reaches any of them is one sum."""
        return tuple(map(self.name, self._assigned(split_id)))

    def _assigned(self, split_id: bytes) -> Iterator[bytes]:
        return (account for account, ids in self.history.items() if ids[-1] == split_id)
