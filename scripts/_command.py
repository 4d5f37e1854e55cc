"""What every script's command has in common."""

from __future__ import annotations

import re
from typing import Final

import click
from ape.cli import ConnectedProviderCommand
from ape.exceptions import ApeException

from audiera.cli.terminal.streams import write_anything
from audiera.errors import AudieraError
from audiera.text import plain

__all__ = ["SuiteCommand", "explained"]

_NO_NODE: Final = re.compile(r"Missing URI for network '(\S+)' on '(\S+)'\.")
_NO_ANSWER: Final = re.compile(r"No \(supported\) node found on '(\w+://)(?:[^/@]*@)?([^/']+)[^']*'\.")
"""Around the host of a node's URL may be a password, or a key."""


class SuiteCommand(ConnectedProviderCommand):
    """A command that is connected to a network, and says what went wrong in a sentence.

    What a node or a token answered may be in it, so whatever would act on a terminal is escaped.
    """

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: object
    ) -> click.Context:
        """Read the command line, whose help may be printed at once, too."""
        write_anything()
        context: click.Context = super().make_context(info_name, args, parent, **extra)
        return context

    def invoke(self, ctx: click.Context) -> object:
        """Run the command.

        Raises:
            click.ClickException: instead of any error of the suite or of Ape.
        """
        try:
            found: object = super().invoke(ctx)
        except (AudieraError, ApeException) as error:
            raise click.ClickException("\n".join(map(plain, explained(error).split("\n")))) from error
        return found


def explained(error: Exception) -> str:
    """Return what an error says, or, where Ape names no way out, what to do."""
    if missing := _NO_NODE.fullmatch(str(error)):
        network, ecosystem = missing.groups()
        return (
            f"No node is known for {ecosystem}:{network}; write `--network https://…` with the URL of one, or its "
            f"`uri` under `node: {ecosystem}: {network}:` in ape-config.yaml. Choose one you trust: it sees what you "
            "send before it is mined."
        )
    if silent := _NO_ANSWER.fullmatch(str(error)):
        return f"No node answers at {silent[1]}{silent[2]}; check that it runs and that its URL is right."
    return str(error)
