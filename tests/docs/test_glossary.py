"""`docs/glossary.md`: its words are those of the pages that it leads to, and of the contracts."""

import re

from tests.support.places import DOCS, ROOT

ROWS = re.findall(
    r"^\| \*\*([a-z ]+)\*\* \| ([^|]+) \| \[[a-z]+\]\(([a-z]+\.md)\) \|$",
    (DOCS / "glossary.md").read_text("utf-8"),
    re.MULTILINE,
)
OFF_CHAIN = {"contributor", "custodian", "journal", "receipt"}
"""What the contracts need no word for."""


def test_every_word_stands_once_in_order_with_a_sentence() -> None:
    lines = (DOCS / "glossary.md").read_text("utf-8").count("\n| **")

    assert len(ROWS) == lines > 30
    assert [word for word, _, _ in ROWS] == sorted({word for word, _, _ in ROWS})
    assert [word for word, meaning, _ in ROWS if ". " in meaning or meaning.endswith(".")] == []


def test_every_word_is_used_on_the_page_that_it_leads_to() -> None:
    pages = {page: (DOCS / page).read_text("utf-8").lower() for _, _, page in ROWS}

    assert [word for word, _, page in ROWS if not re.search(rf"\b{word}", pages[page])] == []


def test_every_word_of_the_chain_is_one_of_the_contracts() -> None:
    interfaces = " ".join(it.read_text("utf-8") for it in (ROOT / "contracts" / "interfaces").glob("*.sol")).lower()

    unused = {word for word, _, _ in ROWS if not re.search(rf"\b{word}", interfaces)}

    assert unused == OFF_CHAIN
