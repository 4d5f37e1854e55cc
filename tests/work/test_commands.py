"""Other processes of this Python: what lies in the folder that they begin in is not imported."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from audiera.work import audiera_command, python_command

RAN = "import pathlib; pathlib.Path(__file__).with_name('ran').touch(); raise SystemExit('of a stranger')\n"


@pytest.mark.parametrize("name", ["click.py", "web3/__init__.py", "json.py", "audiera/__init__.py", "sitecustomize.py"])
@pytest.mark.parametrize(
    "command",
    [audiera_command("scan", "--help"), python_command("import json, click, web3, audiera; print('Usage: ')")],
    ids=["audiera", "python"],
)
def test_a_module_in_the_current_folder_is_not_run(tmp_path: Path, name: str, command: Sequence[str]) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(RAN)

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, text=True)

    assert done.stdout.startswith("Usage: ")
    assert not list(tmp_path.rglob("ran"))


def test_a_program_is_given_its_words() -> None:
    command = python_command("import sys; print(sys.argv[1:])", "-a", "b c")

    assert subprocess.check_output(command, text=True) == "['-a', 'b c']\n"
