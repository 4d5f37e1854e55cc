"""`ape run` as its users have it, without the seconds that it takes to start.

A server loads Ape once; each command is a fork of it. So it finds what a process of its own would: its environment, its
streams, no account unlocked, no network connected, nothing of the commands before it.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, Protocol

from tests.support.places import ROOT

__all__ = ["Ran", "RunApe", "ape_in"]

# What Ape imports when it comes to it: commands, networks, accounts.
SLOW = (
    *("ape._cli", "ape_run._cli", "ape.managers.project", "ape_accounts.accounts", "ape_test.accounts", "pandas"),
    *("ape_ethereum.ecosystem", "ape_foundry.provider", "ape_node.provider", "ape_test.provider"),
    *("ape_solidity.compiler", "coincurve"),
)


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a process."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Standard output, all of it, as one JSON object."""
        found: dict[str, Any] = json.loads(self.out)
        return found


class RunApe(Protocol):
    """`run_ape("deploy", "--yes")` is `ape run deploy --yes`, in a bare environment but for what is given.

    `stdin` is the path of a terminal, if it has one.
    """

    def __call__(
        self, *arguments: str, environment: Mapping[str, str] | None = None, stdin: str = os.devnull
    ) -> Ran: ...


@contextmanager
def ape_in(home: Path, folder: Path = ROOT) -> Iterator[RunApe]:
    """Runs commands for a user with this home, in a folder that has the scripts."""
    bare = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.support.ape"],
        cwd=folder,
        env=bare,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    ask, answers = server.stdin, server.stdout

    def run(*arguments: str, environment: Mapping[str, str] | None = None, stdin: str = os.devnull) -> Ran:
        with tempfile.TemporaryDirectory() as outputs:
            streams = [stdin, f"{outputs}/out", f"{outputs}/err"]
            print(json.dumps([arguments, environment or {}, streams]), file=ask, flush=True)
            code = int(answers.readline())
            return Ran(code, Path(streams[1]).read_text(), Path(streams[2]).read_text())

    try:
        yield run
    finally:
        ask.close()
        server.wait(timeout=10)
        answers.close()


def _serve() -> None:
    """Carries out what is asked on standard input, a line each, and answers with its exit code."""
    for name in SLOW:
        import_module(name)
    for it in walk_packages(import_module("audiera").__path__, "audiera."):
        with suppress(ModuleNotFoundError):  # of an extra that is not here
            import_module(it.name)
    gc.freeze()  # so that no fork copies what it only counts
    while line := sys.stdin.readline():
        if (child := os.fork()) == 0:
            _run(*json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _run(arguments: list[str], environment: dict[str, str], streams: list[str]) -> None:
    """Becomes a process of its own, and ends as `ape` does."""
    for number, path in enumerate(streams):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), number)
    sys.stdin = os.fdopen(0, closefd=False)  # the old one has read ahead
    os.environ.update(environment)
    sys.argv = ["ape", "run", *arguments]
    sys.exit(import_module("ape._cli").cli())


if __name__ == "__main__":
    _serve()
