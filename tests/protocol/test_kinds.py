import pytest

from audiera.errors import InputError
from audiera.protocol.kinds import DatasetFlag, Kind, parse_kind


def test_kinds_have_the_values_of_the_design() -> None:
    names = ["Recordings", "Samples", "Stems", "Scores", "Lyrics", "Features", "Model", "Catalogue"]

    assert [(kind.value, kind.name) for kind in Kind] == list(enumerate(names))


def test_flags_have_the_bits_of_the_design() -> None:
    assert {flag.name: flag.value for flag in DatasetFlag} == {"Derived": 1, "Synthetic": 2}


def test_a_kind_is_read_in_any_case() -> None:
    assert parse_kind(" model") is Kind.Model


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="'album' is not a kind of dataset; choose from Recordings"):
        parse_kind("album")
