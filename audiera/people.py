"""Who is credited, by whatever they are known by, and whether two of them are really one."""

__all__ = ["NUMBERS", "Person", "name_fold", "number_label"]

import unicodedata
from dataclasses import dataclass, replace
from typing import Final, Self

from eth_typing import ChecksumAddress

NUMBERS: Final = ("isni", "ipi", "orcid")
"""What tells people apart who have one name: fields of `Person`."""

_LABELS: Final = {"isni": "ISNI", "ipi": "IPI", "orcid": "ORCID"}


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
        """Returns this person with what is known of `other`, who is the same, where nothing is known here."""
        return replace(
            self,
            address=self.address or other.address,
            alias=self.alias or other.alias,
            isni=self.isni or other.isni,
            ipi=self.ipi or other.ipi,
            orcid=self.orcid or other.orcid,
        )


def number_label(field: str) -> str:
    """Returns how people call one of `NUMBERS`."""
    return _LABELS.get(field, field)


def name_fold(name: str) -> str:
    """Returns what names have in common that are probably one person's: case, accents, width, spaces and
    punctuation do not count.
    """
    letters = [letter for letter in unicodedata.normalize("NFKD", name.casefold()) if _counts(letter)]
    return "".join(letters) or name.casefold()


def _counts(letter: str) -> bool:
    # Accents stand above or below (combining class 200 and more); vowel signs of other scripts are letters.
    return unicodedata.category(letter)[0] not in "PZSC" and unicodedata.combining(letter) < 200
