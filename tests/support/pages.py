"""Pages of the documentation, run as their reader would run them.

A page shows commands in blocks of `sh` and what they print in the block of `text` that follows. In such text `…` stands
for anything, dates and gas for any of their kind, and two spaces or more for as many as a table has. A comment such as
`<!-- a day later -->` names what happens between two commands, and the test says how.
"""

from __future__ import annotations

import gc
import io
import re
import shlex
import shutil
import subprocess
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from importlib import import_module
from inspect import unwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from click.testing import CliRunner, Result

from audiera.cli.main import main
from tests.support.places import ROOT

if TYPE_CHECKING:
    from ape_ethereum.provider import Web3Provider

__all__ = ["Block", "Terminal", "blocks_of", "command_of", "shows"]

_PARTS: Final = re.compile(r"^```(\w+)\n(.*?)^```$|^<!-- (.*?) -->$", re.MULTILINE | re.DOTALL)
_FAILS: Final = re.compile("^(Error: .*|In the way:|.* is not what is here:)$", re.MULTILINE)
"""What is printed by a command that ends with an exit code other than zero."""
_URL: Final = "http://127.0.0.1:8545"
"""The node of the pages, in whose place the test's own is taken."""
_ASSIGNED: Final = re.compile(r"([A-Z_]+)=(.*)")
_ANY: Final = (
    (r"\d{4}-\d\d-\d\d(?: \d\d:\d\d(?: UTC)?)?", r"\d{4}-\d\d-\d\d(?: \d\d:\d\d(?: UTC)?)?"),
    (r"block [\d,]+", r"block [\d,]+"),
    (r"gas: about [\d,]+, at most [\d,.]+ ETH", r"gas: about [\d,]+, at most [\d,.]+ ETH"),
    (r"[\d,]+ gas\b", r"[\d,]+ gas"),
    (r"…", r".*?"),
    (r"[ ]{2,}", r"[ ]{2,}"),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a page that is more than prose."""

    language: str
    """Of the block; `between` for what happens between two commands."""
    text: str


def blocks_of(page: Path) -> list[Block]:
    """Return the fenced blocks and comments of a page, in order."""
    found = _PARTS.finditer(page.read_text("utf-8"))
    return [Block("between", it[3]) if it[3] else Block(it[1], it[2]) for it in found]


def command_of(words: list[str]) -> click.Command | None:
    """Return what `audiera ...` or `ape run SCRIPT ...` calls: a command, a group if no more is named, or nothing."""
    command, arguments = _called(words)
    found: click.Command | None = command
    while isinstance(found, click.Group) and arguments:
        found, arguments = found.get_command(click.Context(found), arguments[0]), arguments[1:]
    return found


def _called(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the click command of a program or script, and what it is given."""
    if words[0] == "audiera":
        return main, words[1:]
    return import_module(f"scripts.{words[2]}").cli, words[3:]


def shows(page: str, printed: str) -> bool:
    """Say whether what a page shows is what was printed."""
    kinds = "|".join(f"({kind})" for kind, _ in _ANY)

    def pattern(shown: str) -> str:
        parts, at = [], 0
        for found in re.finditer(kinds, shown):
            parts += [re.escape(shown[at : found.start()]), _ANY[(found.lastindex or 1) - 1][1]]
            at = found.end()
        return "".join([*parts, re.escape(shown[at:])])

    # A line of nothing but dots stands for any number of lines.
    lines = [r"(?:.*\n)*?" if line.strip() == "…" else f"{pattern(line.rstrip())}\n" for line in page.splitlines()]
    tidy = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
    return re.fullmatch("".join(lines), tidy) is not None


@dataclass(slots=True)
class Terminal:
    """Runs pages in this process: through click's parser and Ape's connection, without an interpreter for each."""

    url: str
    """Of the node."""
    meant: Mapping[str, str]
    """What words of commands stand for: accounts by the names that pages give them, and a folder for a bucket."""
    variables: dict[str, str]
    """What the shell knows; `$NET` is network and account."""
    between: dict[str, Callable[[], None]] = field(default_factory=dict)
    """What happens between two commands, by what the comment on the page says."""
    python: dict[str, object] = field(default_factory=dict)
    """What the Python blocks of a page have named so far."""

    def net(self, name: str) -> tuple[str, ...]:
        """Return what `$NET` is to another account."""
        return ("--network", self.url, "--account", name)

    def run(self, page: Path) -> None:
        """Run a page from its top to its end, and compare what it shows with what is printed.

        Raises:
            AssertionError: where they differ, or a command fails though no error is shown.
        """
        blocks = blocks_of(page)
        with _careless():
            self._run(page, blocks)
            gc.collect()

    def _run(self, page: Path, blocks: list[Block]) -> None:
        for block, after in zip(blocks, [*blocks[1:], Block("", "")], strict=True):
            if block.language == "between":
                self.between[block.text]()
            elif block.language in ("sh", "python"):
                shown = after.text if after.language == "text" else None
                if block.language == "python":
                    printed = self.execute(block.text, page)
                else:
                    fails = _FAILS.search(shown or "") is not None
                    printed = "".join(self.enter(words, fails=fails) for words in self.commands(block))
                assert shown is None or shows(shown, printed), f"{page.name}\n{block.text}\n{shown}\n---\n{printed}"

    def commands(self, block: Block) -> list[list[str]]:
        """Split a block of `sh` into commands with their variables put in; assignments are remembered."""
        commands = []
        for line in block.text.replace("\\\n", " ").splitlines():
            text = re.sub(r"\$([A-Z_]+)", lambda name: self.variables[name[1]], line.split("  #")[0])
            words = shlex.split(text, comments=True)
            if words and (assigned := _ASSIGNED.fullmatch(words[0])):
                self.variables[assigned[1]] = assigned[2]
            elif words:
                commands.append(words)
        return commands

    def enter(self, words: list[str], *, fails: bool = False) -> str:
        """Run one command as an agreeing reader, and return what the terminal shows."""
        if words[0] == "node":
            return _node([it.replace(_URL, self.url) for it in words[1:]])
        done = self.invoke(words)
        assert (done.exit_code != 0) == fails, f"{shlex.join(words)}\n{done.output}"
        return done.output

    def invoke(self, words: list[str]) -> Result:
        """Run one command as an agreeing reader, however it ends."""
        (command, arguments), leaf = _called(words), command_of(words)
        if leaf is not None and any("--yes" in it.opts for it in leaf.params):
            arguments = [*arguments, "--yes"]
        meant = [self.meant.get(it, it).replace(_URL, self.url) for it in arguments]
        with _careless():
            # Imported here, for tests of the package where Ape is not.
            ape, provider = import_module("ape.api.networks"), import_module("ape_ethereum.provider")
            ape.ProviderContextManager.connected_providers.clear()  # Ape would take the last one again, disconnected
            _connect_once(provider.Web3Provider)
            return CliRunner().invoke(command, meant)

    def execute(self, code: str, page: Path) -> str:
        """Run a block of Python after those before it, and return what it prints."""
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile(code.replace(_URL, self.url), str(page), "exec"), self.python)
        return printed.getvalue()


def _connect_once(provider: type[Web3Provider]) -> None:
    """Undo what Ape wraps around connecting for each command, or the hundredth one does all that a hundredfold."""
    provider.connect = unwrap(provider.connect)  # type: ignore[method-assign]  # as Ape does
    for it in provider.__subclasses__():
        _connect_once(it)


def _node(arguments: list[str]) -> str:
    """Run an example in Node, in the working folder."""
    node = shutil.which("node")
    assert node is not None
    script, *rest = arguments
    done = subprocess.run([node, ROOT / script, *rest], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def _careless() -> Iterator[None]:
    """Let connections lie: Ape leaves them to the end of its process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
