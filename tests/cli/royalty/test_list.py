"""`royalty list` and `royalty claim --all`, as they are typed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from eth_typing import ChecksumAddress

from tests.cli.commands import CommandLine
from tests.support.music import write_album, write_contributors, write_tone

LABEL = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
DEVELOPER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
STRANGER = "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"
CHAIN = 31_337


@pytest.fixture
def works(line: CommandLine) -> CommandLine:
    """An album of which the label has 60 %, and a remix of the stranger's that owes the album 10 %."""
    album, remix = write_album(Path("Tones")), Path("Remix")
    rows = (f"Lena,{LABEL},60", f"Dev,{DEVELOPER},40")
    people = write_contributors(Path("people.csv"), "name,address,share", *rows)
    line("label", "dataset", "register", str(album), "--contributors", str(people))
    write_tone(remix / "mix.flac", hertz=77)
    one = write_contributors(Path("one.csv"), "name,address,share", f"Sam,{STRANGER},1")
    line("stranger", "dataset", "register", str(remix), "--contributors", str(one), "--parent", "1:10%")
    return line


def rows_of(printed: str) -> list[list[str]]:
    return [re.split(r" {2,}", it.strip()) for it in printed.splitlines() if it.startswith("  ")]


def test_what_an_account_shares_in_is_listed_by_name_with_what_is_to_claim_where(works: CommandLine) -> None:
    works("developer", "royalty", "pay", "1", "1 ETH")
    works("developer", "royalty", "pay", "2", "5 ETH")

    mine = works("label", "royalty", "list")

    assert mine.splitlines()[0] == f"Shares of {LABEL} on chain {CHAIN}:"
    assert rows_of(mine) == [
        ["of", "share", "by way of", "to claim", "to come"],
        ["dataset 1 (Tones)", "60 %", "-", "0.6 ETH", "nothing"],
        ["dataset 2 (Remix)", "6 %", "dataset 1 (Tones)", "nothing", "0.3 ETH"],
    ]
    assert mine.splitlines()[-1] == "To claim: 0.9 ETH; without forwards 0.6 ETH."
    assert works("stranger", "royalty", "list", LABEL) == mine


def test_a_program_reads_shares_and_what_is_claimable(works: CommandLine) -> None:
    works("developer", "royalty", "pay", "2", "5 ETH")

    told = json.loads(works("label", "royalty", "list", "--json"))

    ether = {"token": "0x" + "00" * 20, "symbol": "ETH", "decimals": 18, "amount": "0.3 ETH", "value": str(3 * 10**17)}
    assert (told["payee"], told["chainId"]) == (LABEL, CHAIN)
    assert (told["claimable"], told["claimableNow"]) == ([ether], [])
    assert [(it["datasets"], it["payee"], it["ppm"], it["direct"], it["waiting"]) for it in told["shares"]] == [
        ([{"dataset": 1, "name": "Tones"}], LABEL, 600_000, True, []),
        ([{"dataset": 2, "name": "Remix"}], LABEL, 60_000, False, [ether | {"direct": False}]),
    ]


def test_a_dataset_is_an_account_too_and_who_has_no_share_is_told_so(works: CommandLine) -> None:
    of_tones = works("label", "royalty", "list", "dataset:1")

    assert rows_of(of_tones)[1:] == [["dataset 2 (Remix)", "10 %", "-", "nothing", "nothing"]]
    sponsor = works("sponsor", "royalty", "list")
    assert re.fullmatch(rf"0x\w{{40}} has no share in any split on chain {CHAIN}\.\n", sponsor)
    assert works("sponsor", "royalty", "claim") == works("sponsor", "royalty", "claim", "--all") == sponsor
    assert works("label", "royalty", "claim") == f"Nothing can be claimed for {LABEL} now.\n"


def test_all_that_is_worth_it_is_claimed_through_the_lineage_and_the_rest_is_told(
    works: CommandLine, usdc: ChecksumAddress, mint: Callable[[str, int], None]
) -> None:
    """The remix got too little ETH for the gas of two steps, and money of which nobody knows what it is worth."""
    mint(DEVELOPER, 100_000_000)
    works("developer", "royalty", "pay", "1", "1 ETH")
    works("developer", "royalty", "pay", "2", "0.00001 ETH")
    works("developer", "royalty", "pay", "2", "5 USDC", "--token", f"USDC={usdc}")

    unnamed = works("label", "royalty", "claim", "--all")
    named = works("label", "royalty", "claim", "--all", "--token", f"USDC={usdc}")

    assert rows_of(unnamed)[:3] == [
        ["amount", "from", "why"],
        ["0.0000006 ETH", "dataset 2 (Remix)", "not worth its gas"],
        [
            f"0.3 USDC({usdc})",
            "dataset 2 (Remix)",
            "a token without a name; name it with --token, if you want it",
        ],
    ]
    assert f"Claimed 0.6 ETH for {LABEL}.\n" in unnamed
    assert f"Claimed 0.3 USDC for {LABEL}.\n" in named
    assert f"Nothing that is owed to {LABEL} is worth claiming now.\n" in works("label", "royalty", "claim", "--all")
    assert f"Claimed 0.0000006 ETH for {LABEL}.\n" in works("label", "royalty", "claim")


def test_what_is_less_than_the_least_amount_is_left_for_that_reason(
    works: CommandLine, usdc: ChecksumAddress, mint: Callable[[str, int], None]
) -> None:
    """A token may be named by its address, too, and ETH be worth its gas and yet too little."""
    mint(DEVELOPER, 100_000_000)
    works("developer", "royalty", "pay", "1", "1 ETH")
    works("developer", "royalty", "pay", "1", "5 USDC", "--token", f"USDC={usdc}")

    told = works("label", "royalty", "claim", "--all", "--least", "2 ETH", "--least", f"4 {usdc}")

    assert rows_of(told) == [
        ["amount", "from", "why"],
        ["0.6 ETH", "dataset 1 (Tones)", "less than --least"],
        [f"3 USDC({usdc})", "dataset 1 (Tones)", "less than --least"],
    ]
    assert f"Claimed 3 USDC({usdc}) for {LABEL}.\n" in works(
        "label", "royalty", "claim", "--all", "--least", "2 ETH", "--least", f"3 {usdc}"
    )


def test_a_least_amount_goes_with_all_and_all_with_no_source(works: CommandLine) -> None:
    alone = works("label", "royalty", "claim", "--least", "1 ETH", fails=True)
    both = works("label", "royalty", "claim", "1", "--all", fails=True)

    assert "--least goes with --all; add that, or leave --least out." in alone
    assert "--all is from everywhere; leave the source out, or --all." in both
