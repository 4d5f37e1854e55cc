from dataclasses import replace

import pytest

from audiera.credits.people import Party
from audiera.manifest.citation import cite
from audiera.manifest.description import Description

ROOT = b"\x0a" * 32
FACTS = Description(name="Harbour Lights", description="D", creators=(Party("Ada"),), date="2026-03-01", version=2)


def test_a_citation_is_bibtex_made_of_the_facts() -> None:
    facts = replace(FACTS, creators=(Party("Ada Moreau"), Party("Sea Records", organization=True)))

    assert cite(facts, ROOT) == (
        "@misc{harbour-lights-2026,\n"
        "  title = {{Harbour Lights}},\n"
        "  author = {Ada Moreau and {Sea Records}},\n"
        "  year = {2026},\n"
        "  version = {2},\n"
        f"  note = {{Dataset, content root 0x{'0a' * 32}}}\n"
        "}"
    )


@pytest.mark.parametrize(
    ("name", "author"),
    [
        ("Ada", "Ada"),
        ("Zoë Å", "Zoë Å"),
        ("Belle and Sebastian", "{Belle and Sebastian}"),
        ("Anders Sandhand", "Anders Sandhand"),
        ("Moreau, Ada", "{Moreau, Ada}"),
        ("R&D_100%", r"R\&D\_100\%"),
        ("A {b} \\ ~^", r"{A \textbraceleft{}b\textbraceright{} \textbackslash{} \textasciitilde{}\textasciicircum{}}"),
        ("A{", r"{A\textbraceleft{}}"),
    ],
)
def test_a_name_is_cited_whole(name: str, author: str) -> None:
    """BibTeX parts authors at `and` and names at commas, and takes special characters for commands."""
    cited = cite(replace(FACTS, creators=(Party(name),)), ROOT)

    assert f"  author = {{{author}}},\n" in cited


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Écluse n° 7", "ecluse-n-7-2026"),
        ("One two three four five", "one-two-three-four-2026"),
        ("夜の船", "dataset-2026"),
        ("{}%,", "dataset-2026"),
    ],
)
def test_the_key_is_of_letters_that_bibtex_takes(name: str, key: str) -> None:
    assert cite(replace(FACTS, name=name), ROOT).startswith(f"@misc{{{key},\n")
