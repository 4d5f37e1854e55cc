"""What people say of a dataset: its name, who made it, when it is published."""

__all__ = ["Description", "Party"]

import datetime as dt
from dataclasses import dataclass
from typing import Final, Self

from audiera.errors import InputError
from audiera.text.jsontypes import Json, as_list, as_object, as_text, as_texts
from audiera.text.tidy import tidy

_ISNI_URL: Final = "https://isni.org/isni/"
_ORCID_URL: Final = "https://orcid.org/"
_IPI: Final = "IPI"
_PERSON: Final = "sc:Person"
_ORGANIZATION: Final = "sc:Organization"

_NAME_LETTERS: Final = 250
_TEXT_LETTERS: Final = 20_000
_CREATORS: Final = 100
_KEYWORDS: Final = 200


@dataclass(frozen=True, slots=True)
class Party:
    """Someone credited with a dataset, by name, with roles and identifiers where known."""

    name: str
    roles: tuple[str, ...] = ()
    isni: str | None = None
    """16 characters without spaces."""
    ipi: str | None = None
    """IPI name number, 11 digits."""
    orcid: str | None = None
    """With hyphens, as ORCID writes it."""
    organization: bool = False
    """A band, a label or a company; a person unless somebody says so."""

    def json(self) -> dict[str, Json]:
        """Returns the party as schema.org has it: a person or an organisation, in a role if any is known."""
        who: dict[str, Json] = {"@type": _ORGANIZATION if self.organization else _PERSON, "name": self.name}
        urls = [url + code for url, code in ((_ISNI_URL, self.isni), (_ORCID_URL, self.orcid)) if code]
        if urls:
            who["sameAs"] = urls
        if self.ipi:
            who["identifier"] = {"@type": "sc:PropertyValue", "propertyID": _IPI, "value": self.ipi}
        if self.roles:
            return {"@type": "sc:Role", "roleName": list(self.roles), "contributor": who}
        return who

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Reads what `json` writes; a ValueError, TypeError or KeyError if it is something else."""
        party = as_object(value)
        who = as_object(party.get("contributor", party))
        urls = as_texts(who.get("sameAs", []))
        number = as_object(who["identifier"])["value"] if "identifier" in who else None
        found = cls(
            as_text(who["name"]),
            as_texts(party.get("roleName", [])),
            isni=_code(urls, _ISNI_URL),
            ipi=None if number is None else as_text(number),
            orcid=_code(urls, _ORCID_URL),
            organization=who["@type"] == _ORGANIZATION,
        )
        if found.json() != party:
            raise ValueError(f"{found.name!r} is described in an unknown way")
        return found


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
    """How to cite it, in BibTeX if possible; empty: as these facts suggest (`audiera.croissant.citation`)."""

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
        """Reads back what a manifest says; a ValueError, TypeError or KeyError if it is not one of this package.

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


def _code(urls: tuple[str, ...], start: str) -> str | None:
    return next((url.removeprefix(start) for url in urls if url.startswith(start)), None)


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
