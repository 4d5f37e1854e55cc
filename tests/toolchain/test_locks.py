"""The lock files hold what every platform needs, by hash, and nobody's registry; Ape's pins are in Ape's alone."""

import json
import re
import tomllib
from collections.abc import Mapping

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.support.places import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NPM = json.loads((ROOT / "package-lock.json").read_text())["packages"]
WITH_APE, BESIDE = "requirements.lock", "requirements-beside.lock"


def entries(lock: str) -> list[tuple[str, Version, str]]:
    """Each package of a lock file of Python: its name, its version, and what follows."""
    found = re.findall(r"^([a-z0-9-]+)==(\S+)(.*(?:\n    --hash=.*)*)$", (ROOT / lock).read_text(), re.MULTILINE)
    return [(name, Version(version), rest) for name, version, rest in found]


def versions(lock: str) -> Mapping[str, list[Version]]:
    """What a lock file holds of each package; more than one where Pythons differ."""
    names = {name for name, _, _ in entries(lock)}
    return {it: [version for name, version, _ in entries(lock) if name == it] for it in names}


@pytest.mark.parametrize("tool", ["anvil", "forge"])
@pytest.mark.parametrize(
    ("platform", "system", "processor"),
    [
        ("darwin-amd64", "darwin", "x64"),
        ("darwin-arm64", "darwin", "arm64"),
        ("linux-amd64", "linux", "x64"),
        ("linux-arm64", "linux", "arm64"),
    ],
)
def test_anvil_and_forge_are_locked_for_every_platform(tool: str, platform: str, system: str, processor: str) -> None:
    entry = NPM[f"node_modules/@foundry-rs/{tool}-{platform}"]

    assert (entry["os"], entry["cpu"], entry["optional"]) == ([system], [processor], True)
    assert entry["version"] == NPM["node_modules/@foundry-rs/anvil-linux-amd64"]["version"]


def test_every_npm_package_has_its_hash_and_no_address() -> None:
    packages = {name: entry for name, entry in NPM.items() if name}

    assert [name for name, entry in packages.items() if not entry["integrity"].startswith("sha512-")] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []


@pytest.mark.parametrize("lock", [WITH_APE, BESIDE])
def test_every_python_package_has_a_hash_and_no_address(lock: str) -> None:
    lines = (ROOT / lock).read_text().splitlines()

    assert len(entries(lock)) == sum("==" in line and not line.startswith(" ") for line in lines)
    assert [name for name, _, rest in entries(lock) if "--hash=sha256:" not in rest] == []
    assert [line for line in lines if "://" in line or "index-url" in line or "find-links" in line] == []


@pytest.mark.parametrize("lock", [WITH_APE, BESIDE])
def test_a_lock_has_all_that_the_package_asks_for(lock: str) -> None:
    locked = versions(lock)

    asked = [Requirement(it) for it in PROJECT["dependencies"]]

    assert [it.name for it in asked if not all(map(it.specifier.contains, locked[it.name.lower()]))] == []


def test_what_models_are_trained_with_is_beside_the_package_and_ape_is_not() -> None:
    locked = versions(BESIDE)

    assert {"eth-ape", "ape-foundry", "ape-solidity"} & locked.keys() == set()
    assert min(locked["numpy"]) >= Version("2")
    assert min(locked["click"]) >= Version("8.2")  # which Ape refuses
    assert "datasets" in locked


def test_only_what_signs_and_what_measures_sound_is_bounded_above() -> None:
    bounded = {
        it.name
        for it in map(Requirement, PROJECT["dependencies"])
        if any(bound.operator in ("<", "<=", "==", "~=") for bound in it.specifier)
    }

    assert bounded == {"web3", "eth-account", "eth-abi", "eth-utils", "eth-hash", "coincurve", "av"}
    assert PROJECT["requires-python"] == ">=3.11"
