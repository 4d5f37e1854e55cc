"""What people say of a dataset: its name, who made it, when it is published."""

__all__ = ["Description", "Party"]

import datetime as dt
import json
from dataclasses import dataclass
from typing import Final, Self

from audiera.errors import InputError, StorageError
from audiera.jsontypes import Json, as_list, as_object, as_text, as_texts

_ISNI_URL: Final = "https://isni.org/isni/"


@dataclass(frozen=True, slots=True)
class Party:
    """Someone credited with a dataset, by name, with roles and ISNI where known."""

    name: str
    roles: tuple[str, ...] = ()
    isni: str | None = None

    def json(self) -> Json:
        """Returns the party as schema.org has it: a person, in a role if any is known."""
        person: dict[str, Json] = {"@type": "sc:Person", "name": self.name}
        if self.isni:
            person["sameAs"] = _ISNI_URL + self.isni
        if self.roles:
            return {"@type": "sc:Role", "roleName": list(self.roles), "contributor": person}
        return person

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Reads what `json` writes; a TypeError or KeyError if it is something else."""
        party = as_object(value)
        person = as_object(party.get("contributor", party))
        isni = as_text(person.get("sameAs", "")).removeprefix(_ISNI_URL)
        return cls(as_text(person["name"]), as_texts(party.get("roleName", [])), isni or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What people say of a dataset, beside what its files show.

    Raises:
        InputError: a text is blank, nobody is named as creator, or the date is not YYYY-MM-DD.
    """

    name: str
    description: str
    creators: tuple[str, ...]
    date: str
    """When this version is published, as YYYY-MM-DD."""
    version: int = 1
    contributors: tuple[Party, ...] = ()
    keywords: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.creators and all(text.strip() for text in (self.name, self.description, *self.creators))):
            raise InputError("A dataset needs a name, a description and a creator; give all three.")
        try:
            day = dt.date.fromisoformat(self.date)
        except ValueError as error:
            raise InputError(f"date {self.date!r} is not a day; write it as YYYY-MM-DD.") from error
        if day.isoformat() != self.date:
            raise InputError(f"date {self.date!r} is not in the one form used here; write {day.isoformat()}.")

    @classmethod
    def from_manifest(cls, manifest: bytes) -> Self:
        """Reads back what a manifest says, to carry it over into the next version.

        Raises:
            StorageError: it is not a manifest of this package.
        """
        try:
            document = as_object(json.loads(manifest))
            contributors = as_list(document.get("contributor", []))
            return cls(
                name=as_text(document["name"]),
                description=as_text(document["description"]),
                creators=tuple(as_text(as_object(creator)["name"]) for creator in as_list(document["creator"])),
                date=as_text(document["datePublished"]),
                version=int(as_text(document["version"]).split(".")[0]),
                contributors=tuple(map(Party.from_json, contributors)),
                keywords=as_texts(document.get("keywords", [])),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError(f"The manifest cannot be read ({error!r}); fetch it again.") from error
