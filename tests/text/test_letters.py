"""AUD-T6 and AUD-A54: letters that nobody sees, and marks that cost the square of their number."""

import time
import unicodedata

import pytest

from audiera.text.letters import UNSEEN, is_piled, normal, unpiled
from audiera.text.tidy import tidy
from tests.support.house import modules

LETTERS = "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)


@pytest.mark.parametrize("letter", "\u00ad\u034f\u115f\u1160\u17b4\u180b\u200b\u2800\u3164\ufe00\ufe0f\uffa0\U000e0100")
def test_letters_that_leave_no_trace_are_known(letter: str) -> None:
    assert letter in UNSEEN


def test_letters_that_are_seen_are_not_among_them() -> None:
    assert UNSEEN.isdisjoint("Zoë Nguyễn 夜 שָׁלוֹם मिश्र 한글 ♪ \u3000")


def test_marks_in_a_row_are_told_whatever_they_come_from() -> None:
    """A letter that is no mark, and comes apart into marks alone, is as good as one."""
    apart = [it for it in LETTERS if unicodedata.combining(unicodedata.normalize("NFKD", it)[0])]

    assert [f"{ord(it):X}" for it in apart if not is_piled(f"a{it * 31}")] == []
    assert not is_piled("a" + "\u0301" * 30 + "b" + "\u0316" * 30)


def test_text_that_people_write_has_the_normal_form_of_unicode() -> None:
    text = "e\u0301 \u1100\u1161 \ufb01 a" + "\u0316\u0301" * 15

    assert normal(text) == unicodedata.normalize("NFC", text)
    assert normal(text, "NFKD") == unicodedata.normalize("NFKD", text)


@pytest.mark.parametrize("marks", ["\u0301\u0316", "\u0f73", "\uff9e\u0301"])
def test_a_pile_of_marks_takes_no_time_to_order(marks: str) -> None:
    piled = "A" + marks * 100_000
    begun = time.process_time()

    assert normal(piled, "NFKD") == piled
    assert len(unpiled(piled)) == 31
    assert len(tidy(piled)) <= 61

    assert time.process_time() - begun < 5


def test_only_one_module_brings_text_into_a_normal_form() -> None:
    normalising = [name for name, path in modules().items() if "unicodedata.normalize(" in path.read_text("utf-8")]

    assert normalising == ["text.letters"]
