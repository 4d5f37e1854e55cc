"""A Ray cluster on this machine, one of whose workers is killed."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from audiera.errors import InputError
from audiera.folder import Duplicates, ScanOptions, scan
from audiera.spread import on_ray, open_parts
from tests.support.music import write_tone
from tests.support.places import ROOT

LENIENT = ScanOptions(skip_bad=True, duplicates=Duplicates.KEEP_FIRST)


def workers() -> dict[int, str]:
    """Processes in which Ray is reading slices, by number, with when they began."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if (place / "cmdline").read_bytes().startswith(b"ray::Map"):
                found[int(place.name)] = (place / "stat").read_text().rpartition(")")[2].split()[19]
        except OSError:  # it is gone
            continue
    return found


@pytest.mark.heavy
def test_a_cluster_comes_to_what_one_scan_finds_though_a_worker_is_killed(label: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    for number in range(900):
        write_tone(label / "more" / f"{number}.flac", hertz=200 + number, frames=800)
    before = workers()
    program = "from audiera.cli.main import main; main()"
    words = ["scan", str(label), "--ray", "local", "--workers", "2", "--out", str(tmp_path / "parts")]
    cluster = subprocess.Popen(
        [sys.executable, "-c", program, *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    while cluster.poll() is None and not (mine := workers().keys() - before.keys()):
        time.sleep(0.05)
    os.kill(min(mine), signal.SIGKILL)
    told, _ = cluster.communicate(timeout=150)

    assert cluster.returncode == 0
    assert re.match(r"Part 1/1 of .* is complete: 9\d\d files,", told)
    found, whole = open_parts(tmp_path / "parts").scan(label, LENIENT), scan(label, LENIENT)
    assert (found.files, found.left_out, found.notes) == (whole.files, whole.left_out, whole.notes)


def test_without_ray_a_cluster_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setitem(sys.modules, "ray.data", None)

    with pytest.raises(InputError) as caught:
        on_ray("auto")

    assert str(caught.value) == "A cluster needs a package that is not installed; run `pip install 'audiera[ray]'`."
