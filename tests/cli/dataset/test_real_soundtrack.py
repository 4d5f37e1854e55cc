"""Registers real music as its owner would: its own credits, with an address column added."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import pytest
from eth_account import Account
from eth_typing import ChecksumAddress

from tests.cli.conftest import Ape
from tests.support.optional import real_music

MUSIC = real_music()
CREDITED = sorted(
    it.parent for it in MUSIC.rglob("contributors.csv") if "composer" in it.read_text("utf-8").splitlines()[0]
)


def with_addresses(source: Path, target: Path) -> list[str]:
    """Copies a contributors file with an address for every composer but one, and returns the composers."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["composer"] = "-" if row["composer"].startswith("(none") else row["composer"]
    names = sorted({row["composer"] for row in rows} - {"-"})
    addresses = {name: Account.create().address for name in names[1:]}
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "address"])
        writer.writeheader()
        writer.writerows({**row, "address": addresses.get(row["composer"], "")} for row in rows)
    return names


@pytest.mark.parametrize("folder", CREDITED, ids=lambda folder: folder.name)
def test_a_credited_folder_is_registered_offered_proven_and_paid(
    ape: Ape, people: Mapping[str, ChecksumAddress], folder: Path, tmp_path: Path
) -> None:
    names = with_addresses(folder / "contributors.csv", tmp_path / "people.csv")
    told = ("--contributors", str(tmp_path / "people.csv"), "--shares", "seconds", "--custodian", people["label"])
    offer = ("--offer", "training", "--price", "0.1 ETH", "--unit-price", "0.00001 ETH/second")
    record = ("--out", str(tmp_path / "record"))

    made = ape("dataset", "register", str(folder), *told, *offer, *record, "--account", "label", "--yes", "--json")
    assert made.code == 0, made.err
    number = str(made.json["dataset"])
    proven = ape("dataset", "verify", number, str(folder), *record)
    paid = ape("royalty", "pay", number, "1 ETH", "--account", "fan", "--yes")
    shown = ape("royalty", "show", number)

    shares = made.json["shares"]
    assert isinstance(shares, list)
    assert sorted(name for share in shares for name in share["names"]) == names
    assert [share.get("custodian") for share in shares if share["names"] == names[:1]] == [people["label"]]
    assert (proven.code, paid.code, shown.code) == (0, 0, 0), (proven.out, paid.err, shown.err)
    assert shown.out.count("ETH") >= 3 * len(names)
