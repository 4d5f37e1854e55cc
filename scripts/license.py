"""`ape run license`: who may use what, on which terms, at what price."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from audiera.cli.folder.named_store import open_named_store
from audiera.cli.license import acquire as license_acquire
from audiera.cli.license import clear as license_clear
from audiera.cli.license import deals as license_deals
from audiera.cli.license import text as license_text
from audiera.cli.license.held import list_held
from audiera.cli.license.offered import list_offered
from audiera.cli.license.show import show_dataset, show_license, show_terms
from audiera.cli.license.terms import Draft, publish
from audiera.cli.license.text import find_text
from audiera.cli.terminal.options import sending, viewing, whose
from audiera.cli.terminal.parse import DATASET
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import licensee_of, parse_ref, parse_scopes, parse_until, terms_id_of
from audiera.errors import InputError
from audiera.licensing import TEMPLATES
from audiera.protocol import ENDLESS, to_address
from scripts._command import SuiteCommand, SuiteGroup
from scripts._requests import requests

__all__ = ["cli"]

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_STORAGE = click.option("--storage", type=_FOLDER, default="storage", show_default=True, help="Where texts are kept.")
_STORE = click.option("--store", metavar="URL", help="A store that may have the text: the dataset's.")


@click.group(cls=SuiteGroup, short_help="Terms, offers, licences, catalogues and clearances.")
def cli() -> None:
    """Offer datasets under terms, buy licences of them, and look at both.

    TERMS are given by their id or by their number; `ape run license show terms 1` shows both.
    """


@cli.command(cls=SuiteCommand)
@sending()
@click.option(
    "--template",
    type=click.Choice(TEMPLATES, case_sensitive=False),
    help="The legal text: one of these, in plain language.",
)
@click.option("--text", "file", type=_FILE, help="A legal text of your own instead.")
@click.option(
    "--rights",
    metavar="NAMES",
    help="What is granted, such as Training,Inference; what the template grants unless given.",
)
@click.option(
    "--unit-price", default="0 ETH/call", show_default=True, help='What each use costs, such as "0.001 USDC/second".'
)
@click.option("--duration", default="perpetual", show_default=True, help='How long a licence lasts, as "1 year".')
@click.option("--notice", default="none", show_default=True, help='Time from a revocation to its effect, as "30 days".')
@click.option(
    "--max-units",
    type=click.IntRange(0),
    help="Units that may be used in all, 0 is no limit; as the template says unless given, which for most is no limit.",
)
@click.option("--derivative-share", default="0 %", show_default=True, help='What derived datasets owe, as "5 %".')
@click.option(
    "--transferable/--not-transferable",
    default=None,
    help="Whether a licence may be passed on; as the template suggests unless given.",
)
@click.option(
    "--revocable/--irrevocable",
    default=None,
    help="Whether the owner may end a licence; as the template suggests unless given.",
)
@click.option(
    "--derivatives-survive/--derivatives-end",
    default=None,
    help="Whether works made under a licence may be used after its end; as the template suggests unless given.",
)
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
@click.argument("dataset", type=DATASET)
@click.argument("terms")
@click.option("--price", required=True, metavar="AMOUNT", help='In the terms\' token, as "5 USDC", or free.')
@click.option("--licensee", metavar="ADDRESS", help="Who may accept the offer; anyone unless given.")
@click.option(
    "--count",
    metavar="N",
    type=click.IntRange(1, ENDLESS - 1),
    help="How many licences and renewals may be taken; any number unless told.",
)
def offer(session: Session, *, dataset: int, terms: str, price: str, licensee: str | None, count: int | None) -> None:
    """Offer licences of your DATASET under TERMS, or change an offer.

    It stands until it is withdrawn, used up, or the dataset changes hands. A licensee's own offer comes before
    anyone's. With --count it is a limited edition, though not an exclusive one: you may offer again. What is free to
    anyone can be used up by strangers; make a free trial an offer to one.

    \b
    Example:
      ape run license offer 1 2 --price "5 USDC" --account label
      ape run license offer 1 2 --price free --count 1 --licensee 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 \\
        --account label
    """
    terms_id, to = terms_id_of(session, terms), licensee_of(licensee)
    amount = license_deals.price_of(session, price, session.client.licenses.terms_of(terms_id).token)
    license_deals.act_on_offer(session, dataset, terms_id, to, amount, count=count)


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("dataset", type=DATASET)
@click.argument("terms")
@click.option(
    "--licensee", metavar="ADDRESS", help="The offer to this address alone; the offer to anyone unless given."
)
def withdraw(session: Session, dataset: int, terms: str, licensee: str | None) -> None:
    """Withdraw an offer of your DATASET under TERMS. Licences that were sold stay.

    \b
    Example:
      ape run license withdraw 1 2 --account label
    """
    license_deals.act_on_offer(session, dataset, terms_id_of(session, terms), licensee_of(licensee), None)


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("dataset", type=DATASET, required=False)
@click.argument("terms", required=False)
@click.option(
    "--offer",
    "more",
    type=(DATASET, str),
    multiple=True,
    metavar="DATASET TERMS",
    help="One more licence to buy in the same transaction. May be repeated.",
)
@click.option("--max-price", metavar="AMOUNT", help="Refuse a licence that costs more.")
@click.option("--to", metavar="ADDRESS", help="Who will hold the licences; you unless given.")
@click.option("--show-text", is_flag=True, help="Show the licence texts before you are asked.")
@_STORE
@_STORAGE
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
    show_text: bool,
    store: str | None,
    storage: Path,
    ref: str,
) -> None:
    """Buy a licence of DATASET under TERMS, or several at once with --offer: all of them, or none.

    The price is shown before anything is sent. A token is approved for exactly the price, by a permit in the same
    transaction where the token has permits. What you accept is the text that the terms name: `license text`
    shows it, and so does --show-text.

    \b
    Example:
      ape run license acquire 1 2 --max-price "5 USDC" --ref PO-1742 --account developer
    """
    wanted = [*([(dataset, terms)] if dataset and terms else []), *more]
    buy = [(it, terms_id_of(session, by)) for it, by in wanted]
    holder = to_address(to) if to else session.me
    read = partial(find_text, folder=storage, store=open_named_store(store, None)) if show_text else None
    license_acquire.acquire(session, buy, holder, most=max_price, ref=parse_ref(ref), read=read)


@cli.command(cls=SuiteCommand)
@viewing
@click.argument("terms")
@_STORE
@_STORAGE
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file, byte for byte.")
def text(session: Session, *, terms: str, store: str | None, storage: Path, out: Path | None) -> None:
    """Show the legal text of TERMS, having seen that it is the one that they name by its sha-256.

    The texts of `license terms --template` are always at hand; others are looked for in --storage and --store.

    \b
    Example:
      ape run license text 1
      ape run license text 2 --store s3://label/music --out licence.md
    """
    license_text.show_text(session, terms_id_of(session, terms), storage, open_named_store(store, None), out)


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("license_id", metavar="LICENSE", type=click.IntRange(1))
@click.option("--max-price", metavar="AMOUNT", help="Refuse a renewal that costs more.")
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


@cli.command("list", cls=SuiteCommand)
@viewing
@click.argument("address", required=False)
def list_(session: Session, address: str | None) -> None:
    """List the licences that ADDRESS holds now, or you: rights, end, and what was used.

    \b
    Example:
      ape run license list --account developer
    """
    list_held(session, whose(session, address))


@cli.command(cls=SuiteCommand)
@viewing
@click.argument("address", required=False)
def offers(session: Session, address: str | None) -> None:
    """List what ADDRESS offers now, or you: the offers in force of the datasets that it owns, and their terms.

    Nobody owns terms: whoever publishes them, all can offer under them, so they are listed where they are offered.

    \b
    Example:
      ape run license offers --account label
    """
    list_offered(session, whose(session, address))


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
        number = (DATASET if what == "dataset" else click.IntRange(1)).convert(name, None, None)
        session.result(*(show_dataset if what == "dataset" else show_license)(session, number))


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("catalogue", type=DATASET)
@click.argument("terms")
@click.argument("dataset", type=DATASET)
def join(session: Session, catalogue: int, terms: str, dataset: int) -> None:
    """Agree, as the owner of DATASET, that licences of CATALOGUE under TERMS cover it.

    It begins when the catalogue's owner agrees too (`admit`). Each use of the dataset is then paid to it at the terms'
    unit price; the licence's own price goes to the catalogue.

    \b
    Example:
      ape run license join 9 3 1 --account label
    """
    license_deals.act_on_membership(session, "join", catalogue, terms_id_of(session, terms), dataset)


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("catalogue", type=DATASET)
@click.argument("terms")
@click.argument("dataset", type=DATASET)
def admit(session: Session, catalogue: int, terms: str, dataset: int) -> None:
    """Agree, as the owner of CATALOGUE, that its licences under TERMS cover DATASET.

    \b
    Example:
      ape run license admit 9 3 1 --account curator
    """
    license_deals.act_on_membership(session, "admit", catalogue, terms_id_of(session, terms), dataset)


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("catalogue", type=DATASET)
@click.argument("terms")
@click.argument("dataset", type=DATASET)
def leave(session: Session, catalogue: int, terms: str, dataset: int) -> None:
    """End the membership of DATASET in CATALOGUE under TERMS, as either owner, after the terms' notice.

    \b
    Example:
      ape run license leave 9 3 1 --account label
    """
    license_deals.act_on_membership(session, "leave", catalogue, terms_id_of(session, terms), dataset)


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("dataset", type=DATASET)
@click.option(
    "--with",
    "wanted",
    metavar="LICENSE",
    type=click.IntRange(1),
    multiple=True,
    help="A licence to clear with. May be repeated.",
)
def clear(session: Session, dataset: int, wanted: tuple[int, ...]) -> None:
    """Clear your derived DATASET: show that every parent allowed it, so that it can be offered.

    For each parent, the licence of yours that allows most is found and used, unless --with names others; it can no
    longer be transferred afterwards. A parent of your own needs none. What comes out is a ceiling: no licence of the
    dataset will grant more rights, or last longer. While it is in force, only a wider one replaces it.

    \b
    Example:
      ape run license clear 3 --account developer
    """
    license_clear.clear(session, dataset, wanted)


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("address")
@click.option(
    "--scopes",
    required=True,
    metavar="NAMES",
    help="What the key may do: access, pay, settle, separated by commas; or none.",
)
@click.option(
    "--until", metavar="TIME", help='When it ends: a UTC day, as 2027-01-31, or a time from now, as "90 days".'
)
def signer(session: Session, address: str, scopes: str, until: str | None) -> None:
    """Let the key of ADDRESS act for you: use your licences (access), sign vouchers (pay), settle batches (settle).

    What is left out ends, but never sooner than in a day, so that nobody who relied on the key is stranded.

    \b
    Example:
      ape run license signer 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --scopes access,pay --until "90 days"
    """
    wanted = parse_scopes(scopes)
    if wanted and until is None:
        raise InputError('The key needs an end; add --until, as --until "90 days".')
    end = parse_until(until, session.now) if until is not None else 0
    license_deals.set_signer(session, to_address(address), wanted, end)


cli.add_command(requests)
