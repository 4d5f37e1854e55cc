"""What reading the files of a folder found, kept so that only what changed is read again.

One file of JSON lines: a header, then a line for each file. It is a convenience and never an authority:
verifying does not look at it, and one that is damaged, of another format or written by other versions of
the libraries that read files is as good as none. An entry counts if the file's stamp (size, both times,
inode) is what it was. That proves nothing of a file that was written less than a moment before it was
read, since it may have been written again within the same tick of the file system's clock: such an entry
is not kept (git calls these files racily clean).
"""

import hashlib
import json
import time
import unicodedata
from collections.abc import Collection
from contextlib import suppress
from dataclasses import astuple
from functools import cache
from importlib.metadata import version
from io import BufferedReader
from itertools import chain
from pathlib import Path
from typing import Final

import soundfile

from audiera.errors import ItemError
from audiera.folder.examine import Found
from audiera.folder.intake import Stamp, Taken
from audiera.folder.walk import open_regular
from audiera.text import as_int, as_list, as_object, as_text, read_json, replace_file

__all__ = ["READINGS_NAME", "ReadingCache", "readers"]


READINGS_NAME: Final = "readings.jsonl"
"""What the file is called in a record's folder."""

_FORMAT: Final = 1
_ROOMS: Final = ("folder", "music", "protocol", "text", "work")
_SETTLED_NS: Final = 2_000_000_000
"""The coarsest clock of a file system in use: FAT counts every other second."""
_LINE_BYTES: Final = 1 << 24
_SAVE_EVERY_SECONDS: Final = 30.0


class ReadingCache:
    """The readings of one folder, by path. Make them with `load`; then `recall` and `remember`."""

    def __init__(self, path: Path, lines: dict[str, bytes]) -> None:
        self._path = path
        self._before = lines
        self._now: dict[str, bytes] = {}
        self._is_saved = True
        self._saved_at = time.monotonic()

    @classmethod
    def load(cls, record: Path) -> "ReadingCache":
        """Read what was kept in a record's folder: nothing, if it is not there or not to be trusted."""
        path = record / READINGS_NAME
        lines: dict[str, bytes] = {}
        sha256 = hashlib.sha256()
        try:
            with BufferedReader(open_regular(path)) as file:
                head = file.readline(_LINE_BYTES)
                for line in iter(lambda: file.readline(_LINE_BYTES), b""):
                    lines[as_text(as_list(read_json(line, most=_LINE_BYTES))[0])] = line
                    sha256.update(line)
        except (OSError, ValueError, TypeError, IndexError):
            return cls(path, {})
        return cls(path, lines if head == _header(sha256.digest()) else {})

    def recall(self, source: Path, stamp: Stamp, *, everything: bool, fingerprint: bool) -> Taken | None:
        """Return what reading this file found, if the file is as it was and was read in the same way."""
        line = self._before.get(source.as_posix())
        if line is None:
            return None
        try:
            entry = as_object(as_list(read_json(line, most=_LINE_BYTES))[1])
            if entry["everything"] != everything or (fingerprint and not entry["by_ear"]):
                return None
            found = _taken(source, entry)
        except (ItemError, ValueError, TypeError, KeyError, IndexError):
            return None
        if found.stamp != stamp:
            return None
        self._now[source.as_posix()] = line
        return found

    def remember(self, found: Taken, read_at: int, *, everything: bool, fingerprint: bool) -> None:
        """Keep what reading a file found.

        Args:
            found: what it found.
            read_at: when the reading began, by `time.time_ns`.
            everything: whether the file was taken as bytes only.
            fingerprint: whether its fingerprint was taken, as far as it has one.
        """
        if read_at - max(found.stamp.modified, found.stamp.changed) > _SETTLED_NS:
            self._now[found.source.as_posix()] = _line(found, everything, fingerprint)
            self._is_saved = False
        if time.monotonic() - self._saved_at > _SAVE_EVERY_SECONDS:
            self.save()

    def save(self) -> None:
        """Write everything known down, whole or not at all; where it cannot be written, nothing is lost
        but time.
        """
        if not self._is_saved:
            with suppress(OSError):
                _write(self._path, {**self._before, **self._now}.values())
            self._is_saved = True
        self._saved_at = time.monotonic()

    def forget_the_rest(self) -> None:
        """Forget the files that were neither recalled nor remembered: they are gone."""
        if self._before.keys() - self._now.keys():
            self._before = dict(self._now)
            self._is_saved = False
            self.save()


def _header(sha256: bytes) -> bytes:
    head = {"format": _FORMAT, "readers": readers(), "sha256": sha256.hex()}
    return json.dumps(head, sort_keys=True).encode() + b"\n"


@cache
def readers() -> dict[str, str]:
    """Name everything that decides what reading a file finds: libraries by version, this package by its
    source, which may be newer than its version says.
    """
    libraries = {name: version(name) for name in ("av", "defusedxml", "fastcrc", "mutagen", "soundfile")}
    source = hashlib.sha256()
    for path in _sources():
        source.update(path.read_bytes())
    system = {"libsndfile": soundfile.__libsndfile_version__, "unicode": unicodedata.unidata_version}
    return libraries | system | {"audiera": source.hexdigest()}


def _sources() -> list[Path]:
    """Return the files of the rooms that take part in reading a file."""
    package = Path(__file__).parents[1]
    return [package / "errors.py", *sorted(path for room in _ROOMS for path in (package / room).rglob("*.py"))]


def _line(found: Taken, everything: bool, by_ear: bool) -> bytes:
    entry = {
        "everything": everything,
        "by_ear": by_ear,
        "stamp": list(astuple(found.stamp)),
        **found.found.json(),
    }
    return json.dumps([found.source.as_posix(), entry], separators=(",", ":")).encode() + b"\n"


def _taken(source: Path, entry: dict[str, object]) -> Taken:
    stamp = Stamp(*map(as_int, as_list(entry["stamp"])))
    return Taken.of(source, Found.from_json(entry), stamp)


def _write(path: Path, lines: Collection[bytes]) -> None:
    sha256 = hashlib.sha256()
    for line in lines:  # one by one: together they would take as much memory again
        sha256.update(line)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, chain([_header(sha256.digest())], lines))
