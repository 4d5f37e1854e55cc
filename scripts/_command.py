"""What every script's command has in common."""

from __future__ import annotations

import click
from ape.cli import ConnectedProviderCommand
from ape.exceptions import ApeException

from audiera.errors import AudieraError

__all__ = ["SuiteCommand"]


class SuiteCommand(ConnectedProviderCommand):
    """A command that is connected to a network, and says what went wrong in a sentence."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command.

        Raises:
            click.ClickException: instead of any error of the suite or of Ape.
        """
        try:
            found: object = super().invoke(ctx)
        except (AudieraError, ApeException) as error:
            raise click.ClickException(str(error)) from error
        return found
