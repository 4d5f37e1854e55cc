"""The demo: it tells the whole story to its end, and stops loudly where something does not hold."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from audiera.credits.divide import ShareRule
from audiera.demo.cast import Cast, wallet_of
from audiera.demo.music import own_music
from audiera.errors import InputError
from audiera.protocol.items import Item
from scripts.demo import cli
from tests.support.artifacts import Artifact
from tests.support.music import write_album, write_contributors
from tests.support.places import ROOT

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path, artifact: Callable[[str], Artifact]) -> Iterator[Start]:
    """`start("--json")` runs `ape run demo --json` as its user would, in a process group of its own."""
    assert artifact("MockToken").creation_code  # what `make demo` builds first
    for name in ("home", "temporary"):
        (tmp_path / name).mkdir()
    environment = {
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "temporary"),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
    }
    started = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [str(ROOT / ".venv" / "bin" / "ape"), "run", "demo", *arguments],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _stray(process: subprocess.Popen[str]) -> bool:
    """Whether anything that the process started is still there."""
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def _but_for_gas(line: str) -> str:
    """A line that was printed without its gas, the time, and where its words stand."""
    return " ".join(re.sub(r" [\d,]+ gas.*", "", line).split())


def test_the_demo_tells_the_story_to_its_end_and_leaves_nothing(start: Start, tmp_path: Path) -> None:
    process = start()

    out, err = process.communicate()

    assert (process.returncode, err) == (0, "")
    holds, look = out.splitlines()[-2:]
    assert re.fullmatch(r"The story holds: \d+ checks, \d+ transactions, [\d,]+ gas, \d+ seconds\.", holds)
    assert look == "To look at a network like this in a browser: make up"
    assert re.search(r"paid in - paid out - held +0\.0{18} +0\.0{6}\s", out)  # P5, P9
    assert "→ The gateway settles 8,004 uses over 4 statements" in out
    assert "✓ what lies there now is, byte for byte, what the creators registered" in out
    assert "✓ each has the pot times what its uses paid, divided by what all paid" in out  # P17
    readme = (ROOT / "README.md").read_text("utf-8").partition("prints, among others")[2].partition("It registers")[0]
    shown = [_but_for_gas(line) for line in readme.splitlines() if line.startswith("    ")]
    assert len(shown) == 17
    assert [line for line in shown if line not in set(map(_but_for_gas, out.splitlines()))] == []
    assert "\x1b" not in out  # plain, since nobody looks
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not _stray(process)


def test_the_demo_writes_nothing_beside_music_of_the_users_own(start: Start, tmp_path: Path) -> None:
    music = write_album(tmp_path / "mine" / "Tones")

    process = start("--music", str(music))
    _, err = process.communicate()

    assert (process.returncode, err) == (0, "")
    assert [it.name for it in music.parent.iterdir()] == ["Tones"]


@pytest.mark.heavy
@pytest.mark.parametrize("to_all", [True, False], ids=["ctrl-c", "sigterm"])
def test_the_demo_when_stopped_leaves_no_chain_behind(start: Start, tmp_path: Path, to_all: bool) -> None:
    process = start()
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("2. "):
            break

    if to_all:
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    else:
        process.terminate()
    process.communicate()

    assert process.returncode > 0
    assert list((tmp_path / "temporary").iterdir()) == []
    deadline = time.monotonic() + 5
    while _stray(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _stray(process)


def test_the_demo_stops_at_a_check_that_does_not_hold_and_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, artifact: Callable[[str], Artifact]
) -> None:
    assert artifact("MockToken").creation_code
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def unaltered(item: Item) -> Item:
        return item

    monkeypatch.setattr("audiera.demo.publish.altered", unaltered)

    told = CliRunner().invoke(cli, [])

    assert told.exit_code == 1
    assert told.output.splitlines()[-1].startswith("Error: CHECK FAILED: the same file with one byte more is not")
    assert "3. They offer licences" not in told.output
    assert list(tmp_path.iterdir()) == []


def test_a_contributors_file_that_is_clear_is_taken_as_it_is(tmp_path: Path) -> None:
    music = write_album(tmp_path / "Tones")
    table = write_contributors(
        music / "contributors.csv", "name,address,share", f"Ada,{wallet_of('Ada')},1/2", "Ben,,1/2"
    )

    source = own_music(music, Cast.for_music("Owner"), tmp_path)

    assert (source.contributors, source.rule, source.shares) == (table, None, "contributors.csv states them")


def test_an_unclear_contributors_file_is_told_and_its_composers_are_kept(tmp_path: Path) -> None:
    music = write_album(tmp_path / "Tones")
    rows = ["a.flac,Ada", "b.ogg,(nobody)", "side 2/c.wav,ada"]
    write_contributors(music / "contributors.csv", "file,composer", *rows)

    source = own_music(music, Cast.for_music("Owner"), tmp_path)

    assert source.shares == (
        "contributors.csv is unclear (line 3: '(nobody)' names nobody), so for this demo the composers it names, else "
        "the artists in the tags, share it: every credited file counts the same"
    )
    assert source.rule is ShareRule.ITEMS
    composed = source.contributors.read_text("utf-8").splitlines()
    assert composed == ["file,composer,address", "a.flac,Ada,", "b.ogg,-,", "side 2/c.wav,Ada,"]


def test_a_folder_that_credits_nobody_pays_its_owner(tmp_path: Path) -> None:
    music = write_album(tmp_path / "Tones")
    cast = Cast.for_music("Owner")

    source = own_music(music, cast, tmp_path)

    assert source.shares.startswith("there is no contributors.csv, so for this demo")
    assert source.contributors.read_text("utf-8").splitlines() == ["name,address", f"Owner,{cast.creator.address}"]


def test_a_folder_without_audio_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("la la la")

    with pytest.raises(InputError, match="holds no music"):
        own_music(tmp_path, Cast.for_music("Owner"), tmp_path)
