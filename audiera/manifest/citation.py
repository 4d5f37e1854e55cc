"""How to cite a dataset, made from the facts of its manifest."""

import re
from typing import Final

from audiera.manifest.description import Description
from audiera.text import normal

__all__ = ["cite"]


_SPECIAL: Final = str.maketrans(
    {letter: f"\\{letter}" for letter in "%&#_$"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "\n": " "}
    # BibTeX counts braces, escaped or not: one without its twin would swallow the rest of the file.
    | {"{": r"\textbraceleft{}", "}": r"\textbraceright{}"}
)
_PLAIN_NAME: Final = re.compile(r"(?!.*\band\b)[^,{}\\]+")


def cite(facts: Description, content_root: bytes) -> str:
    """Return a BibTeX entry: name, creators, year, version, and the content root, which no other dataset has."""
    year = facts.date[:4]
    fields = {
        "title": f"{{{_escaped(facts.name)}}}",  # braced twice: BibTeX changes no letter's case
        "author": " and ".join(_author(party.name, whole=party.organization) for party in facts.creators),
        "year": year,
        "version": str(facts.version),
        "note": f"Dataset, content root 0x{content_root.hex()}",
    }
    listed = "".join(f",\n  {key} = {{{value}}}" for key, value in fields.items())
    return f"@misc{{{_key(facts.name, year)}{listed}\n}}"


def _author(name: str, *, whole: bool) -> str:
    """Brace what BibTeX would take apart: an organisation, or a person whose name has a comma or an `and`."""
    escaped = _escaped(name)
    return f"{{{escaped}}}" if whole or not _PLAIN_NAME.fullmatch(name) else escaped


def _escaped(text: str) -> str:
    return text.translate(_SPECIAL)


def _key(name: str, year: str) -> str:
    letters = normal(name, "NFKD").encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", letters)[:4]
    return "-".join([*words, year] if words else ["dataset", year])
