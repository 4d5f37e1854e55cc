"""Who is credited, by whatever they are known by, and whether two of them are really one."""

import unicodedata
from dataclasses import dataclass, replace
from typing import Final, Self

from eth_typing import ChecksumAddress

from audiera.text import UNSEEN, Json, as_object, as_text, as_texts, normal

__all__ = ["NUMBERS", "Party", "Person", "name_fold", "number_label"]


NUMBERS: Final = ("isni", "ipi", "orcid")
"""What tells people apart who have one name: fields of `Person`."""

_LABELS: Final = {"isni": "ISNI", "ipi": "IPI", "orcid": "ORCID"}
_ISNI_URL: Final = "https://isni.org/isni/"
_ORCID_URL: Final = "https://orcid.org/"
_IPI: Final = "IPI"
_PERSON: Final = "sc:Person"
_ORGANIZATION: Final = "sc:Organization"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone credited: a name, and where known their numbers and the address that is to be paid."""

    name: str
    address: ChecksumAddress | None = None
    alias: str | None = None
    """What the address was written as, if not itself."""
    isni: str | None = None
    ipi: str | None = None
    orcid: str | None = None

    def completed(self, other: Self) -> Self:
        """Return this person with what is known of `other`, who is the same, where nothing is known here."""
        return replace(
            self,
            address=self.address or other.address,
            alias=self.alias or other.alias,
            isni=self.isni or other.isni,
            ipi=self.ipi or other.ipi,
            orcid=self.orcid or other.orcid,
        )


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
        """Return the party as schema.org has it: a person or an organisation, in a role if any is known."""
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
        """Read what `json` writes; a ValueError, TypeError or KeyError if it is something else."""
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


def number_label(field: str) -> str:
    """Return how people call one of `NUMBERS`."""
    return _LABELS.get(field, field)


def name_fold(name: str) -> str:
    """Return what names have in common that are probably one person's: case, accents, width, spaces and
    punctuation do not count.
    """
    letters = [letter for letter in normal(name.casefold(), "NFKD") if _counts(letter)]
    return "".join(letters) or name.casefold()


def _counts(letter: str) -> bool:
    # Accents stand above or below (combining class 200 and more); vowel signs of other scripts are letters.
    is_letter = unicodedata.category(letter)[0] not in "PZSC" and letter not in UNSEEN
    return is_letter and unicodedata.combining(letter) < 200


def _code(urls: tuple[str, ...], start: str) -> str | None:
    return next((url.removeprefix(start) for url in urls if url.startswith(start)), None)
