"""The scripts of docs/scanning-at-scale.md, run as they stand there, while parts are killed."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import s3fs
import yaml

from audiera.folder import Duplicates, ScanOptions, scan
from audiera.spread import open_parts
from tests.support.console import audiera
from tests.support.music import ADA, write_contributors, write_tone
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


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


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
    script.write_text(replaced(SLURM, ("/data/label", str(label)), ("/shared/parts", str(parts)), ("/16", f"/{TASKS}")))
    told = {"SLURM_CPUS_PER_TASK": "1"}
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
    line = replaced(
        line,
        ("s3://label/music", label_in_bucket),
        ("/shared/parts", str(parts)),
        ("/16", f"/{TASKS}"),
        ("--workers 32", "--workers 1"),
    )
    told = {**environment, **CREDENTIALS, "AWS_ENDPOINT_URL": s3_server}
    tasks = [([*container["command"], line], {**told, "JOB_COMPLETION_INDEX": str(it)}) for it in range(TASKS)]

    finish(tasks, parts, killed=1)

    assert job["completions"] == 16
    found, whole = open_parts(parts).scan(label, LENIENT), scan(label, LENIENT)
    assert (found.files, found.left_out, found.notes) == (whole.files, whole.left_out, whole.notes)


@pytest.mark.heavy
def test_the_commands_of_the_page_scan_a_bucket_and_pack_it_and_a_folder_in_it(
    bucket: str, s3: s3fs.S3FileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = [f"{year}/{number}.wav" for year in (2023, 2024) for number in range(20)]
    for number, name in enumerate(names):
        data = write_tone(tmp_path / "tone.wav", hertz=300 + number, frames=800).read_bytes()
        s3.pipe_file(f"{bucket}/music/{name}", data)
    write_contributors(tmp_path / "people.csv", "file,name,address", *(f"{it},Ada,{ADA}" for it in names))
    write_contributors(tmp_path / "2024.csv", "file,name,address", *(f"{it[5:]},Ada,{ADA}" for it in names[20:]))
    shown = re.findall(r"^    (audiera (?:scan .*--part|pack) .*)$", PAGE, re.MULTILINE)
    first, whole, folder = (replaced(it, ("/shared", str(tmp_path))) for it in (shown[0], shown[1], shown[2]))

    for number in range(1, 17):
        command = replaced(first, ("--part 3/16", f"--part {number}/16"), ("s3://label", f"s3://{bucket}"))
        assert audiera(*command.split()[1:]).exit_code == 0
    told = [audiera(*it.replace("s3://label", f"s3://{bucket}").split()[1:]) for it in (whole, folder)]

    assert [it.stdout.partition(" as ")[0] for it in told] == ["Packed 40 files of music", "Packed 20 files of 2024"]
    assert s3.exists(f"{bucket}/store")
