"""`make build` writes what the contracts make, and `make fresh` refuses anything else."""

import json
from pathlib import Path

import pytest

from tools import build, commands
from tools.contracts import Contract, Layout, Output

COMMITTED = [
    "audiera/abi/Splitter.json",
    "audiera/demo/MockToken.json",
    "docs/reference/commands/pay.md",
    "docs/reference/contracts/Splitter.md",
    *(f"npm/{name}.{kind}" for name in ("abi", "addresses") for kind in ("js", "ts")),
    "npm/package.json",
    *(f"npm/types.{kind}" for kind in ("js", "ts")),
    "tests/snapshots/layout/Splitter.json",
    "tests/snapshots/sizes.json",
]
PAGE = Path("docs/reference/commands/pay.md")
STORAGE: Layout = {
    "storage": [{"label": "_count", "slot": "0", "offset": 0, "type": "t_uint256"}],
    "types": {"t_uint256": {"label": "uint256"}},
}


def contract(name: str = "Splitter", *, public: bool = True, runtime: int = 100) -> Contract:
    output: Output = {
        "abi": [],
        "evm": {"bytecode": {"object": "fe" * 120}, "deployedBytecode": {"object": "fe" * runtime}},
        "storageLayout": STORAGE,
        "transientStorageLayout": {"storage": [], "types": None},
        "userdoc": {},
        "devdoc": {},
    }
    return Contract(name, public=public, output=output)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose contracts compile to one public contract and one mock, already built."""
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(commands, "pages", lambda: {PAGE: "# `pay`\n"})
    compiles(monkeypatch, contract(), contract("MockToken", public=False))
    assert build.main([]) == 0
    return tmp_path


def compiles(monkeypatch: pytest.MonkeyPatch, *contracts: Contract, warnings: tuple[str, ...] = ()) -> None:
    monkeypatch.setattr(build, "compile_all", lambda: (list(contracts), list(warnings)))


def test_build_writes_the_committed_files_and_an_artifact_of_everything(checkout: Path) -> None:
    for path in [*COMMITTED, "build/Splitter.json", "build/MockToken.json"]:
        assert (checkout / path).is_file(), path
    assert not (checkout / "audiera/abi/MockToken.json").exists()
    artifact = json.loads((checkout / "audiera/abi/Splitter.json").read_text())
    assert (artifact["contractName"], artifact["creationCode"], artifact["runtimeSize"]) == (
        "Splitter",
        "0x" + "fe" * 120,
        100,
    )
    assert json.loads((checkout / "tests/snapshots/sizes.json").read_text()) == {
        "Splitter": {"runtime": 100, "creation": 120}
    }
    layout = json.loads((checkout / "tests/snapshots/layout/Splitter.json").read_text())
    assert layout == {"storage": ["slot 0 byte 0: uint256 _count"], "transient": []}
    assert build.main(["--check"]) == 0


@pytest.mark.parametrize("path", COMMITTED)
def test_check_names_a_file_that_was_edited_by_hand(
    checkout: Path, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / path).write_text("edited")

    assert build.main(["--check"]) == 1

    assert capsys.readouterr().err == f"These are not what their sources make; run `make build`: {path}.\n"
    assert (checkout / path).read_text() == "edited"


def test_a_file_of_a_contract_that_has_gone_is_stale_until_the_next_build(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compiles(monkeypatch)

    assert build.main(["--check"]) == 1
    assert "audiera/abi/Splitter.json" in capsys.readouterr().err

    assert build.main([]) == 0
    assert not (checkout / "audiera/abi/Splitter.json").exists()
    assert build.main(["--check"]) == 0


@pytest.mark.usefixtures("checkout")
def test_a_warning_fails_the_command_but_artifacts_are_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compiles(monkeypatch, contract(), warnings=("Unused variable.",))

    assert (build.main([]), build.main(["--check"])) == (1, 1)

    assert capsys.readouterr().err == "Unused variable.\n" * 2


@pytest.mark.usefixtures("checkout")
def test_a_contract_too_large_to_deploy_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compiles(monkeypatch, contract(runtime=24_577))

    assert build.main([]) == 1

    assert capsys.readouterr().err == "Splitter is 24,577 bytes; 24,576 can be deployed.\n"


def test_pages_of_commands_are_made_anew_only_where_something_has_changed(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def pages() -> dict[Path, str]:
        made.append(PAGE)
        return {PAGE: "# `pay`\n"}

    monkeypatch.setattr(commands, "pages", pages)

    assert build.main([]) == 0
    assert made == []
    (checkout / PAGE).write_text("edited")
    (checkout / PAGE).with_name("gone.md").write_text("of a command that has gone")
    assert build.main([]) == 0
    assert made == [PAGE]
    (checkout / "scripts").mkdir()
    (checkout / "scripts" / "pay.py").write_text("cli = None")
    assert build.main([]) == 0

    assert made == [PAGE, PAGE]
    assert (checkout / PAGE).read_text() == "# `pay`\n"
    assert not (checkout / PAGE).with_name("gone.md").exists()
