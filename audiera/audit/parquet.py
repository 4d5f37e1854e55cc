"""A report as Parquet: a file for each section, one for the findings, and the head as JSON beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any, Final

from audiera.audit.report import Column, Form, Report, Row
from audiera.errors import InputError, StorageError
from audiera.text import replace_file

__all__ = ["write_parquet"]

_AT_ONCE: Final = 10_000  # rows, which make a row group
_FINDINGS: Final = (Column("code"), Column("severity"), Column("text"), Column("about"))


def write_parquet(report: Report, folder: Path) -> list[Path]:
    """Write a report into a folder, some thousand rows at a time, and return the files.

    Whole numbers and times (Unix seconds) are `int64`, flags `bool`; amounts are decimal text, exact as everywhere.

    Raises:
        InputError: if the extra is not installed.
        StorageError: if the folder cannot be written.
    """
    try:
        import pyarrow  # noqa: F401, ICN001, PLC0415  # of an extra
    except ImportError as error:
        raise InputError("Parquet needs more than the package: pip install 'audiera[parquet]'.") from error
    findings = [{**it.json(), "about": json.dumps(dict(it.about))} for it in report.findings]
    tables: list[tuple[str, Iterable[Column], Iterable[Row]]] = [
        ("findings", _FINDINGS, findings),
        *((it.name, it.columns, it.rows()) for it in report.sections),
    ]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = [_write(folder / f"{name}.parquet", tuple(columns), rows) for name, columns, rows in tables]
        head = folder / "report.json"
        replace_file(head, [json.dumps(report.head(), indent=2).encode() + b"\n"])
    except OSError as error:
        raise StorageError(f"{folder} cannot be written ({error.strerror or error}); see to that.") from error
    return [*written, head]


def _write(path: Path, columns: tuple[Column, ...], rows: Iterable[Row]) -> Path:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet as pq  # noqa: PLC0415

    kinds: dict[Form, Any] = {Form.NUMBER: pa.int64(), Form.TIME: pa.int64(), Form.FLAG: pa.bool_()}
    schema = pa.schema([(it.name, kinds.get(it.form, pa.string())) for it in columns])
    left = iter(rows)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while some := [dict(it) for it in islice(left, _AT_ONCE)]:
            writer.write_table(pa.Table.from_pylist(some, schema=schema))
    return path
