"""What is measured, each beside the least that it could take."""

import os
import random
import struct
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Final
from unittest.mock import patch

import soundfile
from sha3 import keccak_256  # type: ignore[import-untyped]  # safe-pysha3 ships no types

from audiera.credits.people import Party
from audiera.dataset.record import load_version, store_version
from audiera.demo.band.album import render
from audiera.folder.examine import examine
from audiera.folder.scan import ScanOptions, scan
from audiera.manifest.description import Description
from audiera.manifest.documents import build_documents
from audiera.protocol.hashing import keccak
from audiera.protocol.items import verify_item
from audiera.protocol.merkle import MerkleTree
from tests.scale.measure import Measured, alternate, cores, peak_mebibytes

__all__ = ["CASES"]

_MIB: Final = 1 << 20
_FILES, _FILE_MIB = 48, 24
_ITEMS, _PROVEN = 100_000, 1_000
_MEMORY_MIB = 512
_LEAVES = 1_000_000
_DESCRIPTION: Final = Description(
    name="The hundred thousand", description="Items.", creators=(Party("Ada Moreau"),), date="2026-03-01"
)


def hashing() -> Measured:
    """A gigabyte in files as large as a song, against openssl over the same files on as many cores."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(_FILES):
            (folder / f"{number:02}.bin").write_bytes(random.Random(number).randbytes(_FILE_MIB * _MIB))
        files = sorted(map(str, folder.iterdir()))
        each = -(-len(files) // cores())

        def openssl() -> None:
            command = ["xargs", "-P", str(cores()), "-n", str(each), "openssl", "dgst", "-sha256"]
            subprocess.run(command, input="\n".join(files), text=True, check=True, stdout=subprocess.DEVNULL)

        floor, took = alternate(5, openssl, lambda: scan(folder, ScanOptions(everything=True)))
    size = _FILES * _FILE_MIB
    return Measured(
        f"hash {_FILES} files of {_FILE_MIB} MiB",
        f"{size / took:,.0f} MiB/s",
        f"{size / floor:,.0f} MiB/s: openssl dgst -sha256 on as many cores",
        took / floor,
        1.10,
    )


def scanning() -> Measured:
    """A folder of music: hashed, decoded, checked for damage, its samples named, its tags read. Against decoding it."""
    with tempfile.TemporaryDirectory() as name:
        folder = _music(Path(name))
        found = scan(folder)
        paths = [folder / file.source for file in found.files]

        def bare() -> None:
            with ThreadPoolExecutor(cores()) as pool:
                list(pool.map(_decode, paths))

        floor, took = alternate(3, bare, lambda: scan(folder))
    seconds = found.duration_ms / 1000
    return Measured(
        f"scan {len(paths)} files of music, {seconds / 60:.0f} minutes",
        f"{seconds / took:,.0f} x real time",
        f"{seconds / floor:,.0f} x: libsndfile decoding the same files on as many cores",
        took / floor,
        1.6,
    )


def confined_scanning() -> Measured:
    """The same folder read in processes that have limits, as ever, against reading it in this process."""
    gather = import_module("audiera.folder.gather")

    def within() -> None:
        with patch.object(gather, "examine_apart", examine):
            scan(folder)

    with tempfile.TemporaryDirectory() as name:
        folder = _music(Path(name))
        found = scan(folder)  # the processes begin before anything is measured, as the libraries load before
        within()
        floor, took = alternate(7, within, lambda: scan(folder))
    seconds = found.duration_ms / 1000
    return Measured(
        f"scan {len(found.files)} files of music in processes with limits",
        f"{seconds / took:,.0f} x real time",
        f"{seconds / floor:,.0f} x: the same scan in one process without",
        took / floor,
        1.1,
    )


def large_dataset() -> Measured:
    """A hundred thousand files of sound: read, built, written, read back and proven; the bound is memory."""
    with tempfile.TemporaryDirectory() as name:
        music, record = Path(name) / "music", Path(name) / "record"
        for number in range(_ITEMS):
            _write_sound(music / f"{number // 1000:03}" / f"{number:06}.wav", number)
        documents = build_documents(_DESCRIPTION, scan(music).rows)
        store_version(record, documents)
        version = load_version(record, documents.digest)
        for row in random.Random(1).sample(version.rows, _PROVEN):
            if not verify_item(version.tree.root, row.item, version.tree.proof(row.item)):
                raise AssertionError(f"{row} is not proven")
    peak = peak_mebibytes()
    return Measured(
        f"{_ITEMS:,} files scanned, built, written, loaded; {_PROVEN:,} proven",
        f"{peak:,.0f} MiB at most",
        f"{_MEMORY_MIB} MiB",
        peak / _MEMORY_MIB,
        1.0,
    )


def large_tree() -> Measured:
    """A tree of a million leaves, against as many bare hashes of 64 bytes."""
    leaves = sorted(keccak(number.to_bytes(32, "big")) for number in range(_LEAVES))
    pairs = [left + right for left, right in zip(leaves, reversed(leaves), strict=True)]
    floor, took = alternate(3, lambda: [keccak_256(pair).digest() for pair in pairs], lambda: MerkleTree.of(leaves))
    return Measured(
        f"tree of {_LEAVES:,} leaves",
        f"{_LEAVES / took:,.0f} leaves/s",
        f"{_LEAVES / floor:,.0f}/s: keccak-256 of 64 bytes in a loop",
        took / floor,
        1.6,
    )


def _music(rendered: Path) -> Path:
    """Return the folder of music that AUDIERA_MUSIC names, or one that is rendered for want of any."""
    if named := os.environ.get("AUDIERA_MUSIC"):
        return Path(named)
    render(rendered, {})
    return rendered


def _decode(path: Path) -> None:
    with suppress(soundfile.LibsndfileError), soundfile.SoundFile(path) as sound:  # what it cannot decode is no floor
        buffer = bytearray(int(sound.channels) * (1 << 16) * 4)
        while sound.buffer_read_into(buffer, "float32"):
            pass


def _write_sound(path: Path, number: int) -> None:
    """Writes a WAV file of 12.5 ms that no other number has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = struct.pack("<I", number) * 50
    form = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + len(samples), b"WAVE", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    path.write_bytes(form + struct.pack("<4sI", b"data", len(samples)) + samples)


CASES: dict[str, Callable[[], Measured]] = {
    case.__name__: case for case in (hashing, scanning, confined_scanning, large_dataset, large_tree)
}
