import pytest

from audiera.errors import InputError
from audiera.protocol.identifiers import parse_ipi, parse_isni, parse_isrc, parse_iswc, parse_orcid


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


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("00519338442", "00519338442"),
        ("519338442", "00519338442"),
        ("IPI 159.849.414", "00159849414"),
        ("00454 80 80 47", "00454808047"),
        ("00017798450", "00017798450"),
        ("00000589900", "00000589900"),  # a remainder of 1 leaves 100, which is written 00
    ],
)
def test_an_ipi_name_number_is_kept_with_its_zeros(text: str, bare: str) -> None:
    assert parse_ipi(text) == bare


@pytest.mark.parametrize("text", ["", "51933844", "005193384420", "0051933844X", "\u0660" * 11])
def test_what_is_no_ipi_name_number_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not an IPI name number; write its 9 to 11 digits"):
        parse_ipi(text)


@pytest.mark.parametrize("text", ["00519338443", "00519338424", "00591338442", "00159849441"])
def test_an_ipi_name_number_with_wrong_check_digits_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="wrong check digits"):
        parse_ipi(text)


def test_an_ipi_base_number_is_not_taken_for_a_name_number() -> None:
    with pytest.raises(InputError, match="is an IPI base number; give the IPI name number"):
        parse_ipi("I-000000229-7")


@pytest.mark.parametrize(
    "text",
    ["0000-0002-1825-0097", "0000000218250097", "https://orcid.org/0000-0002-1825-0097/", "ORCID: 0000 0002 1825 0097"],
)
def test_an_orcid_is_kept_with_its_hyphens(text: str) -> None:
    assert parse_orcid(text) == "0000-0002-1825-0097"


def test_an_orcid_may_end_in_x() -> None:
    assert parse_orcid("0000-0002-1694-233x") == "0000-0002-1694-233X"


@pytest.mark.parametrize("text", ["", "0000-0002-1825-009", "orcid.org/"])
def test_what_is_no_orcid_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not an ORCID iD; write it like 0000-0002-1825-0097"):
        parse_orcid(text)


def test_an_orcid_with_a_wrong_check_character_is_refused() -> None:
    with pytest.raises(InputError, match="wrong check character; copy the ORCID iD again"):
        parse_orcid("0000-0002-1825-0098")
