"""The legal text that terms name by its sha-256: found, proven, and shown or kept for whoever is to accept it."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Final

from audiera.cli.license.terms import text_title
from audiera.cli.terminal.output import print_json, print_pages, say
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.texts import write_file
from audiera.errors import InputError, StorageError
from audiera.licensing import template_of
from audiera.storage import Store
from audiera.text import hex_of, plain, read_file

__all__ = ["find_text", "readable_text", "show_text"]

_MOST: Final = 16 << 20  # bytes of a text, which may be a document of another kind


def find_text(digest: bytes, folder: Path, store: Store | None = None) -> bytes:
    """Return the text of this sha-256: one of this package's, or else from a folder of texts, or from a store.

    Raises:
        InputError: if it is in none of them.
        StorageError: if what has its name is another text, or the store refuses or fails.
    """
    if known := template_of(digest):
        return known.text
    path = folder / digest.hex()
    if path.is_file():
        return _read(path, digest)
    if store is not None and store.has(digest):
        return store.get(digest, _MOST)
    looked = f"{folder}, and not in {store.url}" if store else str(folder)
    raise InputError(
        f"The licence text with the sha-256 {digest.hex()} is not at hand: it is not in {looked}. Ask the dataset's "
        "owner for it, and name the store that has it with --store, or the folder with --storage."
    )


def readable_text(text: bytes) -> list[str]:
    """Return a text's lines, as a terminal can show them.

    Raises:
        InputError: if it is no text but a document of another kind.
    """
    try:
        lines = text.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError("The licence text is not plain text; write it to a file with --out, and open that.") from error
    return list(map(plain, lines))


def show_text(session: Session, terms_id: bytes, folder: Path, store: Store | None, out: Path | None) -> None:
    """Show the legal text of terms, a screen at a time where there is a terminal, or write it to a file.

    Raises:
        InputError: as `find_text` and `readable_text` refuse.
        StorageError: as `find_text` refuses, or if the file cannot be written.
    """
    digest = session.client.licenses.terms(terms_id).text
    text = find_text(digest, folder, store)
    if out is not None:
        write_file(out, text)
        told = f"{text_title(digest)} is in {out}, byte for byte."
        session.result({"termsId": hex_of(terms_id), "text": hex_of(digest), "textFile": str(out)}, told)
    elif session.as_json:
        print_json({"termsId": hex_of(terms_id), "text": hex_of(digest), "content": "\n".join(readable_text(text))})
    else:
        say(f"Text: {text_title(digest)}")
        print_pages(readable_text(text))


def _read(path: Path, digest: bytes) -> bytes:
    try:
        text = read_file(path, _MOST)
    except OSError as error:
        raise StorageError(f"{path} cannot be read ({error.strerror}); mend its permissions.") from error
    if sha256(text).digest() != digest:
        raise StorageError(f"{path} is not the text of that sha-256; get it anew from the dataset's owner.")
    return text
