"""`audiera run`: the document of a training run."""

from __future__ import annotations

import click

from audiera.cli.run.new import new
from audiera.cli.run.sign import sign
from audiera.cli.run.verify import verify

__all__ = ["run"]


class _InOrder(click.Group):
    """Commands in the order in which they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Name the commands."""
        return list(self.commands)


@click.group(cls=_InOrder)
def run() -> None:
    """Write down a training run, sign it, and verify it.

    A RUN is a folder with the document `run.json` and all that shows that it is true; docs/training.md has both.
    """


for _each in (new, sign, verify):
    run.add_command(_each)
