"""The commands of `ape run license` about several datasets at once: catalogues and clearances."""

from __future__ import annotations

import click

from audiera.cli.license import clear as license_clear
from audiera.cli.license.deals import act_on_membership
from audiera.cli.terminal.options import sending
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import terms_id_of
from scripts._command import SuiteCommand

__all__ = ["admit", "clear", "join", "leave"]


@click.command(cls=SuiteCommand)
@sending()
@click.argument("catalogue", type=click.IntRange(1))
@click.argument("terms")
@click.argument("dataset", type=click.IntRange(1))
def join(session: Session, catalogue: int, terms: str, dataset: int) -> None:
    """Agree, as the owner of DATASET, that licences of CATALOGUE under TERMS cover it.

    It begins when the catalogue's owner agrees too (`admit`). Each use of the dataset is then paid to it at the terms'
    unit price; the licence's own price goes to the catalogue.

    \b
    Example:
      ape run license join 9 3 1 --account label
    """
    act_on_membership(session, "join", catalogue, terms_id_of(session, terms), dataset)


@click.command(cls=SuiteCommand)
@sending()
@click.argument("catalogue", type=click.IntRange(1))
@click.argument("terms")
@click.argument("dataset", type=click.IntRange(1))
def admit(session: Session, catalogue: int, terms: str, dataset: int) -> None:
    """Agree, as the owner of CATALOGUE, that its licences under TERMS cover DATASET.

    \b
    Example:
      ape run license admit 9 3 1 --account curator
    """
    act_on_membership(session, "admit", catalogue, terms_id_of(session, terms), dataset)


@click.command(cls=SuiteCommand)
@sending()
@click.argument("catalogue", type=click.IntRange(1))
@click.argument("terms")
@click.argument("dataset", type=click.IntRange(1))
def leave(session: Session, catalogue: int, terms: str, dataset: int) -> None:
    """End the membership of DATASET in CATALOGUE under TERMS, as either owner, after the terms' notice.

    \b
    Example:
      ape run license leave 9 3 1 --account label
    """
    act_on_membership(session, "leave", catalogue, terms_id_of(session, terms), dataset)


@click.command(cls=SuiteCommand)
@sending()
@click.argument("dataset", type=click.IntRange(1))
@click.option("--with", "wanted", metavar="LICENSE", type=click.IntRange(1), multiple=True, help="Use this licence.")
def clear(session: Session, dataset: int, wanted: tuple[int, ...]) -> None:
    """Clear your derived DATASET: show that every parent allowed it, so that it can be offered.

    For each parent, the licence of yours that allows most is found and used, unless --with names others; it can no
    longer be transferred afterwards. A parent of your own needs none. What comes out is a ceiling: no licence of the
    dataset will grant more rights, or last longer. Clearing again replaces it.

    \b
    Example:
      ape run license clear 3 --account developer
    """
    license_clear.clear(session, dataset, wanted)
