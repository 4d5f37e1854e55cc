"""Every interface says, in one place, what it takes for granted of all that it depends on."""

import re
from pathlib import Path

import pytest

from tests.support.places import DOCS, ROOT

INTERFACES = sorted((ROOT / "contracts" / "interfaces").glob("*.sol"))
PAGES = "".join(page.read_text() for page in sorted((DOCS / "reference" / "contracts").glob("*.md")))
# The documentation of an interface itself: an unbroken comment that ends where it is declared.
HEAD = re.compile(r"((?:^///.*\n)+)^interface (\w+)", re.MULTILINE)


@pytest.mark.parametrize("file", INTERFACES, ids=lambda file: file.stem)
def test_an_interface_states_its_assumptions_once_and_they_are_in_the_reference(file: Path) -> None:
    source = file.read_text()
    head = next(head for head, name in HEAD.findall(source) if name == file.stem)
    before, _, stated = head.replace("\n///", "").partition(" @dev Assumptions: - ")
    assumptions = [f"- {each.strip()}" for each in stated.split(" - ")]

    assert source.count("Assumptions") == 1
    assert "@title" in before
    assert "@" not in stated
    assert [each for each in assumptions if not re.match(r"- [A-Z][^:]+: .+\.$", each)] == []
    assert [each for each in assumptions if f"\n{each}\n" not in PAGES] == []
