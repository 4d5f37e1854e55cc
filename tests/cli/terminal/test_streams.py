"""What happens to letters that the encoding of the output does not have, in real processes."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from audiera.cli.terminal.streams import PlainRecord
from audiera.text import is_plain
from audiera.work import audiera_command
from scripts._command import SuiteCommand
from tests.support.music import write_tone

NAME = "\u591c \u0141\u00f3d\u017a \U0001f3b5.wav"


def scanned(folder: Path, encoding: str, *more: str) -> bytes:
    words = audiera_command("scan", *more, str(folder))
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    return subprocess.run(words, capture_output=True, check=True, env=environment).stdout


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1:strict", "koi8-r"])
def test_a_name_that_the_output_cannot_write_is_escaped(tmp_path: Path, encoding: str) -> None:
    write_tone(tmp_path / NAME)

    printed = scanned(tmp_path, encoding).decode(encoding.partition(":")[0])

    assert "\\u591c " in printed
    assert " \\U0001f3b5.wav  audio/wav" in printed


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii", "utf-8"])
def test_json_is_json_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    write_tone(tmp_path / NAME)

    (item,) = json.loads(scanned(tmp_path, encoding, "--json").decode(encoding))["items"]

    assert item["path"] == NAME


def test_commands_under_ape_escape_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(output, encoding="cp1252"))
    command = SuiteCommand("show", help="Shows \u591c.")  # type: ignore[no-untyped-call]  # Ape has no types

    with pytest.raises(click.exceptions.Exit):
        command.make_context("show", ["--help"])
    sys.stdout.flush()

    assert b"Shows \\u591c." in output.getvalue()


def test_a_name_of_255_bytes_does_not_widen_the_table(tmp_path: Path) -> None:
    write_tone(tmp_path / ("n" * 251 + ".wav"))

    lines = scanned(tmp_path, "utf-8").decode().splitlines()

    assert lines[0].split() == ["path", "type", "length", "bytes", "sound", "title", "artists"]
    assert lines[0].index("type") == 132
    assert "".join(line[:130].strip().removeprefix("| ") for line in lines[1:3]) == "n" * 251 + ".wav"


HOSTILE = "a\x1b[2J\x9b2J\u202e\u2028\nDataset 1: verified"
SAID = (
    "import logging, warnings\n"
    "from audiera.cli.terminal.streams import write_anything\n"
    "write_anything()\n"
    f"said = {HOSTILE!r}\n"
    "for name in ('ape', 'web3', 'urllib3.util', 'alembic', 'sqlalchemy.pool', 'uvicorn.error', 'starlette'):\n"
    "    logging.getLogger(name).warning('It says: %s', said)\n"
    "warnings.warn(said)\n"
    "try:\n"
    "    raise ValueError(said)\n"
    "except ValueError:\n"
    "    logging.getLogger('uvicorn.error').exception(said)\n"
)


def test_whatever_libraries_log_acts_on_no_terminal() -> None:
    """AUD-T1 and AUD-T2: what a node, a server or a file says comes through libraries, too, with tracebacks."""
    done = subprocess.run([sys.executable, "-c", SAID], capture_output=True, check=True, text=True)

    lines = done.stderr.split("\n")
    assert lines.count(r"It says: a\x1b[2J\x9b2J\u202e") == 7
    assert lines.count("  | Dataset 1: verified") >= 7
    assert "Dataset 1: verified" not in [*lines, *done.stdout.split("\n")]
    assert all(is_plain(line) for line in lines)


def test_what_is_logged_has_an_end() -> None:
    record = PlainRecord("web3", logging.WARNING, "", 0, "It says: %s", ("a" * 20_000,), None)

    assert record.getMessage() == "It says: " + "a" * 9_991 + "… (10,009 letters more)"
