"""What all commands share: asking, signing for others, tokens by name, and what is printed."""

from __future__ import annotations

import importlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from eth_typing import ChecksumAddress
from web3 import Web3
from web3.types import RPCEndpoint

from audiera.cli.network.relay import carry_out, describe_call, read_calls
from audiera.cli.terminal.output import print_json, print_table, progress_bar
from audiera.cli.terminal.parse import parse_account, parse_hash32, parse_parent, parse_payee
from audiera.cli.terminal.session import Session
from audiera.client.chain import FundsError
from audiera.client.contracts.artifacts import artifact
from audiera.errors import AmountError, ChainError, InputError, LineageError, RevertError
from audiera.operations.tokens import TOKENS_FILE, TokenBook
from audiera.protocol.ids import ETHER, dataset_account, to_address
from audiera.protocol.lineage import Parent
from audiera.protocol.splits import payee_of
from audiera.text.shown import hex_of, short
from audiera.work.progress import Progress
from tests.cli.conftest import Sessions

Out = pytest.CaptureFixture[str]

WALLET = to_address("0x" + "11" * 20)
REGISTRY = to_address("0x" + "22" * 20)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def change_recipient(session: Session) -> None:
    session.act(lambda client: client.royalty.set_recipient(WALLET))


def test_a_terminal_is_asked_and_a_yes_sends(session: Sessions, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    ada = session("ada", yes=False)
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))

    change_recipient(ada)

    assert ada.client.royalty.recipient_of(ada.me) == WALLET
    printed = capsys.readouterr()
    assert "Send it? [y/N]" in printed.err
    assert printed.out.strip() == ""


def test_who_has_too_little_is_told_before_anything_is_asked(session: Sessions, w3: Web3, capsys: Out) -> None:
    ada = session("ada", yes=False)
    w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [ada.me, "0x5"])

    with pytest.raises(
        FundsError, match=r"its gas: 0\.000000000000000005 ETH, and it may take 0\.\d+ ETH; send it some"
    ):
        change_recipient(ada)

    assert "Send it?" not in capsys.readouterr().err


def test_who_has_too_little_signs_all_the_same(session: Sessions, w3: Web3, capsys: Out) -> None:
    ada = session("ada", relay=True)
    w3.provider.make_request(RPCEndpoint("anvil_setBalance"), [ada.me, "0x0"])

    change_recipient(ada)

    assert len(read_calls(capsys.readouterr().out)) == 1


def test_a_no_sends_nothing_and_says_so(session: Sessions, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    ada = session("ada", yes=False)
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))

    with pytest.raises(click.exceptions.Exit) as ended:
        change_recipient(ada)

    assert ended.value.exit_code == 1
    assert capsys.readouterr().err.endswith("Nothing was sent.\n")
    assert ada.client.royalty.recipient_of(ada.me) == ada.me


def test_what_was_given_up_is_not_sent_once_more_unasked(
    session: Sessions, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    run = session("ada", yes=False).run
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))

    with pytest.raises(click.exceptions.Exit):
        run.again("It was given up.")

    assert capsys.readouterr().err.startswith(
        "It was given up.\nSend it once more all the same? Both may be mined then."
    )


def test_what_the_contract_refuses_is_refused_before_anybody_is_asked(session: Sessions) -> None:
    ada = session("ada", yes=False)
    splitter = ada.client.royalty.address

    with pytest.raises(RevertError) as refused:
        ada.act(lambda client: client.royalty.set_recipient(splitter))

    assert (refused.value.name, refused.value.fields) == ("Splitter_PaysItself", {})


def test_a_signed_call_is_carried_out_once(session: Sessions, capsys: Out) -> None:
    """The account pays nothing; whoever carries the call out gains nothing by it."""
    ada, fan = session("ada", relay=True), session("fan")
    change_recipient(ada)
    calls = read_calls(capsys.readouterr().out)

    carry_out(fan, calls)

    printed = capsys.readouterr()
    assert f"{ada.me} asks RoyaltySplitter" in printed.err
    assert f"setRecipient(recipient: {WALLET})" in printed.err
    assert f"RecipientSet(payee: {ada.me}, recipient: {WALLET})" in printed.err
    assert printed.out == "Carried out.\n"
    assert fan.client.royalty.recipient_of(ada.me) == WALLET
    with pytest.raises(RevertError) as refused:
        carry_out(fan, calls)
    assert refused.value.name == "Relay_NonceUsed"


def test_a_call_for_another_chain_is_refused_before_anything_is_sent(session: Sessions, capsys: Out) -> None:
    change_recipient(session("ada", relay=True))
    text = capsys.readouterr().out
    other = json.dumps(json.loads(text) | {"chainId": 5})

    with pytest.raises(InputError, match="signed for chain 5"):
        carry_out(session("fan"), read_calls(f"{text}\n{other}"))

    assert session("fan").client.royalty.recipient_of(session("ada").me) == session("ada").me


@pytest.mark.parametrize(("text", "message"), [("", "no signed call in the file"), ("{}", "not a signed call")])
def test_a_file_without_signed_calls_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_calls(text)


