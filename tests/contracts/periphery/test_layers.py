"""The periphery stands on the interfaces alone, and nothing stands on the periphery."""

import re
from pathlib import Path

from tests.support.places import ROOT

CONTRACTS = ROOT / "contracts"
PERIPHERY = CONTRACTS / "periphery"
IMPORT = re.compile(r"^import [^;]*\"([^\"]+)\";", re.MULTILINE)
BELOW = ("../interfaces/", "./", "solady/", "@openzeppelin/")


def imports(file: Path) -> list[str]:
    return IMPORT.findall(file.read_text())


def test_the_periphery_imports_nothing_but_interfaces_and_libraries_of_others() -> None:
    beyond = [(file.name, path) for file in PERIPHERY.glob("*.sol") for path in imports(file)]

    assert [it for it in beyond if not it[1].startswith(BELOW)] == []


def test_no_deployed_contract_imports_the_periphery() -> None:
    core = [file for file in CONTRACTS.rglob("*.sol") if file.parent not in (PERIPHERY, CONTRACTS / "mocks")]

    assert len(core) > 30
    assert [file.name for file in core if any("periphery" in path for path in imports(file))] == []


def test_every_file_of_the_periphery_is_one_small_idea() -> None:
    lengths = {file.name: len(file.read_text().splitlines()) for file in PERIPHERY.glob("*.sol")}

    assert {name: lines for name, lines in lengths.items() if lines > 80} == {}
