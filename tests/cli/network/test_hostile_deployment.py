"""A file of addresses that somebody edited, as the command line meets it: money goes nowhere that was not accepted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from eth_typing import ChecksumAddress
from web3 import Web3
from web3.types import RPCEndpoint

from audiera.client.deployment.deployments import Deployment
from audiera.protocol.ids import to_address
from tests.cli.commands import CommandLine
from tests.cli.conftest import Sessions
from tests.cli.deals import make_terms, register, sell
from tests.cli.network.thieves import thief_before

ETH = 10**18


@pytest.fixture
def thief(w3: Web3, deployment: Deployment) -> ChecksumAddress:
    """A contract that answers every question as the real registry does, and keeps what is paid."""
    return thief_before(w3, deployment.addresses["LicenseRegistry"])


@pytest.fixture
def edited(line: CommandLine, deployment: Deployment, thief: ChecksumAddress) -> Path:
    """The file of addresses below the working folder, with the thief's contract in the registry's place."""
    path = Path("deployments") / f"{deployment.chain_id}.json"
    document = json.loads(path.read_text())
    document["contracts"]["LicenseRegistry"]["address"] = thief
    path.write_text(json.dumps(document))
    assert line.numbers  # so that the file is there
    return path


def test_an_edited_file_of_addresses_moves_no_money(
    line: CommandLine, session: Sessions, w3: Web3, thief: ChecksumAddress, edited: Path, deployment: Deployment
) -> None:
    """AUD-F1: 1 ETH went to a thief while the plan looked normal."""
    label = session("label")
    terms = make_terms()
    sell(label, register(label), terms, price=ETH)
    buyer = to_address(list(w3.eth.accounts)[1])
    before = w3.eth.get_balance(buyer)

    printed = line("developer", "license", "acquire", "1", "1", fails=True)

    assert printed == (
        f"Error: {edited} says that the LicenseRegistry is at {thief}, and this release's is at "
        f"{deployment.addresses['LicenseRegistry']}. Whoever wrote that would get what you pay, so it was not used. If "
        f"you trust it, accept it once with `ape run deploy --accept {edited}`; else remove the file.\n"
    )
    assert (w3.eth.get_balance(thief), w3.eth.get_balance(buyer)) == (0, before)


def test_what_is_accepted_by_hand_is_used_as_long_as_its_code_is_the_same(
    line: CommandLine, w3: Web3, thief: ChecksumAddress, edited: Path
) -> None:
    """AUD-F2"""
    accepted = line("developer", "deploy", "--accept", str(edited))
    used = line("developer", "license", "signer", "0x" + "11" * 20, "--scopes", "pay", "--until", "30 days", "--relay")
    w3.provider.make_request(RPCEndpoint("anvil_setCode"), [thief, "0x60016000526020600060003e"])
    refused = line("developer", "license", "signer", "0x" + "11" * 20, "--scopes", "pay", fails=True)

    assert f"  LicenseRegistry  {thief}  0x" in accepted
    assert "Whoever wrote them may keep what you pay them" in accepted
    assert json.loads(used.splitlines()[-2])["address"] == thief
    assert f"{edited} says that the LicenseRegistry is at {thief}" in refused


def test_nothing_is_accepted_that_is_on_another_chain_or_not_there(
    line: CommandLine, edited: Path, deployment: Deployment
) -> None:
    """AUD-F3"""
    document = json.loads(edited.read_text())
    document["contracts"]["LicenseRegistry"]["address"] = "0x" + "00" * 19 + "aa"
    edited.write_text(json.dumps(document))
    missing = line("developer", "deploy", "--accept", str(edited), fails=True)
    edited.write_text(json.dumps(document | {"chainId": 5}))
    elsewhere = line("developer", "deploy", "--accept", str(edited), fails=True)

    assert "There is no LicenseRegistry at 0x00000000000000000000000000000000000000AA on chain 31337" in missing
    assert elsewhere == f"Error: {edited} is about chain 5; connect to it and not to {deployment.chain_id}.\n"
