"""Lets bytes of strangers be read by a process that has limits, and whose death is an answer like another.

What reads such bytes may hang, fill memory or fall over, however carefully it is written, and takes the process that it
is in along. So a process of its own does it. It is given one open file at a time, and answers in bytes, never in
objects, so that one that was taken over has no code to hand on. It is bounded in memory and, for each request, in
processor time and in how long is waited for it, and has neither the terminal nor the environment of who asks; it writes
no file, and where Linux allows it, it has no network and opens nothing but the programs that it consists of.

The processes are kept for the next request, and end by themselves when nobody has asked for a while or who asked is
gone.
"""

import atexit
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from io import FileIO
from multiprocessing.connection import Connection, Pipe
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from threading import Timer
from typing import Final

from audiera.errors import InputError
from audiera.work.commands import python_command
from audiera.work.limits import confine, limit

__all__ = ["Confined", "serve"]


_ANSWER_BYTES: Final = 1 << 26
_START_SECONDS: Final = 120
_PATIENCE: Final = 10
"""Seconds that are waited for each of processor time: machines are shared, and disks are slow."""

_IDLE_SECONDS: Final = 60
_REQUESTS: Final = 4_096
"""After so many, a process is replaced: libraries leak."""

_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "ETH_HASH_BACKEND")
_PROGRAM: Final = "import sys; from {module} import main; main(int(sys.argv[1]))"
_READY: Final = b"ready"


class Confined:
    """Asks processes that all answer in the same way; as many at once as there are threads that ask."""

    def __init__(self, module: str) -> None:
        """Name the module whose `main` such a process is: it takes a number and calls `serve` with it."""
        self._program = _PROGRAM.format(module=module)
        self._idle: list[_Process] = []
        atexit.register(self.close)
        os.register_at_fork(after_in_child=self._idle.clear)  # they answer who began them

    def ask(self, file: FileIO, request: bytes, seconds: int) -> bytes | None:
        """Return the answer to a request about a file, or None if it takes more than it may.

        That it does is believed of a process alone that began for it.

        Args:
            file: the file, open; the process reads it at will.
            request: what to find out, less than 64 KiB.
            seconds: the processor time that it may take.

        Raises:
            InputError: processes of this kind do not even begin.
        """
        process, fresh = self._take()
        while True:
            try:
                answer = process.ask(file, request, seconds)
            except BaseException:
                process.end()
                raise
            if answer is not None:
                self._idle.append(process)
                return answer
            process.end()
            if fresh:
                return None
            process, fresh = _Process(self._program), True  # the other may have been about to end, and met none of this

    def close(self) -> None:
        """End the processes that nobody waits for."""
        while self._idle:
            self._idle.pop().end(0)  # they hold nothing

    def _take(self) -> "tuple[_Process, bool]":
        try:
            return self._idle.pop(), False
        except IndexError:
            return _Process(self._program), True


class _Process:
    def __init__(self, program: str) -> None:
        try:
            self._connection, self._process = _start(program)
        except OSError as error:  # which is none of the file's
            raise InputError(
                f"The process that reads files cannot be started ({error.strerror}); see whether this machine has "
                "memory and processes left for it, and try again."
            ) from error
        if self._answer(_START_SECONDS) != _READY:
            status = self.end()
            raise InputError(
                f"The process that reads files ends before it begins (status {status}); see whether this machine has "
                "memory left for it, and try again."
            )

    def ask(self, file: FileIO, request: bytes, seconds: int) -> bytes | None:
        with suppress(OSError):  # it has ended
            self._connection.send_bytes(seconds.to_bytes(8, "big") + request)
            send_handle(self._connection, file.fileno(), self._process.pid)
            return self._answer(seconds * _PATIENCE)
        return None

    def _answer(self, seconds: int) -> bytes | None:
        alarm = Timer(seconds, self._process.kill)  # also one that begins to answer and does not end
        alarm.daemon = True
        alarm.start()
        try:
            return self._connection.recv_bytes(_ANSWER_BYTES)
        except (EOFError, OSError):
            return None
        finally:
            alarm.cancel()

    def end(self, patience: float = 0.1) -> int:
        """End it, if it has not ended, and return how it did: 0 if by itself, for which it has `patience` seconds."""
        self._connection.close()
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(patience)  # what ends by itself is heard of before it is gone
        self._process.kill()
        return self._process.wait()


def _start(program: str) -> tuple[Connection, subprocess.Popen[bytes]]:
    ours, theirs = Pipe()
    places = os.pathsep.join(str(Path(it).absolute()) for it in sys.path)
    kept = {name: value for name in _ENVIRONMENT if (value := os.environ.get(name))}
    try:
        with theirs:
            process = subprocess.Popen(
                python_command(program, str(theirs.fileno())),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**kept, "PYTHONPATH": places, "OPENBLAS_NUM_THREADS": "1"},
                cwd="/",
            )
    except OSError:
        ours.close()
        raise
    return ours, process


def serve(descriptor: int, answer: Callable[[FileIO, bytes], bytes]) -> None:
    """Answer requests until nobody asks any more: what the process does once it has loaded all that it needs.

    Args:
        descriptor: where requests come from.
        answer: what it does. One that raises ends the process, which is an answer: that it cannot be done.
    """
    confine()
    with Connection(descriptor) as connection:
        connection.send_bytes(_READY)
        for _ in range(_REQUESTS):
            if not connection.poll(_IDLE_SECONDS):
                return
            try:
                request = connection.recv_bytes()
                file = FileIO(recv_handle(connection))
            except (EOFError, OSError):
                return
            with file:
                limit(int.from_bytes(request[:8], "big"))
                connection.send_bytes(answer(file, request[8:]))
