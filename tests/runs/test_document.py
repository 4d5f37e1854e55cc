"""The document of a run: one form, read back strictly, and its folder held to it."""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from audiera.errors import InputError, StorageError
from audiera.protocol import Right, ServedTree, TrainingRun, sign, to_address
from audiera.runs import (
    BatchHead,
    Code,
    Run,
    UsedDataset,
    WeightFile,
    code_of,
    file_of,
    read_run,
    read_served_list,
    served_list,
)

TREE = ServedTree.of({(1, 1, b"\x11" * 32): 3, (2, 1, b"\x22" * 32): 1})
RUN = Run(
    chain_id=31_337,
    ledger=to_address("0x" + "11" * 20),
    licensee=to_address("0x" + "22" * 20),
    right=Right.Training,
    started=1_700_000_000,
    ended=1_700_003_600,
    datasets=(UsedDataset(1, 1, b"\x33" * 32, b"\x44" * 32), UsedDataset(2, 1, b"\x55" * 32, b"\x66" * 32)),
    licenses=(7, 9),
    batches=(BatchHead(b"\x77" * 32, b"\x88" * 32),),
    root=TREE.root,
    count=2,
    times=4,
    served=hashlib.sha256(served_list(TREE)).digest(),
    code=Code(b"\x99" * 32, "aa" * 20),
    weights=(WeightFile("model.safetensors", b"\xbb" * 32, 123),),
)


def test_a_document_is_read_back_and_signed_by_its_hash() -> None:
    document = RUN.document()

    assert read_run(document) == RUN
    assert RUN.digest() == hashlib.sha256(document).digest()
    key = b"\x01" * 32
    signature = sign(RUN.domain.digest(TrainingRun(RUN.digest())), key)
    assert RUN.signer(signature) == to_address("0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"right":2', '"right":10'),
        ('"started":1700000000', '"started":1800000000'),
        ('"licenses":[7,9]', '"licenses":[9,7]'),
        ('"licenses":[7,9]', '"licenses":[7,7]'),
        ('"licenses":[7,9]', '"licenses":[]'),
        ('"path":"model.safetensors"', '"path":"../model.safetensors"'),
        ('"path":"model.safetensors"', '"path":"/etc/passwd"'),
        ('"size":123', '"size":-1'),
        ('"count":2', '"count":2 '),
        ('"count":2', '"count":2,"more":1'),
        ('"format":"audiera-run-1"', '"format":"audiera-run-2"'),
        ('"times":4', '"times":9007199254740992'),
    ],
)
def test_what_is_no_document_of_a_run_is_refused(old: str, new: str) -> None:
    document = RUN.document().decode()
    assert old in document

    with pytest.raises(StorageError, match=r"The document of the run is damaged \(.*\); restore it\."):
        read_run(document.replace(old, new).encode())


def test_what_was_served_is_read_back_from_its_list_only() -> None:
    listed = served_list(TREE)

    assert read_served_list(listed) == TREE
    with pytest.raises(StorageError, match=r"The list of what was served is damaged \(it is not in order\)"):
        read_served_list(json.dumps(list(reversed(json.loads(listed)))).encode())


def test_code_is_hashed_as_sha256sum_lists_it(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "train.py").write_text("print(1)\n")
    (tmp_path / "lib" / "a.py").write_text("A = 1\n")

    found = code_of(tmp_path)

    listed = subprocess.run(["sha256sum", "lib/a.py", "train.py"], cwd=tmp_path, capture_output=True, check=True)
    assert found == Code(hashlib.sha256(listed.stdout).digest())


def test_code_under_git_is_what_git_tracks_as_it_is_now(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
        done = subprocess.run(["git", *who, *words], cwd=tmp_path, capture_output=True, check=True, text=True)
        return done.stdout.strip()

    (tmp_path / "train.py").write_text("print(1)\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "Train")
    (tmp_path / "weights.bin").write_bytes(b"not code")

    found = code_of(tmp_path)
    (tmp_path / "train.py").write_text("print(2)\n")

    line = hashlib.sha256(b"print(1)\n").hexdigest().encode() + b"  train.py\n"
    assert found == Code(hashlib.sha256(line).digest(), git("rev-parse", "HEAD"))
    assert code_of(tmp_path) == replace(found, sha256=code_of(tmp_path).sha256) != found


def test_a_folder_without_code_and_weights_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no file of code; name the folder that trained"):
        code_of(tmp_path)
    with pytest.raises(StorageError, match=r"model\.bin cannot be read \(No such file or directory\); check the name"):
        file_of(tmp_path / "model.bin", "model.bin")
