"""The command line itself, in this process: as an account of the worker's own chain types it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.pages import Terminal

__all__ = ["CommandLine"]


@dataclass(frozen=True, slots=True)
class CommandLine:
    """`line("label", "license", "show", "terms", "1")` runs `ape run license show terms 1` and agrees to everything."""

    terminal: Terminal
    numbers: tuple[str, ...]
    """Roles, in the order of the node's own accounts."""

    def __call__(self, role: str, *words: str, fails: bool = False) -> str:
        net = self.terminal.net(f"TEST::{self.numbers.index(role)}")
        return self.terminal.enter(["ape", "run", *words, *net], fails=fails)
