"""The music of the story: rendered, or the user's own folder; and who is credited with it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audiera.credits import ContributorsError, ShareRule, name_fold, read_contributors
from audiera.demo.band.album import PEOPLE, Rendered, render
from audiera.demo.cast import Cast, wallet_of
from audiera.errors import InputError
from audiera.folder import ReadingCache, scan
from audiera.protocol import TableRow
from audiera.text import normal, read_spreadsheet, tidy

__all__ = ["Source", "find_music", "own_music", "owner_of"]

_TABLE: Final = "contributors.csv"


@dataclass(frozen=True, slots=True)
class Source:
    """One folder of music, and how its income is to be shared."""

    folder: Path
    contributors: Path
    rule: ShareRule | None
    creator: str
    description: str
    shares: str
    """A sentence: where the shares come from."""
    readings: ReadingCache | None = None
    """What reading the folder found already."""


def owner_of(music: Path) -> str:
    """Return what the owner of the user's music is called."""
    return f"Owner of {music.resolve().name}"


def find_music(music: Path | None, cast: Cast, folder: Path) -> tuple[Source, Source, Source]:
    """Return three folders of music: the first is the user's, if there is one, else all are rendered.

    One contributor to rendered music has no wallet: to the first folder, or to the second if the first is the user's.

    Args:
        music: the user's folder, which is only read.
        cast: who is in the story.
        folder: where to render, and where a contributors file is composed if the user's is missing or unclear.

    Raises:
        FolderError: if files of the user's folder cannot be taken, all of them at once.
        InputError: if it holds no music.
    """
    without_wallet = "Pavel Brandt" if music is None else "Sora Kimura"
    wallets = {name: wallet_of(name) for name in PEOPLE if name != without_wallet}
    album, samples, weather = (_rendered(it) for it in render(folder / "music", wallets))
    return (album if music is None else own_music(music, cast, folder)), samples, weather


def _rendered(made: Rendered) -> Source:
    return Source(made.folder, made.contributors, made.rule, made.creator, made.description, _SAID[made.rule])


def own_music(music: Path, cast: Cast, folder: Path) -> Source:
    """Return the user's folder; where its contributors file is missing or unclear, with one composed in `folder`.

    Raises:
        FolderError: if files cannot be taken, all of them at once.
        InputError: if it holds no music.
    """
    readings = ReadingCache.load(folder)
    rows = scan(music, known=readings).rows
    table = music / _TABLE
    try:
        rule = _rule_of(table, {row.metadata.path for row in rows})
        shares = f"{_TABLE} states them" if rule is None else f"{_TABLE} states none, so for this demo {_RULES[rule]}"
        return Source(music, table, rule, cast.creator.name, "", shares, readings)
    except ContributorsError as error:
        unclear = error.problems[0].partition(";")[0].removesuffix(".")
        reason = f"{_TABLE} is unclear ({unclear})" if table.is_file() else f"there is no {_TABLE}"
    composed = folder / _TABLE
    rule, named = _compose(composed, table, rows, cast)
    return Source(music, composed, rule, cast.creator.name, "", f"{reason}, so for this demo {named}", readings)


_SAID: Final = {
    None: f"{_TABLE} states them",
    ShareRule.SECONDS: "every file counts its length, for whoever made it",
    ShareRule.ITEMS: "every file counts the same, for whoever made it",
}
_RULES: Final = {
    ShareRule.ITEMS: "every credited file counts the same, and is shared equally among those it credits",
    ShareRule.EQUAL: "everyone it names gets the same",
}


def _rule_of(table: Path, paths: AbstractSet[str]) -> ShareRule | None:
    """Return the rule for what the user's contributors file leaves open.

    Raises:
        ContributorsError: if it is missing or unclear, or of other files than these.
    """
    file = read_contributors(table)
    if not file.per_item:
        return None if file.states_shares else ShareRule.EQUAL
    listed = {*file.uncredited, *(it.file for it in file.credits if it.file)}
    if unlike := sorted(listed ^ paths):
        raise ContributorsError(table, [f"{_TABLE} and the folder differ in {unlike[0]}"])
    return ShareRule.ITEMS


def _compose(composed: Path, table: Path, items: Sequence[TableRow], cast: Cast) -> tuple[ShareRule, str]:
    """Write a contributors file from the names in the user's own, else from the tags."""
    listed = dict(_names_in(table))
    spelling: dict[str, str] = {}
    rows: list[tuple[str, str, str]] = []
    for path, artists in ((it.metadata.path, it.metadata.artists) for it in items):
        names = listed.get(path) or artists
        good = [spelling.setdefault(name_fold(it), it) for it in names if _names_somebody(it, composed)]
        rows += [(path, name, "") for name in dict.fromkeys(good)] or [(path, "-", "")]
    if spelling:
        named = "the composers it names, else the artists in the tags," if listed else "the artists named in the tags"
        text = f"{named} share it: every credited file counts the same"
        _write(composed, ("file", "composer", "address"), *rows)
        return ShareRule.ITEMS, text
    _write(composed, ("name", "address"), (cast.creator.name, cast.creator.address))
    return ShareRule.EQUAL, "its owner gets everything, since the tags name nobody either"


def _names_in(table: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the names that a contributors file gives for each file, as far as it can be read."""
    try:
        found = read_spreadsheet(table, {"file", "composer", "name"})
    except InputError:
        return
    columns = {name: place for place, name in enumerate(found.columns)}
    name = columns.get("composer", columns.get("name"))
    if name is None or "file" not in columns:
        return
    names: dict[str, list[str]] = {}
    for _, cells in found.rows:
        file = normal(cells[columns["file"]].strip())
        names.setdefault(file, []).append(tidy(cells[name]))
    yield from names.items()


def _names_somebody(name: str, probe: Path) -> bool:
    """Say whether a contributors file may credit this name, by writing one that does."""
    _write(probe, ("file", "composer"), ("some file", name))
    try:
        read_contributors(probe)
    except ContributorsError:
        return False
    return True


def _write(path: Path, *rows: tuple[str, ...]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
