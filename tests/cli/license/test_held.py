"""`license list`: what an account holds, to people and to programs."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from web3 import Web3
from web3.types import RPCEndpoint

from audiera.cli.license.held import list_held
from audiera.protocol.rights import ALL_RIGHTS, Right, describe_rights
from audiera.protocol.terms import TermsFlag
from tests.cli.commands import CommandLine
from tests.cli.conftest import Sessions
from tests.cli.deals import Out, make_terms, register, sell, told
from tests.support.music import write_album, write_contributors

LABEL = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
DEVELOPER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
CHAIN = 31_337
NOTICE = 30 * 86_400  # seconds


@pytest.fixture
def holder(line: CommandLine) -> CommandLine:
    """The developer's: 200 of 1,000 seconds for a year, a call of what was revoked with a notice, and one for ever."""
    people = write_contributors(Path("people.csv"), "name,address,share", f"Lena,{LABEL},1")
    line("label", "dataset", "register", str(write_album(Path("Tones"))), "--contributors", str(people))
    for terms in (
        ("training", "--unit-price", "0.000001 ETH/second", "--duration", "1 year", "--max-units", "1000"),
        ("training", "--revocable", "--notice", "30 days"),
        ("open",),
    ):
        line("label", "license", "terms", "--template", *terms)
    for number in ("1", "2", "3"):
        line("label", "license", "offer", "1", number, "--price", "free")
        line("developer", "license", "acquire", "1", number)
    line("developer", "usage", "record", "1", "1", "Training", "200")
    line("developer", "usage", "record", "2", "1", "Training", "1")
    line("label", "license", "revoke", "2")
    return line


def end_of(line: CommandLine, license_id: int) -> str:
    shown = json.loads(line("developer", "license", "show", "license", str(license_id), "--json"))
    return f"{datetime.fromtimestamp(shown['expiresAt'], UTC):%Y-%m-%d %H:%M} UTC"


def test_the_licences_of_an_account_are_listed_with_rights_end_and_use(holder: CommandLine) -> None:
    year, month = end_of(holder, 1), end_of(holder, 2)

    mine = holder("developer", "license", "list")

    training = "DataMining, Training, Derivation, Commercial"
    every = describe_rights(ALL_RIGHTS & ~Right.VoiceCloning)
    rows = [
        ("licence", "dataset", "terms", "rights", "ends", "used", "state"),
        ("1", "1 (Tones)", "1", training, year, "200 of 1,000 seconds", "in force"),
        ("2", "1 (Tones)", "2", training, month, "1 call", "in force, revoked"),
        ("3", "1 (Tones)", "3", every, "never", "0 calls", "in force"),
    ]
    title, *lines, counting = mine.splitlines()
    assert counting == "Each item counts as whole seconds, what is begun as one."
    assert title == f"Licences of {DEVELOPER} on chain {CHAIN}:"
    assert [tuple(re.split(" {2,}", it.strip())) for it in lines] == rows
    assert holder("stranger", "license", "list", DEVELOPER) == mine


def test_what_has_ended_is_listed_as_ended(holder: CommandLine, w3: Web3) -> None:
    w3.provider.make_request(RPCEndpoint("evm_increaseTime"), [NOTICE])
    w3.provider.make_request(RPCEndpoint("evm_mine"), [])

    states = [it.split("  ")[-1] for it in holder("developer", "license", "list").splitlines()[2:-1]]

    assert states == ["in force", "ended, revoked", "in force"]


def test_a_program_reads_every_field(holder: CommandLine) -> None:
    listed = json.loads(holder("developer", "license", "list", "--json"))

    shown = json.loads(holder("developer", "license", "show", "license", "2", "--json"))
    assert (listed["holder"], listed["chainId"]) == (DEVELOPER, CHAIN)
    assert [(it["license"], it["usage"]["units"], it["revoked"]) for it in listed["licenses"]] == [
        (1, 200, False),
        (2, 1, True),
        (3, 0, False),
    ]
    assert listed["licenses"][1] == {name: value for name, value in shown.items() if name != "holder"}


def test_a_licence_that_was_passed_on_is_its_new_holder_s(session: Sessions, capsys: Out) -> None:
    label, buyer, heir = session("label"), session("developer"), session("heir")
    license_id = sell(label, register(label), make_terms(flags=TermsFlag.Transferable), buyer)
    buyer.signing_client().licenses.transfer_from(buyer.me, heir.me, license_id)

    list_held(heir, heir.me)
    list_held(buyer, buyer.me)

    lines = told(capsys).out.splitlines()
    assert lines[2].split()[0] == str(license_id)
    assert lines[3:] == [f"{buyer.me} holds no licence on chain {label.client.chain_id}."]


def test_nobody_is_asked_who_it_is(line: CommandLine) -> None:
    unnamed = line.terminal.enter(["ape", "run", "license", "list", "--network", line.terminal.url], fails=True)

    assert unnamed == "Error: Say whose: give an ADDRESS, or yourself as --account ALIAS.\n"
