"""Text of strangers, made fit to stand on a page.

Names, tags, texts and URLs come from whoever registers something. Jinja escapes their markup; here they are cut,
what is invisible or turns other text around is shown as an escape, and each is isolated from the direction of the
text around it. The whole is in the page's JSON.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from audiera.text import TURNING

__all__ = ["cut", "isolated", "link_of", "paragraphs", "visible"]

_UNSEEN: Final = re.compile(
    rf"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff{''.join(sorted(TURNING))}]"
)
_PILED: Final = re.compile(
    r"([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{4})[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
"""Accents of which more than four stand on one letter: they would cover the lines above and below."""
_URL_LETTERS: Final = 2_000


def visible(text: str) -> str:
    """Return text with what nobody would see as escapes; line breaks stay."""
    return _PILED.sub(r"\1", _UNSEEN.sub(lambda match: repr(match[0])[1:-1], text))


def cut(text: str, most: int = 120) -> str:
    """Return text on one line, visible, with `most` letters at most."""
    line = " ".join(text[: 4 * most].split())
    shown = visible(line[:most])
    return shown if len(line) <= most and len(text) <= 4 * most else f"{shown.rstrip()}…"


def isolated(text: str, most: int = 120) -> Markup:
    """Return text as HTML on one line, whatever its direction."""
    return Markup("<bdi>{}</bdi>").format(cut(text, most))


def paragraphs(text: str, most: int = 4_000) -> Markup:
    """Return text of several paragraphs as HTML."""
    whole = visible(text[:most].replace("\r\n", "\n"))
    parts = [part for part in re.split(r"\n\s*\n", whole) if part.strip()]
    if len(text) > most and parts:
        parts[-1] += "…"
    lines = [Markup("<br>").join(escape(line.strip()) for line in part.strip().split("\n")) for part in parts]
    return Markup("").join(Markup('<p dir="auto">{}</p>').format(part) for part in lines)


def link_of(url: str) -> str | None:
    """Return a URL if a page may link to it: http or https, with a host and without a name or password; else None."""
    try:
        parts = urlsplit(url)
        fit = parts.scheme in {"http", "https"} and parts.hostname and parts.username is None
    except ValueError:
        return None
    return url if fit and len(url) <= _URL_LETTERS and url == visible(url) and url.isprintable() else None
