"""The folder of a run: its document, and all that it takes to see that it is true.

run.json                  the document (`audiera.runs.document`)
run.sig                   the licensee's signature of it, in hex
served.json               what was served, which the document names by root and SHA-256
datasets/D-V.items.json   the item table of version V of dataset D, and
datasets/D-V.manifest.json  its manifest
datasets/D-V.contributors.json  everyone credited, where they are too many for the manifest and were pulled
batches/ID.json           the signed voucher of a batch, with the gateway's countersignature as `receipt`, and
batches/ID.jsonl          the log of its uses
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from audiera.errors import InputError, StorageError
from audiera.metering import PricedUse, SignedVoucher, read_log, write_log
from audiera.protocol import ServedTree
from audiera.runs.document import Code, Run, UsedDataset, WeightFile, read_run, read_served_list, served_list
from audiera.text import as_object, as_text, from_hex, hex_of, open_file, read_file, read_json, replace_file, shown

__all__ = ["RUN_NAME", "Evidence", "Paper", "Papers", "RunFolder", "code_of", "file_of"]

RUN_NAME: Final = "run.json"
"""What a document is called, beside a manifest, too."""

_MOST: Final = 1 << 30
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Evidence:
    """A batch: its newest voucher, the signatures of both, and its uses."""

    signed: SignedVoucher
    receipt: bytes
    """The gateway's countersignature."""
    uses: Sequence[PricedUse]

    @property
    def batch(self) -> bytes:
        """The id of the batch at the ledger."""
        return self.signed.voucher.batch_id()


