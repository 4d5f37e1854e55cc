"""Which datasets: those that are named, or what is found for some words; all of them, or so many hours."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

import click

from audiera.cli.terminal.output import say
from audiera.cli.terminal.session import Session
from audiera.consumer import Candidate, Need, Sought, candidates, find_datasets, pick
from audiera.errors import InputError
from audiera.protocol import Right, parse_kind
from audiera.quantities import format_length
from audiera.remote import Remote

__all__ = ["Seeking", "seeking"]

F = TypeVar("F", bound=Callable[..., object])

_BPM: Final = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?", re.ASCII)
_MOST: Final = 50  # datasets that are looked at
_HOUR: Final = 3_600_000  # milliseconds

_OPTIONS = (
    click.option(
        "--search", "words", metavar="WORDS", help="Use what is found for these words, in place of datasets named."
    ),
    click.option(
        "--hours",
        type=click.FloatRange(0, 1_000_000, min_open=True),
        help="How much: the cheapest items that come to it.",
    ),
    click.option("--kind", metavar="NAME", help="Of what is found, only this kind: Recordings, Samples, Stems, ..."),
    click.option("--genre", metavar="NAME", default="", help="Only items of this genre, as their item table says."),
    click.option("--bpm", metavar="FROM-TO", help="Only items with so many beats per minute, such as 90-120."),
    click.option(
        "--index",
        metavar="URL",
        help="Where to search: an explorer, or a database of `audiera index` (sqlite:///FILE, postgresql://...). "
        "Unless told, the gateway's own catalogue.",
    ),
)


def seeking(function: F) -> F:
    """Give a command the options that say what is looked for."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@dataclass(frozen=True, slots=True)
class Seeking:
    """What is looked for."""

    datasets: tuple[int, ...]
    """Those that are named."""
    sought: Sought
    hours: float | None
    """None: all of what is named."""
    index: str | None

    @classmethod
    def of(
        cls,
        datasets: Iterable[int],
        right: Right,
        *,
        words: str | None,
        hours: float | None,
        kind: str | None,
        genre: str,
        bpm: str | None,
        index: str | None,
    ) -> Seeking:
        """Return what the words of a command say.

        Raises:
            InputError: they make no sense together.
        """
        named = tuple(dict.fromkeys(datasets))
        if bool(named) == (words is not None):
            raise InputError("Name datasets, or say with --search what to look for.")
        if hours is None and (words is not None or kind or genre or bpm):
            raise InputError("Say with --hours how much of what is found is wanted.")
        if index and words is None:
            raise InputError("--index is where --search looks; datasets that are named are not searched.")
        sought = Sought(
            words=words or "",
            right=right,
            kind=parse_kind(kind) if kind else None,
            genre=genre,
            bpm=_tempo(bpm) if bpm else None,
        )
        return cls(named, sought, hours, index)

    @property
    def request(self) -> dict[str, str]:
        """What was looked for, as it is written down; empty if all of what is named."""
        if self.hours is None:
            return {}
        return {
            **self.sought.query(),
            "datasets": ",".join(map(str, sorted(self.datasets))),
            "hours": f"{self.hours:g}",
        }

    @property
    def first(self) -> int | None:
        """The dataset whose owner says where it is served; None if none is named."""
        return self.datasets[0] if self.datasets else None

    def find(self, session: Session, remote: Remote, token: str) -> tuple[Need, ...]:
        """Return the items of what is found that come to the hours at least cost.

        Raises:
            GatewayError: there is nothing to search in.
            InputError: they come to less.
            StorageError: the gateway cannot be reached.
        """
        assert self.hours is not None
        numbers = self.datasets or self._numbers(remote)
        if not numbers:
            raise InputError("Nothing is found that fits all that was asked for; use fewer words, or ask for less.")
        found: list[Candidate] = list(
            candidates(
                *(session.client, session.book, remote, numbers, self.sought),
                payer=session.me,
                token=token,
                report=say,
            )
        )
        taken = pick(found, round(self.hours * _HOUR))
        if not taken:
            length = format_length(sum(it.length_ms for it in found))
            raise InputError(f"What is found and can be used comes to {length} only; look for more, or take less.")
        return tuple(it.need for it in taken)

    def _numbers(self, remote: Remote) -> tuple[int, ...]:
        if self.index is None or self.index.startswith(("http://", "https://")):
            return find_datasets(Remote(self.index) if self.index else remote, self.sought, _MOST)
        try:
            from audiera.indexer import check_schema, open_index  # noqa: PLC0415  # of an extra
            from audiera.indexer.search import Query, find, match  # noqa: PLC0415
        except ImportError as error:
            raise InputError("An index takes more than the package: pip install 'audiera[serve]'.") from error
        sought = self.sought
        low, high = sought.bpm or (None, None)
        with open_index(self.index, begun=True).connect() as connection:
            check_schema(connection)
            query = Query(
                text=sought.words,
                rights=sought.right,
                kind=sought.kind,
                genre=sought.genre,
                bpm_from=low,
                bpm_to=high,
                limit=_MOST,
            )
            now = int(time.time())
            return tuple(it.dataset for it in find(connection, match(connection, query, now)).hits)


def _tempo(text: str) -> tuple[int, int]:
    match = _BPM.fullmatch(text.strip())
    if match is None:
        raise InputError(f"{text!r} is no tempo; write beats per minute like 120, or 90-120.")
    return int(match[1]), int(match[2] or match[1])
