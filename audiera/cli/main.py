"""`audiera`: what can be done to a folder of music without a chain."""

from __future__ import annotations

import click

from audiera import __version__
from audiera.errors import AudieraError

__all__ = ["main"]


class _Group(click.Group):
    """Commands that say what went wrong in a sentence."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command.

        Raises:
            click.ClickException: instead of any error of the package.
        """
        try:
            found: object = super().invoke(ctx)
        except AudieraError as error:
            raise click.ClickException(str(error)) from error
        return found


@click.group(cls=_Group)
@click.version_option(__version__, package_name="audiera")
def main() -> None:
    """Turn folders of music into datasets that a stranger can verify."""