@dataclass(frozen=True, slots=True)
class Paper:
    """A file that is copied into the folder of a run, and what it has to be."""

    path: Path
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Papers:
    """What there is of a dataset."""

    items: Paper
    """Its item table."""
    manifest: Paper
    contributors: Paper | None = None
    """Everyone credited, where that is a file of its own."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder; what is read of it is not proven yet (`audiera.runs.checking`)."""

    path: Path

    def write(
        self,
        run: Run,
        tree: ServedTree,
        papers: Iterable[tuple[UsedDataset, Papers]],
        batches: Iterable[Evidence],
    ) -> None:
        """Write a new folder, its document last.

        Args:
            run: the run.
            tree: what was served.
            papers: each dataset with its papers, which are copied, however large they are.
            batches: the batches.

        Raises:
            InputError: there is a run in it already.
            StorageError: it cannot be written, or a paper is not what it has to be.
        """
        if (self.path / RUN_NAME).exists():
            raise InputError(f"{shown(str(self.path))} has a run already; name another folder.")
        try:
            for part in ("datasets", "batches"):
                (self.path / part).mkdir(parents=True, exist_ok=True)
            for it, of in papers:
                replace_file(self._paper(it, "items"), _copied(of.items))
                replace_file(self._paper(it, "manifest"), _copied(of.manifest))
                if of.contributors is not None:
                    replace_file(self._paper(it, "contributors"), _copied(of.contributors))
            for each in batches:
                stated = each.signed.document() | {"receipt": hex_of(each.receipt)}
                replace_file(self._batch(each.batch), [json.dumps(stated, indent=2).encode() + b"\n"])
                write_log(self._batch(each.batch).with_suffix(".jsonl"), each.uses)
            replace_file(self.path / "served.json", [served_list(tree)])
            replace_file(self.path / RUN_NAME, [run.document()])
        except OSError as error:
            raise _unwritten(self.path, error) from error

    def run(self) -> Run:
        """Return the run.

        Raises:
            StorageError: the document cannot be read, or is damaged.
        """
        return read_run(self.read(RUN_NAME))

    def sign(self, signature: bytes) -> None:
        """Keep a signature of the document."""
        try:
            replace_file(self.path / "run.sig", [hex_of(signature).encode() + b"\n"])
        except OSError as error:
            raise _unwritten(self.path, error) from error

    def signature(self) -> bytes | None:
        """Return the signature of the document; None: it is not signed.

        Raises:
            StorageError: it cannot be read.
        """
        if not (self.path / "run.sig").exists():
            return None
        try:
            return from_hex(self.read("run.sig").decode().strip())
        except ValueError as error:
            raise StorageError(f"{shown(str(self.path / 'run.sig'))} is no signature; sign the run again.") from error

    def served(self) -> ServedTree:
        """Return what was served.

        Raises:
            StorageError: the list cannot be read, or is damaged.
        """
        return read_served_list(self.read("served.json"))

    def table(self, dataset: UsedDataset) -> bytes:
        """Return the item table of a dataset."""
        return self.read(str(self._paper(dataset, "items").relative_to(self.path)))

    def manifest(self, dataset: UsedDataset) -> bytes:
        """Return the manifest of a dataset."""
        return self.read(str(self._paper(dataset, "manifest").relative_to(self.path)))

    def contributors(self, dataset: UsedDataset) -> bytes | None:
        """Return the file of those credited for a dataset; None: it is not here.

        Raises:
            StorageError: it cannot be read.
        """
        path = self._paper(dataset, "contributors")
        return self.read(str(path.relative_to(self.path))) if path.exists() else None

    def evidence(self, batch: bytes) -> Evidence:
        """Return a batch.

        Raises:
            InputError: its files are none of a batch.
            StorageError: they cannot be read.
        """
        path = self._batch(batch)
        signed = SignedVoucher.read(path)
        try:
            receipt = from_hex(as_text(as_object(read_json(read_file(path)))["receipt"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StorageError(f"{shown(str(path))} has no countersignature; restore it.") from error
        return Evidence(signed, receipt, tuple(read_log(path.with_suffix(".jsonl"))))

    def read(self, name: str) -> bytes:
        """Return a file of the folder.

        Raises:
            StorageError: it cannot be read.
        """
        try:
            return read_file(self.path / name, _MOST)
        except OSError as error:
            where = shown(str(self.path / name))
            raise StorageError(f"{where} cannot be read ({error.strerror}); restore it.") from error

    def _paper(self, it: UsedDataset, what: str) -> Path:
        return self.path / "datasets" / f"{it.dataset}-{it.version}.{what}.json"

    def _batch(self, batch: bytes) -> Path:
        return self.path / "batches" / f"{batch.hex()}.json"


def file_of(path: Path, name: str) -> WeightFile:
    """Return a file as a run names it.

    Raises:
        StorageError: it cannot be read.
    """
    digest, size = _digest(path)
    return WeightFile(name, digest, size)


def code_of(folder: Path) -> Code:
    """Return the digest of code: of the files that Git tracks as they are now, or of all where there is no Git.

    Raises:
        InputError: there is no file.
        StorageError: a file cannot be read.
    """
    commit = _git(folder, "rev-parse", "HEAD").decode().strip()
    if commit:
        names = sorted(filter(None, _git(folder, "ls-files", "-z").split(b"\0")))
    else:
        found = (it for it in folder.rglob("*") if it.is_file() and not it.is_symlink())
        names = sorted(os.fsencode(it.relative_to(folder)) for it in found)
    listed = [(name, folder / os.fsdecode(name)) for name in names]
    lines = [_digest(path)[0].hex().encode() + b"  " + name + b"\n" for name, path in listed if path.is_file()]
    if not lines:
        raise InputError(f"{shown(str(folder))} has no file of code; name the folder that trained.")
    return Code(hashlib.sha256(b"".join(lines)).digest(), commit)


def _git(folder: Path, *arguments: str) -> bytes:
    """Return what Git says of a folder; nothing where there is no repository, or no Git."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    except OSError:
        return b""
    return done.stdout if done.returncode == 0 else b""


def _digest(path: Path) -> tuple[bytes, int]:
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(open_file(path, os.O_RDONLY), "rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise StorageError(f"{shown(str(path))} cannot be read ({error.strerror}); check the name.") from error
    return digest.digest(), size


def _copied(paper: Paper) -> Iterator[bytes]:
    """Yield a file, and refuse at its end if it was another."""
    digest = hashlib.sha256()
    try:
        with os.fdopen(open_file(paper.path, os.O_RDONLY), "rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                yield block
    except OSError as error:
        raise StorageError(f"{shown(str(paper.path))} cannot be read ({error.strerror}); pull it again.") from error
    if digest.digest() != paper.sha256:
        raise StorageError(f"{shown(str(paper.path))} is not what its manifest names; pull it again.")


def _unwritten(path: Path, error: OSError) -> StorageError:
    return StorageError(f"{shown(str(path))} cannot be written ({error.strerror}); see to that, and run it again.")