def test_a_call_that_the_contract_does_not_have_is_shown_as_it_is() -> None:
    assert list(describe_call(artifact("RoyaltySplitter"), b"\x01\x02\x03\x04\x05")) == [
        "call something that RoyaltySplitter does not have: 0x0102030405"
    ]


def test_tokens_are_known_by_name_by_file_and_by_address(
    session: Sessions, usdc: ChecksumAddress, tmp_path: Path
) -> None:
    client = session("ada").client
    (tmp_path / TOKENS_FILE).write_text(json.dumps({str(client.chain_id): {"MONEY": usdc}, "1": {"OTHER": usdc}}))

    book = TokenBook.of(client, [], tmp_path)
    both = TokenBook.of(client, [f"USD = {usdc}"], tmp_path)

    assert (book.amount("5 money").value, str(book.amount("5 MONEY"))) == (5_000_000, "5 MONEY")
    assert str(both.unit_price("0.001 usd/second")) == "0.001 MONEY/second"
    assert book.address("ETH") == book.address("eth") == ETHER
    unnamed = TokenBook.of(client, [], tmp_path / "nowhere")
    assert str(unnamed.amount(f"5 {usdc}")) == f"5 USDC({usdc})"
    with pytest.raises(AmountError, match="'OTHER' is not known here"):
        book.amount("5 OTHER")


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("USDC", "write it like USDC=0x"),
        ("=0x" + "11" * 20, "write it like"),
        ("US DC=0x" + "11" * 20, "write it like"),
        ("USDC=0x12", "not an address"),
        ("eth=0x" + "11" * 20, "ETH is the chain's own money"),
    ],
)
def test_a_token_name_that_would_mislead_is_refused(session: Sessions, pair: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        TokenBook.of(session("ada").client, [pair])


def test_a_tokens_file_that_cannot_be_read_is_named(session: Sessions, tmp_path: Path) -> None:
    (tmp_path / TOKENS_FILE).write_text("[]")

    with pytest.raises(InputError, match=r"tokens\.json cannot be read"):
        TokenBook.of(session("ada").client, [], tmp_path)


def test_an_address_without_a_token_is_no_money_and_is_still_shown(session: Sessions) -> None:
    importlib.import_module("ape_ethereum")  # from here on eth_abi takes no answer for a zero, as under `ape run`
    book = session("ada").book

    with pytest.raises(ChainError, match="no ERC-20 token"):
        book.amount(f"5 {WALLET}")

    assert str(book.of_value(7, WALLET)) == f"7 smallest units of token({WALLET})"


@pytest.mark.parametrize(
    ("text", "parent"), [("3:15000", Parent(3, 15_000)), ("3:1.5%", Parent(3, 15_000)), ("3:0", Parent(3, 0))]
)
def test_a_parent_is_read(text: str, parent: Parent) -> None:
    assert parse_parent(text) == parent


@pytest.mark.parametrize("text", ["3", "x:1", "3:", "3:much", "3:200%"])
def test_what_is_no_parent_is_refused(text: str) -> None:
    with pytest.raises(LineageError, match="is not a parent"):
        parse_parent(text)


def test_payees_and_accounts_are_read() -> None:
    assert parse_payee(WALLET, REGISTRY) == payee_of(WALLET)
    assert parse_payee("dataset:7", REGISTRY) == parse_account("7", REGISTRY) == dataset_account(REGISTRY, 7)
    assert parse_payee("0x" + "ab" * 32, REGISTRY) == parse_account("0x" + "ab" * 32, REGISTRY) == b"\xab" * 32


@pytest.mark.parametrize("text", ["", "0", "ada", "0x12", "0x" + "zz" * 32, "dataset:", "dataset:x"])
@pytest.mark.parametrize("parse", [parse_payee, parse_account])
def test_what_is_no_payee_is_refused(parse: Callable[[str, str], bytes], text: str) -> None:
    with pytest.raises(InputError):
        parse(text, REGISTRY)


def test_a_hash_that_is_none_is_named() -> None:
    with pytest.raises(InputError, match="'0x12' is not a split"):
        parse_hash32("0x12", "a split")


def test_numbers_beyond_what_json_readers_hold_are_text(capsys: Out) -> None:
    print_json({"small": 2**53 - 1, "big": [2**53], "yes": True, "none": None})

    assert json.loads(capsys.readouterr().out) == {"small": 2**53 - 1, "big": [str(2**53)], "yes": True, "none": None}


def test_a_table_in_a_file_is_neither_cut_nor_padded_nor_read_as_markup(capsys: Out) -> None:
    print_table(("who", "n"), [("[bold]" + "x" * 120, 1)], title="Title:", right=("n",), err=False)

    assert capsys.readouterr().out.splitlines()[0] == "Title:"
    print_table(("who", "n"), [("[bold]" + "x" * 120, 1)], err=True)
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "[bold]" + "x" * 120 + "  1"


def test_progress_is_shown_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with progress_bar("Reading") as silent:
        assert silent is None
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)

    with progress_bar("Reading") as advance:
        assert advance is not None
        advance(Progress(1, 2, 10, 20))

    assert "Reading" in screen.getvalue()


def test_hashes_are_written_whole_or_short() -> None:
    assert (hex_of(b"\x01\x02"), short(b"\xab" * 32)) == ("0x0102", "0xabababab...ababab")
