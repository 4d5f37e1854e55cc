"""Audiera: license music data to AI, with every use on record and every contributor paid.

    Audiera     the client of the suite: `Audiera.connect(url, signer)`
    KeySigner   who signs: a key, or a keystore file
    Store       where files are kept, by their hashes: `Store.open(url)`
    scan        what is in a folder of music: `scan(folder)`

Each is imported when it is asked for, so that a command that needs no chain loads none.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from audiera.client import Audiera, KeySigner
    from audiera.folder import scan
    from audiera.storage import Store

__all__ = ["Audiera", "KeySigner", "Store", "__version__", "scan"]

__version__ = "0.1.0"

_ROOMS: Final = {
    "Audiera": "audiera.client",
    "KeySigner": "audiera.client",
    "Store": "audiera.storage",
    "scan": "audiera.folder",
}


def __getattr__(name: str) -> object:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), name)


def __dir__() -> list[str]:
    return __all__
