"""What a process takes from itself, for good, before it reads bytes of strangers; and what each of them may cost.

Limits of POSIX hold everywhere, but for memory, which only Linux holds a process to. Linux lets a process be without
network (a namespace of its own: for root, or where users may make such) and without files (Landlock, since 5.13). What
a system does not have is left out, in silence: it is a second wall, behind readers that are bounded themselves.
"""

import ctypes
import os
import resource
import signal
import sys
import sysconfig
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

__all__ = ["MEMORY_BYTES", "confine", "limit"]


MEMORY_BYTES: Final = 1 << 30
"""What may be taken beyond what the process has to begin with."""

_OPEN_FILES: Final = 64
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_NO_NEW_PRIVILEGES: Final = 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_EVERYTHING: Final = (1 << 13) - 1
"""Every right to files that Landlock knew first."""

_READ: Final = 1 << 2 | 1 << 3
"""Files and folders; not to run them."""


def confine() -> None:
    """Give up for good what reading needs not; interruptions from the terminal are for who asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _set(resource.RLIMIT_CORE, 0, for_good=True)
    _set(resource.RLIMIT_FSIZE, 0, for_good=True)
    _set(resource.RLIMIT_NOFILE, _OPEN_FILES, for_good=True)
    if size := _size():
        _set(resource.RLIMIT_AS, size + 2 * MEMORY_BYTES, for_good=True)
    if sys.platform != "linux":
        return
    system = ctypes.CDLL(None)
    if system.unshare(_NEW_NETWORK):
        system.unshare(_NEW_USER | _NEW_NETWORK)
    _close_files(system)


def limit(seconds: int) -> None:
    """Bound what is done from now on, in seconds of processor time and in memory."""
    _set(resource.RLIMIT_CPU, int(time.process_time()) + 1 + seconds)
    if size := _size():
        _set(resource.RLIMIT_AS, size + MEMORY_BYTES)


def _set(kind: int, most: int, *, for_good: bool = False) -> None:
    hard = resource.getrlimit(kind)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with suppress(ValueError, OSError):  # a system that holds nobody to it
        resource.setrlimit(kind, (most, most if for_good else hard))


def _size() -> int:
    """Return the bytes of address space that the process has; 0 where the system does not say."""
    with suppress(OSError), Path("/proc/self/statm").open("rb") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
    return 0


def _close_files(system: ctypes.CDLL) -> None:
    """Open nothing from now on but Python's own files, which it loads as it goes, and how large this process is."""
    if sys.platform != "linux":
        return
    rules = system.syscall(_CREATE_RULESET, ctypes.byref(ctypes.c_uint64(_EVERYTHING)), 8, 0)
    if rules < 0:
        return
    paths = {*sys.path, *sysconfig.get_paths().values(), sys.prefix, sys.base_prefix, "/proc/self/statm"}
    for path in sorted(paths):
        with suppress(OSError):
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            rights = _READ if Path(path).is_dir() else 1 << 2
            rule = rights.to_bytes(8, sys.byteorder) + place.to_bytes(4, sys.byteorder)
            system.syscall(_ADD_RULE, rules, 1, rule, 0)
            os.close(place)
    system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    system.syscall(_RESTRICT_SELF, rules, 0)
    os.close(rules)
