"""What tokens say of themselves: asked of a real node, of contracts that are anybody's.

AUD-N11
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import Engine, insert, select, update
from web3 import Web3

from audiera.indexer import batch
from audiera.indexer.follow import Wire
from audiera.indexer.tables import CHAIN, TERMS, TOKENS
from audiera.indexer.tokens import ask_tokens
from audiera.protocol import ETHER, to_address
from tests.support.catalogue import OPEN, USDC, hexadecimal
from tests.support.nodes import Told, wrong_node
from tests.support.tokens import deploy_mock

__all__ = ["deploy_mock"]

NOW = 1_800_000_000
TOKEN = to_address("0x" + "7" * 40)
Said = tuple[str, int | None, int, int | None]


def word(number: int) -> str:
    return f"{number:064x}"


def text(symbol: bytes) -> str:
    return f"0x{word(32)}{word(len(symbol))}{symbol.hex():0<64}"


@pytest.fixture
def named(engine: Engine) -> Callable[..., dict[str, Said]]:
    """Has the terms of an index name some tokens, asks them by a node, and returns all that is known of them."""

    def name(url: str, *tokens: str, chain_id: int = 31_337, now: int = NOW) -> dict[str, Said]:
        with engine.begin() as connection:
            if connection.execute(select(CHAIN)).first() is None:
                chain = {"chain_id": chain_id, "genesis": "0x", "suite": "{}", "start": 0, "next_block": 1, "rules": 1}
                connection.execute(insert(CHAIN).values(**chain, revision=0))
            numbers = ("rights", "meter", "unit_price", "duration", "notice", "max_units", "derivative_ppm", "flags")
            log = {"block": 1, "log_index": 0, "at": 1, "transaction": "0x"}
            for token in tokens:
                said = {**dict.fromkeys(numbers, 0), "text": OPEN.text.hex(), "token": token, **log}
                connection.execute(insert(TERMS).values(id=hexadecimal(token), index=1, **said))
        while ask_tokens(partial(batch, engine), Wire(url, timeout=5, most=1 << 16), now):
            pass
        with engine.connect() as connection:
            return {it.token: tuple(it[1:]) for it in connection.execute(select(TOKENS))}

    return name


def test_a_token_is_asked_once_and_nobody_is_asked_of_those_that_are_known(
    w3: Web3, deploy_mock: Callable[..., str], named: Callable[..., dict[str, Said]]
) -> None:
    token = deploy_mock("MockToken", "tEUR", 2)
    with wrong_node(str(w3.provider.endpoint_uri)) as node:  # type: ignore[attr-defined]
        found = named(node.url, token, USDC, ETHER, chain_id=8_453)
        again = named(node.url)
        asked = [params[0]["to"] for _, params in node.asked]

    assert found == again == {token: ("tEUR", 2, 1, None), USDC: ("USDC", 6, 1, None), ETHER: ("ETH", 18, 1, None)}
    assert asked == [token, token]


HOSTILE: dict[str, tuple[Told, Told, tuple[str, int | None]]] = {
    "a name that is another's": (text(b"USDC"), f"0x{word(6)}", ("", 6)),
    "a name with a full stop": (text(b"USDC."), f"0x{word(6)}", ("", 6)),
    "a name with a dash": (text(b"usdc-"), f"0x{word(6)}", ("", 6)),
    "a name with a line": (text(b"USDC_"), f"0x{word(6)}", ("", 6)),
    "a name with full stops": (text(b"U.S.D.C"), f"0x{word(6)}", ("", 6)),
    "a name of ether with marks": (text(b"E$T+H"), f"0x{word(6)}", ("", 6)),
    "a name of its own": (text(b"USDC.e"), f"0x{word(6)}", ("USDC.e", 6)),
    "a name in other letters": (text("USD\N{CYRILLIC CAPITAL LETTER ES}".encode()), f"0x{word(6)}", ("", 6)),
    "markup": (text(b"<b>X</b>"), f"0x{word(6)}", ("", 6)),
    "a long name": (text(b"X" * 17), f"0x{word(6)}", ("", 6)),
    "a name beyond the answer": (f"0x{word(32)}{word(2**255)}{word(0)}", f"0x{word(6)}", ("", 6)),
    "32 bytes": (f"0x{b'MKR'.hex():0<64}", f"0x{word(18)}", ("MKR", 18)),
    "more decimals than anybody writes": (text(b"FOO"), f"0x{word(37)}", ("FOO", None)),
    "decimals of 256 bits": (text(b"FOO"), f"0x{word(2**256 - 1)}", ("FOO", None)),
    "an answer that is no token's": ("0x", "0x", ("", None)),
    "what is not hexadecimal": ("0xz", {"a": 1}, ("", None)),
    "a megabyte": (f"0x{'41' * (1 << 20)}", f"0x{word(6)}", ("", 6)),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_a_token_says_is_kept_only_if_it_fits_on_a_page(
    w3: Web3, named: Callable[..., dict[str, Said]], case: str
) -> None:
    symbol, decimals, kept = HOSTILE[case]
    with wrong_node(str(w3.provider.endpoint_uri)) as node:  # type: ignore[attr-defined]
        node.change = lambda _, params, __: symbol if params[0]["data"] == "0x95d89b41" else decimals
        found = named(node.url, TOKEN)

    assert found[TOKEN][:2] == kept


def test_a_token_that_gives_no_answer_is_asked_again_ever_later_and_then_let_be(
    engine: Engine, named: Callable[..., dict[str, Said]]
) -> None:
    nobody = "http://127.0.0.1:1"

    first = named(nobody, TOKEN)
    with engine.begin() as connection:
        connection.execute(update(TOKENS).values(attempts=8, next_try=NOW))
    ninth = named(nobody)
    tenth = named(nobody, now=NOW + (60 << 8))

    assert first[TOKEN] == ("", None, 1, NOW + 60)
    assert ninth[TOKEN] == ("", None, 9, NOW + (60 << 8))
    assert tenth[TOKEN] == ("", None, 10, None)
