import pytest

from audiera.music.suffixes import misnamed


@pytest.mark.parametrize(
    ("name", "media_type", "note"),
    [
        ("a.wav", "audio/flac", "is audio/flac though its name ends in .wav; it is taken by its content"),
        ("a", "audio/mpeg", "is audio/mpeg though its name does not say so; it is taken by its content"),
        ("a.txt", "audio/midi", "is audio/midi though its name ends in .txt; it is taken by its content"),
    ],
)
def test_a_name_that_does_not_say_what_the_content_is_is_noted(name: str, media_type: str, note: str) -> None:
    assert misnamed(name, media_type) == note


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("a.OGA", "audio/ogg"), ("a.opus", "audio/ogg"), ("a.m4a", "audio/mp4"), ("a.odd", "audio/x-unheard-of")],
)
def test_a_name_that_fits_or_cannot_be_judged_is_not_noted(name: str, media_type: str) -> None:
    assert misnamed(name, media_type) is None
