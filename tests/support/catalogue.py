"""An index of a dozen datasets, written row by row: what pages are tried on where no chain is needed."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import reduce
from hashlib import sha256
from operator import or_
from typing import Final

from eth_typing import ChecksumAddress
from sqlalchemy import Connection, Table, create_engine, delete, insert

from audiera.indexer.documents import Paper, keep_uses
from audiera.indexer.documents.kept import keep
from audiera.indexer.documents.reading import facts_of
from audiera.indexer.search.fulltext import vector_of
from audiera.indexer.search.traits import Trait, genre_value, key_value, tempo_value
from audiera.indexer.search.wording import unique_words
from audiera.indexer.tables import (
    ACCOUNTS,
    BATCHES,
    BLOCKS,
    CAMPAIGN_DATASETS,
    CAMPAIGN_ENTRIES,
    CAMPAIGN_FUNDERS,
    CAMPAIGNS,
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
    GATEWAYS,
    GATEWAYS_NAMED,
    ITEMS,
    LICENSE_USAGE,
    LICENSES,
    LISTINGS,
    MEMBERSHIPS,
    METADATA,
    OFFERS,
    PARENTS,
    PEOPLE,
    PURCHASES,
    RECEIVED,
    RECIPIENTS,
    RECORDED_USES,
    SHARES,
    SIGNERS,
    SPLITS,
    STALE,
    STATEMENTS,
    TERMS,
    TEXTS,
    TRAITS,
    VERSIONS,
    WITHDRAWN_ITEMS,
)
from audiera.licensing import template, terms_of
from audiera.metering import Batch, PricedUse
from audiera.protocol import (
    ETHER,
    PERPETUAL,
    DatasetFlag,
    Item,
    Kind,
    Metadata,
    Meter,
    Right,
    TableRow,
    Terms,
    Use,
    address_word,
    dataset_account,
    keccak,
    right_bit,
    to_address,
    write_table,
)
from audiera.quantities import Amount, UnitPrice
from audiera.text import hex_of
from tests.support.excerpts import preview_of
from tests.support.totals import totals_of

__all__ = [
    "CHAIN_ID",
    "GENERATIVE",
    "MARKUP",
    "OPEN",
    "SAMPLES",
    "TRAINING",
    "USDC",
    "Sample",
    "address",
    "altering",
    "build",
    "hexadecimal",
    "listed",
    "published_uses",
]

CHAIN_ID: Final = 8_453
USDC: Final = to_address("0x833589fcd6edb6e08f4c7c32d4f71b54bda02913")
"""That of Base, which every explorer can name."""

MARKUP: Final = "</title><script>alert(1)</script><img src=x onerror=alert(1)>\"'"
"""A name that a careless page would run."""

_START: Final = 1_767_225_600  # 2026-01-01
_DAY: Final = 86_400
_ETHER: Final = 10**18
_USDC: Final = 10**6


def address(role: str) -> ChecksumAddress:
    """The address of someone with that role."""
    return to_address(f"0x{keccak(text_of(role))[:20].hex()}")


def text_of(role: str) -> bytes:
    """What the ids of a role are made from."""
    return f"catalogue: {role}".encode()


def hexadecimal(role: str) -> str:
    """A hash of that role."""
    return f"0x{sha256(text_of(role)).hexdigest()}"


REGISTRY: Final = address("DatasetRegistry")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A dataset of the catalogue."""

    name: str
    creators: tuple[str, ...]
    kind: Kind = Kind.Recordings
    items: int = 12
    synthetic: bool = False
    shares: tuple[int, ...] = (500_000, 300_000, 200_000)
    parents: tuple[tuple[int, int], ...] = ()
    offers: tuple[tuple[Terms, int], ...] = ()
    versions: tuple[int, ...] = ()
    """Items of each version before the newest."""
    income: int = 0
    """Payments, of 1 ETH and a bit each."""
    tags: tuple[str, ...] = ()
    text: str = "Recorded in one room, with the doors open.\n\nEverybody who played is credited, and is paid."
    contributors: tuple[tuple[str, str], ...] = ()
    """Name and role of each."""
    titles: tuple[str, ...] = ()
    """Those of the first items."""
    heard: int = 0
    """How many of the first items have an excerpt; if any, all have a waveform."""
    url: str = "https://gateway.audiera.example"


