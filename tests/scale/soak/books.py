"""At the end: what clients hold, beside what the chain, the journal and the store say. No gateway is asked."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import create_engine, func, select

from audiera.client import events
from audiera.gateway.tables import ACCESSES, BATCHES, CHANNELS
from audiera.indexer.tables import BATCHES as INDEXED
from audiera.protocol import dataset_account
from audiera.storage import Store
from tests.scale.soak.payer import Payer
from tests.scale.soak.publisher import Publisher
from tests.scale.soak.town import PRICES, Client, Town

__all__ = ["Books", "check"]

_MOST: Final = 1 << 24  # bytes of an object


@dataclass(slots=True)
class Books:
    """All that the ledger has of the gateway's channels."""

    town: Town
    client: Client
    settled: dict[tuple[str, int], events.BatchSettled] = field(default_factory=dict)
    """By payer and number."""
    twice: list[tuple[str, int]] = field(default_factory=list)
    collected: dict[bytes, list[events.StatementCollected]] = field(default_factory=lambda: defaultdict(list))
    fees: dict[bytes, list[int]] = field(default_factory=lambda: defaultdict(list))
    sums: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Of each payer: what was deposited, settled, withdrawn, refunded."""

    def read(self) -> None:
        """Read every event of the ledger, anew."""
        for it in (self.settled, self.twice, self.collected, self.fees, self.sums):
            it.clear()
        usage, gateway = self.client.usage, self.town.gateway
        for settled in usage.logs(events.BatchSettled, gateway=gateway):
            key = (settled.event.payer, settled.event.batch)
            self.twice += [key] if key in self.settled else []
            self.settled[key] = settled.event
            self.sums[settled.event.payer]["settled"] += settled.event.amount + settled.event.fee
        for collected in usage.logs(events.StatementCollected):
            self.collected[collected.event.batch_id].append(collected.event)
        for released in usage.logs(events.FeeReleased, gateway=gateway):
            self.fees[released.event.batch_id].append(released.event.fee)
        for deposited in usage.logs(events.Deposited, gateway=gateway):
            self.sums[deposited.event.payer]["deposited"] += deposited.event.amount
        for withdrawn in usage.logs(events.Withdrawn, gateway=gateway):
            self.sums[withdrawn.event.payer]["withdrawn"] += withdrawn.event.amount
        for refunded in usage.logs(events.Refunded, gateway=gateway):
            self.sums[refunded.event.payer]["refunded"] += refunded.event.amount

    def is_done(self, payers: Sequence[Payer]) -> bool:
        """Say whether every head that is held is settled, collected, and its fee released."""
        return all(
            (found := self.settled.get((payer.client.account, number))) is not None
            and len(self.collected[found.batch_id]) >= found.statements
            and (not found.fee or bool(self.fees[found.batch_id]))
            for payer in payers
            for number in payer.heads
        )

    # What is wrong, in sentences

    def heads(self, payers: Sequence[Payer]) -> Iterator[str]:
        """Each head is settled as its payer holds it, once, and nothing is that no payer holds."""
        held = {(it.client.account, number): head for it in payers for number, (head, _) in it.heads.items()}
        for key in self.twice:
            yield f"batch {key} is settled twice"
        for key, head in held.items():
            found = self.settled.get(key)
            if found is None:
                yield f"batch {key} of {head.calls} calls is not settled"
            elif (found.root, found.amount, found.fee, found.calls) != (head.root, head.amount, head.fee, head.calls):
                yield f"batch {key} is settled at {found.calls} calls and {found.amount}, and its payer holds {head}"
        yield from (f"batch {key} is settled, and nobody holds its head" for key in self.settled.keys() - held.keys())
        signed = sum(it.amount + it.fee for it in held.values())
        on_chain = sum(it.amount + it.fee for it in self.settled.values())
        if signed != on_chain:
            yield f"{signed} is signed for, and {on_chain} settled"

    def channels(self, payers: Sequence[Payer]) -> Iterator[str]:
        """Each channel balances (P9), and its payer knows of every deposit."""
        for payer in payers:
            sums, account = self.sums[payer.client.account], payer.client.account
            balance = self.client.usage.channel_of(account, self.town.gateway, payer.address).balance
            if sums["deposited"] != balance + sums["settled"] + sums["withdrawn"] + sums["refunded"]:
                yield f"the channel of payer {payer.number} does not balance: {dict(sums)}, and {balance} left"
            if sums["deposited"] != payer.deposited:
                yield f"payer {payer.number} deposited {payer.deposited}, and the ledger has {sums['deposited']}"
            if balance:
                yield f"{balance} is left in the channel of payer {payer.number}, who withdrew everything"

    def batches(self) -> Iterator[str]:
        """Of each batch every statement is collected once, all of them come to it, and its fee is released (P10)."""
        for key, it in self.settled.items():
            collected = self.collected[it.batch_id]
            if sorted(each.index for each in collected) != list(range(it.statements)):
                yield f"batch {key} has {it.statements} statements, and {[each.index for each in collected]} collected"
            if sum(each.amount for each in collected) != it.amount:
                yield f"batch {key} came to {it.amount}, and {sum(each.amount for each in collected)} is collected"
            if self.fees[it.batch_id] != ([it.fee] if it.fee else []):
                yield f"batch {key} has a fee of {it.fee}, and {self.fees[it.batch_id]} was released"

    def royalties(self, payers: Sequence[Payer]) -> Iterator[str]:
        """The dataset was credited what was collected and what licences cost."""
        account = dataset_account(self.client.datasets.address, self.town.dataset)
        credited, due = Counter[str](), Counter[str]()
        for log in self.client.royalty.logs(events.Credited, account=account):
            credited[log.event.token] += log.event.amount
        for it in self.settled.values():
            due[it.token] += it.amount
        for payer in payers:
            due[self.town.tokens[payer.token]] += payer.spent
        if credited != due:
            yield f"the dataset was credited {dict(credited)}, and is due {dict(due)}; licences cost {PRICES}"


def check(town: Town, books: Books, payers: Sequence[Payer], publishers: Sequence[Publisher]) -> Iterator[str]:
    """Yield all that is wrong, in sentences."""
    yield from books.heads(payers)
    yield from books.channels(payers)
    yield from books.batches()
    yield from books.royalties(payers)
    yield from _journal(town, payers)
    yield from _index(town, books)
    yield from _uploads(town, publishers)
    for publisher in publishers:
        for number, root in publisher.registered.items():
            if books.client.datasets.content_of(number, 1)[0] != root:
                yield f"dataset {number} is not what publisher {publisher.number} registered"


def _journal(town: Town, payers: Sequence[Payer]) -> Iterator[str]:
    """The journal has each head as its payer holds it, with uses for each of its calls, and holds nothing back."""
    engine = create_engine(_driver(town.journal))
    with engine.connect() as journal:
        rows: dict[tuple[str, int], Any] = {(it.payer, int(it.number)): it for it in journal.execute(select(BATCHES))}
        count = select(ACCESSES.c.batch, func.sum(ACCESSES.c["count"])).group_by(ACCESSES.c.batch)
        calls = {batch: int(number) for batch, number in journal.execute(count)}
        held = {it.payer: int(it.held) for it in journal.execute(select(CHANNELS))}
    engine.dispose()
    for payer in payers:
        account = payer.client.account
        for number, (head, _) in payer.heads.items():
            row = rows.pop((account, number), None)
            if row is None:
                yield f"the journal does not have batch {number} of payer {payer.number}"
            elif (row.root, row.calls, int(row.amount)) != (f"0x{head.root.hex()}", head.calls, head.amount):
                yield f"the journal has another head of batch {number} of payer {payer.number}, at {row.calls} calls"
            elif calls.get(row.id) != head.calls or row.state != "done":
                yield f"batch {number} of payer {payer.number} is {row.state}, and {calls.get(row.id)} uses are kept"
        if held.get(account, 0):
            yield f"{held[account]} is held of payer {payer.number}, and everything is settled"
    yield from (f"the journal has batch {key}, whose head nobody holds" for key in rows)


def _index(town: Town, books: Books) -> Iterator[str]:
    """The index has every batch that the chain has."""
    engine = create_engine(_driver(town.index))
    with engine.connect() as index:
        found = {(it.payer, int(it.batch)): (it.root, int(it.amount)) for it in index.execute(select(INDEXED))}
    engine.dispose()
    settled = {key: (f"0x{it.root.hex()}", it.amount) for key, it in books.settled.items()}
    if found != settled:
        yield f"the index has {len(found)} batches, and the chain {len(settled)}: {found.keys() ^ settled.keys()}"


def _uploads(town: Town, publishers: Sequence[Publisher]) -> Iterator[str]:
    """Every object that was brought is in the store, by its hash."""
    store = Store.open(town.store)
    for publisher in publishers:
        for sha256, size in publisher.brought.items():
            try:
                found = len(store.get(sha256, _MOST))
            except Exception as error:  # noqa: BLE001  # whatever is wrong with it
                yield f"object {sha256.hex()} of publisher {publisher.number} is not in the store: {error}"
            else:
                if found != size:
                    yield f"object {sha256.hex()} has {found} bytes in the store, and {size} were brought"


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")
