"""What people say of a dataset: its name, who made it, when it is published."""

import datetime as dt
from dataclasses import dataclass
from typing import Final, Self

from audiera.credits import Party
from audiera.errors import InputError
from audiera.text import as_list, as_text, as_texts, tidy

__all__ = ["Description"]


_NAME_LETTERS: Final = 250
_TEXT_LETTERS: Final = 20_000
_CREATORS: Final = 100
_KEYWORDS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What people say of a dataset, beside what its files show. Texts are brought to NFC, names to one line.

    Raises:
        InputError: a text is blank, too long or not Unicode, nobody is named as creator, or the date is not YYYY-MM-DD.
    """

    name: str
    description: str
    creators: tuple[Party, ...]
    """Without roles: they are those of contributors."""
    date: str
    """When this version is published, as YYYY-MM-DD."""
    version: int = 1
    contributors: tuple[Party, ...] = ()
    keywords: tuple[str, ...] = ()
    citation: str = ""
    """How to cite it, in BibTeX if possible; empty: as these facts suggest (`audiera.manifest.citation`)."""

    def __post_init__(self) -> None:
        names = [party.name for party in self.creators]
        if not (names and all(text.strip() for text in (self.name, self.description, *names))):
            raise InputError("A dataset needs a name, a description and a creator; give all three.")
        _check_length("The name", self.name, _NAME_LETTERS)
        for text in names:
            _check_length("A creator's name", text, _NAME_LETTERS)
        for text in self.keywords:
            _check_length("A keyword", text, _NAME_LETTERS)
        _check_length("The description", self.description, _TEXT_LETTERS)
        _check_length("The citation", self.citation, _TEXT_LETTERS)
        if len(names) > _CREATORS:
            raise InputError(
                f"There are {len(names)} creators, and {_CREATORS} is the most; name who made the dataset with "
                "--creator or --organization."
            )
        if len(self.keywords) > _KEYWORDS:
            raise InputError(f"There are {len(self.keywords)} keywords; choose {_KEYWORDS} at most.")
        _check_date(self.date)
        object.__setattr__(self, "name", tidy(self.name))
        object.__setattr__(self, "keywords", tuple(dict.fromkeys(filter(None, map(tidy, self.keywords)))))

    @classmethod
    def from_document(cls, document: dict[str, object], contributors: object = None) -> Self:
        """Read back what a manifest says; a ValueError, TypeError or KeyError if it is not one of this package.

        Args:
            document: the manifest.
            contributors: the list that it keeps in a file of its own, if it does.
        """
        listed = document.get("contributor", []) if contributors is None else contributors
        return cls(
            name=as_text(document["name"]),
            description=as_text(document["description"]),
            creators=tuple(map(Party.from_json, as_list(document["creator"]))),
            date=as_text(document["datePublished"]),
            version=int(as_text(document["version"]).removesuffix(".0.0")),
            contributors=tuple(map(Party.from_json, as_list(listed))),
            keywords=as_texts(document.get("keywords", [])),
            citation=as_text(document["citeAs"]),
        )


def _check_length(what: str, text: str, most: int) -> None:
    if len(text) > most:
        raise InputError(f"{what} has {len(text):,} letters; shorten it to {most:,}.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{what} {text!r} is not valid Unicode; give one that is.") from error


def _check_date(date: str) -> None:
    try:
        day = dt.date.fromisoformat(date)
    except ValueError as error:
        raise InputError(f"date {date!r} is not a day; write it as YYYY-MM-DD.") from error
    if day.isoformat() != date:
        raise InputError(f"date {date!r} is not in the one form used here; write {day.isoformat()}.")
