"""`audiera gateway settle`, as people type it."""

from __future__ import annotations

import json
from importlib import util
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from eth_utils import keccak

from audiera.cli.main import main
from audiera.cli.terminal import groups
from audiera.metering import Batch
from tests.cli.words import wrong_words
from tests.support.gateway import PRICE, Payer, open_venue, own_venue, payer, venue
from tests.support.studio import as_, node
from tests.support.tokens import deploy_mock, mint, usdc

__all__ = ["as_", "deploy_mock", "mint", "node", "open_venue", "own_venue", "payer", "usdc", "venue"]


def typed(payer: Payer, journal: Path, *words: str, code: int = 0) -> Result:
    """What the command does, once, as the gateway."""
    venue = payer.venue
    where = ["--node", venue.w3.provider.endpoint_uri, "--database", venue.index, "--journal", f"sqlite:///{journal}"]  # type: ignore[attr-defined]
    key = f"0x{keccak(text='audiera test account: gateway').hex()}"
    runner = CliRunner(mix_stderr=False, env={"AUDIERA_PRIVATE_KEY": key})
    result = runner.invoke(main, ["gateway", "settle", *where, "--once", *words])
    assert result.exit_code == code, result.stderr
    return result


def test_what_is_due_is_settled_and_said_in_lines(payer: Payer, tmp_path: Path) -> None:
    payer.access([0, 1])
    venue = payer.venue
    client, gateway = venue.as_("payer").account, venue.as_("gateway").account

    said = typed(payer, tmp_path / "journal.db", "--token", f"USDC={venue.usdc}", "--amount", "0.002 USDC").stderr

    lines = said.splitlines()
    assert lines[0].startswith(f"Settling for gateway {gateway} on chain 31337; {gateway} has ")
    assert lines[1:] == [
        f"Closed batch 1 of {client} at 0.002 USDC for 2 calls: it amounts to enough.",
        f"Settled batch 1 of {client}: 0.002 USDC.",
        f"Collected 1 statement of batch 1 of {client}: 0.002 USDC.",
    ]


def test_what_is_done_is_printed_as_lines_of_json(payer: Payer, tmp_path: Path) -> None:
    payer.access([0])

    lines = typed(payer, tmp_path / "journal.db", "--calls", "1", "--json").stdout.splitlines()

    documents = [json.loads(it) for it in lines]
    assert [it["what"] for it in documents] == ["closed", "settled", "collected"]
    assert [list(wrong_words(it)) for it in documents] == [[], [], []]
    assert documents[2]["value"] == str(PRICE)


def test_a_batch_that_could_not_be_settled_ends_it_with_an_error(payer: Payer, tmp_path: Path) -> None:
    payer.access([0])
    venue = payer.venue
    account, gateway = venue.as_("payer").account, venue.as_("gateway")
    balance = gateway.usage.channel_of(account, gateway.account, venue.usdc).balance
    gateway.usage.refund(account, venue.usdc, balance)

    said = typed(payer, tmp_path / "journal.db", "--calls", "1", code=1).stderr.splitlines()

    assert said[-1] == "Error: 1 of the batches could not be settled; see above, and run it again."


def test_what_is_too_small_waits_and_gas_has_its_bound(payer: Payer, tmp_path: Path) -> None:
    payer.access([0])
    journal, named = tmp_path / "journal.db", ("--token", f"USDC={payer.venue.usdc}", "--amount", "0.001 USDC")

    small = typed(payer, journal, *named, "--smallest", "0.001001 USDC").stderr.splitlines()[1:]
    dear = typed(payer, journal, *named, "--max-fee", "0.000000001 ETH", code=1).stderr.splitlines()[-2]

    assert small == []
    assert "with --max-fee." in dear


def test_an_index_that_is_not_there_is_said(payer: Payer, tmp_path: Path) -> None:
    journal = tmp_path / "journal.db"

    said = typed(payer, journal, "--database", f"sqlite:///{tmp_path}/none.db", code=1).stderr

    assert said == (
        f"Error: There is no index at {tmp_path}/none.db; begin it with `audiera index`, or check the name.\n"
    )


def test_the_extra_that_it_needs_is_named(payer: Payer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert util.find_spec("fastapi")
    monkeypatch.setattr(groups, "find_spec", lambda _: None)

    said = typed(payer, tmp_path / "journal.db", code=1).stderr

    assert said == "Error: The gateway needs more than the package: pip install 'audiera[serve]'.\n"


def test_what_comes_to_nothing_is_settled_if_the_operator_says_so(payer: Payer, tmp_path: Path) -> None:
    payer.go_free()
    payer.access([0])

    without = typed(payer, tmp_path / "journal.db", "--calls", "1", "--json").stdout
    payer.batch, payer.kept = 2, Batch()
    payer.access([0])
    with_it = typed(payer, tmp_path / "journal.db", "--calls", "1", "--json", "--free").stdout

    assert [json.loads(it)["what"] for it in without.splitlines()] == ["dropped"]
    assert [json.loads(it)["what"] for it in with_it.splitlines()] == ["closed", "settled", "collected"]
