"""The tests in Solidity, in their quick profile: forge fuzzes the code that `make build` made (P1 to P17).

`make prove` runs the same tests at length.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable

import pytest

from tests.support.artifacts import Artifact
from tests.support.places import ROOT

FORGE = ROOT / ".venv" / "bin" / "forge"

Results = dict[str, dict[str, dict[str, dict[str, object]]]]


@pytest.mark.skipif(not shutil.which(str(FORGE)), reason="no forge: its npm package has none for this machine")
def test_no_fuzzed_call_or_random_life_breaks_a_property(artifact: Callable[[str], Artifact]) -> None:
    artifact("RoyaltySplitter")  # builds what is fuzzed

    run = subprocess.run(
        [str(FORGE), "test", "--json"],
        cwd=ROOT,
        env=os.environ | {"FOUNDRY_PROFILE": "quick"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.stdout.startswith("{"), run.stdout + run.stderr
    results: Results = json.loads(run.stdout)
    outcomes = {name: it for suite in results.values() for name, it in suite["test_results"].items()}
    assert {name: it["reason"] for name, it in outcomes.items() if it["status"] != "Success"} == {}
    assert sum(name.startswith("invariant_") for name in outcomes) == 3
    assert run.returncode == 0
