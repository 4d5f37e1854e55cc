"""`audiera`: every command that needs no Ape."""

from __future__ import annotations

from importlib import import_module
from typing import Final, NoReturn

import click

from audiera import __version__
from audiera.cli.terminal.interrupts import interruptible
from audiera.cli.terminal.streams import write_anything
from audiera.errors import AudieraError

__all__ = ["COMMANDS", "main"]

COMMANDS: Final = {
    "scan": "Look at a folder as a dataset: what is in it, and what stands in the way.",
    "pack": "Describe FOLDER as a dataset and store it.",
    "push": "Publish FOLDER through a gateway: it takes the files, and carries out what you sign.",
    "quote": "Say what it takes to use datasets: licences, uses, and what they come to.",
    "pull": "License datasets, pay for their use, and bring their files here, each one verified.",
    "run": "Write down a training run, sign it, and verify it.",
    "mcp": "Serve tools to an agent, which spends within what its owner allows.",
    "audit": "Rebuild a history from chain, logs and documents, and say what does not add up.",
    "dossier": "Make and verify the dossier of a model: what it was trained on, each sentence with its proof.",
    "item-proof": "Prove that one file belongs to a dataset.",
    "usage": "Log uses, and sign and check vouchers for them.",
    "index": "Keep the events of the contracts in a database, for search and pages.",
    "search": "Find datasets in an index.",
    "explorer": "Serve pages over an index.",
    "gateway": "Serve licensed data: every access is checked, paid by voucher, granted, and on the record.",
    "networks": "List the chains that are known to have the contracts.",
    "up": "Run a whole network on this machine, with music in it.",
}
"""Each command by its name, with how its help begins. Its module is imported only when it is run."""

_PLACES: Final = {
    "quote": "consumer.quote",
    "pull": "consumer.pull",
    "run": "run.group",
    "mcp": "consumer.agents",
    "audit": "audit.audit",
    "dossier": "dossier.group",
    "usage": "usage.vouchers",
    "index": "index.group",
    "search": "serve.search",
    "explorer": "serve.explorer",
    "gateway": "gateway.group",
    "networks": "network.networks",
    "up": "serve.up",
}
"""The modules of commands that are not in `cli/folder` under their own name."""


class _Group(click.Group):
    """Commands that say what went wrong in a sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Name the commands, in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(import_module(f"audiera.cli.{_PLACES.get(name, f'folder.{name}')}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: object
    ) -> click.Context:
        """Read the command line, whose help may be printed at once, too."""
        write_anything()
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.ClickException as error:
            _refuse(error)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command.

        Raises:
            click.ClickException: instead of any error of the package or of the operating system.
            click.exceptions.Exit: if Ctrl-C ends it.
        """
        try:
            with interruptible():
                found: object = super().invoke(ctx)
        except BrokenPipeError:
            raise  # nobody reads on: click ends in silence
        except (click.ClickException, AudieraError, OSError) as error:
            _refuse(error)
        return found


@click.group(cls=_Group)
@click.version_option(__version__, package_name="audiera")
def main() -> None:
    """License music to AI: publish it, find it, pull it, and show what was done with it."""


def _refuse(error: click.ClickException | AudieraError | OSError) -> NoReturn:
    from audiera.cli.terminal.refusals import escaped, refusal  # noqa: PLC0415  # `--help` loads nothing else

    if isinstance(error, click.ClickException):
        with escaped():
            raise error
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        raise refusal(error, f"{where}{error.strerror or error}; see to that and try again.") from error
    raise refusal(error) from error
