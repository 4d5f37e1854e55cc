from pathlib import Path

import pytest

from tests.support.encoded import write_encoded
from tests.support.music import RATE, write_tone
from tests.support.ogg import another, pages, sealed
from tests.support.reading import decoded, refusal

LAST = 4


@pytest.fixture
def ogg(tmp_path: Path) -> Path:
    return write_tone(tmp_path / "tone.ogg", frames=RATE * 8)


def refusal_of(path: Path, *parts: bytes) -> str:
    path.write_bytes(b"".join(parts))
    return refusal(path)


def test_pages_made_anew_are_the_same(ogg: Path) -> None:
    """What the tests below change is all that they change."""
    assert [sealed(page) for page in pages(ogg.read_bytes())] == pages(ogg.read_bytes())


def test_a_page_that_fails_its_checksum_is_damage(ogg: Path) -> None:
    data = bytearray(ogg.read_bytes())
    at = len(data) - len(pages(bytes(data))[-1])
    data[-10] ^= 1

    assert refusal_of(ogg, bytes(data)) == f"is damaged at byte {at:,}: a page fails its checksum; get a whole copy"


def test_a_page_that_is_missing_is_damage(ogg: Path) -> None:
    first, second, third, *rest = pages(ogg.read_bytes())

    at = len(first) + len(second)
    expected = f"is damaged at byte {at:,}: page 2 should follow and it is 3; get a whole copy"
    assert refusal_of(ogg, first, second, *rest) == expected
    assert third


def test_a_missing_last_page_means_that_the_file_breaks_off(ogg: Path) -> None:
    assert refusal_of(ogg, *pages(ogg.read_bytes())[:-1]) == "breaks off: its last page is missing; get a whole copy"


def test_a_last_page_that_is_not_marked_so_means_that_the_file_breaks_off(ogg: Path) -> None:
    *most, last = pages(ogg.read_bytes())

    unmarked = sealed(last, flags=last[5] & ~LAST)
    assert refusal_of(ogg, *most, unmarked) == "breaks off: its last page is missing; get a whole copy"


def test_a_cut_within_a_page_names_where(ogg: Path) -> None:
    data = ogg.read_bytes()[:-5]

    expected = f"breaks off at byte {len(data):,}, within a page; get a whole copy"
    assert refusal_of(ogg, data) == expected


def test_bytes_between_pages_are_damage(ogg: Path) -> None:
    first, *rest = pages(ogg.read_bytes())

    expected = f"is damaged at byte {len(first):,}: no page of the stream begins there; get a whole copy"
    assert refusal_of(ogg, first, b"junk", *rest) == expected


def test_recordings_one_after_the_other_are_refused(ogg: Path) -> None:
    data = ogg.read_bytes()

    expected = "holds several recordings one after the other (a chained stream); divide it"
    assert refusal_of(ogg, data, another(pages(data), 99)) == expected


def test_two_streams_at_once_are_refused(ogg: Path) -> None:
    first, *rest = pages(ogg.read_bytes())
    data = first + another([first], 99) + b"".join(rest) + another(rest, 99)

    assert refusal_of(ogg, data) == "holds 2 streams of sound at once; extract the one that is meant"


def test_more_streams_than_any_file_has_are_refused(ogg: Path) -> None:
    first, *rest = pages(ogg.read_bytes())
    data = [first, *(another([first], serial) for serial in range(100, 164)), *rest]

    assert refusal_of(ogg, *data) == "holds more than 64 streams at once; extract the one that is meant"


def test_pictures_are_refused(ogg: Path) -> None:
    first, *rest = pages(ogg.read_bytes())
    picture = bytearray(first)
    picture[28:35] = b"\x80theora"

    expected = "holds something other than sound (video?); extract its sound"
    assert refusal_of(ogg, sealed(bytes(picture)), *rest) == expected


def test_zeros_after_the_last_page_do_no_harm(ogg: Path) -> None:
    ogg.write_bytes(ogg.read_bytes() + bytes(100))

    assert decoded(ogg).duration_ms == 8_000


def test_flac_in_ogg_is_decoded_without_loss(tmp_path: Path) -> None:
    packed = decoded(write_encoded(tmp_path / "a.oga", "oggflac"))
    plain = decoded(write_encoded(tmp_path / "a.flac", "flac"))

    assert (packed.media_type, packed.bit_depth) == ("audio/ogg", 16)
    assert packed.samples == plain.samples
