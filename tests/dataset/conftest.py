"""Stores of each kind."""

from tests.support.stores import (
    bucket,
    in_a_folder,
    key,
    open_store,
    pytest_generate_tests,
    raw,
    s3,
    s3_server,
    sealed_store,
    store,
    url,
)

__all__ = [
    "bucket",
    "in_a_folder",
    "key",
    "open_store",
    "pytest_generate_tests",
    "raw",
    "s3",
    "s3_server",
    "sealed_store",
    "store",
    "url",
]
