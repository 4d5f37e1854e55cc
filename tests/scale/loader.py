"""What training is served of a pulled folder, beside a plain folder that is read and decoded, and beside WebDataset."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
import soundfile

from audiera.loading import Serving, Shelf, decode, form_of, write_shards
from audiera.protocol import Item, Metadata, TableRow
from tests.scale.measure import Measured, alternate
from tests.support.pulled import pull_rows

__all__ = ["CASES"]

_FILES, _SECONDS, _RATE = 1_000, 5, 44_100


def load() -> Measured:
    """Verified, decoded and written down, in a drawn order, by one process."""
    with _pulled() as folder:
        files = sorted((folder / "dataset-1").iterdir())
        Random(1).shuffle(files)

        def plain() -> None:
            for it in files:
                soundfile.read(it, dtype="float32", always_2d=True)

        floor, took = alternate(3, plain, lambda: _serve(folder))
    return _measured("load", floor, took, "reading and decoding a plain folder", 1.25)


def load_beside_webdataset() -> Measured:
    """The same beside WebDataset, which reads shards one after the other, and decodes by the same library."""
    import webdataset  # noqa: PLC0415  # an extra

    with _pulled() as folder:
        tars = write_shards(folder / "shards", Shelf.open(folder).entries, form_of("webdataset"), 1 << 28).folder

        def theirs() -> None:
            names = sorted(map(str, tars.iterdir()))
            for it in webdataset.WebDataset(names, shardshuffle=False):
                soundfile.read(BytesIO(it["flac"]), dtype="float32", always_2d=True)

        floor, took = alternate(3, theirs, lambda: _serve(folder))
    return _measured("load, beside WebDataset,", floor, took, "WebDataset, unverified", 1.25)


def _serve(folder: Path) -> None:
    serving = Serving(shelf=Shelf.open(folder), log=folder / "served")
    for entry, data in serving.serve():
        decode(entry, data)


@contextmanager
def _pulled() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        rows, drawn = [], np.random.default_rng(1)
        (Path(name) / "dataset-1").mkdir()
        for number in range(_FILES):
            file = Path(name) / "dataset-1" / f"{number:04}.flac"
            times = np.arange(_RATE * _SECONDS) / _RATE
            sound = 0.4 * np.sin(2 * np.pi * (100 + number) * times) + drawn.normal(0, 0.01, len(times))
            soundfile.write(file, sound, _RATE)
            data = file.read_bytes()
            metadata = Metadata(path=file.name, media_type="audio/flac", duration_ms=1_000 * _SECONDS)
            rows.append(TableRow(Item.of(hashlib.sha256(data).digest(), len(data), metadata), metadata))
        pull_rows(Path(name), rows)
        yield Path(name)


def _measured(what: str, floor: float, took: float, told: str, promise: float) -> Measured:
    return Measured(
        f"{what} {_FILES:,} files of {_SECONDS} s",
        f"{_FILES / took:,.0f} samples/s",
        f"{_FILES / floor:,.0f} samples/s: {told}",
        took / floor,
        promise,
    )


CASES: Final[dict[str, Callable[[], Measured]]] = {
    "load": load,
    **({"load_beside_webdataset": load_beside_webdataset} if find_spec("webdataset") else {}),
}
