"""Licence texts in plain language, and whether the rights of terms agree with them.

Each text begins with a section for machines, which sorts every right there is into granted, optional (granted if the
record says so) and withheld, and its prose says the same. Terms name a text by the SHA-256 of its bytes, so a text
is never edited once it is in use: a better one is a new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

from audiera.errors import TermsError
from audiera.protocol import ALL_RIGHTS, Right, TermsFlag, describe_rights, parse_rights

__all__ = ["TEMPLATES", "Template", "check_rights", "template", "template_of"]

TEMPLATES: Final = ("open", "research", "training", "generative", "model")
"""The names of the texts, from the most open use to the most particular."""

_FENCE: Final = "---\n"


@dataclass(frozen=True, slots=True)
class Template:
    """One licence text."""

    name: str
    title: str
    granted: Right
    """What terms under this text must grant."""
    optional: Right
    """What they may grant."""
    withheld: Right
    """What they must not grant."""
    flags: TermsFlag
    """What suits the text; terms may choose otherwise."""
    text: bytes
    quota: int = 0
    """How many units terms under this text allow, counted in calls; 0: it says nothing of a number."""

    @property
    def digest(self) -> bytes:
        """What terms name the text by: the SHA-256 of its bytes."""
        return sha256(self.text).digest()


@cache
def template(name: str) -> Template:
    """Return the text of that name, in any letter case.

    Raises:
        TermsError: if there is none; the message lists them.
    """
    wanted = name.strip().lower()
    if wanted not in TEMPLATES:
        raise TermsError(f"{name.strip()!r} is not a licence text; choose from {', '.join(TEMPLATES)}.")
    text = files("audiera.licensing").joinpath("templates", f"{wanted}.md").read_bytes()
    head = text.decode("utf-8").split(_FENCE)[1]
    fields = {key: value.strip() for key, _, value in (line.partition(":") for line in head.splitlines())}
    flags = TermsFlag(0)
    for flag in filter(None, map(str.strip, fields["flags"].split(","))):
        flags |= TermsFlag[flag]
    granted, optional, withheld = (_rights(fields[key]) for key in ("grants", "optional", "withholds"))
    return Template(
        fields["name"], fields["title"], granted, optional, withheld, flags, text, int(fields.get("quota", 0))
    )


def template_of(digest: bytes) -> Template | None:
    """Return the text that terms name by this digest; None if it is not one of these."""
    return next((it for it in map(template, TEMPLATES) if it.digest == digest), None)


def check_rights(text: Template, rights: int) -> None:
    """Return if terms that grant `rights` agree with the text.

    Raises:
        TermsError: if they grant what it withholds, withhold what it grants, or are not rights.
    """
    if unknown := int(rights) & ~ALL_RIGHTS:
        raise TermsError(f"{unknown:#x} has bits that are not rights; the text {text.name!r} does not speak of them.")
    if beyond := rights & text.withheld:
        raise TermsError(
            f"The text {text.name!r} withholds {describe_rights(beyond)}; leave that out, or choose another text."
        )
    if missing := text.granted & ~rights:
        raise TermsError(f"The text {text.name!r} grants {describe_rights(missing)}; add that, or choose another text.")


def _rights(names: str) -> Right:
    return parse_rights(names) if names else Right(0)
