"""What the documents of a dataset say, as rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, field, replace
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from audiera.credits import Party
from audiera.errors import AudieraError
from audiera.indexer.documents import Described, Paper, body_of, describe
from audiera.indexer.search.traits import Trait, genre_value, key_value, tempo_value
from audiera.indexer.search.wording import fold, unique_words, words_of
from audiera.indexer.tables import DOCUMENTS
from audiera.manifest import Preview, read_previews
from audiera.protocol import Kind, TableRow, read_table
from audiera.text import hex_of, tidy

__all__ = ["Description", "describe_dataset"]

_PEOPLE: Final = 8  # named in a list
_SEARCHED: Final = 400_000  # bytes of the words of items: PostgreSQL's vectors hold a megabyte
_SORTED: Final = 100  # letters of a name that its place in a list depends on
_NAMED: Final = 40_000  # bytes of each of the other texts


@dataclass(frozen=True, slots=True)
class Description:
    """The rows of a dataset that its documents make, but for what the chain says of it."""

    entry: dict[str, Any]
    people: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    traits: list[dict[str, Any]] = field(default_factory=list)
    text: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Version:
    """The newest version whose manifest is here, and what else of it is."""

    number: int = 0
    manifest: str | None = None
    contributors: str | None = None
    items: str | None = None
    """Of the item table, if it is here and is the one that is registered."""
    item_table: str | None = None
    """Of the item table that the manifest names."""
    peaks: str | None = None
    previews: str | None = None
    problem: str = ""

    @property
    def made_from(self) -> str:
        return json.dumps(list(astuple(self)))


def describe_dataset(
    connection: Connection, dataset: Row[Any], versions: Sequence[Row[Any]], known: str | None
) -> Description | None:
    """Return what the documents of a dataset say; None if that is known already.

    Args:
        connection: where the documents are.
        dataset: its row of `datasets`.
        versions: its rows of `versions`, the newest first.
        known: `made_from` of the rows that are there.
    """
    version = _version(connection, versions, dataset.kind)
    if version.made_from == known:
        return None
    said, rows, previews = Described("", "", ""), tuple[TableRow, ...](), dict[bytes, Preview]()
    if version.manifest is not None:
        manifest = body_of(connection, Paper.MANIFEST, version.manifest) or b""
        listed = body_of(connection, Paper.CONTRIBUTORS, version.contributors) if version.contributors else None
        try:
            said = describe(manifest, listed)
        except AudieraError:  # the list is no list of this manifest's people
            said = describe(manifest)
    if version.items is not None:
        rows = read_table(body_of(connection, Paper.ITEMS, version.items) or b"")
    if version.previews is not None:
        heard = read_previews(body_of(connection, Paper.PREVIEWS, version.previews) or b"")
        previews = {it.item: it for it in heard}
    number = dataset.id
    parties = [*said.creators, *said.contributors]
    tempos = [it.metadata.bpm for it in rows if it.metadata.bpm is not None]
    entry = {
        "described": version.number,
        "name": said.name,
        "sort_name": fold(said.name)[:_SORTED],
        "description": said.description.replace("\0", ""),
        "published": said.date,
        "keywords": _json(said.keywords),
        "people": _json(list(dict.fromkeys(tidy(it.name) for it in parties))[:_PEOPLE]),
        "bytes": _held(sum(it.item.size for it in rows)),
        "duration_ms": sum(it.item.duration_ms for it in rows),
        "bpm_low": min(tempos, default=None),
        "bpm_high": max(tempos, default=None),
        "item_table": version.item_table,
        "peaks": version.peaks,
        "previews": version.previews,
        "cover": hex_of(said.cover.sha256) if said.cover else None,
        "cover_type": said.cover.media_type if said.cover else None,
        "cover_bytes": said.cover.size if said.cover else None,
        "made_from": version.made_from,
        "problem": version.problem,
    }
    people = [_person(number, at, it, creator=at < len(said.creators)) for at, it in enumerate(parties)]
    items = [_item(number, at, it, previews.get(it.item.sha256)) for at, it in enumerate(rows)]
    traits = [{"dataset": number, "trait": trait, "value": value} for trait, value in _traits(rows)]
    return Description(entry, people, items, traits, _text(number, said, rows))


def _version(connection: Connection, versions: Sequence[Row[Any]], kind: int) -> _Version:
    problem = ""
    for version in versions:
        manifest = _document(connection, Paper.MANIFEST, version.manifest)
        if manifest is None:
            continue
        if manifest.wrong:
            problem = problem or f"The manifest of version {version.version} cannot be used: {manifest.wrong}"
            continue
        found = _Version(version.version, version.manifest, item_table=manifest.item_table, problem=problem)
        if kind == Kind.Catalogue:
            return _Version(found.number, found.manifest, problem=problem)
        return _with_lists(connection, found, version, manifest)
    return _Version(problem=problem)


def _with_lists(connection: Connection, found: _Version, version: Row[Any], manifest: Row[Any]) -> _Version:
    of = f"of version {version.version}"
    problem, items, contributors = found.problem, None, None
    if manifest.contributors and (listed := _document(connection, Paper.CONTRIBUTORS, manifest.contributors)):
        if listed.wrong:
            problem = problem or f"The list of contributors {of} cannot be used: {listed.wrong}"
        else:
            contributors = manifest.contributors
    if manifest.content_root != version.content_root:
        problem = problem or f"The manifest {of} names another content root than is registered; trust neither."
    elif table := _document(connection, Paper.ITEMS, manifest.item_table):
        if table.wrong:
            problem = problem or f"The item table {of} cannot be used: {table.wrong}"
        elif (table.content_root, table.item_count) != (version.content_root, version.item_count):
            problem = problem or f"The item table {of} has other items than are registered; trust neither."
        else:
            items = manifest.item_table
    found = replace(found, contributors=contributors, items=items, problem=problem)
    return found if items is None else _with_sound(connection, found, version, manifest)


def _with_sound(connection: Connection, found: _Version, version: Row[Any], manifest: Row[Any]) -> _Version:
    """Add what can be seen and heard of the items, unless it is wrong."""
    of = f"of version {version.version}"
    problem, peaks, previews = found.problem, None, None
    if manifest.peaks and (drawn := _document(connection, Paper.PEAKS, manifest.peaks)):
        if drawn.wrong:
            problem = problem or f"The waveforms {of} cannot be used: {drawn.wrong}"
        elif drawn.item_count != version.item_count:
            problem = problem or f"The waveforms {of} are of another number of items; none is shown."
        else:
            peaks = manifest.peaks
    if manifest.previews and (heard := _document(connection, Paper.PREVIEWS, manifest.previews)):
        if heard.wrong:
            problem = problem or f"The previews {of} cannot be used: {heard.wrong}"
        else:
            previews = manifest.previews
    return replace(found, peaks=peaks, previews=previews, problem=problem)


def _document(connection: Connection, paper: Paper, digest: str) -> Row[Any] | None:
    columns = [it for it in DOCUMENTS.c if it.name != "body"]
    where = (DOCUMENTS.c.digest == digest) & (DOCUMENTS.c.kind == paper)
    return connection.execute(select(*columns).where(where)).first()


def _person(dataset: int, position: int, party: Party, *, creator: bool) -> dict[str, Any]:
    return {
        "dataset": dataset,
        "position": position,
        "name": tidy(party.name),
        "creator": creator,
        "organization": party.organization,
        "roles": _json(party.roles),
        "isni": party.isni and tidy(party.isni),
        "ipi": party.ipi and tidy(party.ipi),
        "orcid": party.orcid and tidy(party.orcid),
    }


def _item(dataset: int, position: int, row: TableRow, preview: Preview | None) -> dict[str, Any]:
    said, item = row.metadata, row.item
    return {
        "dataset": dataset,
        "position": position,
        "path": said.path,
        "title": said.title,
        "people": _json(said.artists),
        "album": said.album,
        "genre": said.genre,
        "bpm": said.bpm,
        "key": said.key,
        "media_type": said.media_type,
        "duration_ms": item.duration_ms,
        "bytes": _held(item.size),
        "sha256": hex_of(item.sha256),
        "leaf": hex_of(item.leaf()),
        "preview": hex_of(preview.sha256) if preview else None,
        "preview_bytes": preview.size if preview else None,
        "preview_start_ms": preview.start_ms if preview else None,
        "preview_ms": preview.duration_ms if preview else None,
    }


def _traits(rows: Iterable[TableRow]) -> list[tuple[Trait, str]]:
    found: set[tuple[Trait, str]] = set()
    for said in (it.metadata for it in rows):
        if said.genre and (genre := genre_value(said.genre)):
            found.add((Trait.Genre, genre))
        if said.key and (key := key_value(said.key)):
            found.add((Trait.Key, key))
        if said.bpm:
            found.add((Trait.Tempo, tempo_value(said.bpm)))
    return sorted(found)


def _text(dataset: int, said: Described, rows: Sequence[TableRow]) -> dict[str, Any]:
    people = [it.name for it in (*said.creators, *said.contributors)]
    genres = [it.metadata.genre for it in rows if it.metadata.genre]
    texts = {
        "name": words_of(said.name),
        "people": unique_words(people, _NAMED),
        "tags": unique_words([*said.keywords, *dict.fromkeys(genres)], _NAMED),
        "rest": unique_words([said.description, *_searched(rows)], _SEARCHED),
    }
    return {"dataset": dataset, **{column: " ".join(words) for column, words in texts.items()}}


def _searched(rows: Iterable[TableRow]) -> Iterable[str]:
    for said in (it.metadata for it in rows):
        yield said.path
        yield from filter(None, (said.title, said.album, *said.artists))


def _held(size: int) -> int:
    """Return a size as a column holds it; none that is larger is true."""
    return min(size, (1 << 63) - 1)


def _json(texts: Iterable[str]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)
