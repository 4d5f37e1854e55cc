import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiera.errors import TermsError
from audiera.protocol.rights import ALL_RIGHTS, Right, describe_rights, parse_right, parse_rights, right_bit

NAMES = [
    "DataMining",
    "Inference",
    "Training",
    "GenerativeTraining",
    "VoiceCloning",
    "Playback",
    "Derivation",
    "Commercial",
    "Redistribution",
    "WeightRelease",
]


def test_rights_have_the_bits_of_the_design() -> None:
    assert [right.name for right in Right] == NAMES
    assert [right_bit(right) for right in Right] == list(range(10))
    assert sum(Right) == ALL_RIGHTS


@given(st.integers(1, ALL_RIGHTS))
def test_rights_are_written_and_read_back(rights: int) -> None:
    assert parse_rights(describe_rights(rights)) == rights


def test_rights_are_read_in_any_case_and_order() -> None:
    assert parse_rights("inference, TRAINING ,Inference") == Right.Training | Right.Inference
    assert describe_rights(Right.Training | Right.Inference) == "Inference, Training"
    assert describe_rights(0) == ""


def test_an_unknown_right_is_refused_with_the_known_ones() -> None:
    with pytest.raises(TermsError, match="'Remix' is not a right; choose from DataMining, Inference"):
        parse_right("Remix")


@pytest.mark.parametrize("text", ["", " , "])
def test_no_right_at_all_is_refused(text: str) -> None:
    with pytest.raises(TermsError, match="No right is named"):
        parse_rights(text)


def test_unknown_bits_cannot_be_described() -> None:
    with pytest.raises(TermsError, match="0x400 has bits that are not rights"):
        describe_rights(1 << 10)


@pytest.mark.parametrize("rights", [Right(0), Right.Training | Right.Inference, Right(1 << 10)])
def test_only_one_right_has_a_bit(rights: Right) -> None:
    with pytest.raises(TermsError, match="is not one right"):
        right_bit(rights)
