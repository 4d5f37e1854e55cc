"""Lets what a test writes be read as if it had been written long before."""

import pytest

from audiera.folder import cache

__all__ = ["count_as_old"]


def count_as_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep readings of files however young they are: nothing can set back when a file was changed, only time."""
    monkeypatch.setattr(cache, "_SETTLED_NS", -1)
