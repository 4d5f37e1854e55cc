"""Writes what others named, and what only machines read, so that it fits on one line of a terminal."""

__all__ = ["hex_of", "plain", "readable", "short", "shown"]


def shown(path: str) -> str:
    """Return a path as it can be printed on one line of a terminal: quoted and escaped if it must be.

    What Python calls printable is: not control, format and private characters, nor halves of surrogate
    pairs, by which undecodable bytes of a name are represented.
    """
    return path if path.isprintable() and path == path.strip() else repr(path)


def plain(text: str) -> str:
    """Return text with everything escaped that a terminal would not show as it is, line breaks included."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def readable(text: str) -> str:
    """Write names that are not UTF-8 with escapes, the same on every machine."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def hex_of(data: bytes) -> str:
    """Return bytes as 0x text."""
    return f"0x{data.hex()}"


def short(data: bytes) -> str:
    """Return a hash so that people can tell it from others: both ends."""
    text = data.hex()
    return f"0x{text[:8]}...{text[-6:]}"
