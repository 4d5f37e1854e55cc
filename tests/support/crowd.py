"""An index of as many datasets as are asked for, with all that pages and searches read: the same rows each time."""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, reduce
from itertools import product
from operator import or_
from random import Random
from typing import Any, Final

from eth_typing import ChecksumAddress
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    String,
    Table,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    true,
    union_all,
)

from audiera.indexer.bulk import write_rows
from audiera.indexer.search.fulltext import vector_of
from audiera.indexer.search.traits import Trait, tempo_value
from audiera.indexer.search.wording import unique_words
from audiera.indexer.tables import (
    ACCOUNTS,
    ASSIGNMENTS,
    BATCHES,
    BLOCKS,
    CHAIN,
    CHANNELS,
    CLAIMED,
    CLAIMS,
    CLEARANCES,
    CREDITS,
    DATASETS,
    DOCUMENTS,
    ENTRIES,
    FOLLOWING,
    ITEMS,
    LICENSES,
    LISTINGS,
    MEMBERSHIPS,
    OFFERS,
    PARENTS,
    PEOPLE,
    PURCHASES,
    RECEIVED,
    RECORDED_USES,
    SHARES,
    SPLITS,
    STALE,
    STATEMENTS,
    TERMS,
    TEXTS,
    TRAITS,
    TRANSFERS,
    VERSIONS,
    WANTED,
)
from audiera.protocol import (
    CONTRACTS,
    ETHER,
    PERPETUAL,
    DatasetFlag,
    Kind,
    Meter,
    Right,
    Terms,
    address_word,
    dataset_account,
    to_address,
)
from audiera.text import hex_of
from tests.support.catalogue import CHAIN_ID, OPEN, USDC, address
from tests.support.totals import totals_of

__all__ = ["BUSY", "GENRES", "KEYS", "NOW", "RIGHTS", "UNKNOWN", "WORDS", "fill"]


@cache
def _person(number: int) -> ChecksumAddress:
    return address(f"person {number}")


NOW: Final = 1_800_000_000
UNKNOWN: Final = to_address("0x" + "7" * 40)
"""A token that no explorer can name."""
BUSY: Final = _person(0)
"""Who has more of everything than anybody else."""
KEYS: Final = ("C", "Am", "F#m", "G", "Em", "Bb", "D", "Bm")
RIGHTS: Final = (
    Right.Training,
    Right.Training | Right.Commercial,
    Right.Training | Right.GenerativeTraining | Right.Commercial,
    Right.DataMining | Right.Training,
    Right.Playback,
)
_YEAR: Final = 365 * 86_400
_LOGS: Final = 50  # of a block
_HASHES: Final = {"split", "account", "payee", "batch", "manifest", "digest"}
_OF_TERMS: Final = ("rights", "meter", "unit_price", "duration", "notice", "max_units", "derivative_ppm", "flags")
_PEOPLE: Final = 5_000
_SALES: Final = 2  # of each dataset: a licence, its use in a statement, a payment, a claim


def _vocabulary() -> tuple[str, ...]:
    rng = Random("vocabulary")
    syllables = [consonant + vowel for consonant, vowel in product("bcdfglmnprst", "aeiou")]
    return tuple(dict.fromkeys("".join(rng.choices(syllables, k=rng.randint(2, 4))) for _ in range(20_000)))


WORDS: Final = _vocabulary()
"""Every word that is used, the commonest first: more than nine in ten datasets have it, and hardly one has the last."""
GENRES: Final = WORDS[1_000:1_300]


def _terms() -> tuple[Terms, ...]:
    kinds = product(RIGHTS, Meter, (ETHER, USDC, UNKNOWN), (0, _YEAR))
    numbers: dict[str, Any] = {"notice": 0, "max_units": 0, "derivative_ppm": 0, "flags": 0, "text": OPEN.text}
    return tuple(
        Terms(rights=rights, meter=meter, token=token, duration=duration, unit_price=at * 7 % 10_000, **numbers)
        for at, (rights, meter, token, duration) in enumerate(kinds)
    )


