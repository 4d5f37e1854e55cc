"""The vectors on disk: made by this package, agreed to by others. P12."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.places import ROOT


def test_vectors_are_what_the_package_makes_today() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.vectors.make", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_item_trees_and_splits_are_those_of_openzeppelin() -> None:
    node = shutil.which("node")
    assert node, "Node is needed, as for the compiler; install it."

    done = subprocess.run([node, "tests/vectors/check.mjs"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert "trees and" in done.stdout


def test_what_the_npm_package_computes_is_what_the_vectors_have() -> None:
    node = shutil.which("node")
    assert node, "Node is needed, as for the compiler; install it."

    done = subprocess.run([node, "tests/vectors/check_npm.mjs"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("agree with the npm package\n")


def test_a_changed_vector_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tests" / "vectors", tmp_path / "tests" / "vectors")
    (tmp_path / "tests" / "__init__.py").touch()
    (tmp_path / "audiera").symlink_to(ROOT / "audiera")
    changed = tmp_path / "tests" / "vectors" / "lineage.json"
    changed.write_text(changed.read_text("utf-8").replace("0x", "0X", 1), "utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "tests.vectors.make", "--check"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr == "Stale vectors: lineage; run python -m tests.vectors.make.\n"
