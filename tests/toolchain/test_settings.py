"""Ape and forge compile with the same settings, because `foundry.toml` alone decides them."""

import tomllib

import yaml

from tests.support.places import ROOT


def test_ape_compiles_with_the_settings_of_foundry() -> None:
    foundry = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"]
    ape = yaml.safe_load((ROOT / "ape-config.yaml").read_text())

    assert ape["solidity"] == {
        "version": foundry["solc"].rpartition("-v")[2],
        "evm_version": foundry["evm_version"],
        "via_ir": foundry["via_ir"],
        "optimize": foundry["optimizer"],
        "optimization_runs": foundry["optimizer_runs"],
        "import_remapping": [remapping.replace("/=", "=").removesuffix("/") for remapping in foundry["remappings"]],
    }
    assert ape["foundry"]["evm_version"] == foundry["evm_version"]
