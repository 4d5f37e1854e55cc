"""A paper for print, set by Typst. What it says is data to the typesetter, never markup."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from audiera.errors import InputError
from audiera.papers.fonts import missing, spelled
from audiera.papers.paper import Paper, Sentence
from audiera.text import Json

__all__ = ["check_typesetter", "is_set_alike", "pdf_of"]

_MAKER: Final = re.compile(rb"/Creator\(Typst [0-9.]+\)")
_FONTS: Final = ("Libertinus Serif", "Noto Serif", "DejaVu Serif")


def check_typesetter(instead: str) -> None:
    """Return if PDFs can be made here: ask before anything else is begun.

    Args:
        instead: what to do where they are not wanted: "name ... by ...".

    Raises:
        InputError: the typesetter is not installed.
    """
    try:
        import typst  # noqa: F401, PLC0415  # of an extra
    except ImportError as error:
        raise InputError(f"A PDF needs a typesetter: pip install 'audiera[pdf]', or {instead}.") from error


def pdf_of(paper: Paper) -> tuple[bytes, frozenset[str]]:
    """Return a paper as PDF, and the letters that no font here has: they are printed as their numbers.

    Raises:
        InputError: the typesetter is not installed.
    """
    try:
        import typst  # noqa: PLC0415  # of an extra
    except ImportError as error:
        raise InputError("A PDF needs a typesetter: pip install 'audiera[pdf]'.") from error
    fonts = typst.Fonts()
    absent = missing(_texts(paper), sorted({it.path for it in fonts.fonts() if it.path}))
    families = fonts.families()
    data = _data(paper, absent, [it for it in _FONTS if it in families])
    with TemporaryDirectory() as folder:
        source = Path(folder) / "paper.typ"
        source.write_bytes(files("audiera.papers").joinpath("paper.typ").read_bytes())
        made: bytes = typst.compile(str(source), root=folder, format="pdf", sys_inputs={"paper": json.dumps(data)})
    return made, absent


def is_set_alike(paper: Paper, one: bytes, two: bytes) -> bool:
    """Return whether two PDFs of a paper have to be the same, byte for byte, if both say what it says.

    They have to if they name one typesetter, and its own fonts have all letters.
    """
    makers = {_MAKER.search(it) for it in (one, two)}
    named = {it.group() for it in makers if it}
    return None not in makers and len(named) == 1 and not missing(_texts(paper), ())


def _texts(paper: Paper) -> list[str]:
    found = [paper.title, paper.under, *paper.words.values()]
    for it in paper.chapters:
        found += [it.title, *(text for said in it.sentences for text in (said.text, *said.proofs))]
        found += [text for table in it.tables for row in (table.columns, *table.rows) for text in row]
    return found


def _data(paper: Paper, absent: frozenset[str], fonts: list[str]) -> dict[str, Json]:
    def text(said: str) -> str:
        return spelled(said, absent)

    def sentence(said: Sentence) -> dict[str, Json]:
        proofs = ", ".join(said.proofs)
        where = f"{paper.words[said.source]}: {proofs}" if proofs else paper.words[said.source]
        return {"text": text(said.text), "from": text(where), "source": said.source.value}

    chapters: list[Json] = [
        {
            "title": text(it.title),
            "level": it.level,
            "sentences": [sentence(said) for said in it.sentences],
            "tables": [
                {
                    "columns": [text(name) for name in table.columns],
                    "rows": [[text(cell) for cell in row] for row in table.rows],
                }
                for table in it.tables
            ],
        }
        for it in paper.chapters
    ]
    return {"title": text(paper.title), "under": text(paper.under), "fonts": fonts, "chapters": chapters}
