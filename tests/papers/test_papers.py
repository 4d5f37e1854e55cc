"""Papers: what strangers wrote stays text, on the page and in print, and letters that no font has are said."""

from __future__ import annotations

import struct
import sys
from io import BytesIO
from pathlib import Path

import pytest

from audiera.errors import InputError
from audiera.papers import Chapter, Paper, Sentence, Source, Table, html_of, is_set_alike, pdf_of
from audiera.papers.fonts import missing, spelled

HOSTILE = '</style><script>alert("1")</script> #panic("x") *b* $x$ `r` @x \\ //c <img src=x onerror=y> \u202egnp'
PAPER = Paper(
    HOSTILE,
    HOSTILE,
    (
        Chapter(
            HOSTILE,
            1,
            (Sentence(HOSTILE, Source.CHAIN, (HOSTILE, "0x" + "ab" * 32)), Sentence("Nobody said.", Source.MISSING)),
            (Table((HOSTILE, "b"), [(HOSTILE, "0x" + "cd" * 32)] * 80),),
        ),
        Chapter("音楽 Жук", 2),
    ),
    {it: it.value for it in Source},
)


def font(kind: int) -> bytes:
    """A font that has the letters U+97F3 and U+97F4, and nothing else of a font."""
    if kind == 4:
        table = struct.pack(">7H", 4, 0, 0, 4, 0, 0, 0) + struct.pack(">5H", 0x97F4, 0xFFFF, 0, 0x97F3, 0xFFFF)
    else:
        table = struct.pack(">HHIII", 12, 0, 0, 0, 1) + struct.pack(">III", 0x97F3, 0x97F4, 1)
    cmap = struct.pack(">HHHHI", 0, 1, 3, 1, 12) + table
    return struct.pack(">IHHHH", 0x10000, 1, 0, 0, 0) + struct.pack(">4sIII", b"cmap", 0, 28, len(cmap)) + cmap


def test_what_strangers_wrote_is_text_on_the_page() -> None:
    page = html_of(PAPER).decode()

    for markup in ("<script", "<img", "</style><"):
        assert markup not in page
    assert page.count("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;") == 87
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
    assert 'dir="auto"' in page


@pytest.mark.parametrize("kind", [4, 12])
def test_letters_that_no_font_has_are_found_and_written_by_number(tmp_path: Path, kind: int) -> None:
    (tmp_path / "some.ttf").write_bytes(font(kind))
    (tmp_path / "broken.ttf").write_bytes(b"\0" * 7)
    fonts = [str(tmp_path / name) for name in ("broken.ttf", "none.ttf", "some.ttf")]

    absent = missing(["Жук 音楽\n"], fonts)

    assert absent == {"楽"}
    assert spelled("音楽", absent) == "音[U+697D]"
    assert missing(["音"], []) == {"音"}


def test_a_paper_is_refused_for_print_without_the_typesetter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)

    with pytest.raises(InputError, match=r"A PDF needs a typesetter: pip install 'audiera\[pdf\]'\."):
        pdf_of(PAPER)


def test_two_settings_have_to_be_the_same_where_one_typesetter_has_all_letters() -> None:
    plain = Paper("Жук", "b", (), {})
    one, other = b"/Creator(Typst 0.15.1)", b"/Creator(Typst 0.14.0)"

    assert is_set_alike(plain, one, b"%" + one)
    assert not is_set_alike(plain, one, other)
    assert not is_set_alike(plain, one, b"no PDF")
    assert not is_set_alike(PAPER, one, one)


@pytest.mark.heavy
def test_what_strangers_wrote_is_text_in_print() -> None:
    pypdf = pytest.importorskip("pypdf")

    printed, absent = pdf_of(PAPER)

    assert pdf_of(PAPER) == (printed, absent)
    pages = pypdf.PdfReader(BytesIO(printed)).pages
    text = "".join(it.extract_text() for it in pages)
    assert len(pages) > 1
    assert '#panic("x") *b* $x$ `r` @x' in text
    assert "\x00" not in text
    for letter in absent:
        assert f"[U+{ord(letter):04X}]" in text


@pytest.mark.heavy
def test_columns_are_as_wide_as_what_is_in_them() -> None:
    pypdf = pytest.importorskip("pypdf")
    columns = ("dataset", "title", "artists", "ISRC", "ISWC", "length", "served", "SHA-256")
    rows = [("1", "01 Cast Off.flac", "Night Ferry", "XXAUD2600001", "", "0:19.643", "2", "5f" * 32)] * 100

    printed, _ = pdf_of(Paper("Items", "of a run", (Chapter("Items", tables=(Table(columns, rows),)),), {}))

    pages = pypdf.PdfReader(BytesIO(printed)).pages
    assert len(pages) == 4  # 7 where each column is as wide as the others
