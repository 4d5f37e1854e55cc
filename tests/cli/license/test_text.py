"""`license text` and `license acquire --show-text`: what a buyer accepts, read before it is accepted."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from audiera.cli.license import acquire as license_acquire
from audiera.cli.license.text import find_text, readable_text, show_text
from audiera.cli.terminal.texts import store_text
from audiera.errors import InputError, StorageError
from audiera.licensing.texts import TEMPLATES, template
from audiera.protocol.hashing import ZERO_WORD
from audiera.storage import Store, StoredObject
from tests.cli.conftest import Sessions
from tests.cli.deals import Out, make_terms, register, sell, told

TEXT = b"a legal text"
DIGEST = sha256(TEXT).digest()


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_text_of_the_package_is_always_at_hand(tmp_path: Path, name: str) -> None:
    found = find_text(template(name).digest, tmp_path)

    assert sha256(found).digest() == template(name).digest


def test_a_text_is_found_in_the_folder_of_texts_or_else_in_the_store(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "store"))
    store.put(StoredObject(DIGEST, len(TEXT), TEXT))
    store_text(tmp_path / "storage", TEXT)

    assert find_text(DIGEST, tmp_path / "storage") == TEXT
    assert find_text(DIGEST, tmp_path / "nowhere", store) == TEXT


def test_a_text_that_is_not_at_hand_is_said_not_to_be(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "store"))
    store.put(StoredObject(sha256(b"").digest(), 0, b""))

    with pytest.raises(InputError) as refused:
        find_text(DIGEST, tmp_path / "storage", store)

    assert str(refused.value) == (
        f"The licence text with the sha-256 {DIGEST.hex()} is not at hand: it is not in {tmp_path}/storage, and not in "
        f"{store.url}. Ask the dataset's owner for it, and name the store that has it with --store, or the folder with "
        "--storage."
    )


def test_another_text_under_its_name_is_refused(tmp_path: Path) -> None:
    """Attack: a buyer is shown kinder words than the terms name."""
    (tmp_path / DIGEST.hex()).write_bytes(b"All yours.")

    with pytest.raises(StorageError) as refused:
        find_text(DIGEST, tmp_path)

    told = "is not the text of that sha-256; get it anew from the dataset's owner."
    assert str(refused.value) == f"{tmp_path / DIGEST.hex()} {told}"


def test_what_would_act_on_a_terminal_is_escaped() -> None:
    assert readable_text(b"Free.\x1b[2A\r\nNot \xe2\x80\xaefree\n") == ["Free.\\x1b[2A", "Not \\u202efree"]


def test_a_document_of_another_kind_is_to_be_written_to_a_file() -> None:
    with pytest.raises(InputError, match="is not plain text; write it to a file with --out"):
        readable_text(b"%PDF-1.7 \xff\xfe")


def test_the_text_of_terms_is_shown_or_written_byte_for_byte(tmp_path: Path, session: Sessions, capsys: Out) -> None:
    label, terms = session("label"), make_terms()
    sell(label, register(label), terms)
    store_text(tmp_path, TEXT)
    capsys.readouterr()

    show_text(session("fan"), terms.id(), tmp_path, None, None)
    shown = told(capsys)
    show_text(session("fan", as_json=True), terms.id(), tmp_path, None, None)
    as_json = told(capsys)
    show_text(session("fan"), terms.id(), tmp_path, None, tmp_path / "licence.md")
    written = told(capsys)

    assert (shown.out, shown.err) == ("a legal text\n", f"Text: of its own (sha-256 {DIGEST.hex()})\n")
    assert '"content": "a legal text"' in as_json.out
    assert (tmp_path / "licence.md").read_bytes() == TEXT
    assert written.out.endswith(f" is in {tmp_path}/licence.md, byte for byte.\n")


def test_a_buyer_is_told_how_to_read_the_text_or_shown_it_before_being_asked(
    tmp_path: Path, session: Sessions, capsys: Out
) -> None:
    """AUD-T4"""
    label, buyer, terms = session("label"), session("developer", yes=False), make_terms()
    dataset = register(label)
    sell(label, dataset, terms)
    store_text(tmp_path, TEXT)
    buy = partial(license_acquire.acquire, buyer, [(dataset, terms.id())], buyer.me, most=None, ref=ZERO_WORD)

    with pytest.raises(InputError, match="no terminal to ask in"):
        buy()
    named = told(capsys).err
    with pytest.raises(InputError, match="no terminal to ask in"):
        buy(read=partial(find_text, folder=tmp_path))
    shown = told(capsys).err

    title = f"\nText of terms 1: of its own (sha-256 {DIGEST.hex()})\n"
    assert f"{title}  To read it first: ape run license text 1\n" in named
    assert f"{title}  | a legal text\n" in shown


def test_without_its_text_nothing_is_bought_unread(tmp_path: Path, session: Sessions) -> None:
    label, buyer, terms = session("label"), session("developer"), make_terms()
    dataset = register(label)
    sell(label, dataset, terms)

    with pytest.raises(InputError, match="is not at hand"):
        license_acquire.acquire(
            buyer,
            [(dataset, terms.id())],
            buyer.me,
            most=None,
            ref=ZERO_WORD,
            read=partial(find_text, folder=tmp_path),
        )

    assert buyer.client.licenses.license_count() == 0