def fill(engine: Engine, datasets: int, items: int = 20, *, copies: int = 1) -> None:
    """Write so many datasets of so many items into an index with nothing in it, and so many copies of all that."""
    crowd = _Crowd(items)
    with engine.begin() as connection:
        for dataset in range(1, datasets + 1):
            crowd.add(dataset)
        crowd.write(connection)
        crowd.end(copies)
    with engine.begin() as connection:
        if copies > 1:
            _copy(connection, crowd, datasets, copies)
        for table, rows in totals_of(connection).items():
            crowd.rows[table] = list(rows)
        crowd.write(connection)
        for table in (STALE, WANTED):  # all that is wanted and searched was written here
            connection.execute(delete(table))


def _copy(connection: Connection, crowd: _Crowd, datasets: int, copies: int) -> None:
    """Write every row again with other numbers and hashes, as often as is said."""
    numbers = union_all(*(select(literal(it).label("copy")) for it in range(1, copies))).subquery()
    copy = numbers.c.copy
    byte = func.substr("".join(f"{it:02x}" for it in range(copies)), copy * 2 + 1, 2)
    for table in crowd.written:
        columns = list[ColumnElement[Any]]()
        for it in table.columns:
            shifted: ColumnElement[Any] = it
            if it.name in {"dataset", "parent", "catalogue"} or it is DATASETS.c.id:
                shifted = it + copy * datasets
            elif it.name == "license" or it is LICENSES.c.id:
                shifted = it + copy * crowd.sold
            elif it.name == "token_id":
                shifted = it + copy * case((table.c.contract == 0, datasets), else_=crowd.sold)
            elif it.name == "block":
                shifted = it + copy * (crowd.blocks + 1)
            elif (it.name in _HASHES or it.name == "id") and isinstance(it.type, String):
                other = literal("0xc0b1e5").concat(byte).concat(func.substr(it, 11))
                shifted = case((func.substr(it, 3, 24) == "0" * 24, it), else_=other)  # an address stays
            columns.append(shifted.label(it.name))
        chosen = select(*columns).select_from(table.join(numbers, true()))
        connection.execute(insert(table).from_select([it.name for it in table.columns], chosen))


