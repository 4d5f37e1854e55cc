"""Everything that can go wrong, as one tree that a program can catch by branch.

    AudieraError
    ├── InputError (ValueError)       a value given by the caller cannot be right
    │   ├── AmountError               an amount, price, share or duration as people type it
    │   ├── ItemError                 an item, its metadata row or a content tree
    │   ├── SplitError                shares that do not make a split
    │   ├── LineageError              parents that do not make a lineage
    │   ├── TermsError                terms that no contract would accept
    │   └── UseError                  uses, statements or sums that do not make a batch
    ├── SignatureError                a signature that is malformed or by the wrong signer
    ├── StorageError                  bytes that are missing or are not what their name says
    ├── GatewayError                  a gateway that refuses, or answers what it must not
    └── ChainError                    a node that cannot be reached or a transaction that failed
        └── RevertError               a contract refused, with its error's name and fields

Every message is one sentence or two: the cause, then the next step. Where it lists things, each is an argument more and
a line of its own; no other line break is one, since what strangers wrote may have some. Commands show the message and
exit non-zero; nothing else of an ``AudieraError`` is meant for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = [
    "AmountError",
    "AudieraError",
    "ChainError",
    "GatewayError",
    "InputError",
    "ItemError",
    "LineageError",
    "RevertError",
    "SignatureError",
    "SplitError",
    "StorageError",
    "TermsError",
    "UseError",
]

_MOST: Final = 500  # bytes of a value, or letters


class AudieraError(Exception):
    """The root: catch it to handle every refusal of this package."""

    @property
    def lines(self) -> tuple[str, ...]:
        """The message, and below it what it lists."""
        return tuple(map(str, self.args))

    def __str__(self) -> str:
        return "\n  ".join(self.lines)


class InputError(AudieraError, ValueError):
    """A value given by the caller cannot be right, whatever the state of the world."""


class AmountError(InputError):
    """An amount, price, share or duration cannot be read, or not exactly."""


class ItemError(InputError):
    """An item, its metadata row or a set of items cannot be part of a content tree."""


class SplitError(InputError):
    """Shares do not make a split that `RoyaltySplitter` would accept."""


class LineageError(InputError):
    """Parents do not make a lineage that `DatasetRegistry` would accept."""


class TermsError(InputError):
    """Terms, rights or flags are not what `LicenseRegistry` would accept."""


class UseError(InputError):
    """Uses, statements or their sums do not make a batch that `UsageLedger` could settle."""


class SignatureError(AudieraError):
    """A signature is malformed, malleable, or not by the signer that was expected."""


class StorageError(AudieraError):
    """Stored bytes are missing, unreadable, or do not hash to their name."""


class GatewayError(AudieraError):
    """A gateway refuses what was asked, or answers what does not follow from it."""


class ChainError(AudieraError):
    """A node cannot be reached, answers nonsense, or a transaction failed."""


class RevertError(ChainError):
    """A contract refused a call.

    `name` is the Solidity error (``Splitter_ShareSum``) and `fields` its arguments by name, so that
    a program can decide without reading the message.
    """

    def __init__(self, name: str, fields: Mapping[str, object] | None = None, *, hint: str = "") -> None:
        self.name = name
        self.fields: dict[str, object] = dict(fields or {})
        listed = ", ".join(f"{key}={_shown(value)}" for key, value in self.fields.items())
        message = f"The contract refused: {name}({listed})."
        super().__init__(f"{message} {hint}" if hint else message)


def _shown(value: object) -> str:
    """Return so much of a value as is read: a token may throw a megabyte."""
    if isinstance(value, bytes):
        return f"0x{value[:_MOST].hex()}" + (f"… ({len(value):,} bytes)" if len(value) > _MOST else "")
    text = str(value)
    return text[:_MOST] + (f"… ({len(text):,} letters)" if len(text) > _MOST else "")
