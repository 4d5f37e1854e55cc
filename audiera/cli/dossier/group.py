"""`audiera dossier`: what a model was trained on, each sentence with its proof."""

from __future__ import annotations

import click

from audiera.cli.dossier.make import make
from audiera.cli.dossier.questions import questions
from audiera.cli.dossier.verify import verify
from audiera.cli.terminal.groups import InOrder

__all__ = ["dossier"]


@click.group(cls=InOrder)
def dossier() -> None:
    """Make and verify the dossier of a model: what it was trained on, each sentence with its proof.

    It fills in the European Commission's public summary of training content; docs/dossier.md says how.
    """


for _each in (questions, make, verify):
    dossier.add_command(_each)