@dataclass(slots=True)
class _Crowd:
    items: int
    rng: Random = field(default_factory=lambda: Random(1))
    terms: tuple[Terms, ...] = field(default_factory=_terms)
    rows: dict[Table, list[Mapping[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    written: list[Table] = field(default_factory=list)
    logs: int = 0
    sold: int = 0
    channels: dict[tuple[str, str, str], Mapping[str, Any]] = field(default_factory=dict)
    received: set[tuple[str, str]] = field(default_factory=set)

    def write(self, connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            self.rows[TEXTS] = [{**it, "vector": vector_of(it)} for it in self.rows[TEXTS]]
        self.written += self.rows
        for table, rows in self.rows.items():
            write_rows(connection, table, rows)
        self.rows.clear()

    def log(self) -> dict[str, Any]:
        self.logs += 1
        block, index = divmod(self.logs, _LOGS)
        return {"block": block, "log_index": index, "at": NOW - 10_000_000 + block, "transaction": self.digest()}

    def digest(self) -> str:
        return f"0x{self.rng.randbytes(32).hex()}"

    def word(self) -> str:
        return WORDS[int(len(WORDS) * self.rng.random() ** 3)]

    def words(self, count: int) -> str:
        return " ".join(self.word() for _ in range(count))

    def someone(self) -> ChecksumAddress:
        return _person(int(_PEOPLE * self.rng.random() ** 3))

    @property
    def blocks(self) -> int:
        return self.logs // _LOGS

    def end(self, copies: int) -> None:
        """Adds what there is one of, whatever the copies."""
        for index, it in enumerate(self.terms, start=1):
            said = {name: int(getattr(it, name)) for name in _OF_TERMS}
            row = {"id": hex_of(it.id()), "index": index, "token": it.token, "text": hex_of(it.text)}
            self.rows[TERMS].append({**row, **said, "block": 0, "log_index": index, "at": 1, "transaction": "0x"})
        self.rows[CHANNELS] = list(self.channels.values())
        last = copies * (self.blocks + 1)
        block = {"hash": self.digest(), "number": last, "parent": self.digest(), "time": NOW, "orphaned": False}
        self.rows[BLOCKS] = [block]
        counts = dict.fromkeys(("events", "milliseconds", "retries", "reorganisations", "late", "logs"), 0)
        self.rows[FOLLOWING] = [{"chain_id": CHAIN_ID, "head": last, "looked_at": NOW, **counts}]
        suite = json.dumps({name: address(name) for name in CONTRACTS})
        whole = {"chain_id": CHAIN_ID, "genesis": self.digest(), "suite": suite, "start": 0, "revision": 0, "rules": 1}
        self.rows[CHAIN] = [{**whole, "next_block": last + 1}]

    def add(self, dataset: int) -> None:
        rng, log = self.rng, self.log()
        kind = Kind(int(len(Kind) * rng.random() ** 2))
        parents = sorted({rng.randint(1, dataset - 1) for _ in range(2)}) if dataset > 9 and rng.random() < 0.1 else []
        flags = DatasetFlag.Synthetic * (rng.random() < 0.1) | DatasetFlag.Derived * bool(parents)
        creator = self.someone()
        split = self.pay(dataset, creator, parents, log)
        newest = {
            "version": 1,
            "item_count": self.items,
            "flags": int(flags),
            "content_root": self.digest(),
            "manifest": self.digest(),
        }
        account = hex_of(dataset_account(address("DatasetRegistry"), dataset))
        whose = {"creator": creator, "owner": creator, "account": account, "split": split}
        self.rows[DATASETS].append({"id": dataset, "kind": int(kind), "epoch": 0, **whose, **newest, **log})
        self.rows[VERSIONS].append({"dataset": dataset, **newest, **log})
        made = {"contract": 0, "token_id": dataset, "from_": ETHER, "to": creator}
        self.rows[TRANSFERS].append({**made, **self.log()})
        if dataset % 50 == 0:
            member = {"catalogue": rng.randint(1, 9), "terms": hex_of(self.terms[0].id()), "dataset": dataset}
            since = {"since": rng.choice((0, 1, NOW, NOW + 1)), "until": rng.choice((NOW, NOW + 1, PERPETUAL))}
            consent = {"joined": True, "admitted": True, "member_epoch": 0, "host_epoch": 0}
            self.rows[MEMBERSHIPS].append({**member, **since, **consent})
        listings = self.offer(dataset, derived=bool(parents))
        if listings and dataset % 50 == 0:  # through several catalogues, for as much as it costs by itself
            listings += [{**listings[0], "source": it} for it in (1, 2)]
            self.rows[LISTINGS] += listings[-2:]
        self.describe(dataset, newest, kind, creator, listings)
        for _ in range(_SALES):
            self.sell(dataset, split, account, creator)

    def pay(self, dataset: int, creator: ChecksumAddress, parents: list[int], log: Mapping[str, Any]) -> str:
        split, registry = self.digest(), address("DatasetRegistry")
        account = hex_of(dataset_account(registry, dataset))
        payees = {hex_of(address_word(it)) for it in (creator, self.someone(), self.someone())}
        payees |= {hex_of(dataset_account(registry, it)) for it in parents}
        for position, payee in enumerate(sorted(payees)):
            share = {"split": split, "payee": payee, "position": position, "ppm": 1_000_000 // len(payees)}
            self.rows[SHARES].append(share)
        self.rows[SPLITS].append({"id": split, "payees": len(payees), **log})
        key = {"controller": registry, "key": f"0x{dataset:064x}", "dataset": dataset}
        self.rows[ACCOUNTS].append({"id": account, "split": split, **key})
        self.rows[ASSIGNMENTS].append({"account": account, "split": split, **self.log()})
        self.rows[PARENTS] += [{"dataset": dataset, "parent": it, "ppm": 200_000} for it in parents]
        return split

    def offer(self, dataset: int, *, derived: bool) -> list[Mapping[str, Any]]:
        listings = list[Mapping[str, Any]]()
        for terms in self.rng.sample(self.terms, self.rng.choice((0, 1, 1, 2, 3))):
            price = self.rng.choice((0, 5, self.rng.randint(0, 10**8), 2**100))
            name = hex_of(terms.id())
            offered = {"dataset": dataset, "terms": name, "licensee": ETHER, "epoch": 0, "price": price}
            self.rows[OFFERS].append({**offered, "left": None, **self.log()})
            said = {"rights": int(terms.rights), "meter": int(terms.meter), "unit_price": terms.unit_price}
            until = self.rng.choice((NOW - 1, NOW, NOW + 9)) if derived else PERPETUAL
            ends = {"duration": terms.duration or PERPETUAL, "until": until, "source": dataset}
            listings.append({"dataset": dataset, "terms": name, "token": terms.token, "price": price, **said, **ends})
        if derived:
            cleared = {"dataset": dataset, "rights_ceiling": 255, "until": PERPETUAL, "licenses": "[0, 0]"}
            self.rows[CLEARANCES].append({**cleared, **self.log()})
        self.rows[LISTINGS] += listings
        return listings

    def describe(
        self, dataset: int, newest: Mapping[str, Any], kind: Kind, creator: str, listings: list[Mapping[str, Any]]
    ) -> None:
        rng, name, people = self.rng, self.words(3), (self.words(2), self.words(2))
        artists = json.dumps(people[:1])
        genre, text, hashes = rng.choice(GENRES), self.words(30), rng.randbytes(64 * self.items)
        tempos, keys, titles = set[int](), set[str](), list[str]()
        for position in range(self.items):
            bpm, key = rng.choice((None, rng.randint(60, 180))), rng.choice((None, *KEYS))
            tempos |= {bpm} if bpm else set()
            keys |= {key} if key else set()
            titles.append(self.words(2))
            said = {"people": artists, "album": name, "genre": genre, "bpm": bpm, "key": key}
            file = {"path": f"{position:03} {titles[-1]}.flac", "title": titles[-1], "media_type": "audio/flac"}
            held = {"duration_ms": 200_000, "bytes": 30_000_000}
            at = 64 * position
            names = {"sha256": hashes[at : at + 32], "leaf": hashes[at + 32 : at + 64]}
            self.rows[ITEMS].append({"dataset": dataset, "position": position, **file, **said, **held, **names})
        entry = {name: newest[name] for name in ("version", "manifest", "item_count")}
        flags = newest["flags"]
        facts = {"kind": int(kind), "synthetic": bool(flags & DatasetFlag.Synthetic), "creator": creator}
        facts |= {"derived": bool(flags & DatasetFlag.Derived), "registered_at": NOW - 10**7 + dataset}
        words = {"name": name, "sort_name": name, "description": text, "published": "2026-03-01", "keywords": "[]"}
        sizes = {"bytes": 30_000_000 * self.items, "duration_ms": rng.randint(10**5, 10**7)}
        tempo = {"bpm_low": min(tempos, default=None), "bpm_high": max(tempos, default=None)}
        papers = {"item_table": None, "cover": None, "cover_type": None, "made_from": "[]", "problem": ""}
        offered = {
            "rights": reduce(or_, (it["rights"] for it in listings), 0),
            "meters": reduce(or_, (1 << it["meter"] for it in listings), 0),
            "changes_at": min((it["until"] for it in listings), default=PERPETUAL),
        }
        known = {"dataset": dataset, "described": 1, "people": json.dumps(people)}
        self.rows[ENTRIES].append({**known, **entry, **facts, **words, **sizes, **tempo, **papers, **offered})
        for position, person in enumerate(people):
            row = {"dataset": dataset, "position": position, "name": person, "creator": not position}
            nobody = {"organization": False, "roles": "[]", "isni": None, "ipi": None, "orcid": None}
            self.rows[PEOPLE].append({**row, **nobody})
        traits = [(Trait.Genre, genre), *((Trait.Key, it) for it in sorted(keys))]
        traits += [(Trait.Tempo, tempo_value(it)) for it in sorted(tempos)]
        self.rows[TRAITS] += [{"trait": int(trait), "value": value, "dataset": dataset} for trait, value in traits]
        rest = " ".join(unique_words([text, *titles], 400_000))
        searched = {"name": name, "people": " ".join(people), "tags": genre, "rest": rest}
        self.rows[TEXTS].append({"dataset": dataset, **searched})
        body = zlib.compress(json.dumps({"@context": {}, "identifier": [], "name": name, "description": text}).encode())
        document = {"digest": newest["manifest"], "kind": "manifest", "size": 2_000, "body": body, "wrong": ""}
        self.rows[DOCUMENTS].append({**document, "fetched_at": NOW})

    def sell(self, dataset: int, split: str, account: str, creator: ChecksumAddress) -> None:
        """A licence that is paid, used through a gateway and without one, and a claim of what came in."""
        rng, buyer, gateway, terms = self.rng, self.someone(), self.someone(), self.rng.choice(self.terms)
        self.sold += 1
        token, price, number = terms.token, rng.randint(0, 10**20), self.sold
        at = {"dataset": dataset, "terms": hex_of(terms.id()), "holder": buyer, "ref": self.digest()}
        ends = {"expires_at": rng.choice((NOW - 5, PERPETUAL)), "revoked": False, "locked": False}
        self.rows[LICENSES].append({"id": number, **at, **ends, **self.log()})
        for _ in range(2):
            handed = {"contract": 1, "token_id": number, "from_": ETHER, "to": buyer}
            self.rows[TRANSFERS].append({**handed, **self.log()})
        paid = {"license": number, "dataset": dataset, "payer": buyer, "token": token, "price": price}
        term = {"renewal": False, "licensee": ETHER, "expires_at": ends["expires_at"]}
        self.rows[PURCHASES].append({**paid, **term, **self.log()})
        credit = {"account": account, "split": split, "token": token, "payer": buyer, "amount": price}
        self.rows[CREDITS].append({**credit, "dataset": dataset, **self.log()})
        channel = {"payer": buyer, "gateway": gateway, "token": token}
        batch, used = self.digest(), {"amount": price, "calls": 300, "units": 3_000}
        settled = {"batch": number, "fee": 0, "statements": 1, "root": self.digest(), "settled_at": NOW}
        settled["voucher"] = self.digest()
        collected = {"collected": 1, "collected_amount": price, "fee_released": True}
        sums = {"amount": price, "calls": 300}
        self.rows[BATCHES].append({"id": batch, **channel, **settled, **collected, **sums, **self.log()})
        stated = {"batch": batch, "index": 0, "license": number, "dataset": dataset, **used}
        self.rows[STATEMENTS].append({**stated, "uses": self.digest(), "counted": True, **self.log()})
        use = {"license": number, "dataset": dataset, "account": buyer, "right": 2, "units": 5, "amount": price}
        self.rows[RECORDED_USES].append({**use, "ref": self.digest(), **self.log()})
        held = dict.fromkeys(("balance", "thawing", "thaws_at", "withdrawn", "refunded"), 0)
        self.channels[buyer, gateway, token] = {**channel, **held, "deposited": price, "settled": price}
        if (split, token) not in self.received:
            self.received.add((split, token))
            payee = hex_of(address_word(creator))
            self.rows[RECEIVED].append({"split": split, "token": token, "amount": price})
            self.rows[CLAIMED].append({"split": split, "token": token, "payee": payee, "amount": 1})
            claim = {"payee": payee, "split": split, "token": token, "recipient": creator, "amount": 1}
            self.rows[CLAIMS].append({**claim, **self.log()})
