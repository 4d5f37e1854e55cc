"""Pulled music as a file system of fsspec: `audiera://3@1/side 2/c.flac` is a file of version 1 of dataset 3.

    fsspec.open("audiera://3@1/a.flac", folder="music")

The version may be left out: it is the one that was pulled. What lies in the folder is read there, verified, and is no
use; what does not is pulled, if the option `pull` says by which words (`audiera.loading.Shelf.open`).
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from fsspec.archive import AbstractArchiveFileSystem

from audiera.loading.shelf import SCHEME, Entry, Shelf

__all__ = ["AudieraFileSystem"]


class AudieraFileSystem(AbstractArchiveFileSystem):  # type: ignore[misc]  # fsspec ships no types
    """The files of a pulled folder, to be read."""

    protocol = SCHEME
    root_marker = ""

    def __init__(self, folder: Path | str, pull: str | None = None, **options: object) -> None:
        """Open a folder.

        Args:
            folder: that was pulled to.
            pull: what is typed after `audiera pull` to bring what is missing, without `--to` and `--yes`.
            options: of fsspec.

        Raises:
            InputError: nothing was pulled to it.
            StorageError: what is written down in it is not as it was written, or it cannot be pulled.
        """
        super().__init__(**options)
        self._shelf = Shelf.open(Path(folder), pull)
        self._entries = {it.uri.removeprefix(f"{SCHEME}://"): it for it in self._shelf.entries}
        self._names = {str(it.dataset): f"{it.dataset}@{it.version}" for it in self._shelf.entries}
        self.dir_cache = {name: _told(name, it) for name, it in self._entries.items()}
        for name in self._all_dirnames(self._entries):
            self.dir_cache[name] = {"name": name, "size": 0, "type": "directory"}

    def _get_dirs(self) -> None:
        """Do nothing: what there is was known from the beginning."""

    def info(self, path: str, **options: object) -> dict[str, object]:
        """Return what is known of a file or a folder.

        Raises:
            FileNotFoundError: there is none in the versions that were pulled.
        """
        found: dict[str, object] = super().info(self._named(path), **options)
        return found

    def ls(self, path: str, detail: bool = True, **options: object) -> list[object]:
        """List a folder."""
        found: list[object] = super().ls(self._named(path), detail=detail, **options)
        return found

    def _open(self, path: str, mode: str = "rb", **_: object) -> BytesIO:
        if mode != "rb":
            raise PermissionError("What was pulled is read, and not written.")
        entry = self._entries.get(self._named(path))
        if entry is None:
            raise FileNotFoundError(path)
        return BytesIO(self._shelf.read(entry))

    def _named(self, path: str) -> str:
        """Return a path with the version that was pulled, where it names none."""
        dataset, slash, rest = str(self._strip_protocol(path)).partition("/")
        return f"{self._names.get(dataset, dataset)}{slash}{rest}"


def _told(name: str, entry: Entry) -> dict[str, object]:
    return {"name": name, "type": "file", **entry.facts()}
