"""Text from the outside world in one form, safe to print and to hash."""

__all__ = ["tidy"]

import unicodedata


def tidy(text: str) -> str:
    """Returns text in NFC, trimmed, with each run of white space and control characters made one space.

    Control characters mean nothing in a name or a title, and something to the terminal that shows it.
    """
    spaced = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
    return unicodedata.normalize("NFC", " ".join(spaced.split()))
