"""`audiera dossier`: what a model was trained on, each sentence with its proof."""

from __future__ import annotations

import click

from audiera.cli.dossier.make import make
from audiera.cli.dossier.questions import questions
from audiera.cli.dossier.verify import verify

__all__ = ["dossier"]


class _InOrder(click.Group):
    """Commands in the order in which they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Name the commands."""
        return list(self.commands)


@click.group(cls=_InOrder)
def dossier() -> None:
    """Make and verify the dossier of a model: what it was trained on, each sentence with its proof.

    It fills in the European Commission's public summary of training content; docs/dossier.md says how.
    """


for _each in (questions, make, verify):
    dossier.add_command(_each)
