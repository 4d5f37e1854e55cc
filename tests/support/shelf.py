"""An index without a chain: rows as contracts would have them, and documents in a real store.

A conftest takes the fixtures by importing them: `from tests.support.shelf import empty_index, shelf`.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Row, Select, delete, insert, update

from audiera.credits.people import Party
from audiera.indexer.documents import Round, Sources, fetch_due
from audiera.indexer.engine import open_index, upgrade, writing
from audiera.indexer.search import Facets, Found, Query, count_facets, find, match, refresh
from audiera.indexer.tables import (
    CLEARANCES,
    DATASETS,
    GATEWAYS,
    GATEWAYS_NAMED,
    MEMBERSHIPS,
    METADATA,
    OFFERS,
    TERMS,
    VERSIONS,
)
from audiera.manifest.cover import Cover
from audiera.manifest.description import Description
from audiera.manifest.documents import Documents, build_documents
from audiera.manifest.previews import Preview
from audiera.protocol import ETHER, PERPETUAL, ZERO_WORD, Item, Kind, Metadata, Meter, Right, TableRow, Terms
from audiera.storage import Store, StoredObject
from audiera.text import hex_of

__all__ = ["LOG", "NOW", "Shelf", "documents_of", "empty_index", "item_row", "shelf"]

NOW = 1_800_000_000
CREATOR = "0x" + "1" * 40
LOG = {"block": 1, "log_index": 0, "at": 1_700_000_000, "transaction": hex_of(b"\x01" * 32)}


def item_row(path: str, **said: object) -> TableRow:
    """An item of which only the metadata matters."""
    metadata = Metadata.from_row({"path": path, "media_type": "audio/flac", "duration_ms": 60_000, **said})
    return TableRow(Item.of(hashlib.sha256(path.encode()).digest(), 1_000, metadata), metadata)


def documents_of(
    name: str = "Night Ferry",
    rows: Sequence[TableRow] = (),
    *,
    description: str = "Three songs.",
    people: Sequence[str] = ("Ada Moreau",),
    contributors: Sequence[Party] = (),
    keywords: Sequence[str] = (),
    cover: Cover | None = None,
    peaks: Mapping[str, bytes] = {},
    previews: Sequence[Preview] = (),
) -> Documents:
    """What is published of a dataset: of one item, unless told."""
    said = Description(
        name=name,
        description=description,
        creators=tuple(map(Party, people)),
        contributors=tuple(contributors),
        keywords=tuple(keywords),
        date="2026-03-01",
    )
    return build_documents(said, rows or [item_row(f"{name}.flac")], peaks=peaks, previews=previews, cover=cover)


@dataclass(slots=True)
class Shelf:
    """An index, the store that has its documents, and both in few words."""

    engine: Engine
    store: Store
    count: int = 0
    now: int = NOW

    def writing(self) -> AbstractContextManager[Connection]:
        return self.engine.begin()

    def put(self, *files: bytes) -> None:
        for data in files:
            self.store.put(StoredObject(hashlib.sha256(data).digest(), len(data), data))

    def publish(self, documents: Documents) -> None:
        self.put(documents.manifest, *documents.files.values())

    def register(
        self,
        documents: Documents | None = None,
        *,
        kind: Kind = Kind.Recordings,
        flags: int = 0,
        creator: str = CREATOR,
        manifest: bytes | None = None,
        root: bytes | None = None,
        items: int | None = None,
    ) -> int:
        """Registers what is published, or what is said in its place."""
        self.count += 1
        documents = documents or documents_of()
        content = {
            "version": 1,
            "item_count": len(documents.tree.items) if items is None else items,
            "content_root": hex_of(documents.tree.root if root is None else root),
            "manifest": hex_of(manifest or documents.digest),
            "flags": flags,
        }
        account = {"account": hex_of(bytes([self.count % 256]) * 32), "split": hex_of(ZERO_WORD)}
        whose = {"creator": creator, "owner": creator, "epoch": 0}
        with self.writing() as connection:
            row = {"id": self.count, "kind": kind, **content, **whose, **account, **LOG}
            connection.execute(insert(DATASETS), row)
            connection.execute(insert(VERSIONS), {"dataset": self.count, **content, **LOG})
        return self.count

    def publish_version(self, dataset: int, documents: Documents) -> None:
        content = {
            "version": 2,
            "item_count": len(documents.tree.items),
            "content_root": hex_of(documents.tree.root),
            "manifest": hex_of(documents.digest),
            "flags": 0,
        }
        with self.writing() as connection:
            connection.execute(update(DATASETS).where(DATASETS.c.id == dataset).values(**content))
            connection.execute(insert(VERSIONS), {"dataset": dataset, **content, **LOG})

    def offer(
        self, dataset: int, price: int = 0, *, licensee: str = ETHER, left: int | None = None, **of: object
    ) -> str:
        """Offers a dataset under terms: unless told, training for ever, free, in ETH."""
        usual: dict[str, Any] = {"rights": Right.Training, "meter": Meter.Call, "token": ETHER, "text": ZERO_WORD}
        usual |= dict.fromkeys(("unit_price", "duration", "notice", "max_units", "derivative_ppm", "flags"), 0)
        usual.update(of)
        terms = Terms(**usual)
        name = hex_of(terms.id())
        row = {
            "rights": terms.rights,
            "meter": terms.meter,
            "unit_price": terms.unit_price,
            "token": terms.token,
            "duration": terms.duration,
            "notice": terms.notice,
            "max_units": terms.max_units,
            "derivative_ppm": terms.derivative_ppm,
            "flags": terms.flags,
            "text": hex_of(terms.text),
        }
        with self.writing() as connection:
            connection.execute(delete(OFFERS).where(OFFERS.c.dataset == dataset, OFFERS.c.terms == name))
            connection.execute(delete(TERMS).where(TERMS.c.id == name))
            connection.execute(insert(TERMS), {"id": name, "index": 1, **row, **LOG})
            offered = {"dataset": dataset, "terms": name, "licensee": licensee, "epoch": 0, "price": price}
            connection.execute(insert(OFFERS), {**offered, "left": left, **LOG})
        return name

    def join(self, catalogue: int, terms: str, dataset: int, *, until: int = PERPETUAL) -> None:
        """Makes a dataset a member of a catalogue."""
        key = {"catalogue": catalogue, "terms": terms, "dataset": dataset}
        state = {"joined": False, "admitted": False, "member_epoch": 0, "host_epoch": 0}
        with self.writing() as connection:
            connection.execute(delete(MEMBERSHIPS).filter_by(**key))
            connection.execute(insert(MEMBERSHIPS), {**key, "since": 1, "until": until, **state})

    def clear(self, dataset: int, rights: int, until: int) -> None:
        row = {"dataset": dataset, "rights_ceiling": rights, "until": until, "licenses": "[]", **LOG}
        with self.writing() as connection:
            connection.execute(insert(CLEARANCES), row)

    def name_gateway(self, dataset: int, url: str, gateway: str = "0x" + "9" * 40) -> None:
        with self.writing() as connection:
            connection.execute(insert(GATEWAYS_NAMED), {"dataset": dataset, "position": 0, "gateway": gateway})
        self.announce(gateway, url)

    def announce(self, gateway: str, url: str) -> None:
        with self.writing() as connection:
            connection.execute(insert(GATEWAYS), {"gateway": gateway, "url": url, **LOG})

    def fetch(self, *, sources: Sources | None = None) -> Round:
        return fetch_due(self.writing, sources or Sources([self.store]), self.now)

    def refresh(self) -> int:
        with self.writing() as connection:
            done = 0
            while count := refresh(connection, self.now, most=3):
                done += count
        return done

    def learn(self, *, sources: Sources | None = None) -> None:
        """Fetches all that there is, and makes the rows that are searched."""
        while self.fetch(sources=sources).fetched:
            pass
        self.refresh()

    def find(self, **asked: object) -> Found:
        with self.engine.connect() as connection:
            return find(connection, match(connection, Query(**asked), self.now))  # type: ignore[arg-type]  # as tests ask

    def found(self, **asked: object) -> list[int]:
        return [it.dataset for it in self.find(**asked).hits]

    def facets(self, **asked: object) -> Facets:
        with self.engine.connect() as connection:
            matches = match(connection, Query(**asked), self.now)  # type: ignore[arg-type]  # as tests ask
            return count_facets(connection, matches)

    def rows(self, statement: Select[*tuple[Any, ...]]) -> list[Row[*tuple[Any, ...]]]:
        with self.engine.connect() as connection:
            return list(connection.execute(statement).all())


@pytest.fixture(scope="session")
def empty_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of SQLite with all tables and nothing in them."""
    path = tmp_path_factory.mktemp("index") / "empty.db"
    engine = open_index(f"sqlite:///{path}")
    with writing(engine) as connection:
        upgrade(connection)
    engine.dispose()
    return path


@pytest.fixture
def shelf(database: str, empty_index: Path, tmp_path: Path) -> Iterator[Shelf]:
    """An empty index in a database of each kind, and an empty store."""
    engine = open_index(database)
    if engine.dialect.name == "sqlite":
        shutil.copy(empty_index, str(engine.url.database))
    else:
        with engine.begin() as connection:
            METADATA.create_all(connection)
    yield Shelf(engine, Store.open(str(tmp_path / "store")))
    engine.dispose()
