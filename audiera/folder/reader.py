"""The process that reads files of strangers, and how it is asked (`audiera.work.confined`).

Whoever wrote a file can make it cost more than it is worth, and libraries that decode sound have had flaws that let it
do worse. What it does to the process that reads it is what is said of that file; all others are read as ever.
"""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from io import FileIO
from typing import Final, TypeVar

from audiera.errors import InputError, ItemError
from audiera.folder.examine import Found, examine
from audiera.music import AudioError, Listener, excerpt, judge_content
from audiera.text import as_int, as_object, as_text, read_json
from audiera.work import MEMORY_BYTES, Confined, serve

__all__ = ["examine_apart", "excerpt_apart", "judge_apart", "main"]


T = TypeVar("T")

_ANSWER_BYTES: Final = 1 << 24  # the longest row, in escapes, and a fingerprint
_LEAST_SECONDS: Final = 10
_BYTES_A_SECOND: Final = 1 << 17
"""What costs more than a second for 128 KiB is no music: silence in FLAC, which costs most, takes a tenth of that."""


def examine_apart(file: FileIO, name: str, *, everything: bool, fingerprint: bool) -> Found:
    """Do as `audiera.folder.examine.examine` does, in a process that has limits.

    Raises:
        ItemError: likewise, or the file takes more than it may.
        OSError: the file cannot be read.
        InputError: there is no such process.
    """
    return _ask(file, {"name": name, "everything": everything, "fingerprint": fingerprint}, Found.from_json)


def judge_apart(file: FileIO) -> str | None:
    """Do as `audiera.music.judge_content` does, in a process that has limits.

    Raises:
        ItemError, OSError, InputError: as `examine_apart`.
    """
    return _ask(file, {"name": None}, lambda found: None if found["why"] is None else as_text(found["why"]))


def excerpt_apart(file: FileIO) -> bytes:
    """Do as `audiera.music.excerpt` does, in a process that has limits.

    Raises:
        ItemError, OSError, InputError: as `examine_apart`.
    """
    return _ask(file, {"excerpt": True}, lambda found: b64decode(as_text(found["excerpt"]), validate=True))


def main(descriptor: int) -> None:
    """Be that process."""
    with suppress(InputError):
        Listener()  # loads Chromaprint, if it is there, as long as the process may open its files
    serve(descriptor, _answer)


@cache
def _readers() -> Confined:
    return Confined(__name__)


def _ask(file: FileIO, request: dict[str, object], understand: Callable[[dict[str, object]], T]) -> T:
    seconds = _LEAST_SECONDS + os.fstat(file.fileno()).st_size // _BYTES_A_SECOND
    answer = _readers().ask(file, json.dumps(request).encode(), seconds)
    beyond = AudioError(
        f"cannot be read within its limits ({seconds:,} seconds of processor time, {MEMORY_BYTES >> 30} GiB of "
        "memory); leave it out, or export it anew"
    )
    if answer is None:
        raise beyond
    error: Exception
    try:
        told = as_object(read_json(answer, most=_ANSWER_BYTES))
        if "found" in told:
            return understand(as_object(told["found"]))
        if "refused" in told:
            error = AudioError(as_text(told["refused"]))
        else:
            error = OSError(as_int(told["number"]), as_text(told["failed"]))
    except (ValueError, KeyError, TypeError):
        error = beyond  # the process says what it never says: it is no longer its own
    raise error


def _answer(file: FileIO, request: bytes) -> bytes:
    asked = as_object(read_json(request))
    told: dict[str, object]
    try:
        if "excerpt" in asked:
            told = {"found": {"excerpt": b64encode(excerpt(file)).decode()}}
        elif asked["name"] is None:
            told = {"found": {"why": judge_content(file)}}
        else:
            flags = {name: bool(asked[name]) for name in ("everything", "fingerprint")}
            told = {"found": examine(file, as_text(asked["name"]), **flags).json()}
    except ItemError as error:
        told = {"refused": str(error)}
    except OSError as error:
        told = {"number": error.errno or 0, "failed": error.strerror or str(error)}
    return json.dumps(told).encode()
