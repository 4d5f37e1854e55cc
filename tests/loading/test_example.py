"""The script of the guide trains, and goes on where it was."""

import subprocess
import sys
from pathlib import Path

from tests.support.optional import extra
from tests.support.places import DOCS, ROOT
from tests.support.pulled import add_sounds

extra("torch")


def test_the_script_of_the_guide_trains_and_goes_on(tmp_path: Path) -> None:
    add_sounds(tmp_path, 20)
    command = [sys.executable, str(DOCS / "examples" / "train.py"), str(tmp_path), str(tmp_path / "model.pt")]

    first, second = (
        subprocess.run(command, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True)
        for _ in range(2)
    )

    assert [it.split(":")[0] for it in first.stdout.splitlines()] == ["epoch 1", "epoch 2", "epoch 3"]
    assert second.stdout == ""
