"""`audiera audit`: what happened to a dataset, a licensee, a model or a contributor, and whether it adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from audiera.cli.audit.remitting import Remitting
from audiera.cli.terminal.output import print_document, say
from audiera.cli.terminal.refusals import refusal
from audiera.client import Audiera
from audiera.errors import AudieraError, InputError
from audiera.papers import check_typesetter
from audiera.storage import Store
from audiera.text import shown

if TYPE_CHECKING:
    from audiera.audit import History, Subject

__all__ = ["audit"]

_NEEDS: Final = ("sqlalchemy", "alembic")  # of the extra `serve`
_NOT_DONE: Final = 3
"""The exit code of an audit that could not be completed; 1 says that something does not add up."""


@click.command(short_help="Rebuild a history from chain, logs and documents, and say what does not add up.")
@click.argument("datasets", nargs=-1, type=click.IntRange(1), metavar="[DATASET]...")
@click.option("--licensee", metavar="ADDRESS", help="Whoever holds or held licences, or paid for uses.")
@click.option("--model", type=click.IntRange(1), metavar="ID", help="A model, with all that it comes from.")
@click.option("--contributor", metavar="ADDRESS|ISRC", help="Whoever has shares of datasets; or one recording.")
@click.option("--isrc", metavar="CODE", help="The same as --contributor with a recording's code.")
@click.option("--all", "everything", is_flag=True, help="All that the contracts ever recorded.")
@click.option("--node", required=True, envvar="AUDIERA_NODE", metavar="URL", help="Your node: all that is believed.")
@click.option(
    "--work",
    default="audit",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the audit builds an index of its own; a later one goes on from there.",
)
@click.option(
    "--block", type=click.IntRange(0), metavar="NUMBER", help="The last block; the node's newest unless told."
)
@click.option(
    "--logs",
    multiple=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder with use logs, such as .audiera/batches of a pull. May be repeated.",
)
@click.option(
    "--heads",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE|FOLDER",
    help="Heads that payer and gateway both signed, such as .audiera of a pull: what was settled for less is named. "
    "May be repeated.",
)
@click.option(
    "--store", "stores", multiple=True, metavar="FOLDER|URL", help="Where documents and logs lie. Repeatable."
)
@click.option("--format", "form", type=click.Choice(("parquet", "html", "pdf")), help="Write the report as files, too.")
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="Where those files go.")
@click.option(
    "--remittance",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.csv",
    help="Write what some batches paid, by recording and payee, instead of a report.",
)
@click.option("--batch", "batches", multiple=True, metavar="ID", help="A batch of the remittance. May be repeated.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Remit what was settled from this day on (UTC).")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Remit what was settled before this day (UTC).")
@click.option(
    "--verify",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.csv",
    help="Make a remittance again from chain and logs, and compare it byte by byte.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as JSON on standard output.")
def audit(
    *,
    datasets: tuple[int, ...],
    licensee: str | None,
    model: int | None,
    contributor: str | None,
    isrc: str | None,
    everything: bool,
    node: str,
    work: Path,
    block: int | None,
    logs: tuple[Path, ...],
    heads: tuple[Path, ...],
    stores: tuple[str, ...],
    form: str | None,
    folder: Path | None,
    remittance: Path | None,
    batches: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    verify: Path | None,
    as_json: bool,
) -> None:
    """Rebuild what happened from the chain, use logs and documents, and say what does not add up.

    No gateway and no index of anybody's is believed: an index of the audit's own is built straight from your node, each
    log is held to the batch that was settled, each figure to what the contracts answer. It exits with 0 if nothing
    contradicts it, 1 if something does not add up, 3 if the audit could not be completed.

    \b
    Example:
      audiera audit 3 --node http://127.0.0.1:8545 --logs music/.audiera/batches
    """
    try:
        _check_extra()
        asked = {
            "dataset": tuple(map(str, dict.fromkeys(datasets))),
            "licensee": (licensee,) if licensee else (),
            "model": (str(model),) if model else (),
            "contributor": tuple(it for it in (contributor, isrc) if it),
            "all": ("all",) if everything else (),
        }
        work_: _Report | Remitting
        if (file := remittance or verify) is not None:
            if (remittance and verify) or any(asked.values()) or form:
                raise InputError("A remittance is of batches alone; name no dataset, licensee, model or contributor.")
            work_ = Remitting(file, verify is not None, batches, since, until)
        else:
            if bool(form) != bool(folder):
                raise InputError("Files need both: --format, and --to FOLDER.")
            if form == "pdf":
                check_typesetter("take --format html")
            work_ = _Report(_subject(asked), form, folder)
        opened = [Store.open(it) for it in stores]
        errors = _carry_out(work_, node, work, block, (opened, logs, heads), as_json=as_json)
    except AudieraError as error:
        raised = refusal(error)
        raised.exit_code = _NOT_DONE
        raise raised from error
    if errors:
        raise click.exceptions.Exit(1)


@dataclass(frozen=True, slots=True)
class _Report:
    """A report that is asked for."""

    subject: Subject
    form: str | None
    """As what it is written, too."""
    folder: Path | None
    """Where to."""

    def carry_out(self, history: History, *, as_json: bool) -> int:
        """Audit, print the report, and return how many findings are errors."""
        from audiera.audit import Severity, write_parquet  # noqa: PLC0415  # of an extra
        from audiera.audit import audit as carry_out  # noqa: PLC0415
        from audiera.cli.audit.paper import write_paper  # noqa: PLC0415
        from audiera.cli.audit.shown import show  # noqa: PLC0415

        report = carry_out(history, self.subject)
        if self.folder is not None:
            if self.form == "parquet":
                write_parquet(report, self.folder)
                say(f"The report is in {shown(str(self.folder))}, a Parquet file for each section.")
            else:
                write_paper(report, history.worth, self.folder, pdf=self.form == "pdf")
        if as_json:
            for line in report.lines():
                print_document(line)
        else:
            show(report, history.worth)
        return report.count(Severity.ERROR)


def _carry_out(  # all that it takes
    asked: _Report | Remitting,
    node: str,
    work: Path,
    block: int | None,
    places: tuple[Sequence[Store], Sequence[Path], Sequence[Path]],
    *,
    as_json: bool,
) -> int:
    from audiera.audit import Places, rebuilt  # noqa: PLC0415  # of an extra

    client = Audiera.connect(node)
    subject = asked.subject if isinstance(asked, _Report) else None
    with rebuilt(client, node, work, Places(*places), subject, block=block, report=say) as history:
        return asked.carry_out(history, as_json=as_json)


def _subject(asked: dict[str, tuple[str, ...]]) -> Subject:
    from audiera.audit import Subject  # noqa: PLC0415  # of an extra

    named = [Subject(kind, said) for kind, said in asked.items() if said]
    if len(named) != 1 or (named[0].kind != "dataset" and len(named[0].named) != 1):
        raise InputError("Name what to audit: DATASET..., or one of --licensee, --model, --contributor, --isrc, --all.")
    return named[0]


def _check_extra() -> None:
    if any(find_spec(it) is None for it in _NEEDS):
        raise InputError("An audit needs more than the package: pip install 'audiera[serve]'.")
