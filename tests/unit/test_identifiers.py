import pytest

from audiera.errors import InputError
from audiera.identifiers import parse_isni, parse_isrc, parse_iswc


@pytest.mark.parametrize("text", ["US-RC1-76-07839", "usrc17607839", "ISRC US RC1 76 07839", " USRC17607839 "])
def test_an_isrc_is_kept_bare(text: str) -> None:
    assert parse_isrc(text) == "USRC17607839"


@pytest.mark.parametrize("text", ["", "US-RC1-76-0783", "1SRC17607839", "USRC1760783X", "USRC176078390"])
def test_what_is_no_isrc_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not an ISRC"):
        parse_isrc(text)


@pytest.mark.parametrize("text", ["T-034.524.680-1", "t0345246801", "ISWC T-034.524.680-1"])
def test_an_iswc_is_kept_bare(text: str) -> None:
    assert parse_iswc(text) == "T0345246801"


def test_what_is_no_iswc_is_refused() -> None:
    with pytest.raises(InputError, match="is not an ISWC"):
        parse_iswc("034.524.680-1")


def test_an_iswc_with_a_wrong_check_digit_is_refused() -> None:
    with pytest.raises(InputError, match="wrong check digit"):
        parse_iswc("T-034.524.680-2")


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("0000 0001 2103 2683", "0000000121032683"),
        ("https://isni.org/isni/0000000121032683", "0000000121032683"),
        ("ISNI 0000 0001 2150 090X", "000000012150090X"),
        ("000000012150090x", "000000012150090X"),
    ],
)
def test_an_isni_is_kept_bare(text: str, bare: str) -> None:
    assert parse_isni(text) == bare


@pytest.mark.parametrize("text", ["", "0000 0001 2103 268", "X000000121032683"])
def test_what_is_no_isni_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not an ISNI"):
        parse_isni(text)


@pytest.mark.parametrize("text", ["0000 0001 2103 2684", "0000 0001 2103 268X", "0000 0001 2130 2683"])
def test_an_isni_with_a_wrong_check_character_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="wrong check character"):
        parse_isni(text)
