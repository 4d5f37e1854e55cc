"""What documents say, read strictly: whatever a stranger writes is either understood or refused in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from audiera.credits import Party
from audiera.errors import StorageError
from audiera.indexer.documents.papers import Paper
from audiera.manifest import (
    CONTRIBUTORS_NAME,
    PEAKS_NAME,
    PREVIEWS_NAME,
    NamedFile,
    count_peaks,
    read_commitments,
    read_description,
    read_previews,
)
from audiera.metering import PricedUse, read_uses
from audiera.protocol import TABLE_NAME, ContentTree, read_table
from audiera.text import as_list, as_object, as_text, read_json, tidy

__all__ = ["Described", "Facts", "describe", "facts_of", "uses_of"]

_TABLE_MOST: Final = 1 << 28  # bytes of an item table that are fetched: a million rows
_CREDITS_MOST: Final = 1 << 26  # likewise of a list of contributors
_PEAKS_MOST: Final = 1 << 29  # likewise of waveforms: more rows than a table has
_NAME_LETTERS: Final = 250
_TEXT_LETTERS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Facts:
    """What the index has to know of a document whose bytes are proven."""

    content_root: bytes | None = None
    item_count: int | None = None
    named: Mapping[Paper, NamedFile] = field(default_factory=dict)
    """What a manifest names."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a manifest says for people."""

    name: str
    description: str
    date: str
    creators: tuple[Party, ...] = ()
    contributors: tuple[Party, ...] = ()
    keywords: tuple[str, ...] = ()
    cover: NamedFile | None = None


def facts_of(paper: Paper, body: bytes) -> Facts:
    """Return what a document states; its bytes are those that its name says.

    Raises:
        AudieraError: if it is no document of the kind.
    """
    return _READERS[paper](body)


def describe(manifest: bytes, contributors: bytes | None = None) -> Described:
    """Return what a manifest says, of a dataset or of a catalogue.

    Args:
        manifest: its bytes.
        contributors: the list that it names, if it does and that is here.

    Raises:
        AudieraError: if it is no manifest.
    """
    if (catalogue := _catalogue(manifest)) is not None:
        return catalogue
    said, files = read_description(manifest, contributors), read_commitments(manifest).files
    cover = next((it for it in files if it.media_type.startswith("image/")), None)
    return Described(said.name, said.description, said.date, said.creators, said.contributors, said.keywords, cover)


def uses_of(body: bytes) -> list[PricedUse]:
    """Return the uses of a log.

    Raises:
        AudieraError: if a line is none.
    """
    uses = list(read_uses(body, "the use log"))
    if any(it.use.license >> 63 or it.use.at >> 63 for it in uses):
        raise StorageError("The use log has a licence or a time beyond 2^63, which nothing has.")
    return uses


def _manifest(body: bytes) -> Facts:
    if _catalogue(body) is not None:
        return Facts()
    describe(body)
    stated = read_commitments(body)
    named = {_NAMES[file.name][0]: file for file in stated.files if file.name in _NAMES}
    for file in named.values():
        if file.size > (most := _NAMES[file.name][1]):
            raise StorageError(f"The manifest names {file.name} with {file.size:,} bytes; {most:,} is the most here.")
    return Facts(stated.content_root, named=named)


def _items(body: bytes) -> Facts:
    rows = read_table(body)
    return Facts(ContentTree.of(row.item for row in rows).root, len(rows))


def _contributors(body: bytes) -> Facts:
    try:
        for each in as_list(read_json(body, most=_CREDITS_MOST)):
            Party.from_json(each)
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"The list of contributors cannot be read ({error!r}).") from error
    return Facts()


def _peaks(body: bytes) -> Facts:
    return Facts(item_count=count_peaks(body))


def _previews(body: bytes) -> Facts:
    return Facts(item_count=len(read_previews(body)))


def _text(body: bytes) -> Facts:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise StorageError("The legal text is not UTF-8; it can be had as a file only.") from error
    return Facts()


def _catalogue(manifest: bytes) -> Described | None:
    """Return what the manifest of a catalogue says; None if it is another's."""
    try:
        document = as_object(read_json(manifest))
        if document.get("@type") != "DataCatalog":
            return None
        name, text, date = (as_text(document[key]) for key in ("name", "description", "datePublished"))
        f"{name}{text}".encode()
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"The manifest cannot be read ({error!r}); fetch it again.") from error
    return Described(tidy(name)[:_NAME_LETTERS], text[:_TEXT_LETTERS], tidy(date)[:10])


_READERS: Final[Mapping[Paper, Callable[[bytes], Facts]]] = {
    Paper.MANIFEST: _manifest,
    Paper.ITEMS: _items,
    Paper.CONTRIBUTORS: _contributors,
    Paper.PEAKS: _peaks,
    Paper.PREVIEWS: _previews,
    Paper.TEXT: _text,
}
_NAMES: Final = {
    TABLE_NAME: (Paper.ITEMS, _TABLE_MOST),
    CONTRIBUTORS_NAME: (Paper.CONTRIBUTORS, _CREDITS_MOST),
    PEAKS_NAME: (Paper.PEAKS, _PEAKS_MOST),
    PREVIEWS_NAME: (Paper.PREVIEWS, _TABLE_MOST),
}
"""The files beside a manifest that are fetched, and how large they may be."""
