"""The record of a folder's registrations, kept in a folder of its own and never among the music.

    Night Ferry/                     the music: untouched
    Night Ferry.audiera/             the record
        record.json                  every registration made from here: chain, id, version, transaction, shares
        previews/                excerpts of items, if anyone may hear them (`audiera.dataset.excerpts`)
        <sha-256 of the manifest>/   one folder for each version, by the name the chain knows it by
            manifest.json items.json and the other files that the manifest names (`audiera.manifest.documents`)

Files are replaced whole or not at all, and reading checks each against the hash that names it: what `load_version`
returns is what was registered, or an error.
"""

import errno
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from audiera.dataset.registration import Registration
from audiera.errors import InputError, StorageError
from audiera.folder import RECORD_SUFFIX, Problem
from audiera.manifest import (
    CONTRIBUTORS_NAME,
    LEFT_OUT_NAME,
    MANIFEST_BYTES,
    PEAKS_NAME,
    PREVIEWS_NAME,
    Cover,
    Description,
    Documents,
    NamedFile,
    read_commitments,
    read_description,
    read_previews,
)
from audiera.protocol import TABLE_NAME, ContentTree, TableRow, read_table
from audiera.runs import RUN_NAME
from audiera.text import as_list, as_object, as_text, locked, read_file, read_json, replace_file, shown

__all__ = [
    "StoredVersion",
    "find_manifest",
    "find_records",
    "load_version",
    "prove_version",
    "publishing",
    "read_papers",
    "read_registrations",
    "record_folder",
    "store_version",
    "stored_versions",
    "write_registration",
]


_MANIFEST_NAME: Final = "manifest.json"
_RECORD_NAME: Final = "record.json"
_PUBLISHING: Final = "publishing"
_LOCK_NAME: Final = f".{_PUBLISHING}.lock"
_LEFT_OUT_BYTES: Final = 1 << 26  # hundreds of thousands of files
_RECORD_BYTES: Final = 1 << 30  # thousands of registrations with a thousand shares each
_FORMAT: Final = 1
_VERSION: Final = re.compile("[0-9a-f]{64}")
_NAME_BYTES: Final = 255  # the longest name of the file systems in use


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One version of a dataset as stored: proven to be what its manifest's digest names."""

    manifest: bytes
    rows: tuple[TableRow, ...]
    tree: ContentTree
    description: Description
    left_out: tuple[Problem, ...] = ()
    """Files of the folder that are not in it, by the creator's choice."""
    cover: Cover | None = None
    is_heard: bool = False
    """Whether anyone may hear excerpts of it."""

    @property
    def manifest_digest(self) -> bytes:
        """The name of the version: what the registry stores of the manifest."""
        return hashlib.sha256(self.manifest).digest()


def record_folder(folder: Path, out: Path | None = None) -> Path:
    """Return where the record of a music folder is: beside it, or at `out`.

    Raises:
        InputError: the folder's name leaves none to call the record by, or `out` would lie among the music.
    """
    music = folder.resolve()
    if out is not None:
        if out.resolve().is_relative_to(music):
            raise InputError(f"{out} is among the music; keep the record elsewhere.")
        return out
    if not music.name:
        raise InputError(f"{folder} has no name to call its record by; say where to keep it with --out.")
    if len(os.fsencode(music.name + RECORD_SUFFIX)) > _NAME_BYTES:
        raise InputError(f"{folder} has too long a name to call its record by; say where to keep it with --out.")
    return music.with_name(music.name + RECORD_SUFFIX)


@contextmanager
def publishing(record: Path) -> Iterator[None]:
    """Keep every other command out that would publish what this record is of, until this one has ended.

    A record in which nothing is then is removed.

    Raises:
        InputError: another is at it.
        StorageError: the record cannot be written.
    """
    with ExitStack() as held:
        try:
            while True:
                record.mkdir(parents=True, exist_ok=True)
                with suppress(FileNotFoundError):  # who had it before has just removed it
                    held.enter_context(locked(record / _PUBLISHING, waits=False))
                    break
        except BlockingIOError as error:
            raise InputError(
                f"Another command is publishing what {shown(str(record))} is the record of; run this again when that "
                "has ended."
            ) from error
        except OSError as error:
            raise _unwritable(record, error) from error
        try:
            yield
        finally:
            (record / _LOCK_NAME).unlink(missing_ok=True)
            with suppress(OSError):  # it holds something
                record.rmdir()


def store_version(record: Path, documents: Documents) -> Path:
    """Store a version and return its folder; done before anything is sent, it loses nothing to a crash.

    Raises:
        StorageError: the record cannot be written.
    """
    folder = record / documents.digest.hex()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in documents.files.items():
            replace_file(folder / name, [data])
        replace_file(folder / _MANIFEST_NAME, [documents.manifest])  # last: a version that has it is whole
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder


def load_version(record: Path, digest: bytes) -> StoredVersion:
    """Read the version whose manifest has this sha-256, and prove it.

    Raises:
        StorageError: it is not there, or a byte of it is not what was stored.
    """
    return prove_version(partial(_read_named, record / digest.hex()), digest)


def read_papers(record: Path, digest: bytes) -> tuple[bytes, ...]:
    """Return the files of the version whose manifest has this sha-256, that one last.

    Raises:
        StorageError: one is not there, or a byte of it is not what was stored.
    """
    read = partial(_read_named, record / digest.hex())
    manifest = read(NamedFile(_MANIFEST_NAME, digest, MANIFEST_BYTES))
    return *map(read, read_commitments(manifest).files), manifest


