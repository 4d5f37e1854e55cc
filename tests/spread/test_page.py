"""The scripts of docs/scanning-at-scale.md, run as they stand there, while parts are killed."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from audiera.folder import Duplicates, ScanOptions, scan
from audiera.spread import open_parts
from tests.support.music import write_tone
from tests.support.places import DOCS, ROOT
from tests.support.stores import CREDENTIALS

PAGE = (DOCS / "scanning-at-scale.md").read_text("utf-8")
(SLURM,) = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
(KUBERNETES,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
LENIENT = ScanOptions(skip_bad=True, duplicates=Duplicates.KEEP_FIRST)
TASKS = 2


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """One in which `audiera` is this checkout's."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "audiera"
    program.write_text(f"#!{sys.executable}\nfrom audiera.cli.main import main\nmain()\n")
    program.chmod(0o700)
    return {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{program.parent}:{os.environ['PATH']}"}


def finish(tasks: list[tuple[list[str], dict[str, str]]], parts: Path, killed: int) -> None:
    """Runs all tasks at once, kills some when rows of theirs are there, and runs again what did not end well."""
    while tasks:
        running = [
            subprocess.Popen(
                words, env=more, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            for words, more in tasks
        ]
        for process in running[:killed]:
            there = len(list(parts.rglob("*.jsonl")))
            while process.poll() is None and len(list(parts.rglob("*.jsonl"))) <= there:
                time.sleep(0.01)
            os.killpg(process.pid, signal.SIGKILL)
        ended = [process.wait(timeout=120) for process in running]
        tasks = [task for task, status in zip(tasks, ended, strict=True) if status]
        killed = 0


@pytest.mark.heavy
def test_the_array_of_slurm_comes_to_what_one_scan_finds_though_tasks_are_killed(
    label: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    for number in range(450):
        write_tone(label / "more" / f"{number}.flac", hertz=200 + number, frames=800)
    parts = tmp_path / "parts"
    script = tmp_path / "job.sh"
    script.write_text(SLURM.replace("/data/label", str(label)).replace("/shared/parts", str(parts)))
    told = {"SLURM_ARRAY_TASK_COUNT": str(TASKS), "SLURM_CPUS_PER_TASK": "1"}
    tasks = [
        (["bash", str(script)], {**environment, **told, "SLURM_ARRAY_TASK_ID": str(number)})
        for number in range(1, TASKS + 1)
    ]

    finish(tasks, parts, killed=1)

    found, whole = open_parts(parts).scan(label, LENIENT), scan(label, LENIENT)
    assert (found.files, found.left_out, found.notes) == (whole.files, whole.left_out, whole.notes)


@pytest.mark.heavy
def test_the_indexed_job_of_kubernetes_scans_a_bucket_though_pods_are_killed(
    label: Path, label_in_bucket: str, s3_server: str, tmp_path: Path, environment: dict[str, str]
) -> None:
    parts = tmp_path / "parts"
    job = yaml.safe_load(KUBERNETES)["spec"]
    (container,) = job["template"]["spec"]["containers"]
    (line,) = container["args"]
    for old, new in (("s3://label/music", label_in_bucket), ("/shared/parts", str(parts)), ("/16", f"/{TASKS}")):
        assert old in line
        line = line.replace(old, new)
    told = {**environment, **CREDENTIALS, "AWS_ENDPOINT_URL": s3_server}
    tasks = [([*container["command"], line], {**told, "JOB_COMPLETION_INDEX": str(it)}) for it in range(TASKS)]

    finish(tasks, parts, killed=1)

    assert job["completions"] == 16
    found, whole = open_parts(parts).scan(label, LENIENT), scan(label, LENIENT)
    assert (found.files, found.left_out, found.notes) == (whole.files, whole.left_out, whole.notes)
