from pathlib import Path

import pytest

from audiera.errors import StorageError
from audiera.storage import read_key

HOW = "make one with `(umask 077; openssl rand -hex 32 > FILE)` and keep a copy: without it nothing opens again"


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("text", ["ab" * 32, "AB" * 32 + "\n", f"  0x{'ab' * 32}\r\n"])
def test_a_key_is_64_hexadecimal_digits(tmp_path: Path, text: str) -> None:
    assert read_key(write(tmp_path / "store.key", text)) == b"\xab" * 32


@pytest.mark.parametrize("text", ["", "ab" * 31, "ab" * 33, "zz" * 32, "ab" * 32 + "\n" + "cd" * 32])
def test_anything_else_is_no_key(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "store.key", text)

    with pytest.raises(StorageError) as caught:
        read_key(path)

    assert str(caught.value) == f"{path} holds no key of 64 hexadecimal digits; {HOW}."


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = write(tmp_path / "store.key", "ab" * 32, mode)

    with pytest.raises(StorageError) as caught:
        read_key(path)

    assert str(caught.value) == f"The key {path} can be read by others (mode {mode:04o}); run `chmod 600` on it."


def test_a_missing_key_is_told_with_how_to_make_one(tmp_path: Path) -> None:
    path = tmp_path / "store.key"

    with pytest.raises(StorageError) as caught:
        read_key(path)

    assert str(caught.value) == f"The key {path} cannot be read (No such file or directory); {HOW}."
