"""The npm compiler answers as the native one does, which is what Ape and forge rely on."""

import json
import re
import subprocess
from pathlib import Path

from tests.support.places import ROOT

SOLC = ROOT / ".venv" / "solc" / "solc-v0.8.37"


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([SOLC, *arguments], input=stdin, capture_output=True, text=True, check=False)


def compile_importing(path: str, base: Path) -> tuple[set[str], list[str]]:
    """The sources that the compiler read, and the errors it reported."""
    source = f'pragma solidity 0.8.37; import "{path}";'
    request = {"language": "Solidity", "sources": {"main.sol": {"content": source}}}
    answer = run("--standard-json", "--base-path", str(base), stdin=json.dumps(request))
    output = json.loads(answer.stdout)
    errors = [error["message"] for error in output.get("errors", []) if error["severity"] == "error"]
    return set(output["sources"]), errors


def test_version_is_the_last_line_in_the_native_form() -> None:
    answer = run("--version")

    assert answer.returncode == 0
    assert re.fullmatch(r"Version: 0\.8\.37\+commit\.[0-9a-f]{8}\..+", answer.stdout.splitlines()[-1])


def test_an_import_is_read_below_the_base_path(tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "other.sol").write_text("pragma solidity 0.8.37; contract Other {}")

    sources, errors = compile_importing("other.sol", base)

    assert (sources, errors) == ({"main.sol", "other.sol"}, [])


def test_an_import_cannot_climb_out_of_the_base_path(tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    secret = tmp_path / "secret.sol"
    secret.write_text("pragma solidity 0.8.37; contract Secret {}")

    _, errors = compile_importing(str(secret), base)

    assert errors == [f'Source "{secret}" not found: {secret} not found in {base}']


def test_an_unknown_option_is_named_with_the_usage() -> None:
    answer = run("--optimise")

    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr.startswith("solc (npm): unknown option --optimise. Usage: solc")
