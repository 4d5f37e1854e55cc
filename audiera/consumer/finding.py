"""Datasets by what they are, from an explorer's catalogue, which is believed in nothing but their numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from audiera.client import Audiera, TxReceipt
from audiera.consumer.amounting import Candidate
from audiera.consumer.choosing import Need, choose, ways_for
from audiera.consumer.version import read_version
from audiera.errors import AudieraError, GatewayError, InputError
from audiera.operations import TokenBook
from audiera.protocol import Kind, Right, TableRow
from audiera.remote import Remote
from audiera.text import Json

__all__ = ["Entry", "Sought", "candidates", "find_datasets", "search_catalogue"]

_PAGES: Final = 10
_LETTERS: Final = 200
_PEOPLE: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is looked for."""

    words: str
    right: Right
    kind: Kind | None = None
    genre: str = ""
    bpm: tuple[int, int] | None = None
    """From, and up to."""

    def fits(self, row: TableRow) -> bool:
        """Say whether an item is what is looked for, by what the dataset's item table says of it."""
        told = row.metadata
        if self.genre and (told.genre or "").strip().casefold() != self.genre.strip().casefold():
            return False
        return self.bpm is None or (told.bpm is not None and self.bpm[0] <= told.bpm <= self.bpm[1])

    def query(self) -> dict[str, str]:
        """Return what is asked of a catalogue."""
        asked = {"q": self.words, "right": str(self.right.name), "genre": self.genre}
        if self.kind is not None:
            asked["kind"] = self.kind.name.lower()
        if self.bpm is not None:
            asked["bpm"] = f"{self.bpm[0]}-{self.bpm[1]}"
        return {key: value for key, value in asked.items() if value}


class Entry(BaseModel):
    """What a catalogue says of a dataset: nothing of it is proven."""

    id: int = Field(gt=0, lt=1 << 32)
    name: str | None = None
    people: list[str] = []
    kind: str = ""
    items: int = 0
    length_ms: int = 0

    def told(self) -> dict[str, Json]:
        """Return it for programs; what strangers wrote is cut to a length."""
        return {
            "dataset": self.id,
            "name": (self.name or "")[:_LETTERS],
            "people": [it[:_LETTERS] for it in self.people[:_PEOPLE]],
            "kind": self.kind[:_LETTERS],
            "items": self.items,
            "durationMs": self.length_ms,
        }


class _Found(BaseModel):
    datasets: list[Entry]
    after: str | None


def find_datasets(remote: Remote, sought: Sought, most: int) -> tuple[int, ...]:
    """Return the datasets that a catalogue finds; see `search_catalogue`."""
    return tuple(it.id for it in search_catalogue(remote, sought, most))


def search_catalogue(remote: Remote, sought: Sought, most: int) -> tuple[Entry, ...]:
    """Return what a catalogue says that it finds, the best match first.

    Args:
        remote: an explorer, or a gateway with one.
        sought: what is looked for.
        most: how many at most.

    Raises:
        GatewayError: it has no catalogue, or refuses.
        StorageError: it cannot be reached, or answers something else.
    """
    found: dict[int, Entry] = {}
    asked = sought.query()
    for _ in range(_PAGES):
        answer = remote.ask_openly("GET", f"/datasets.json?{urlencode(asked)}")
        if answer.status != 200:
            raise GatewayError(
                f"{remote.url} has no catalogue to search ({answer.problem()}); name one that has with --index."
            )
        page = remote.read(_Found, answer)
        found |= {it.id: it for it in page.datasets}
        if not page.after or len(found) >= most:
            break
        asked["after"] = page.after
    return tuple(found.values())[:most]


def candidates(
    client: Audiera[TxReceipt],
    book: TokenBook,
    remote: Remote,
    numbers: Collection[int],
    sought: Sought,
    *,
    payer: str,
    token: str,
    report: Callable[[str], object],
) -> Iterator[Candidate]:
    """Yield what of some datasets is what is looked for, and can be used: as the chain has it, whoever named them.

    Args:
        client: the connection.
        book: how amounts are written.
        remote: the gateway that serves them.
        numbers: the datasets.
        sought: what is looked for.
        payer: whose licences count, and to whom offers stand.
        token: that is paid in.
        report: is told in a sentence of each that is left out.
    """
    for number in numbers:
        try:
            if sought.kind not in (None, client.datasets.dataset_of(number).kind):
                raise InputError("it is of another kind.")
            version = read_version(client, remote, number)
            need = Need(version, tuple(it for it in version.rows if it.item.duration_ms and sought.fits(it)))
            if not need.rows:
                raise InputError("nothing in it is what is looked for.")
            ways = [it for it in ways_for(client, book, need, sought.right, payer) if it.is_paid_in(token)]
            if not ways:
                raise InputError("it is neither licensed to you nor on offer for this use and token.")
        except AudieraError as error:
            report(f"Dataset {number} is left out: {error}")
        else:
            yield Candidate(need, choose([number], {number: ways})[0])
