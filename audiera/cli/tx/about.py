"""What a transaction was about: datasets, licences, campaigns and amounts, by the names that are known here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from web3 import Web3

from audiera.client import Audiera, Content, TxReceipt
from audiera.client.calls import calls_in
from audiera.client.journal import Entry
from audiera.errors import AudieraError
from audiera.operations import Names, TokenBook
from audiera.protocol import Voucher, dataset_account

__all__ = ["Subjects", "subjects_of"]

_MOST: Final = 10_000  # datasets among whose accounts one that was paid is looked for
_NUMBERS: Final = {"dataset": "dataset", "catalogue": "dataset", "licenseId": "licence", "campaign": "campaign"}
"""Arguments that are numbers, and of what."""


@dataclass(slots=True)
class Subjects:
    """Tells of transactions from the journal what they were about."""

    client: Audiera[TxReceipt]
    names: Names
    book: TokenBook
    _accounts: dict[bytes, int] | None = field(default=None, repr=False)

    def of(self, entry: Entry) -> tuple[str, ...]:
        """Return what a transaction names, each once: `dataset 7 (Harbour Lights)`, `licence 3`, `0.05 ETH`."""
        registry = self.client.datasets.address
        found = (
            it
            for name, arguments in calls_in(entry.data)
            for it in self._of_call(name, arguments, is_registry=entry.to == registry)
        )
        return tuple(dict.fromkeys(found))

    def _of_call(self, name: str, arguments: Mapping[str, object], *, is_registry: bool) -> Iterator[str]:
        if name == "permit":
            return
        for argument, value in arguments.items():
            if isinstance(value, int) and ((argument == "id" and is_registry) or argument in _NUMBERS):
                yield self._numbered(_NUMBERS.get(argument, "dataset"), value)
            elif argument == "account" and isinstance(value, bytes):
                yield from self._paid(value)
            elif argument == "registration" and isinstance(value, tuple) and isinstance(value[0], Content):
                yield self.names.by_manifest(value[0].manifest) or "a new dataset"
            elif argument == "acquisitions" and isinstance(value, tuple):
                yield from (self._numbered("dataset", dataset) for dataset, *_ in value)
            elif isinstance(value, Voucher):
                yield str(self.book.of_value(value.amount, value.token))
        if isinstance(token := arguments.get("token"), str):
            amount = arguments.get("amount")
            yield str(self.book.of_value(amount, token)) if isinstance(amount, int) else self.book.symbol(token)

    def _numbered(self, what: str, number: int) -> str:
        return self.names.called(number) if what == "dataset" else f"{what} {number}"

    def _paid(self, account: bytes) -> Iterator[str]:
        """Yield the dataset of an account, if it is one's."""
        if self._accounts is None:
            datasets = self.client.datasets
            numbers = range(1, min(datasets.dataset_count(), _MOST) + 1)
            self._accounts = {dataset_account(datasets.address, it): it for it in numbers}
        if account in self._accounts:
            yield self.names.called(self._accounts[account])


def subjects_of(provider: Web3) -> Callable[[Entry], tuple[str, ...]]:
    """Return what tells of transactions on a chain what they were about: nothing where the suite is not."""
    try:
        client = Audiera.connect(provider)
        return Subjects(client, Names.of(client), TokenBook.of(client)).of
    except AudieraError:
        return lambda _: ()
