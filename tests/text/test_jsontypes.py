import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audiera.text.jsontypes import Json, canonical, canonical_lines

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
