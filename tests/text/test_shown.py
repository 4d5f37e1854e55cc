import pytest

from audiera.text.shown import plain, shown


@pytest.mark.parametrize(
    ("path", "printed"),
    [
        ("side 2/夜.wav", "side 2/夜.wav"),
        ("a\nb", r"'a\nb'"),
        ("a\u202eb", r"'a\u202eb'"),
        ("\udcff", r"'\udcff'"),
        ("trailing ", "'trailing '"),
        ("it's\t", '"it\'s\\t"'),
    ],
)
def test_a_path_is_shown_on_one_line_as_it_is_or_quoted(path: str, printed: str) -> None:
    assert shown(path) == printed


def test_text_is_made_plain_letter_by_letter() -> None:
    assert plain("Zoë's \u200ftitle\x1b[31m\n") == r"Zoë's \u200ftitle\x1b[31m\n"
