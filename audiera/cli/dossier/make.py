"""`audiera dossier make`: the dossier of a model, from the chain, its run, and what its provider says."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import click

from audiera.cli.terminal.output import print_json, print_lines, say
from audiera.client import Audiera
from audiera.dossier import DossierFolder, chain_facts, read_provider
from audiera.errors import StorageError
from audiera.operations import hold_to_chain
from audiera.runs import RunFolder
from audiera.text import hex_of, read_file, shown

__all__ = ["make"]

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(short_help="Make the dossier of a model.")
@click.argument("model", type=click.IntRange(1))
@click.option("--run", "run", required=True, type=_FOLDER, help="The signed run that made it (`audiera run`).")
@click.option("--record", required=True, type=_FOLDER, help="The model's record, as `dataset register` keeps it.")
@click.option("--provider", type=_FILE, help="What only its provider can say: see `audiera dossier questions`.")
@click.option(
    "--text", "texts", multiple=True, type=_FILE, help="A legal text of a licence, if it is none of the package's."
)
@click.option("--to", required=True, type=click.Path(file_okay=False, path_type=Path), help="The folder, made.")
@click.option("--node", required=True, envvar="AUDIERA_NODE", metavar="URL", help="Your node of the chain.")
@click.option("--pdf/--no-pdf", default=True, show_default=True, help="Make dossier.pdf, too, for print.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def make(
    model: int,
    *,
    run: Path,
    record: Path,
    provider: Path | None,
    texts: tuple[Path, ...],
    to: Path,
    node: str,
    pdf: bool,
    as_json: bool,
) -> None:
    """Make the dossier of MODEL, the number of its dataset: dossier.json, a page, a PDF, and all that shows it.

    \b
    Example:
      audiera dossier make 12 --run run --record model.audiera --provider provider.json --to dossier
    """
    folder = DossierFolder(to)
    folder.check_new(pdf=pdf)
    client = Audiera.connect(node)
    hold_to_chain(client.node)
    kept = RunFolder(run)
    given = {hashlib.sha256(data).digest(): data for data in (_text(it) for it in texts)}
    made = folder.make(
        chain_facts(client, model, kept.run()),
        kept,
        record,
        read_provider(provider) if provider else {},
        given,
        pdf=pdf,
    )
    for digest in made.texts_missing:
        say(f"The legal text {digest} is not here; name it with --text.")
    if made.absent:
        letters = ", ".join(f"U+{ord(it):04X}" for it in sorted(made.absent)[:20])
        say(f"No font here has {len(made.absent)} letters ({letters}), so dossier.pdf has their numbers; install one.")
    if as_json:
        print_json(
            {
                "model": model,
                "dossier": str(to),
                "sha256": hex_of(made.digest),
                "textsMissing": list(made.texts_missing),
                "lettersMissing": sorted(made.absent),
            }
        )
        return
    print_lines(
        f"The dossier of model {model} is in {shown(str(to))}; its dossier.json has the SHA-256 {hex_of(made.digest)}."
    )


def _text(path: Path) -> bytes:
    try:
        return read_file(path)
    except OSError as error:
        raise StorageError(f"{shown(str(path))} cannot be read ({error.strerror}); check the name.") from error
