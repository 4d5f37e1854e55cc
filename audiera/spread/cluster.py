"""Slices read by a Ray cluster: the same pure function, on whatever machines it has.

A slice is a task of Ray Data. Whose worker or machine dies is read again elsewhere; whatever ends the whole, the rows
that came back are kept, as those of any part (`audiera.spread.scanning`).
"""

from __future__ import annotations

import logging
import pickle
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from typing import Final, cast

from audiera.errors import AudieraError, InputError, StorageError
from audiera.folder import readers
from audiera.spread.rows import read_slice
from audiera.spread.scanning import Run
from audiera.spread.slices import Slice, Task

__all__ = ["on_ray"]

_AT_ONCE: Final = 10_000
"""Slices that Ray is given together: its own bookkeeping is in the memory of one machine."""


def on_ray(address: str, workers: int | None = None) -> Run:
    """Return what has a cluster read slices.

    Args:
        address: `auto` for the cluster that this machine is in, HOST:PORT for another, `local` for one begun here.
        workers: how many slices to read at once; as many as the cluster has cores unless told.

    Raises:
        InputError: Ray is not installed.
    """
    try:
        import ray.data  # noqa: PLC0415  # the extra, which takes seconds to begin
    except ImportError as error:
        raise InputError(
            "A cluster needs a package that is not installed; run `pip install 'audiera[ray]'`."
        ) from error

    def run(task: Task, slices: Sequence[Slice]) -> Iterator[tuple[Slice, bytes]]:
        if not slices:
            return
        try:
            with warnings.catch_warnings(action="ignore"):  # tips for who writes programs for Ray
                ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise InputError(f"There is no Ray cluster at {address!r} ({error}); name the address of one.") from error
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        ray.data.DataContext.get_current().enable_progress_bars = False
        try:
            with redirect_stdout(sys.stderr):  # where Ray tells of workers that died
                for start in range(0, len(slices), _AT_ONCE):
                    yield from _rows(task, slices[start : start + _AT_ONCE], workers)
        except ray.exceptions.RayError as error:
            said = f"The cluster at {address} failed ({error}); run this again: what is read stays."
            raise StorageError(said) from error
        finally:
            ray.shutdown()

    return run


def _rows(task: Task, slices: Sequence[Slice], workers: int | None) -> Iterator[tuple[Slice, bytes]]:
    """Yield slices with their rows, as they come back."""
    import ray.data  # noqa: PLC0415  # as above

    told = [{"number": number, "slice": pickle.dumps(it)} for number, it in enumerate(slices)]
    work = ray.data.from_items(told, override_num_blocks=len(told)).map(
        _read, fn_args=(task, readers()), concurrency=workers, max_retries=-1
    )
    for batch in work.iter_batches(batch_size=None, prefetch_batches=0, batch_format="pyarrow"):
        for row in batch.to_pylist():
            if row["refused"]:
                raise StorageError(row["refused"])
            yield slices[row["number"]], row["rows"]


def _read(row: Mapping[str, object], task: Task, versions: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {"number": row["number"], "rows": b"", "refused": ""}
    if readers() != versions:
        found["refused"] = "A machine of the cluster has other versions of what reads files; install the same on all."
        return found
    try:
        found["rows"] = read_slice(task, pickle.loads(cast("bytes", row["slice"])))  # what `on_ray` has written
    except AudieraError as error:
        found["refused"] = str(error)
    return found
