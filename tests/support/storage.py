"""Objects to store, and a store seen without the package: what a disk, an operator or a stranger can do to it."""

import hashlib
import random
from pathlib import Path

import s3fs

from audiera.storage import StoredObject


def noise(size: int, seed: int = 0) -> bytes:
    """Returns bytes that do not repeat, the same for the same seed."""
    return random.Random(seed).randbytes(size)


def stored(source: bytes | Path, *, private: bool = True) -> StoredObject:
    """Returns bytes, or a file as it is now, as an object."""
    data = source.read_bytes() if isinstance(source, Path) else source
    return StoredObject(hashlib.sha256(data).digest(), len(data), source, private)


class Raw:
    def __init__(self, url: str, s3: s3fs.S3FileSystem | None) -> None:
        self.url = url
        self.s3 = s3

    def read(self, name: str) -> bytes:
        data: bytes = self.s3.cat_file(self._at(name)) if self.s3 else Path(self._at(name)).read_bytes()
        return data

    def write(self, name: str, data: bytes) -> None:
        if self.s3:
            self.s3.pipe_file(self._at(name), data)
        else:
            Path(self._at(name)).parent.mkdir(parents=True, exist_ok=True)
            Path(self._at(name)).write_bytes(data)

    def flip(self, name: str, at: int) -> None:
        """Changes one bit of an object."""
        data = bytearray(self.read(name))
        data[at] ^= 1
        self.write(name, bytes(data))

    def names(self) -> list[str]:
        """Returns everything that the store holds, litter included."""
        if self.s3:
            found = self.s3.find(self.url)
            return sorted(name.removeprefix(self.url.removeprefix("s3://") + "/") for name in found)
        root = Path(self.url)
        return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())

    def _at(self, name: str) -> str:
        return f"{self.url}/{name}"