def prove_version(read: Callable[[NamedFile], bytes], digest: bytes) -> StoredVersion:
    """Put together a version from its files, wherever they are, and prove it.

    Args:
        read: returns the bytes of a file, at most as many as its size says, having seen that they are those of its
            sha-256.
        digest: of the manifest.

    Raises:
        StorageError: what `read` raises, or the files do not belong together.
    """
    manifest = read(NamedFile(_MANIFEST_NAME, digest, MANIFEST_BYTES))
    stated = read_commitments(manifest)
    files = {file.name: read(file) for file in stated.files}
    rows = read_table(files.pop(TABLE_NAME))
    tree = ContentTree.of(row.item for row in rows)
    if tree.root != stated.content_root:
        raise StorageError("The manifest names another content root than its items have; get it from its creator.")
    said = read_description(manifest, files.pop(CONTRIBUTORS_NAME, None))
    left_out = _read_problems(files.pop(LEFT_OUT_NAME, b"[]"))
    for name in (PEAKS_NAME, RUN_NAME):
        files.pop(name, None)
    heard = PREVIEWS_NAME in files and bool(read_previews(files.pop(PREVIEWS_NAME)))
    cover = next(map(Cover.of, files.values()), None)
    return StoredVersion(manifest, rows, tree, said, left_out, cover, heard)


def stored_versions(record: Path) -> tuple[bytes, ...]:
    """Return the digests of the manifests of all versions in a record, whole or not; none if there is no record.

    Raises:
        StorageError: the record cannot be read.
    """
    try:
        names = [path.name for path in record.iterdir() if path.is_dir()]
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise _unreadable(record, error) from error
    return tuple(bytes.fromhex(name) for name in sorted(names) if _VERSION.fullmatch(name))


def find_manifest(place: Path, digest: bytes) -> bytes | None:
    """Return the manifest with this sha-256; None if no record in a folder has it, unharmed."""
    for path in sorted(place.glob(f"*{RECORD_SUFFIX}/{digest.hex()}/{_MANIFEST_NAME}")):
        with suppress(StorageError):  # whatever is wrong with a record matters to those who prove by it
            return _read_named(path.parent, NamedFile(path.name, digest, MANIFEST_BYTES))
    return None


def find_records(place: Path, digest: bytes) -> tuple[Path, ...]:
    """Return the records in a folder, whatever they are called, that have the version of this manifest's sha-256."""
    return tuple(sorted(path.parents[1] for path in place.glob(f"*/{digest.hex()}/{_MANIFEST_NAME}")))


def read_registrations(record: Path) -> tuple[Registration, ...]:
    """Return every registration made from a folder, oldest first; none if there is no record.

    Raises:
        StorageError: the record is damaged, or of a later format.
    """
    path = record / _RECORD_NAME
    try:
        text = read_file(path, _RECORD_BYTES)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise _unreadable(path, error) from error
    try:
        document = as_object(read_json(text, most=_RECORD_BYTES))
        if document["format"] != _FORMAT:
            raise StorageError(f"{path} is of format {document['format']}; read it with a newer audiera.")
        return tuple(map(Registration.from_json, as_list(document["registrations"])))
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{path} is damaged ({error!r}); restore it from a copy.") from error


def write_registration(record: Path, registration: Registration) -> None:
    """Add a registration to the record; one of the same dataset and version on the same chain is replaced.

    Who adds one at the same time waits.

    Raises:
        StorageError: the record cannot be read or written.
    """
    try:
        record.mkdir(parents=True, exist_ok=True)
        with locked(record / _RECORD_NAME):
            kept = [each for each in read_registrations(record) if each.place != registration.place]
            entries = [each.json() for each in (*kept, registration)]
            text = json.dumps({"format": _FORMAT, "registrations": entries}, indent=2, ensure_ascii=False)
            replace_file(record / _RECORD_NAME, [f"{text}\n".encode()])
    except OSError as error:
        where = error.filename or record  # its lock, where another account left that
        raise StorageError(f"{where} cannot be written ({error.strerror}); mend its permissions.") from error


def _read_named(folder: Path, file: NamedFile) -> bytes:
    path = folder / file.name
    try:
        data = read_file(path, file.size)
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise _altered(path) from error
        raise _unreadable(path, error) from error
    if hashlib.sha256(data).digest() != file.sha256:
        raise _altered(path)
    return data


def _read_problems(data: bytes) -> tuple[Problem, ...]:
    try:
        listed = map(as_object, as_list(read_json(data, most=_LEFT_OUT_BYTES)))
        return tuple(Problem(as_text(each["path"]), as_text(each["reason"])) for each in listed)
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(f"{LEFT_OUT_NAME} cannot be read ({error!r}); fetch it again.") from error


def _altered(path: Path) -> StorageError:
    return StorageError(f"{path} is not what was registered; restore it from a copy.")


def _unwritable(place: Path, error: OSError) -> StorageError:
    """Say why a record, or a folder in one, cannot be written. Another --out is named only where nothing is lost by it:
    a record that is empty does not know what was registered.
    """
    told = f"cannot be written ({error.strerror})"
    if os.path.lexists(lock := place / _LOCK_NAME):
        return StorageError(
            f"{lock} {told}: another account has left it there, or publishes just now. When no command of that account "
            f"is publishing any more, remove it; and mend the permissions of {place} if they are another account's."
        )
    if isinstance(error, PermissionError) and place.exists():
        return StorageError(f"{place} {told}; mend its permissions.")
    return StorageError(f"{place} {told}; choose another --out.")


def _unreadable(path: Path, error: OSError) -> StorageError:
    return StorageError(f"{path} cannot be read ({error.strerror}); is this the record's folder?")
