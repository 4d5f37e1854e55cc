"""MLCommons' own reader of Croissant documents, as the judge of what this package writes."""

from collections.abc import Mapping
from pathlib import Path

import mlcroissant
import pytest

RDFLIB_NOTICE = "ignore:ConjunctiveGraph is deprecated:DeprecationWarning"
"""What rdflib, which mlcroissant is built on, says of itself whatever it reads."""


def open_dataset(document: Path, caplog: pytest.LogCaptureFixture) -> mlcroissant.Dataset:
    """Loads a document with MLCommons' reader, and sees that it found nothing to say of it."""
    dataset = mlcroissant.Dataset(document)
    issues = dataset.metadata.ctx.issues
    assert (issues.errors, issues.warnings) == (set(), set())
    assert caplog.messages == []
    return dataset


def plain(record: Mapping[str, object]) -> dict[str, object]:
    """Returns a record with text as text, which the reader gives as UTF-8, and names without that of the record set."""
    return {name.removeprefix("items/"): _text(value) for name, value in record.items()}


def _text(value: object) -> object:
    if isinstance(value, list):
        return [_text(each) for each in value]
    return value.decode() if isinstance(value, bytes) else value
