"""`usage list`: the channels of an account, as it is typed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

import pytest
from web3 import Web3
from web3.types import RPCEndpoint

from audiera.client import Audiera, KeySigner
from audiera.client.deployment.deployments import Deployment
from audiera.protocol.ids import ETHER, to_address
from audiera.protocol.structs import Voucher
from tests.cli.commands import CommandLine

PAYER: Final = to_address("0x70997970C51812dc3A010C7d01b50e0d17dc79C8")
PAYER_KEY: Final = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
GATEWAY: Final = to_address("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC")
GATEWAY_KEY: Final = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"
SPONSOR: Final = to_address("0x90F79bf6EB2c4f870365E785982E1f101E93b906")
DAY: Final = 86_400  # seconds
CHAIN: Final = 31_337


def wait(w3: Web3, seconds: int) -> None:
    w3.provider.make_request(RPCEndpoint("evm_increaseTime"), [seconds])
    w3.provider.make_request(RPCEndpoint("evm_mine"), [])


@pytest.fixture
def channels(line: CommandLine, w3: Web3) -> CommandLine:
    """Ten days old: one of which a tenth was settled and a part is asked back, one that nobody settled from."""
    line("developer", "usage", "deposit", GATEWAY, "0.01 ETH")
    line("developer", "usage", "deposit", SPONSOR, "1 ETH")
    wait(w3, 10 * DAY)
    settle(w3)
    line("developer", "usage", "withdraw", GATEWAY, "ETH", "--start", "0.002 ETH")
    return line


def settle(w3: Web3) -> None:
    """A tenth of 0.01 ETH, with its fee."""
    deployment = Deployment.find(CHAIN, Path("deployments"))
    voucher = Voucher(
        payer=PAYER,
        gateway=GATEWAY,
        token=ETHER,
        batch=1,
        amount=9 * 10**14,
        fee=10**14,
        calls=1,
        statements=1,
        root=b"\x01" * 32,
    )
    signature = Audiera.connect(w3, KeySigner.from_key(PAYER_KEY), deployment).sign_voucher(voucher)
    Audiera.connect(w3, KeySigner.from_key(GATEWAY_KEY), deployment).usage.settle(voucher, signature)


def rows_of(printed: str) -> list[list[str]]:
    return [re.split(r" {2,}", it.strip()) for it in printed.splitlines()[1:]]


def test_channels_are_listed_with_how_long_they_last_at_recent_use(channels: CommandLine) -> None:
    """A tenth in ten days: the rest is for ninety."""
    mine = channels("developer", "usage", "list")

    head, used, unused = rows_of(mine)
    assert mine.splitlines()[0] == f"Channels of {PAYER} on chain {CHAIN}:"
    assert head == ["as", "with", "balance", "to withdraw", "settled", "last", "lasts"]
    assert used[:3] == ["payer", GATEWAY, "0.009 ETH"]
    assert used[3].startswith("0.002 ETH from 20")
    assert (used[4], used[6]) == ("0.001 ETH in 1", "90 days")
    assert unused == ["payer", SPONSOR, "1 ETH", "-", "nothing", "-", "-"]


def test_of_a_channel_that_is_younger_than_a_day_nothing_is_guessed(line: CommandLine, w3: Web3) -> None:
    line("developer", "usage", "deposit", GATEWAY, "0.01 ETH")
    settle(w3)

    (row,) = rows_of(line("developer", "usage", "list"))[1:]
    (listed,) = json.loads(line("developer", "usage", "list", "--json"))["channels"]
    wait(w3, DAY)
    (later,) = rows_of(line("developer", "usage", "list"))[1:]

    assert (row[4], row[6]) == ("0.001 ETH in 1", "too early to tell")
    assert listed["lasts"] is None
    assert later[6] == "9 days"


def test_a_gateway_sees_its_payers_and_when_nobody_used_anything_for_long_nothing_is_guessed(
    channels: CommandLine, w3: Web3
) -> None:
    wait(w3, 31 * DAY)

    (row,) = rows_of(channels("stranger", "usage", "list", GATEWAY))[1:]

    assert row[:4] == ["gateway", PAYER, "0.009 ETH", "0.002 ETH now"]
    assert row[6] == "-"


def test_a_program_reads_every_field(channels: CommandLine) -> None:
    told = json.loads(channels("gateway", "usage", "list", "--json"))

    (found,) = told["channels"]
    assert (told["account"], told["chainId"]) == (GATEWAY, CHAIN)
    assert (found["payer"], found["gateway"], found["token"]) == (PAYER, GATEWAY, ETHER)
    amounts = [found[name]["amount"] for name in ("balance", "thawing", "settled")]
    assert amounts == ["0.009 ETH", "0.002 ETH", "0.001 ETH"]
    assert (found["batchCount"], found["lasts"] // DAY) == (1, 90)
    assert found["openedAt"] < found["settledAt"] < found["thawsAt"]


def test_an_account_without_channels_is_told_so(line: CommandLine) -> None:
    told = line("developer", "usage", "list")

    assert told == f"{PAYER} has no channel on chain {CHAIN}, as payer or as gateway.\n"
