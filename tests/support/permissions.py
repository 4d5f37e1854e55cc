"""Permissions that bind whoever runs the tests, the superuser of a container included."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_VERSION_3: Final = 0x20080522
_READ_WHATEVER: Final = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, capabilities(7)

_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def forbidden(path: Path) -> Iterator[None]:
    """Takes away every permission to a file or folder, and from this thread the power to do without."""
    mode = path.stat().st_mode
    path.chmod(0)
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    held = (ctypes.c_uint32 * 6)()
    _call(_libc.capget(header, held))
    less = (ctypes.c_uint32 * 6)(held[0] & ~_READ_WHATEVER, *held[1:])
    _call(_libc.capset(header, less))
    try:
        yield
    finally:
        _call(_libc.capset(header, held))
        path.chmod(mode)


def _call(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), "capabilities cannot be changed")
