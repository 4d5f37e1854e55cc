"""Manifests, item tables, lists of people and legal texts, by their sha-256: what the chain names, for everybody.

Only what the index took for such a document is given out, so that nobody has an item by naming it in a manifest.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from sqlalchemy import Connection, select

from audiera.gateway.problems import Code, Problem
from audiera.indexer.documents import Paper, text_of
from audiera.indexer.tables import DOCUMENTS
from audiera.licensing import template_of
from audiera.text import hex_of

__all__ = ["Document", "document_of"]

_SMALL = 1 << 20
"""Bytes up to which a document is given from the index; larger ones are read from the store, piece by piece."""
_KINDS = (Paper.MANIFEST, Paper.ITEMS, Paper.CONTRIBUTORS)


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is here."""

    sha256: bytes
    size: int
    body: bytes | None
    """None: it is large, and in the store."""


def document_of(index: Connection, sha256: bytes) -> Document:
    """Return the document of a name.

    Raises:
        Problem: `NOT_FOUND`: there is none.
    """
    if (text := template_of(sha256)) is not None:
        return Document(sha256, len(text.text), text.text)
    here = (DOCUMENTS.c.digest == hex_of(sha256)) & DOCUMENTS.c.kind.in_(_KINDS) & DOCUMENTS.c.body.is_not(None)
    size = index.execute(select(DOCUMENTS.c.size).where(here).limit(1)).scalar()
    if size is None and (body := text_of(index, hex_of(sha256))) is not None:
        return Document(sha256, len(body), body)
    if size is None:
        raise Problem(Code.NOT_FOUND, "No document of this name is here.")
    if size > _SMALL:
        return Document(sha256, size, None)
    body = index.execute(select(DOCUMENTS.c.body).where(here).limit(1)).scalar_one()
    return Document(sha256, size, zlib.decompress(body))
