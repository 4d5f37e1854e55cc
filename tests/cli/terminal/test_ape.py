"""`ape run dataset`, `royalty` and `relay` as processes: a long-running node, keystore accounts, no terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from eth_typing import ChecksumAddress

from tests.cli.conftest import CHAIN_ID, Album, Ape
from tests.support.music import write_tone

ACCOUNT = ("--account", "label")


@pytest.mark.heavy
def test_a_creator_without_ether_registers_is_paid_and_claims(
    ape: Ape, people: Mapping[str, ChecksumAddress], album: Callable[..., Album], tmp_path: Path
) -> None:
    """The whole way in eight commands: only the signature is the composer's, the gas is the label's."""
    composer, label = people["composer"], people["label"]
    made = album(f"Cosmo Composer,{composer},80 %", f"Lena Label,{label},20 %")
    files = ("--contributors", str(made.contributors), "--date", "2026-03-01")

    signed = ape("dataset", "register", str(made.folder), *files, "--account", "composer", "--yes", "--relay")
    assert (signed.code, signed.err.count("Error")) == (0, 0), signed.err
    assert json.loads(signed.out)["account"] == composer
    call = tmp_path / "call.json"
    call.write_text(signed.out)

    relayed = ape("relay", str(call), *ACCOUNT, "--yes", "--json")
    assert relayed.code == 0, relayed.err
    assert "register(registration:" in relayed.err
    registered = re.search(rf"DatasetRegistered\(id: (\d+), creator: {composer}", relayed.out)
    assert registered, relayed.out
    number = registered[1]

    shown = ape("dataset", "show", number, "--json").json
    assert (shown["chainId"], shown["creator"], shown["owner"]) == (CHAIN_ID, composer, composer)
    assert shown["shares"] == [
        {"payee": it, "ppm": ppm} for it, ppm in sorted([(composer, 800_000), (label, 200_000)], key=_by_number)
    ]

    proven = ape("dataset", "verify", number, str(made.folder))
    assert (proven.code, "all 3 files are" in proven.out) == (0, True), proven.err
    write_tone(made.folder / "a.flac", hertz=111)
    differs = ape("dataset", "verify", number, str(made.folder), "--json")
    assert differs.code == 1
    assert (differs.json["holds"], "altered: a.flac" in str(differs.json["differences"])) == (False, True)

    paid = ape("royalty", "pay", number, "0.5 ETH", *ACCOUNT, "--yes", "--json")
    assert (paid.code, paid.json["amount"]) == (0, "0.5 ETH"), paid.err

    claimed = ape("royalty", "claim", "--payee", composer, *ACCOUNT, "--yes")
    assert claimed.code == 0, claimed.err
    assert claimed.out == f"Claimed 0.4 ETH for {composer}.\n"

    table = ape("royalty", "show", number).out
    assert "received 0.5 ETH:" in table
    assert [line.split() for line in table.splitlines() if composer in line] == [
        [composer, "80", "%", "0.4", "ETH", "0", "ETH", "0.4", "ETH"]
    ]


def _by_number(pair: tuple[str, int]) -> int:
    return int(pair[0], 16)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("royalty", "recipient", "0x" + "11" * 20, *ACCOUNT), "no terminal to ask in, so nothing was done"),
        (("royalty", "recipient", "0x" + "11" * 20), "Say who acts with --account ALIAS (there are "),
        (("royalty", "recipient", "0x" + "11" * 20, "--account", "visitor", "--yes"), "too little ETH"),
    ],
    ids=["nobody to ask", "no account", "no ether"],
)
def test_a_command_that_cannot_go_on_says_why_in_a_sentence(ape: Ape, arguments: tuple[str, ...], message: str) -> None:
    ran = ape(*arguments)

    last = ran.err.strip().splitlines()[-1]
    assert (ran.code, ran.out) == (1, "")
    assert last.startswith("Error: ")
    assert message in last
    assert ("add --relay" in last) == ("visitor" in arguments)
    assert ("or a gateway by `ape run relay FILE --at URL`." in last) == ("visitor" in arguments)
    assert "Traceback" not in ran.err


def test_a_keystore_without_its_passphrase_is_not_asked_for_where_nobody_is(ape: Ape) -> None:
    ran = ape("royalty", "recipient", "0x" + "11" * 20, *ACCOUNT, "--yes", locked=True)

    assert ran.code == 1
    assert "set APE_ACCOUNTS_label_PASSPHRASE" in ran.err
    assert "Traceback" not in ran.err
