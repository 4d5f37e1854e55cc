"""A chain of the demo's own: an Anvil that lives exactly as long as the story."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from audiera.errors import ChainError
from audiera.work import ending_with_us

__all__ = ["PASSES", "private_chain"]

PASSES: Final = 61 * 86_400
"""Seconds that the story lets pass: the month of a campaign, another to enter in, and a day."""

_PATIENCE: Final = 60.0  # seconds until it listens; a busy machine takes ten
_POLL: Final = 0.02  # seconds
_SAVED: Final = 5  # seconds between two writings of a state that is kept
_LISTENING: Final = re.compile(r"Listening on 127\.0\.0\.1:(\d+)")


@contextmanager
def private_chain(folder: Path, state: Path | None = None, port: int = 0) -> Iterator[str]:
    """Start an Anvil on a free port, yield its URL, and end it whatever happens, Ctrl-C and any kill included.

    A new one begins so long ago that the story, which lets time pass, ends today: whoever goes on there signs, dates
    and measures by a clock of their own.

    Args:
        folder: where it may write.
        state: the file that the chain is kept in when it ends, and found in when it starts again; it is not kept
            unless told.
        port: where it listens; any that is free unless told.

    Raises:
        ChainError: if there is no `anvil`, or it does not start.
    """
    anvil = shutil.which("anvil")
    if anvil is None:
        raise ChainError("There is no `anvil` on the path; install Foundry, or run `make setup` in a checkout.")
    log = folder / "anvil.log"
    command = [anvil, "--port", str(port), "--hardfork", "cancun", "--accounts", "1"]
    if state is None or not state.exists():
        command += ["--timestamp", str(int(time.time()) - PASSES)]
    if state is not None:
        command += ["--state", str(state), "--state-interval", str(_SAVED)]
    with _unwinding(), log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "HOME": str(folder)},  # it keeps old states in a folder there
        )
        with ending_with_us(process):
            try:
                yield f"http://127.0.0.1:{_await_port(process, log)}"
            finally:
                _end(process)


@contextmanager
def _unwinding() -> Iterator[None]:
    """Make the signals that would end this process at once end it as an error does, so that it tidies up."""
    before = {each: signal.signal(each, _leave) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _leave(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


def _await_port(process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if found := _LISTENING.search(log.read_text("utf-8", "replace")):
            return int(found[1])
        if process.poll() is not None:
            break
        time.sleep(_POLL)
    said = " ".join(log.read_text("utf-8", "replace").split())[-200:]
    raise ChainError(
        f"The private chain did not start ({said or 'anvil said nothing'}); run `make setup` and try again."
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
