import pytest

from audiera.text.shown import plain, shown


@pytest.mark.parametrize(
    ("path", "printed"),
    [
        ("side 2/夜.wav", "side 2/夜.wav"),
        ("a\nb", r"'a\nb'"),
        ("a\u202eb", r"'a\u202eb'"),
        ("\udcff", r"'\udcff'"),
        ("US\u034fDC", r"'US\u034fDC'"),
        ("a" + " " * 4 + "b", r"'a\x20\x20\x20\x20b'"),
        ("a   b", "a   b"),
        ("trailing ", "'trailing '"),
        ("it's\t", '"it\'s\\t"'),
    ],
)
def test_a_path_is_shown_on_one_line_as_it_is_or_quoted(path: str, printed: str) -> None:
    assert shown(path) == printed


def test_text_is_made_plain_letter_by_letter() -> None:
    assert plain("US\u3164DC\ufe0f") == r"US\u3164DC\ufe0f"
    assert plain("Zoë's \u200ftitle\x1b[31m\n") == r"Zoë's \u200ftitle\x1b[31m\n"
