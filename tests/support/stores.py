"""Stores to test with: a folder, and a bucket of an S3 server that is a process of its own."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import s3fs

from audiera.storage import Store
from audiera.storage.bucket import Bucket
from tests.support.storage import Raw

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

SERVER = Path(sys.executable).with_name("moto_server")
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "operator",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_MAX_ATTEMPTS": "1",
}


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The URL of an S3 server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([str(SERVER), "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture(scope="session")
def s3(s3_server: str) -> Iterator[s3fs.S3FileSystem]:
    """The server as an operator reaches it, and the environment in which the package finds it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": s3_server}.items():
            patch.setenv(name, value)
        yield s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False)


@pytest.fixture
def bucket(s3: s3fs.S3FileSystem) -> str:
    """A new bucket's name."""
    name = f"music-{secrets.token_hex(8)}"
    s3.call_s3("create_bucket", Bucket=name)
    return name


@pytest.fixture
def in_a_folder() -> None:
    """Asked for by tests of what no server has a part in: they run on a folder only, and quickly."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test of a store on a folder, and on S3 too unless it asks not to."""
    if "url" in metafunc.fixturenames:
        only_folder = "in_a_folder" in metafunc.fixturenames
        metafunc.parametrize("url", ["folder"] if only_folder else ["folder", "s3"], indirect=True)


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store of each kind."""
    if request.param == "folder":
        return str(tmp_path / "store")
    return f"s3://{request.getfixturevalue('bucket')}/label"


@pytest.fixture
def raw(url: str, request: pytest.FixtureRequest) -> Raw:
    """The store without this package: what an operator, a disk or a stranger can do to it."""
    return Raw(url, request.getfixturevalue("s3") if url.startswith("s3:") else None)


@pytest.fixture
def key() -> bytes:
    """An operator's key."""
    return bytes(range(32))


@pytest.fixture
def open_store(url: str, request: pytest.FixtureRequest) -> Callable[[bytes | None], Store]:
    """Opens the store with a key or without; one S3 client for all, since each takes a while to make."""

    def open_with(key: bytes | None = None) -> Store:
        if not url.startswith("s3:"):
            return Store.open(url, key)
        return Store(Bucket(url, request.getfixturevalue("s3"), url.removeprefix("s3://")), key)

    return open_with


@pytest.fixture
def store(open_store: Callable[[bytes | None], Store]) -> Store:
    """An empty store without a key."""
    return open_store(None)


@pytest.fixture
def sealed_store(open_store: Callable[[bytes | None], Store], key: bytes) -> Store:
    """The same store, as one opens it who has a key."""
    return open_store(key)
