"""What is remembered of tokens and datasets: a changed answer is told, and not believed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from eth_typing import ChecksumAddress

from audiera.client import Content
from audiera.client.contracts.events import DatasetRegistered
from audiera.errors import AmountError, ChainError, InputError
from audiera.operations.memory import Fact, Memory, hold_to_chain
from audiera.operations.names import Names
from audiera.operations.tokens import TOKENS_FILE, TokenBook
from audiera.protocol.ids import to_address
from audiera.protocol.kinds import Kind
from audiera.protocol.splits import Split, payee_of
from tests.support.studio import As, Client

MANIFEST = b'{"name": "Night\\u001b[31m Ferry"}'


def register(client: Client, manifest: bytes) -> int:
    content = Content(Kind.Samples, 0, 1, b"\x01" * 32, sha256(manifest).digest())
    whole = Split.of({payee_of(client.account): 1_000_000})
    return client.datasets.register(content, whole).event(DatasetRegistered).id


def elsewhere(client: Client) -> Client:
    """The same, but on a chain that is not only ours."""
    return replace(client, node=replace(client.node, chain_id=5))


def test_decimals_that_have_changed_are_refused_and_amounts_are_counted(
    as_: As, usdc: ChecksumAddress, deploy_mock: Callable[..., ChecksumAddress]
) -> None:
    """AUD-N4: a node says another number of decimals than ever, so that 5 USDC are a million times as much."""
    client = elsewhere(as_("reader"))
    named = [f"USDC={usdc}"]
    assert TokenBook.of(client, named).amount("5 USDC").value == 5_000_000
    other = deploy_mock("MockToken", "USDC", 18)
    code = client.node.code(other)

    client.node.request("anvil_setCode", usdc, f"0x{code.hex()}")
    book = TokenBook.of(client, named)

    with pytest.raises(ChainError, match=re.escape(f"Token {usdc} had 6 decimals when it was first seen from here")):
        book.amount("5 USDC")
    assert str(book.of_value(5_000_000, usdc)) == "5000000 smallest units of USDC"
    assert TokenBook.of(as_("reader"), named).amount("5 USDC").value == 5 * 10**18  # a chain that is only ours


def test_a_url_is_held_to_the_chain_that_it_was_on_at_first(as_: As) -> None:
    """AUD-N3"""
    node = as_("reader").node
    on = [replace(node, chain_id=chain) for chain in (31_337, 5, 31_337, 5, 6)]
    for each in on[:-1]:
        hold_to_chain(each)

    with pytest.raises(ChainError) as refused:
        hold_to_chain(on[-1])

    assert str(refused.value).startswith(
        f"{node.name} was on chain 5 when it was first used from here, and says that it is on 6 now, so nothing is "
    )


def test_of_a_token_that_is_known_no_node_is_asked(as_: As) -> None:
    """AUD-N4: 5 USDC became 500, as the node said that it had 8 decimals."""
    client = as_("reader")
    address = to_address("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48")  # where this chain has nothing at all
    book = TokenBook.of(replace(client, node=replace(client.node, chain_id=1)), [f"USDC={address}"])

    assert book.amount("5 USDC").value == 5_000_000
    assert str(TokenBook.of(book.client).of_value(5_000_000, address)) == "5 USDC"


def test_a_token_that_was_named_once_is_known_by_that_name_and_no_other_takes_it(
    as_: As, usdc: ChecksumAddress, tmp_path: Path
) -> None:
    """Attack: a page tells people to pay in USDC, and adds the address of something else."""
    client, other = elsewhere(as_("reader")), as_("reader").account
    TokenBook.of(client, [f"USDC={usdc}"], tmp_path)

    assert str(TokenBook.of(client, [], tmp_path).amount("5 USDC")) == "5 USDC"
    with pytest.raises(InputError, match=f"USDC was {usdc} when you first named it, and is {other} now"):
        TokenBook.of(client, [f"USDC={other}"], tmp_path)
    assert TokenBook.of(as_("reader"), [f"USDC={other}"], tmp_path).address("USDC") == other  # a chain of only ours
    with pytest.raises(AmountError, match="Token 'USDC' is not known here"):  # as --token says in its help
        TokenBook.of(as_("reader"), [], tmp_path).address("USDC")
    (tmp_path / TOKENS_FILE).write_text(json.dumps({"5": {"USDC": other}}))
    assert TokenBook.of(client, [], tmp_path).address("USDC") == other
    assert TokenBook.of(client, [f"USDC={usdc}"], tmp_path).address("USDC") == usdc


def test_a_token_that_calls_itself_something_else_now_is_shown_with_both_names(as_: As, usdc: ChecksumAddress) -> None:
    client = elsewhere(as_("reader"))
    Memory.of(client.node).keep(Fact.SYMBOL, f"5/{usdc}", "OLD")

    assert TokenBook.of(client).symbol(usdc) == f"OLD, now USDC({usdc})"


def test_a_dataset_is_called_by_the_manifest_that_the_chain_has_and_no_terminal_is_harmed(as_: As) -> None:
    client = as_("creator")
    seen, unseen = register(client, MANIFEST), register(client, b"{}")
    names = Names.of(client)
    assert (names.name(seen), names.called(seen)) == (None, f"dataset {seen}")

    names.keep(MANIFEST)
    names.keep(b"{}")

    for it in (names, Names.of(client)):
        assert it.called(seen) == f"dataset {seen} (Night\\x1b[31m Ferry)"
        assert (it.called(unseen), it.called(99)) == (f"dataset {unseen}", "dataset 99")


def test_a_long_name_is_cut_within_a_line(as_: As) -> None:
    client = as_("creator")
    manifest = b'{"name": "' + b"a" * 61 + b'"}'
    number, names = register(client, manifest), Names.of(client)

    names.keep(manifest)

    assert names.called(number) == f"dataset {number} ({'a' * 59}…)"


def test_where_nothing_can_be_written_nothing_is_remembered_and_nothing_fails(as_: As, tmp_path: Path) -> None:
    node = replace(as_("reader").node, state=tmp_path / "file")
    (tmp_path / "file").write_text("in the way")
    memory = Memory.of(node)

    memory.keep(Fact.NAME, "1", "Tones")

    assert (memory.get(Fact.NAME, "1"), memory.all(Fact.NAME)) == (None, {})


def test_the_first_answer_stays(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "deep" / "seen.sqlite")

    memory.keep(Fact.DECIMALS, "1", "6")
    memory.keep(Fact.DECIMALS, "1", "18")

    assert (memory.get(Fact.DECIMALS, "1"), memory.all(Fact.DECIMALS)) == ("6", {"1": "6"})
    assert memory.get(Fact.SYMBOL, "1") is None
