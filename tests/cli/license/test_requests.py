"""`license requests` as it is typed; what it does at a gateway is tried where gateways are (tests/gateway)."""

from __future__ import annotations

from tests.cli.commands import CommandLine

NOWHERE = ("--at", "ftp://music.example")


def test_it_lists_unless_told_otherwise(line: CommandLine) -> None:
    assert "ftp://music.example is no gateway's URL" in line("label", "license", "requests", *NOWHERE, fails=True)


def test_an_answer_is_either_an_offer_with_a_price_or_a_no(line: CommandLine) -> None:
    def said(*words: str) -> str:
        return line("label", "license", "requests", "answer", "1", *words, *NOWHERE, fails=True)

    either = "Say either --offer TERMS with a --price, or --no REASON."
    assert either in said()
    assert either in said("--offer", "1", "--no", "No.")
    assert "An offer needs a price" in said("--offer", "1")