def _usdc(text: float) -> Amount:
    return Amount(round(text * _USDC), USDC, "USDC", 6)


OPEN: Final = terms_of(template("open"), token=ETHER)
RESEARCH: Final = terms_of(template("research"), token=USDC, duration=365 * _DAY)
TRAINING: Final = terms_of(
    template("training"), token=USDC, duration=365 * _DAY, unit_price=UnitPrice(_usdc(0.0004), Meter.Second)
)
GENERATIVE: Final = terms_of(
    template("generative"),
    token=ETHER,
    unit_price=UnitPrice(Amount(2 * 10**12, ETHER, "ETH", 18), Meter.Call),
    derivative_ppm=125_000,
    max_units=2_000_000,
    flags=0,
)

SAMPLES: Final = (
    Sample(
        name="Harbour Lights",
        creators=("Mira Castellanos", "Tomás Reyes"),
        items=18,
        offers=((TRAINING, 250 * _USDC), (RESEARCH, 0)),
        versions=(14, 16),
        heard=3,
        income=7,
        tags=("ambient", "field recordings", "Lisbon"),
        text="Eighteen pieces for small ensemble, recorded on the quays of Lisbon between two ferries.\n\n"
        "Each piece was played once, in the hour before dawn; the harbour is in all of them.",
        contributors=(("Beatriz Falcão", "Cello"), ("Rui Antunes", "Engineer"), ("Sofia Marques", "Producer")),
        titles=("Cast off", "First light on the cranes", "Slack water", "The pilot's song", "Gulls", "Bell buoy"),
    ),
    Sample(
        name="One-shot percussion of fifty hands",
        creators=("The Percussion Commons",),
        kind=Kind.Samples,
        items=1_204,
        shares=tuple([20_000] * 50),
        offers=((OPEN, 0),),
        income=2,
        tags=("percussion", "one-shots"),
    ),
    Sample(
        name="Choir stems, Riga 2024",
        creators=("Kamēr…", "Līga Ozola", "Jānis Bērziņš", "Anna Kalniņa"),
        kind=Kind.Stems,
        items=96,
        offers=((GENERATIVE, 2 * _ETHER), (TRAINING, 900 * _USDC)),
        income=12,
    ),
    Sample(
        name="Étude transcriptions",
        creators=("Noor van Dijk",),
        kind=Kind.Scores,
        items=240,
        offers=((RESEARCH, 15 * _USDC),),
    ),
    Sample(name="Lyrics of the northern coast", creators=("Ingrid Halvorsen",), kind=Kind.Lyrics, items=812),
    Sample(
        name="Harbour Lights, 64-band features",
        creators=("Mel Institute",),
        kind=Kind.Features,
        items=18,
        parents=((1, 300_000),),
        shares=(700_000,),
        offers=((RESEARCH, 0),),
    ),
    Sample(
        name="Tidal, a model of calm music",
        creators=("Low Water Research",),
        kind=Kind.Model,
        items=3,
        synthetic=True,
        parents=((1, 100_000), (3, 150_000), (6, 50_000)),
        shares=(700_000,),
        offers=((GENERATIVE, _ETHER // 2),),
        income=4,
    ),
    Sample(name="أغاني الميناء", creators=("فرقة الساحل",), items=9, offers=((TRAINING, 60 * _USDC),)),
    Sample(name="夜の港", creators=("佐藤 美咲",), items=11, offers=((OPEN, 0),)),
    Sample(
        name="Night ferry improvisations for prepared piano, tape and three lighthouses, recorded in one sitting",
        creators=("Aoife Ní Bhriain",),
        items=1,
        offers=((GENERATIVE, _ETHER // 10),),
    ),
    Sample(
        name="Tidal outtakes",
        creators=("Low Water Research",),
        items=400,
        synthetic=True,
        parents=((7, 400_000),),
        shares=(600_000,),
    ),
    Sample(
        name="The harbour catalogue",
        creators=("Castellanos & Reyes",),
        kind=Kind.Catalogue,
        items=0,
        offers=((TRAINING, 1_500 * _USDC),),
    ),
)


@dataclass(slots=True)
class _Writer:
    """Writes rows as a chain would have made them, one block a day."""

    connection: Connection
    day: int = 0
    known: set[str] = field(default_factory=set)

    def log(self) -> dict[str, object]:
        """Where the next row comes from."""
        self.day += 1
        return {
            "block": 100 + self.day,
            "log_index": 0,
            "at": _START + self.day * _DAY,
            "transaction": hexadecimal(f"transaction {self.day}"),
        }

    def add(self, table: Table, **values: object) -> None:
        """Write one row."""
        self.connection.execute(insert(table).values(values))

    def publish(self, terms: Terms) -> str:
        """Return the id of terms, which are there from then on."""
        name = f"0x{terms.id().hex()}"
        if name not in self.known:
            self.known.add(name)
            self.add(
                TERMS,
                id=name,
                index=len(self.known),
                rights=terms.rights,
                meter=terms.meter,
                unit_price=terms.unit_price,
                token=terms.token,
                duration=terms.duration,
                notice=terms.notice,
                max_units=terms.max_units,
                derivative_ppm=terms.derivative_ppm,
                flags=terms.flags,
                text=f"0x{terms.text.hex()}",
                **self.log(),
            )
        return name


@contextmanager
def altering(url: str) -> Iterator[Connection]:
    """A connection to the index at a URL, in a transaction that may write whatever a test wants to be so."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA synchronous = OFF")
        yield connection
    engine.dispose()


def build(url: str, samples: Sequence[Sample] = SAMPLES) -> str:
    """Write an index of these datasets into an empty database and return its URL."""
    with altering(url) as connection:
        METADATA.create_all(connection)
        writer = _Writer(connection)
        for dataset, sample in enumerate(samples, start=1):
            _register(writer, dataset, sample)
        _use(writer)
        if len(samples) > len(_DEALT):
            _deal(writer)
            _reward(writer)
            _compare(writer)
        _finish(writer)
    return url


def listed(samples: Sequence[Sample] = SAMPLES) -> list[tuple[int, Sample]]:
    """The datasets with their numbers, newest first, as the catalogue lists them."""
    return list(reversed(list(enumerate(samples, start=1))))


def _register(writer: _Writer, dataset: int, sample: Sample) -> None:
    registered = writer.log()
    split, account = hexadecimal(f"split {dataset}"), f"0x{dataset_account(REGISTRY, dataset).hex()}"
    flags = DatasetFlag.Synthetic * sample.synthetic | DatasetFlag.Derived * bool(sample.parents)
    counts = (*sample.versions, sample.items)
    content = {"item_count": sample.items, "content_root": hexadecimal(f"root {dataset}.{len(counts)}")}
    content["manifest"] = hexadecimal(f"manifest {dataset}.{len(counts)}")
    owner = address(sample.creators[0])
    writer.add(
        DATASETS,
        id=dataset,
        creator=owner,
        owner=owner,
        kind=int(sample.kind),
        flags=int(flags),
        version=len(counts),
        epoch=0,
        account=account,
        split=split,
        **content,
        **registered,
    )
    writer.add(SPLITS, id=split, payees=len(sample.shares) + len(sample.parents), **registered)
    writer.add(ACCOUNTS, id=account, controller=REGISTRY, key=f"0x{dataset:064x}", split=split, dataset=dataset)
    payees = [(f"0x{address_word(address(f'payee {at}')).hex()}", ppm) for at, ppm in enumerate(sample.shares)]
    payees += [(f"0x{dataset_account(REGISTRY, parent).hex()}", ppm) for parent, ppm in sample.parents if ppm]
    for position, (payee, ppm) in enumerate(sorted(payees)):
        writer.add(SHARES, split=split, payee=payee, position=position, ppm=ppm)
    for parent, ppm in sample.parents:
        writer.add(PARENTS, dataset=dataset, parent=parent, ppm=ppm)
    for version, items in enumerate(counts, start=1):
        writer.add(
            VERSIONS,
            dataset=dataset,
            version=version,
            item_count=items,
            content_root=hexadecimal(f"root {dataset}.{version}"),
            manifest=hexadecimal(f"manifest {dataset}.{version}"),
            flags=int(flags),
            **(registered if version == 1 else writer.log()),
        )
    _describe(writer, dataset, sample, str(content["manifest"]), registered["at"])
    for terms, price in sample.offers:
        left = 25 if terms is RESEARCH and price else None
        writer.add(
            OFFERS,
            dataset=dataset,
            terms=writer.publish(terms),
            licensee=ETHER,
            epoch=0,
            price=price,
            left=left,
            **writer.log(),
        )
        _list(writer, dataset, dataset, terms, price)
    if sample.parents and sample.offers:
        cleared = {"rights_ceiling": OPEN.rights, "until": PERPETUAL, "licenses": "[1, 2, 0]"}
        writer.add(CLEARANCES, dataset=dataset, **cleared, **writer.log())
    writer.add(GATEWAYS_NAMED, dataset=dataset, position=0, gateway=address(sample.url))
    if dataset == 1:
        writer.add(GATEWAYS, gateway=address(sample.url), url=sample.url, **writer.log())
    for _ in range(sample.income):
        log = writer.log()
        writer.add(
            CREDITS,
            account=account,
            split=split,
            token=ETHER,
            payer=address("buyer"),
            amount=_ETHER + 1,
            dataset=dataset,
            **log,
        )


def _list(writer: _Writer, dataset: int, source: int, terms: Terms, price: int) -> None:
    writer.add(
        LISTINGS,
        dataset=dataset,
        source=source,
        terms=writer.publish(terms),
        rights=terms.rights,
        meter=terms.meter,
        token=terms.token,
        price=price,
        unit_price=terms.unit_price,
        duration=terms.duration or PERPETUAL,
        until=PERPETUAL,
    )


def _describe(writer: _Writer, dataset: int, sample: Sample, root: str, registered_at: object) -> None:
    plays = sample.kind in {Kind.Recordings, Kind.Samples, Kind.Stems}
    lengths = [(60_000 + at * 37_123 if sample.items < 100 else 800 + at) * plays for at in range(sample.items)]
    writer.add(
        ENTRIES,
        dataset=dataset,
        version=len(sample.versions) + 1,
        described=len(sample.versions) + 1,
        manifest=root,
        kind=int(sample.kind),
        synthetic=sample.synthetic,
        derived=bool(sample.parents),
        creator=address(sample.creators[0]),
        registered_at=registered_at,
        item_count=sample.items,
        name=sample.name,
        sort_name=sample.name.lower()[:100],  # as much of it as is sorted by
        description=sample.text,
        published="2026-01-01",
        keywords=json.dumps(sample.tags),
        people=json.dumps(sample.creators),
        bytes=4_000_000 * sample.items,
        duration_ms=sum(lengths),
        bpm_low=72 if plays and sample.items else None,
        bpm_high=128 if plays and sample.items else None,
        rights=reduce(or_, (int(terms.rights) for terms, _ in sample.offers), 0),
        meters=reduce(or_, (1 << terms.meter for terms, _ in sample.offers), 0),
        peaks=_draw(writer, dataset, sample) if sample.heard else None,
        made_from="[]",
        problem="",
        changes_at=PERPETUAL,
    )
    manifest = json.dumps({"@context": {}, "identifier": [], "name": sample.name}).encode()
    writer.add(
        DOCUMENTS,
        digest=root,
        kind="manifest",
        size=len(manifest),
        body=zlib.compress(manifest),
        fetched_at=registered_at,
        wrong="",
    )
    people: list[tuple[str, list[str], bool]] = [(name, [], True) for name in sample.creators]
    people += [(name, [role], False) for name, role in sample.contributors]
    for position, (name, roles, creator) in enumerate(people):
        writer.add(
            PEOPLE,
            dataset=dataset,
            position=position,
            name=name,
            creator=creator,
            organization=False,
            roles=json.dumps(roles),
        )
    items = [
        {
            "dataset": dataset,
            "position": position,
            "path": f"{position + 1:03d}.flac",
            "title": sample.titles[position] if position < len(sample.titles) else None,
            "people": json.dumps(sample.creators[:1]),
            "genre": "Ambient" if plays else None,
            "bpm": 72 + position % 57 if plays else None,
            "key": ("C", "F#m", "Ebm", "G")[position % 4] if plays else None,
            "media_type": "audio/flac",
            "duration_ms": length,
            "bytes": 4_000_000,
            "sha256": hexadecimal(f"file {dataset}.{position}"),
            "leaf": hexadecimal(f"leaf {dataset}.{position}"),
            **_heard(dataset, position, sample),
        }
        for position, length in enumerate(lengths)
    ]
    if items:
        writer.connection.execute(insert(ITEMS), items)
    texts = {
        "name": [sample.name],
        "people": [name for name, _, _ in people],
        "tags": [*sample.tags, "Ambient" if plays else ""],
        "rest": [sample.text, *sample.titles],
    }
    words = {column: " ".join(unique_words(said, 40_000)) for column, said in texts.items()}
    if writer.connection.dialect.name == "postgresql":
        words["vector"] = vector_of(words)
    writer.add(TEXTS, dataset=dataset, **words)
    traits = {(Trait.Genre, genre_value("Ambient"))} if plays and items else set()
    for item in items if plays else []:
        traits |= {(Trait.Key, key_value(str(item["key"])) or ""), (Trait.Tempo, tempo_value(int(str(item["bpm"]))))}
    for trait, value in sorted(traits):
        writer.add(TRAITS, trait=trait, value=value, dataset=dataset)


def _draw(writer: _Writer, dataset: int, sample: Sample) -> str:
    digest, columns = hexadecimal(f"peaks {dataset}"), range(400)
    body = b"".join(bytes((at * (7 + item) + item * item) % 256 for at in columns) for item in range(sample.items))
    facts = facts_of(Paper.PEAKS, body)
    keep(writer.connection, Paper.PEAKS, digest, body, facts=facts, now=_START)
    return digest


def _heard(dataset: int, position: int, sample: Sample) -> dict[str, object]:
    columns = ("preview", "preview_bytes", "preview_start_ms", "preview_ms")
    if position >= sample.heard:
        return dict.fromkeys(columns)
    preview = preview_of(bytes.fromhex(hexadecimal(f"file {dataset}.{position}")[2:]))
    found = (hex_of(preview.sha256), preview.size, preview.start_ms, preview.duration_ms)
    return dict(zip(columns, found, strict=True))


def _use(writer: _Writer) -> None:
    """A licence of dataset 1 that is used through a gateway, and one use recorded without."""
    terms = writer.publish(TRAINING)
    licence = {"dataset": 1, "terms": terms, "holder": address("buyer"), "ref": hexadecimal("order 1742")}
    writer.add(LICENSES, id=1, expires_at=_START + 800 * _DAY, revoked=False, locked=True, **licence, **writer.log())
    for at in range(5):
        batch, log = hexadecimal(f"batch {at}"), writer.log()
        sums = {"amount": (2**70 + at) * 3, "fee": 0, "calls": 300 + at, "statements": 1, "root": hexadecimal("root")}
        sums["voucher"] = hexadecimal(f"voucher {at}")
        writer.add(
            BATCHES,
            id=batch,
            payer=address("buyer"),
            gateway=address("gateway"),
            token=USDC,
            batch=at,
            settled_at=log["at"],
            collected=1,
            collected_amount=sums["amount"],
            fee_released=True,
            **sums,
            **log,
        )
        writer.add(
            STATEMENTS,
            batch=batch,
            index=0,
            license=1,
            dataset=1,
            amount=(1_000 + at) * _USDC,
            units=3_000,
            calls=300 + at,
            uses=hexadecimal(f"uses {at}"),
            counted=True,
            **log,
        )
    writer.add(
        RECORDED_USES,
        license=1,
        dataset=1,
        account=address("buyer"),
        right=right_bit(Right.Training),
        units=5,
        amount=2_000,
        ref=hexadecimal("run 7"),
        **writer.log(),
    )


_DEALT: Final = (1, 3, 7, 12)
"""The datasets that are dealt in below."""
_AT: Final = _START + 60 * _DAY


def published_uses() -> list[PricedUse]:
    """The uses of the batch whose log is published: three under licence 2, two under licence 4."""
    lines = ((2, 3), (2, 3), (4, 8), (2, 3), (4, 8))
    return [
        PricedUse(
            Use(
                license=license_,
                dataset=dataset,
                version=1,
                right=right_bit(Right.Training),
                units=10 + at,
                at=_AT + at,
                nonce=bytes([at]) * 32,
            ),
            2 * 10**12 * (10 + at),
        )
        for at, (license_, dataset) in enumerate(lines)
    ]


def _deal(writer: _Writer) -> None:
    """Licences of every standing, a batch whose log is published, and what payees had and have."""
    buyer, studio, gateway = address("buyer"), address("studio"), address("gateway")
    deals = (
        (2, 3, GENERATIVE, studio, PERPETUAL, False, True),
        (3, 1, RESEARCH, buyer, _START + 50 * _DAY, True, False),
        (4, 12, TRAINING, studio, PERPETUAL - 1, False, False),
    )
    for license_, dataset, terms, holder, expires_at, revoked, locked in deals:
        writer.add(
            LICENSES,
            id=license_,
            dataset=dataset,
            terms=writer.publish(terms),
            holder=holder,
            expires_at=expires_at,
            revoked=revoked,
            locked=locked,
            ref=hexadecimal(f"order {license_}"),
            **writer.log(),
        )
    for renewal, price in ((False, 250 * _USDC), (True, 240 * _USDC)):
        sold = {"payer": buyer, "licensee": ETHER, "token": USDC, "price": price, "expires_at": _START + 800 * _DAY}
        writer.add(PURCHASES, license=1, dataset=1, renewal=renewal, **sold, **writer.log())
    writer.add(LICENSE_USAGE, license=1, calls=1_511, units=15_005, last_at=_AT)
    writer.add(
        MEMBERSHIPS,
        catalogue=12,
        terms=writer.publish(TRAINING),
        dataset=8,
        since=_START,
        until=PERPETUAL,
        joined=False,
        admitted=False,
        member_epoch=0,
        host_epoch=0,
    )
    _list(writer, 8, 12, TRAINING, 1_500 * _USDC)
    uses = published_uses()
    made = Batch().extend(uses)
    root, first = made.root(), made.statements()[0]
    batch, settled = hexadecimal("published batch"), writer.log()
    voucher = hex_of(made.voucher(payer=studio, gateway=gateway, token=ETHER, batch=7, fee=1_000).struct_hash())
    writer.add(
        BATCHES,
        id=batch,
        payer=studio,
        gateway=gateway,
        token=ETHER,
        batch=7,
        amount=root.amount,
        fee=1_000,
        calls=root.calls,
        statements=2,
        root=hex_of(root.hash),
        voucher=voucher,
        settled_at=settled["at"],
        collected=1,
        collected_amount=first.amount,
        fee_released=False,
        **settled,
    )
    writer.add(
        STATEMENTS,
        batch=batch,
        index=0,
        license=2,
        dataset=3,
        amount=first.amount,
        units=first.statement.units,
        calls=first.statement.calls,
        uses=hex_of(first.statement.uses),
        counted=True,
        **writer.log(),
    )
    keep_uses(writer.connection, voucher, 1_000, uses, _AT)
    writer.add(GATEWAYS, gateway=gateway, url="https://gate.example/v1", **writer.log())
    payee = f"0x{address_word(address('payee 0')).hex()}"
    for dataset in (1, 3, 7):
        split = hexadecimal(f"split {dataset}")
        writer.add(RECEIVED, split=split, token=ETHER, amount=SAMPLES[dataset - 1].income * (_ETHER + 1))
    split = hexadecimal("split 1")
    writer.add(CLAIMED, split=split, token=ETHER, payee=payee, amount=_ETHER)
    recipient = address("bank")
    writer.add(CLAIMS, payee=payee, split=split, token=ETHER, recipient=recipient, amount=_ETHER, **writer.log())
    writer.add(RECIPIENTS, payee=address("payee 0"), recipient=recipient)
    sums = {"balance": 5 * _USDC, "thawing": _USDC, "thaws_at": _AT, "deposited": 9 * _USDC, "settled": 4 * _USDC}
    writer.add(CHANNELS, payer=buyer, gateway=gateway, token=USDC, **sums, withdrawn=0, refunded=0)
    until = {"access_until": 2**64 - 1, "pay_until": PERPETUAL - 1, "settle_until": 0}
    writer.add(SIGNERS, account=buyer, signer=address("hot key"), **until)


def _compare(writer: _Writer) -> None:
    """The item tables of two versions of dataset 1, and an item that was withdrawn in between."""
    versions = {
        2: [_table_row("001.flac", title="Cast off"), _table_row("002.flac", title="Gulls"), _table_row("003.flac")],
        3: [
            _table_row("001.flac", title="Cast off, remastered"),
            _table_row("gulls.flac", of="002.flac", title="Gulls"),
            _table_row("004.flac", title=MARKUP, bpm=90),
        ],
    }
    for version, rows in versions.items():
        table = write_table(rows)
        items = {"digest": hexadecimal(f"items 1.{version}"), "kind": "items", "size": len(table), "fetched_at": _AT}
        root = hexadecimal(f"root 1.{version}")
        writer.add(DOCUMENTS, **items, body=zlib.compress(table), wrong="", content_root=root, item_count=len(rows))
        named = {"digest": hexadecimal(f"manifest 1.{version}"), "kind": "manifest"}
        writer.connection.execute(delete(DOCUMENTS).where(DOCUMENTS.c.digest == named["digest"]))
        body = zlib.compress(json.dumps({"@context": {}, "identifier": [], "name": "Harbour Lights"}).encode())
        said = {"size": 1, "fetched_at": _AT, "wrong": "", "content_root": root, "item_table": items["digest"]}
        writer.add(DOCUMENTS, **named, body=body, **said)
    gone = {hexadecimal("leaf 1.0"): 3, hex_of(versions[2][2].item.leaf()): 2}
    for leaf, version in gone.items():
        writer.add(WITHDRAWN_ITEMS, dataset=1, item=leaf, version=version, **writer.log())


def _table_row(path: str, *, of: str = "", **said: object) -> TableRow:
    metadata = Metadata.from_row({"path": path, "media_type": "audio/flac", "duration_ms": 60_000, **said})
    return TableRow(Item.of(sha256(text_of(of or path)).digest(), 4_000_000, metadata), metadata)


def _reward(writer: _Writer) -> None:
    """A campaign with uses, and one without."""
    for campaign, pot, weight in ((1, 3 * _ETHER, 300 * _USDC), (2, 0, 0)):
        writer.add(
            CAMPAIGNS,
            id=campaign,
            sponsor=address("sponsor"),
            reward=ETHER,
            token=USDC,
            gateways=json.dumps([address("gateway")]),
            start=_START,
            end=_START + 300 * _DAY,
            closes_at=_START + 330 * _DAY,
            pot=pot,
            weight=weight,
            **writer.log(),
        )
    writer.add(CAMPAIGN_FUNDERS, campaign=1, funder=address("sponsor"), amount=3 * _ETHER, returned=0)
    for dataset, weight in ((1, 100 * _USDC), (3, 200 * _USDC)):
        writer.add(CAMPAIGN_DATASETS, campaign=1, dataset=dataset, weight=weight, credited=0, settled=False)
        entry = {"batch": hexadecimal(f"batch {dataset}"), "index": 0, "dataset": dataset, "amount": weight}
        writer.add(CAMPAIGN_ENTRIES, campaign=1, **entry, **writer.log())


def _finish(writer: _Writer) -> None:
    writer.connection.execute(delete(STALE))  # what is searched was written here
    for table, rows in totals_of(writer.connection).items():
        for row in rows:
            writer.add(table, **row)
    last = writer.log()
    names = ("DatasetRegistry", "LicenseRegistry", "RoyaltySplitter", "UsageLedger", "IncentivePool")
    writer.add(
        BLOCKS,
        hash=hexadecimal("last block"),
        number=last["block"],
        parent=hexadecimal("block before"),
        time=last["at"],
        orphaned=False,
    )
    counts = {"events": 0, "milliseconds": 0, "retries": 0, "reorganisations": 0, "late": 0, "logs": 0}
    writer.add(FOLLOWING, chain_id=CHAIN_ID, head=int(str(last["block"])) + 2, looked_at=last["at"], **counts)
    writer.add(
        CHAIN,
        chain_id=CHAIN_ID,
        genesis=hexadecimal("genesis"),
        suite=json.dumps({name: address(name) for name in names}),
        start=100,
        next_block=100 + writer.day + 1,
        revision=0,
        rules=1,
    )
