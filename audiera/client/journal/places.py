"""Where journals are, and which processes that wrote in them still run."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path
from typing import Final

from audiera.errors import StorageError

__all__ = ["is_running", "journal_path", "me", "private_folder", "state_folder"]

_VARIABLE: Final = "AUDIERA_STATE"
_ALIVE: Final = "running"
"""A file of which each process that sends holds one byte locked: the one of its number, until it ends."""

_held: dict[Path, int] = {}
_token = (0, "")


def state_folder() -> Path:
    """Return where a user's state is: `AUDIERA_STATE`, or `audiera` in the XDG folder for it."""
    if told := os.environ.get(_VARIABLE):
        return Path(told)
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "audiera"


def journal_path(state: Path, chain_id: int, genesis: bytes, fork: bytes, account: str) -> Path:
    """Return the file of an account's journal.

    The first block's hash tells chains of one number apart; but a fork has it from the chain that it is a fork of. What
    was sent there must never be sent here for having been lost, nor the reverse count as done, so a fork has its own.
    """
    parts = [str(chain_id), genesis[:8].hex(), *([f"fork-{fork[:8].hex()}"] if fork else [])]
    return state / "journal" / "-".join(parts) / f"{account}.sqlite"


def private_folder(folder: Path) -> None:
    """Make a folder that only its user may look into.

    Raises:
        StorageError: if it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be made ({error.strerror}), so nothing is sent: what is sent is written down there "
            f"first. Choose another folder with {_VARIABLE}."
        ) from error


def me(state: Path) -> str:
    """Return this process's name in journals, and let others see from now on that it runs."""
    global _token  # noqa: PLW0603  # a fork is another process
    if _token[0] != os.getpid():
        _token = os.getpid(), f"{os.getpid()}-{secrets.token_hex(8)}"
        _held.clear()
    if state not in _held:
        file = _open(state)
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, os.getpid())
        _held[state] = file
    return _token[1]


def is_running(state: Path, owner: str) -> bool:
    """Say whether the process of that name still runs; this one does."""
    if owner == me(state):
        return True
    number, file = int(owner.partition("-")[0]), _held[state]
    if number == os.getpid():
        return False  # an earlier process of the same number
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
    except OSError:
        return True
    fcntl.lockf(file, fcntl.LOCK_UN, 1, number)
    return False


def _open(state: Path) -> int:
    private_folder(state)
    try:
        return os.open(state / _ALIVE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError(f"{state / _ALIVE} cannot be written ({error.strerror}); choose another folder.") from error
