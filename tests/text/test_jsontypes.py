import json
import sys

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audiera.text.jsontypes import Json, canonical, canonical_lines, read_json

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEY = st.text(st.characters(max_codepoint=127))
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
VALUE = st.recursive(
    st.none() | st.booleans() | WHOLE | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4),
    max_leaves=12,
)


@given(VALUE)
def test_canonical_json_is_that_of_rfc_8785(value: Json) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_every_character_is_written_as_rfc_8785_writes_it() -> None:
    text = "".join(chr(code) for code in range(0x3000) if not 0xD800 <= code < 0xE000) + "\U0001f3b5\ufeff\uffff"

    assert canonical(text) == rfc8785.dumps(text)


def test_text_that_is_not_unicode_has_no_canonical_form() -> None:
    with pytest.raises(ValueError, match="surrogates not allowed"):
        canonical({"name": "\ud800"})


def test_an_array_of_lines_is_one_json_array_with_a_row_to_the_line() -> None:
    data = canonical_lines([{"b": 1, "a": "\u2028"}, {}])

    assert data == '[\n{"a":"\u2028","b":1},\n{}\n]\n'.encode()
    assert json.loads(data) == [{"a": "\u2028", "b": 1}, {}]


@given(VALUE)
def test_what_is_written_is_read(value: Json) -> None:
    assert read_json(canonical(value)) == json.loads(json.dumps(value))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1, "b": 2, "a": 3}', "it has 'a' twice"),
        ('[{"b": {"": 0, "": 0}}]', "it has '' twice"),
        ("[NaN]", "it has a number that is not whole, NaN"),
        ("-Infinity", "it has a number that is not whole, -Infinity"),
        ("[1.0]", "it has a number that is not whole, 1.0"),
        ("1e999", "it has a number that is not whole, 1e999"),
        ("1" * 79, "it has a number of 79 digits"),
        ("-" + "1" * 79, "it has a number of 80 digits"),
        ("[" * 33 + "]" * 33, "it is nested more than 32 deep"),
        ('{"a":' * 40 + "1" + "}" * 40, "it is nested more than 32 deep"),
        ("[" * 100_000, "it is nested more than 32 deep"),
        ('"' + "a" * 1_000_000, "it is larger than 1,000,000 bytes"),
    ],
    ids=["twice", "twice within", *("not whole",) * 4, *("digits",) * 2, *("deep",) * 3, "large"],
)
def test_what_has_more_than_one_reading_or_is_too_much_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # the whole of it below
        read_json(text, most=1_000_000)

    assert str(caught.value) == reason


@pytest.mark.parametrize(
    "text", ['"\\ud800"', '{"\\udc80": 1}', '"\ud800"', b'"\xff"', b"\xef\xbb\xbf1", "", "1 2", "'a'", '"\n"']
)
def test_what_is_no_json_in_unicode_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # of whoever sees it first
        read_json(text)


def test_nesting_is_refused_where_others_have_raised_the_limit_of_pythons_stack() -> None:
    """AUD-O2: Ape imports what raises it to 100,000, where the decoder's own stack ends in a crash."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000_000)
    try:
        for text in ("[" * 200_000, '{"a":' * 200_000, "[[]" * 200_000, "[]" * 99 + '["]]]"' * 99):
            with pytest.raises(ValueError, match="it is nested more than 32 deep"):
                read_json(text)
        assert read_json('["' + "[" * 99 + '\\"{", [[]], {}]') == ["[" * 99 + '"{', [[]], {}]
    finally:
        sys.setrecursionlimit(limit)


def test_nesting_and_numbers_are_read_up_to_their_bounds() -> None:
    assert read_json("[" * 32 + "]" * 32) != []
    assert read_json("9" * 78) == int("9" * 78)
    assert read_json('"\\ud83c\\udfb5"') == "\U0001f3b5"
