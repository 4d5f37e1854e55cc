"""A process that does what files of strangers may do to one that reads them (`audiera.work.confined`)."""

import os
import socket
import sys
from collections.abc import Callable, Mapping
from io import FileIO
from pathlib import Path

from audiera.work import serve

__all__ = ["main"]


def main(descriptor: int) -> None:
    """Be the process."""
    serve(descriptor, answer)


def answer(file: FileIO, request: bytes) -> bytes:
    return read(file) if request == b"read" else ACTS[request.decode()]()


def read(file: FileIO) -> bytes:
    file.seek(0)
    return file.read()


def number() -> bytes:
    return str(os.getpid()).encode()


def loop() -> bytes:
    while True:
        pass


def wait() -> bytes:
    os.read(os.pipe()[0], 1)
    return b""


def fill() -> bytes:
    return bytes(2 << 30)[:1]


def fall() -> bytes:
    os.abort()


def leave() -> bytes:
    os._exit(0)


def flood() -> bytes:
    return bytes(100 << 20)


def dial() -> bytes:
    with socket.socket() as line:
        return os.strerror(line.connect_ex(("127.0.0.1", 9))).encode()


def steal() -> bytes:
    try:
        return Path("/etc/passwd").read_bytes()
    except OSError as error:
        return type(error).__name__.encode()


def write() -> bytes:
    path = Path(sys.prefix) / "written"
    try:
        path.write_bytes(b"here")
    except OSError as error:
        return type(error).__name__.encode()
    path.unlink()
    return b"written"


def secrets() -> bytes:
    return os.environ.get("SECRET", "nothing").encode()


ACTS: Mapping[str, Callable[[], bytes]] = {
    it.__name__: it for it in (number, loop, wait, fill, fall, leave, flood, dial, steal, write, secrets)
}
