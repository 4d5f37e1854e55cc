import json
from typing import Any

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import ItemError
from audiera.protocol.metadata import Metadata

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)


def flac(**changes: object) -> Metadata:
    values: dict[str, Any] = {"path": "a.flac", "media_type": "audio/flac", **changes}  # wrong types on purpose
    return Metadata(**values)


def test_a_row_leaves_out_what_is_unknown() -> None:
    metadata = flac(title="One", duration_ms=1_500)

    assert metadata.row() == {
        "path": "a.flac",
        "media_type": "audio/flac",
        "title": "One",
        "duration_ms": 1_500,
    }


def test_the_canonical_row_is_sorted_json_without_spaces() -> None:
    metadata = flac(title='Tab\t"é', artists=("B", "A"), track=3)

    expected = '{"artists":["B","A"],"media_type":"audio/flac","path":"a.flac","title":"Tab\\t\\"é","track":3}'

    assert metadata.canonical() == expected.encode()
    assert metadata.hash() == keccak(expected.encode())


@given(title=TEXT, artists=st.lists(TEXT, max_size=3), track=st.integers(1, 2**32 - 1))
def test_a_row_is_read_back_as_it_was(title: str, artists: list[str], track: int) -> None:
    metadata = flac(title=title, artists=tuple(artists), track=track)

    again = Metadata.from_row(json.loads(metadata.canonical()))

    assert again == metadata
    assert again.hash() == metadata.hash()


def test_decomposed_text_is_composed() -> None:
    decomposed = flac(path="Cafe\u0301.flac", artists=("Zoe\u0308",))

    assert decomposed.path == "Caf\u00e9.flac"
    assert decomposed.artists == ("Zo\u00eb",)
    assert decomposed.hash() == flac(path="Caf\u00e9.flac", artists=("Zo\u00eb",)).hash()


def test_piled_marks_are_refused_before_they_are_put_in_order() -> None:
    """AUD-A54"""
    with pytest.raises(ItemError, match=r"^'a.flac': title has more than 30 marks in a row, which is no text; clean"):
        flac(title="A" + "\u0301\u0316" * 100_000)


@pytest.mark.parametrize(
    "path",
    [
        *("", " ", "/a", "a/", "a//b", "./a", "a/../b", "..", "a\\b", "a\nb", "a\0b", "\ud800", 5, None),
        *(".ssh/authorized_keys", "a/.git/hooks/b", "x\u202egpj.exe", "\u2067a", "a\u2028b.wav", "a\u2029b.wav"),
    ],
)
def test_a_path_that_could_lead_elsewhere_is_refused(path: object) -> None:
    """AUD-A49"""
    with pytest.raises(ItemError, match="path"):
        flac(path=path)


@pytest.mark.parametrize("field", ["track", "bpm", "duration_ms", "sample_rate", "channels", "bit_depth"])
@pytest.mark.parametrize("value", [0, -1, 2**32, 1.5, 128.0, True, "3"])
def test_a_number_that_is_not_a_positive_integer_is_refused(field: str, value: object) -> None:
    with pytest.raises(ItemError, match=f"'a.flac': {field} must be a whole number"):
        flac(**{field: value})


@pytest.mark.parametrize("value", ["", " \t", 5, "a\0b", "\udcff"])
@pytest.mark.parametrize("field", ["title", "album", "genre", "key", "copyright", "licence"])
def test_text_that_is_not_text_is_refused(field: str, value: object) -> None:
    with pytest.raises(ItemError, match=f"'a.flac': {field} "):
        flac(**{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("media_type", "flac"),
        ("media_type", "Audio/FLAC"),
        ("media_type", "audio/flac; rate=1"),
        ("date", "24"),
        ("date", "2024-13"),
        ("date", "2024-1-1"),
        ("date", "01/02/2024"),
        ("isrc", "US-RC1-76-07839"),
        ("isrc", "nonsense"),
        ("iswc", "T-034.524.680-1"),
        ("artists", ("Ann", "")),
    ],
)
def test_a_value_in_another_form_is_refused(field: str, value: object) -> None:
    with pytest.raises(ItemError, match=rf"^'a\.flac': .*(?i:{field}|ISRC)"):
        flac(**{field: value})


@pytest.mark.parametrize("date", ["1969", "1969-08", "1969-08-15"])
def test_a_date_may_be_as_exact_as_is_known(date: str) -> None:
    assert flac(date=date).row()["date"] == date


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"path": "a", "media_type": "a/b", "mood": "sad"}, r"unknown keys \['mood'\]"),
        ({"path": "a"}, r"lacks \['media_type'\]"),
        ({"path": "a", "media_type": "a/b", "artists": "Ann"}, "artists must be a list"),
        ({"path": "a", "media_type": "a/b", "artists": []}, "is not canonical"),
        ({"path": "a", "media_type": "a/b", "title": None}, "is not canonical"),
        ({"path": "Cafe\u0301", "media_type": "a/b"}, "is not canonical"),
        ({"path": "a", "media_type": "a/b", "track": 1.0}, "whole number"),
    ],
)
def test_a_row_in_any_other_spelling_is_refused(row: dict[str, object], reason: str) -> None:
    """Two spellings of one row would be two hashes of one fact."""
    with pytest.raises(ItemError, match=reason):
        Metadata.from_row(row)


def test_a_sample_has_at_most_64_bits() -> None:
    assert flac(bit_depth=64).row()["bit_depth"] == 64

    with pytest.raises(ItemError, match=r"^'a\.flac': bit_depth 65 must be at most 64\.$"):
        flac(bit_depth=65)
