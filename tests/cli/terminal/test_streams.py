"""What happens to letters that the encoding of the output does not have, in real processes."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from scripts._command import SuiteCommand
from tests.support.music import write_tone

NAME = "\u591c \u0141\u00f3d\u017a \U0001f3b5.wav"


def scanned(folder: Path, encoding: str, *more: str) -> bytes:
    words = [sys.executable, "-c", "from audiera.cli.main import main; main()", "scan", *more, str(folder)]
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
    assert "".join(line[:130].strip() for line in lines[1:3]) == "n" * 251 + ".wav"
