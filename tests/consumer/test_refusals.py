"""What is said of a gateway's refusal: its own words, or what to do."""

import json

import pytest

from audiera.remote import Answer


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (json.dumps({"detail": "The item is blocked; ask for others."}), "The item is blocked; ask for others."),
        ("", "HTTP 502; run it again later, or ask its operator."),
        ("<html>", "HTTP 502; run it again later, or ask its operator."),
        (json.dumps({"detail": 7}), "HTTP 502; run it again later, or ask its operator."),
    ],
    ids=["words", "nothing", "a page", "a number"],
)
def test_a_refusal_without_words_says_what_to_do(body: str, told: str) -> None:
    answer = Answer(502, {}, body.encode())

    assert answer.refusal("https://gateway.example") == f"https://gateway.example refused: {told}"
