"""`ape run license`: who may use what, on which terms, at what price."""

from __future__ import annotations

from pathlib import Path

import click

from audiera.cli.license import acquire as license_acquire
from audiera.cli.license import deals as license_deals
from audiera.cli.license.show import show_dataset, show_license, show_terms
from audiera.cli.license.terms import Draft, publish
from audiera.cli.terminal.options import sending, viewing
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import licensee_of, parse_ref, terms_id_of
from audiera.licensing import TEMPLATES
from audiera.protocol import to_address
from scripts._catalogues import admit, clear, join, leave
from scripts._command import SuiteCommand
from scripts._signer import signer

__all__ = ["cli"]

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(short_help="Terms, offers, licences, catalogues and clearances.")
def cli() -> None:
    """Offer datasets under terms, buy licences of them, and look at both.

    TERMS are given by their id or by their number; `ape run license show terms 1` shows both.
    """


for command in (join, admit, leave, clear, signer):
    cli.add_command(command)


@cli.command(cls=SuiteCommand)
@sending()
@click.option("--template", type=click.Choice(TEMPLATES, case_sensitive=False), help="A legal text in plain language.")
@click.option("--text", "file", type=_FILE, help="A legal text of your own instead.")
@click.option("--rights", metavar="NAMES", help="Such as Training,Inference; what the template grants unless given.")
@click.option("--unit-price", default="0 ETH/call", show_default=True, help='Such as "0.001 USDC/second".')
@click.option("--duration", default="perpetual", show_default=True, help='How long a licence lasts, as "1 year".')
@click.option("--notice", default="none", show_default=True, help='From a revocation to its effect, as "30 days".')
@click.option("--max-units", type=click.IntRange(0), default=0, help="Units that may be used in all; 0 is no limit.")
@click.option("--derivative-share", default="0 %", show_default=True, help='What derived datasets owe, as "5 %".')
@click.option("--transferable/--not-transferable", default=None, help="May be passed on. As the template suggests.")
@click.option("--revocable/--irrevocable", default=None, help="The owner may end it. As the template suggests.")
@click.option("--derivatives-survive/--derivatives-end", default=None, help="After the end. As the template suggests.")
@click.option("--storage", type=_FOLDER, default="storage", show_default=True, help="Where the text is kept.")
def terms(session: Session, /, storage: Path, **typed: object) -> None:
    """Publish terms, or find them: the same terms are the same id, whoever publishes them.

    The legal text is printed, and kept in the storage folder under its sha-256, by which the terms name it. Rights that
    contradict a template are refused.

    \b
    Example:
      ape run license terms --template training --unit-price "0.001 USDC/second" --duration "1 year" --account label
    """
    publish(session, Draft(**typed), storage)  # type: ignore[arg-type]  # click has checked them


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("dataset", type=click.IntRange(1))
@click.argument("terms")
@click.option("--price", required=True, metavar="AMOUNT", help='In the terms\' token, as "5 USDC", or free.')
@click.option("--licensee", metavar="ADDRESS", help="Who may take it; anyone unless given.")
def offer(session: Session, dataset: int, terms: str, price: str, licensee: str | None) -> None:
    """Offer licences of your DATASET under TERMS, or change the price of an offer.

    It stands until it is withdrawn or the dataset changes hands. A licensee's own offer comes before anyone's.

    \b
    Example:
      ape run license offer 1 2 --price "5 USDC" --account label
    """
    terms_id, to = terms_id_of(session, terms), licensee_of(licensee)
    amount = license_deals.price_of(session, price, session.client.licenses.terms_of(terms_id).token)
    license_deals.act_on_offer(session, dataset, terms_id, to, amount)


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("dataset", type=click.IntRange(1))
@click.argument("terms")
@click.option("--licensee", metavar="ADDRESS", help="Whose own offer; anyone's unless given.")
def withdraw(session: Session, dataset: int, terms: str, licensee: str | None) -> None:
    """Withdraw an offer of your DATASET under TERMS. Licences that were sold stay.

    \b
    Example:
      ape run license withdraw 1 2 --account label
    """
    license_deals.act_on_offer(session, dataset, terms_id_of(session, terms), licensee_of(licensee), None)


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("dataset", type=click.IntRange(1), required=False)
@click.argument("terms", required=False)
@click.option(
    "--offer",
    "more",
    type=(click.IntRange(1), str),
    multiple=True,
    metavar="DATASET TERMS",
    help="One more, in the same transaction. Repeat it.",
)
@click.option("--max-price", metavar="AMOUNT", help="Refuse a licence that costs more.")
@click.option("--to", metavar="ADDRESS", help="Who will hold the licences; you unless given.")
@click.option(
    "--ref", default="", help="Your own reference for the record: up to 32 bytes of text, or 0x and 64 digits."
)
def acquire(
    session: Session,
    *,
    dataset: int | None,
    terms: str | None,
    more: tuple[tuple[int, str], ...],
    max_price: str | None,
    to: str | None,
    ref: str,
) -> None:
    """Buy a licence of DATASET under TERMS, or several at once with --offer: all of them, or none.

    The price is shown before anything is sent. A token is approved for exactly the price, by a permit in the same
    transaction where the token has permits.

    \b
    Example:
      ape run license acquire 1 2 --max-price "5 USDC" --ref PO-1742 --account developer
    """
    wanted = [*([(dataset, terms)] if dataset and terms else []), *more]
    buy = [(it, terms_id_of(session, by)) for it, by in wanted]
    license_acquire.acquire(session, buy, to_address(to) if to else session.me, most=max_price, ref=parse_ref(ref))


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("license_id", metavar="LICENSE", type=click.IntRange(1))
@click.option("--max-price", metavar="AMOUNT", help="Refuse to pay more.")
def renew(session: Session, license_id: int, max_price: str | None) -> None:
    """Extend LICENSE by its terms' duration, at the price that stands. Anybody may pay; units used stay used.

    \b
    Example:
      ape run license renew 7 --account developer
    """
    license_acquire.renew(session, license_id, max_price)


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("license_id", metavar="LICENSE", type=click.IntRange(1))
def revoke(session: Session, license_id: int) -> None:
    """End LICENSE of your dataset, after the notice of its terms. Only revocable terms allow it.

    \b
    Example:
      ape run license revoke 7 --account label
    """
    license_deals.revoke(session, license_id)


@cli.command(cls=SuiteCommand)
@viewing
@click.argument("what", type=click.Choice(["license", "dataset", "terms"]))
@click.argument("name", metavar="ID")
def show(session: Session, what: str, name: str) -> None:
    """Show a licence, what may be licensed of a dataset, or terms.

    \b
    Example:
      ape run license show dataset 1
      ape run license show license 7 --json
    """
    if what == "terms":
        session.result(*show_terms(session, terms_id_of(session, name)))
    else:
        number = click.IntRange(1).convert(name, None, None)
        session.result(*(show_dataset if what == "dataset" else show_license)(session, number))
