"""The few files that pages are made with."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Final

__all__ = ["STATIC", "StaticFile"]

_TYPES: Final = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_NAMES: Final = ("audiera.css", "mark.svg", "player.js", "wallet.js")


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file that never changes under its address."""

    media_type: str
    data: bytes
    path: str
    """Below the explorer's top; it has a part of the file's digest."""


def _read(name: str) -> StaticFile:
    data = files("audiera.explorer").joinpath("static", name).read_bytes()
    stem, _, suffix = name.partition(".")
    return StaticFile(_TYPES[suffix], data, f"/static/{stem}.{sha256(data).hexdigest()[:12]}.{suffix}")


STATIC: Final = {name: _read(name) for name in _NAMES}
"""Each file by its name."""
