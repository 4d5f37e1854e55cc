"""`audiera run`: the document of a training run."""

from __future__ import annotations

import click

from audiera.cli.run.new import new
from audiera.cli.run.sign import sign
from audiera.cli.run.verify import verify
from audiera.cli.terminal.groups import InOrder

__all__ = ["run"]


@click.group(cls=InOrder)
def run() -> None:
    """Write down a training run, sign it, and verify it.

    A RUN is a folder with the document `run.json` and all that shows that it is true; docs/training.md has both.
    """


for _each in (new, sign, verify):
    run.add_command(_each)
