from collections.abc import Callable

import pytest
import requests
import urllib3

from audiera.text.shown import one_line, plain, reason_of, shown


@pytest.mark.parametrize(
    ("path", "printed"),
    [
        ("side 2/夜.wav", "side 2/夜.wav"),
        ("a\nb", r"'a\nb'"),
        ("a\u202eb", r"'a\u202eb'"),
        ("\udcff", r"'\udcff'"),
        ("US\u034fDC", r"'US\u034fDC'"),
        ("a" + " " * 4 + "b", r"'a\x20\x20\x20\x20b'"),
        ("a   b", "a   b"),
        ("trailing ", "'trailing '"),
        ("it's\t", '"it\'s\\t"'),
    ],
)
def test_a_path_is_shown_on_one_line_as_it_is_or_quoted(path: str, printed: str) -> None:
    assert shown(path) == printed


def test_text_is_made_plain_letter_by_letter() -> None:
    assert plain("US\u3164DC\ufe0f") == r"US\u3164DC\ufe0f"
    assert plain("Zoë's \u200ftitle\x1b[31m\n") == r"Zoë's \u200ftitle\x1b[31m\n"


def test_what_is_longer_than_anybody_reads_is_cut_before_it_is_escaped() -> None:
    assert one_line("a" * 10_000) == "a" * 10_000
    assert one_line("\x1b" * 1_000_000) == r"\x1b" * 10_000 + "… (990,000 letters more)"


@pytest.mark.parametrize(
    "ask", [requests.get, lambda url: urllib3.request("GET", url, retries=1)], ids=["requests", "urllib3"]
)
def test_what_cannot_be_reached_is_told_in_the_systems_words(ask: Callable[[str], object]) -> None:
    with pytest.raises((requests.RequestException, urllib3.exceptions.HTTPError)) as refused:
        ask("http://127.0.0.1:9/")

    assert reason_of(refused.value) == "Connection refused"


def test_where_the_system_said_nothing_the_kind_of_an_error_is_told() -> None:
    first, second = ValueError("one"), requests.RequestException()
    first.__cause__, second.__cause__ = second, first  # a ring ends, too

    assert (reason_of(first), reason_of(second)) == ("ValueError", "RequestException")
