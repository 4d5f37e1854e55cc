"""What every script's command has in common."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import click
from ape.cli import ConnectedProviderCommand
from ape.exceptions import ApeException
from click.core import ParameterSource

from audiera.cli.terminal.chains import note_network
from audiera.cli.terminal.interrupts import interruptible
from audiera.cli.terminal.refusals import escaped, refusal
from audiera.cli.terminal.streams import write_anything
from audiera.errors import AudieraError, InputError

if TYPE_CHECKING:
    from ape.api import ProviderAPI

__all__ = ["PlainCommand", "SuiteCommand", "SuiteGroup", "check_network", "explained"]

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
        with escaped():
            context: click.Context = super().make_context(info_name, args, parent, **extra)
        return context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read what is typed behind the command."""
        note_network(ctx, args)
        read: list[str] = super().parse_args(ctx, args)
        return read

    def invoke(self, ctx: click.Context) -> object:
        """Run the command.

        Raises:
            click.ClickException: instead of any error of the suite or of Ape.
            click.exceptions.Exit: if Ctrl-C ends it.
        """
        try:
            with interruptible(), escaped():
                found: object = super().invoke(ctx)
        except AudieraError as error:
            raise refusal(error) from error
        except ApeException as error:
            raise refusal(error, explained(error)) from error
        return found

    def _invoke(self, ctx: click.Context, provider: ProviderAPI | None = None) -> object:
        """Look at the network, to which Ape is connected by now, before anything else is done there."""
        check_network(provider, is_named=ctx.get_parameter_source("network") is not ParameterSource.DEFAULT)
        return super()._invoke(ctx, provider)


class PlainCommand(click.Command):
    """A command that is connected to no network; what is typed is escaped in what it refuses."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: object
    ) -> click.Context:
        """Read the command line."""
        write_anything()
        with escaped():
            return super().make_context(info_name, args, parent, **extra)


class SuiteGroup(click.Group):
    """Commands under one name."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: object
    ) -> click.Context:
        """Read what is typed before the command."""
        with escaped():
            return super().make_context(info_name, args, parent, **extra)


def check_network(provider: ProviderAPI | None, *, is_named: bool) -> None:
    """Tell a chain that Ape started for a command alone, which is empty and ends with it, from one that is to stay.

    Raises:
        InputError: if nobody asked for it.
    """
    if getattr(provider, "process", None) is None:
        return
    if not is_named:
        raise InputError(
            "No network was named, so Ape started a chain of its own: it is empty, and ends with this command. Name "
            "yours, as --network ethereum:sepolia:node or --network http://127.0.0.1:8545."
        )
    from audiera.cli.terminal.output import say  # noqa: PLC0415  # `--help` loads nothing else

    say("This chain is empty, and ends with this command: Ape started it, as no node runs here.")


def explained(error: ApeException) -> str:
    """Return what an error of Ape's says, or, where Ape names no way out, what to do."""
    if missing := _NO_NODE.fullmatch(str(error)):
        network, ecosystem = missing.groups()
        return (
            f"No node is known for {ecosystem}:{network}; write `--network {ecosystem}:{network}:https://…` with the "
            f"URL of one, which is held to be on that chain, or its `uri` under `node: {ecosystem}: {network}:` in "
            "ape-config.yaml. Choose one you trust: it sees what you send before it is mined."
        )
    if silent := _NO_ANSWER.fullmatch(str(error)):
        return (
            f"The node at {silent[1]}{silent[2]} cannot be reached, or refuses to be asked so often; check that it "
            "runs and that its URL is right, and try again."
        )
    return str(error)
