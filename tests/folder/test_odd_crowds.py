"""A folder of very many files, read by a process of its own, so that its memory can be told."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

COUNT: Final = 2_000


@pytest.mark.heavy
def test_many_files_need_little_memory_each(tmp_path: Path) -> None:
    for folder in range(COUNT // 100):
        (tmp_path / str(folder)).mkdir()
        for number in range(100):
            (tmp_path / str(folder) / f"{number}.bin").write_bytes(f"{folder}/{number}".encode())
    code = (
        "import resource, sys; from pathlib import Path; from audiera.folder.scan import ScanOptions, scan\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "found = scan(Path(sys.argv[1]), ScanOptions(everything=True))\n"
        "print(len(found.files), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )

    told = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True, text=True
    ).stdout.split()

    assert int(told[0]) == COUNT
    assert int(told[1]) * 1024 / COUNT < 4_000  # bytes for each file: 100,000 of them fit into 400 MB
