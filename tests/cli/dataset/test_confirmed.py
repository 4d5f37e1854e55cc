"""`audiera item-proof --node`: what the record claims, asked of the chain."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from audiera.dataset.record import read_registrations, write_registration
from audiera.dataset.registration import Registration
from tests.cli.commands import CommandLine
from tests.support.console import audiera
from tests.support.music import write_album, write_contributors

LABEL = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
RECORD = Path("Tones.audiera")


@pytest.fixture
def registered(line: CommandLine) -> Registration:
    folder = write_album(Path("Tones"))
    people = write_contributors(Path("people.csv"), "name,address,share", f"Lena Label,{LABEL},1")
    line("label", "dataset", "register", str(folder), "--contributors", str(people))
    return read_registrations(RECORD)[0]


def test_a_node_confirms_what_the_record_claims(registered: Registration, anvil: str) -> None:
    told = audiera("item-proof", "Tones/a.flac", "--node", anvil)
    facts = json.loads(audiera("item-proof", "Tones/a.flac", "--node", anvil, "--json").stdout)

    where = f"dataset 1, version 1, in {registered.registry} on chain {registered.chain_id}"
    assert f"The chain confirms it: this is {where}.\n" in told.stdout
    assert [(it["dataset"], it["confirmed"]) for it in facts["registered"]] == [(1, True)]


def test_a_record_that_claims_what_is_not_so_is_found_out(
    registered: Registration, line: CommandLine, anvil: str
) -> None:
    """AUD-T5: a folder is handed on with a record that says it is somebody's dataset."""
    other = write_album(Path("Other"))
    (other / "a.flac").unlink()
    line("label", "dataset", "register", str(other), "--contributors", "people.csv")
    (RECORD / "record.json").unlink()
    write_registration(RECORD, replace(registered, dataset=2))
    another = audiera("item-proof", "Tones/a.flac", "--node", anvil)
    (RECORD / "record.json").unlink()
    write_registration(RECORD, replace(registered, dataset=9))
    none = audiera("item-proof", "Tones/a.flac", "--node", anvil)
    (RECORD / "record.json").unlink()
    write_registration(RECORD, replace(registered, chain_id=1))
    elsewhere = audiera("item-proof", "Tones/a.flac", "--node", anvil)

    assert (another.exit_code, none.exit_code, elsewhere.exit_code) == (1, 1, 1)
    assert another.stderr == (
        f"Error: The record claims that this is dataset 2, version 1, and chain {registered.chain_id} has another "
        "there, or none; get the record from the dataset's creator.\n"
    )
    assert "The record claims that this is dataset 9, version 1," in none.stderr
    assert "The record claims no registration of this version in" in elsewhere.stderr
    assert another.stdout + none.stdout + elsewhere.stdout == ""
