"""`.ci/run`: what it says at its end, by a `make` that does nothing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.places import ROOT

STEPS = ["test", "heavy", "beside", "lint", "types", "fresh"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the script, by a user who may install nothing."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    (tmp_path / "bin").mkdir()
    program(tmp_path, "id", "echo 1000")
    return tmp_path


def program(checkout: Path, name: str, does: str) -> None:
    path = checkout / "bin" / name
    path.write_text(f"#!/bin/sh\n{does}\n")
    path.chmod(0o755)


def run(checkout: Path) -> tuple[int, list[str]]:
    path = os.pathsep.join((str(checkout / "bin"), os.environ["PATH"]))
    done = subprocess.run(
        [str(checkout / ".ci" / "run")], env={"PATH": path}, capture_output=True, check=False, text=True
    )
    return done.returncode, done.stdout.splitlines()


def test_what_was_skipped_is_listed_at_the_end_by_its_step(checkout: Path) -> None:
    program(checkout, "make", 'if [ "$1" = heavy ]; then echo "SKIPPED [1] tests/a.py:3: no nginx"; fi; echo "$1 ends"')

    code, said = run(checkout)

    assert code == 0
    assert said[:2] == ["== make test", "test ends"]
    assert said[said.index("== all passed, but what was skipped; some of it ran in another step:") + 1 :] == [
        "== make test",
        "== make heavy",
        "  SKIPPED [1] tests/a.py:3: no nginx",
        *(f"== make {it}" for it in STEPS[2:]),
    ]


def test_nothing_is_listed_where_nothing_was_skipped(checkout: Path) -> None:
    program(checkout, "make", "true")

    assert run(checkout) == (0, [*(f"== make {it}" for it in STEPS), "== all passed, and nothing was skipped"])


def test_a_step_that_fails_ends_it(checkout: Path) -> None:
    program(checkout, "make", '[ "$1" != heavy ]')

    assert run(checkout) == (1, ["== make test", "== make heavy"])
