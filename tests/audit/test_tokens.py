"""How an audit writes tokens: findings with their address, tables by a name that means one of them only."""

from __future__ import annotations

from audiera.audit import Worth
from audiera.protocol import ETHER, to_address

FIRST, SECOND, THIRD, FOURTH = (to_address("0x" + it * 20) for it in ("11", "22", "33", "44"))
LIKE_FIRST = to_address("0x" + "11" * 19 + "22")


def worth(said: dict[str, tuple[str, int]], *alone: str, asked: str = "") -> Worth:
    """Ether, and tokens that say something."""
    return Worth({ETHER: ("ETH", 18)}, said, alone, lambda _: asked)


def test_a_symbol_that_one_token_alone_has_is_its_name_and_stands_in_the_legend_once() -> None:
    some = worth({FIRST: ("ONE", 6)}, FIRST)

    assert [some.brief(1_500_000, FIRST), some.brief(2, FIRST), some.name(FIRST)] == ["1.5 ONE", "0.000002 ONE", "ONE"]
    assert (some.brief(10**18, ETHER), some.legend()) == ("1 ETH", [("ONE", FIRST)])


def test_a_symbol_that_others_have_too_stands_with_the_beginning_of_the_address() -> None:
    some = worth({FIRST: ("ONE", 6), SECOND: ("One", 6), THIRD: ("", 6)}, asked="USDC")

    assert [some.name(it) for it in (FIRST, SECOND, THIRD)] == [
        "ONE (0x11111111…)",
        "One (0x22222222…)",
        "USDC (0x33333333…)",
    ]


def test_tokens_that_are_alike_in_symbol_and_in_the_beginning_of_their_address_are_told_apart() -> None:
    some = worth({FIRST: ("ONE", 6), LIKE_FIRST: ("ONE", 6)})

    assert [some.name(FIRST), some.name(LIKE_FIRST)] == ["ONE (0x11111111…)", LIKE_FIRST]


def test_a_token_that_says_nothing_is_counted_in_its_smallest_unit() -> None:
    some = worth({})

    assert some.brief(5, FOURTH) == "5 smallest units of 0x44444444…"
    assert some.of(5, FOURTH) == f"5 smallest units of {FOURTH}"


def test_a_finding_names_the_address_of_whatever_a_token_calls_itself() -> None:
    some = worth({FIRST: ("ONE", 6), SECOND: ("", 6)}, FIRST)

    assert [some.of(1, FIRST), some.of(1, SECOND), some.of(1, ETHER)] == [
        f"0.000001 ONE({FIRST})",
        f"0.000001 {SECOND}",
        "0.000000000000000001 ETH",
    ]
