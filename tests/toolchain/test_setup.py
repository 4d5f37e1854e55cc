"""`tools/setup` in a checkout of its own, where every program that it asks for is made up but Node."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.places import ROOT

PROGRAMS = ("bash", "basename", "cat", "chmod", "cp", "dirname", "ln", "mkdir", "rm", "sed", "touch")
NEEDED = (
    "make setup: Ape needs Python 3.11 or 3.12 (its numpy has no build for later ones){}; install one and set "
    "PYTHON=/path/to/python, or install uv, which brings its own: pip install uv.\n"
)

PYTHON = """#!/usr/bin/env bash
# A Python {version} that makes environments of itself.
case "$*" in
  *version_info*) exit {unfit} ;;
  --version) echo "Python {version}" ;;
  "-m venv "*) mkdir -p "$3/bin" "$3/lib" && cp "$0" "$3/bin/python" ;;
  *sysconfig*) echo .venv/lib ;;
esac
"""
UV = """#!/usr/bin/env bash
echo "$*" > uv.asked
[ -e offline ] && { echo "uv: no way out" >&2; exit 2; }
mkdir -p .venv/bin .venv/lib && cp uv.python .venv/bin/python
"""
NPM = """#!/usr/bin/env bash
for tool in anvil forge; do
  mkdir -p "node_modules/@foundry-rs/$tool-$(cat npm.has)/bin"
  touch "node_modules/@foundry-rs/$tool-$(cat npm.has)/bin/$tool" && chmod +x node_modules/@foundry-rs/*/bin/$tool
done
"""
NODE = """#!/usr/bin/env bash
exec {node} -r {machine} "$@"
"""
MACHINE = """
Object.defineProperty(process, "platform", {{ value: "{system}" }});
Object.defineProperty(process, "arch", {{ value: "{processor}" }});
"""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout with what `tools/setup` reads, on a machine that has the programs below `bin` and no other."""

    folder: Path

    def has(self, name: str, text: str) -> None:
        """Put a program on the machine."""
        path = self.folder / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def has_python(self, name: str, version: str, *, fits: bool) -> None:
        self.has(name, PYTHON.format(version=version, unfit=int(not fits)))

    def is_machine(self, system: str, processor: str, *, npm_has: str) -> None:
        (self.folder / "machine.cjs").write_text(MACHINE.format(system=system, processor=processor))
        (self.folder / "npm.has").write_text(npm_has)

    def setup(self, **environment: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.folder / "bin"), **environment}
        command = [self.folder / "tools" / "setup"]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=60
        )

    def asked_of_uv(self) -> str | None:
        path = self.folder / "uv.asked"
        return path.read_text() if path.exists() else None


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A Linux machine that has Node and no Python."""
    for name in ("bin", "tools"):
        (tmp_path / name).mkdir()
    for name in ("setup", "install", "activate.pth"):
        shutil.copy(ROOT / "tools" / name, tmp_path / "tools" / name)
    for name in ("requirements.lock", "pyproject.toml", "package.json", "package-lock.json"):
        (tmp_path / name).write_text("{}\n")
    for name in PROGRAMS:
        found = shutil.which(name)
        assert found is not None
        (tmp_path / "bin" / name).symlink_to(found)
    it = Checkout(tmp_path)
    (tmp_path / "uv.python").write_text(PYTHON.format(version="3.12.9", unfit=0))
    (tmp_path / "uv.python").chmod(0o755)
    it.has("node", NODE.format(node=shutil.which("node"), machine=tmp_path / "machine.cjs"))
    it.has("npm", NPM)
    it.is_machine("linux", "x64", npm_has="linux-amd64")
    return it


def test_the_newest_python_that_fits_ape_makes_the_environment(checkout: Checkout) -> None:
    checkout.has_python("python3", "3.14.1", fits=False)
    checkout.has_python("python3.11", "3.11.7", fits=True)
    checkout.has_python("python3.12", "3.12.9", fits=True)
    checkout.has("uv", UV)

    done = checkout.setup()

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "make setup: creating .venv with Python 3.12.9"
    assert checkout.asked_of_uv() is None
    assert (checkout.folder / ".venv" / ".locked").read_text() == "{}\n"


def test_a_second_run_does_nothing(checkout: Checkout) -> None:
    checkout.has_python("python3.11", "3.11.7", fits=True)
    checkout.setup()

    again = checkout.setup()

    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_uv_brings_a_python_where_none_fits(checkout: Checkout) -> None:
    checkout.has_python("python3", "3.14.1", fits=False)
    checkout.has("uv", UV)

    done = checkout.setup()

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "make setup: no Python here fits Ape; creating .venv with uv's Python 3.12"
    assert checkout.asked_of_uv() == "venv --quiet --seed --python 3.12 .venv\n"
    assert (checkout.folder / ".venv" / ".locked").read_text() == "{}\n"


def test_what_uv_says_is_shown_where_it_cannot(checkout: Checkout) -> None:
    checkout.has("uv", UV)
    (checkout.folder / "offline").touch()

    done = checkout.setup()

    assert done.returncode == 1
    assert done.stderr == (
        "uv: no way out\nmake setup: uv could not create .venv with Python 3.12; its own message is above.\n"
    )


def test_without_a_python_and_without_uv_a_sentence_says_what_to_do(checkout: Checkout) -> None:
    checkout.has_python("python3", "3.14.1", fits=False)

    done = checkout.setup()

    assert (done.returncode, done.stdout, done.stderr) == (1, "", NEEDED.format(""))
    assert not (checkout.folder / ".venv").exists()


def test_a_python_that_was_named_and_does_not_fit_is_said_to_and_uv_is_not_asked(checkout: Checkout) -> None:
    checkout.has_python("python3.12", "3.12.9", fits=True)
    checkout.has_python("mine", "3.13.0", fits=False)
    checkout.has("uv", UV)

    done = checkout.setup(PYTHON="mine")

    assert (done.returncode, done.stderr) == (1, NEEDED.format(", and mine is neither"))
    assert checkout.asked_of_uv() is None


@pytest.mark.parametrize(
    ("system", "processor", "platform"),
    [
        ("linux", "x64", "linux-amd64"),
        ("linux", "arm64", "linux-arm64"),
        ("darwin", "x64", "darwin-amd64"),
        ("darwin", "arm64", "darwin-arm64"),
    ],
)
def test_anvil_and_forge_are_those_of_the_platform(
    checkout: Checkout, system: str, processor: str, platform: str
) -> None:
    checkout.has_python("python3.12", "3.12.9", fits=True)
    checkout.is_machine(system, processor, npm_has=platform)

    done = checkout.setup()

    assert (done.returncode, done.stderr) == (0, "")
    links = {tool: (checkout.folder / ".venv" / "bin" / tool).readlink() for tool in ("anvil", "forge")}
    packages = checkout.folder / "node_modules" / "@foundry-rs"
    assert links == {tool: packages / f"{tool}-{platform}" / "bin" / tool for tool in ("anvil", "forge")}


def on_path(checkout: Checkout) -> None:
    for tool in ("anvil", "forge"):
        checkout.has(tool, "#!/usr/bin/env bash\n")


def nowhere(checkout: Checkout) -> None:
    assert not (checkout.folder / "bin" / "anvil").exists()


@pytest.mark.parametrize(
    ("foundry", "code", "told"),
    [
        (on_path, 0, ""),
        (
            nowhere,
            1,
            "make setup: npm has no anvil for this platform; install Foundry, so that anvil is on the PATH.\n",
        ),
    ],
)
def test_where_npm_has_none_those_on_the_path_are_taken(
    checkout: Checkout, foundry: Callable[[Checkout], None], code: int, told: str
) -> None:
    checkout.has_python("python3.12", "3.12.9", fits=True)
    checkout.is_machine("freebsd", "x64", npm_has="linux-amd64")
    foundry(checkout)

    done = checkout.setup()

    assert (done.returncode, done.stderr) == (code, told)
    if code == 0:
        assert (checkout.folder / ".venv" / "bin" / "forge").readlink() == checkout.folder / "bin" / "forge"
