"""Writes what others named, and what only machines read, so that it fits on one line of a terminal."""

import re
from typing import Final

from audiera.text.letters import UNSEEN

__all__ = ["cut", "from_hex", "hex_of", "is_plain", "one_line", "plain", "readable", "reason_of", "short", "shown"]


_MOST: Final = 10_000
_GAP: Final = re.compile(" {4,}")


def shown(path: str) -> str:
    """Return a path as it can be printed on one line of a terminal: quoted and escaped if it must be.

    So are spaces in a row, which would move what follows them to a line of its own.
    """
    if is_plain(path) and path == path.strip() and not _GAP.search(path):
        return path
    return _GAP.sub(lambda gap: r"\x20" * len(gap[0]), plain(repr(path)))


def plain(text: str) -> str:
    """Return text with everything escaped that a terminal would not show as it is, line breaks included."""
    return text if is_plain(text) else "".join(it if is_plain(it) else ascii(it)[1:-1] for it in text)


def cut(text: str) -> str:
    """Return text of no more than 10,000 letters: what strangers wrote may have millions, in a name or an answer."""
    return text if len(text) <= _MOST else f"{text[:_MOST]}… ({len(text) - _MOST:,} letters more)"


def one_line(text: str) -> str:
    """Return text as one line of a terminal: cut, and escaped as `plain` does."""
    return plain(cut(text))


def is_plain(text: str) -> bool:
    """Say whether a terminal shows each letter of text as what it is.

    What Python calls printable is: not control, format and private characters, nor halves of surrogate
    pairs, by which undecodable bytes of a name are represented. Some of it cannot be seen, all the same.
    """
    return text.isprintable() and (text.isascii() or UNSEEN.isdisjoint(text))


def readable(text: str) -> str:
    """Write names that are not UTF-8 with escapes, the same on every machine."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def hex_of(data: bytes) -> str:
    """Return bytes as 0x text."""
    return f"0x{data.hex()}"


def from_hex(text: str) -> bytes:
    """Return the bytes that `hex_of` wrote.

    Raises:
        ValueError: if they are not hexadecimal.
    """
    return bytes.fromhex(text.removeprefix("0x"))


def short(data: bytes) -> str:
    """Return a hash so that people can tell it from others: both ends."""
    text = data.hex()
    return f"0x{text[:8]}...{text[-6:]}"


def reason_of(error: BaseException) -> str:
    """Return why something could not be reached: in the system's words, however many errors a library put around them.

    Where the system said nothing, it is the name of the error's type.
    """
    seen: list[BaseException] = [error]
    for each in seen:
        if isinstance(each, OSError) and each.strerror:
            return each.strerror
        inner = (each.__cause__, each.__context__, getattr(each, "reason", None), *each.args)
        seen += [it for it in inner if isinstance(it, BaseException) and all(it is not one for one in seen)]
    return type(error).__name__
