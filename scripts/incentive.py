"""`ape run incentive`: what is rewarded by use."""

from __future__ import annotations

from pathlib import Path

import click

from audiera.cli.incentive import campaign as incentive_campaign
from audiera.cli.incentive import reward as incentive_reward
from audiera.cli.incentive.entry import enter_batch
from audiera.cli.incentive.show import show_all, show_campaign
from audiera.cli.terminal.options import sending, viewing
from audiera.cli.terminal.parse import DATASET
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import parse_until
from audiera.client import Campaign
from audiera.metering import SignedVoucher
from audiera.protocol import to_address
from scripts._command import SuiteCommand, SuiteGroup

__all__ = ["cli"]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_CAMPAIGN = click.argument("campaign", type=click.IntRange(1))


@click.group(cls=SuiteGroup, short_help="Campaigns: pots that are shared out by use.")
def cli() -> None:
    """Reward datasets by their use: a sponsor fills a pot, and each dataset has its part of it by what its uses paid.

    A campaign counts batches that its gateways settle between its start and its end. They are entered before it closes,
    30 days after its end; then every dataset's part is credited, for its contributors to claim.
    """


@cli.command("open", cls=SuiteCommand, short_help="Open a campaign.")
@sending()
@click.argument("gateways", nargs=-1, required=True, metavar="GATEWAY...")
@click.option("--reward", required=True, metavar="TOKEN", help="What the pot will be in, as USDC or ETH.")
@click.option("--uses-in", metavar="TOKEN", help="What counted uses are paid in; the same unless told.")
@click.option(
    "--start",
    metavar="TIME",
    help="Batches settled from then on count: a UTC day, or a time from now; now unless told.",
)
@click.option(
    "--end",
    required=True,
    metavar="TIME",
    help='Batches settled before then count: a UTC day, as 2027-01-31, or a time from now, as "90 days".',
)
def open_(
    session: Session, *, gateways: tuple[str, ...], reward: str, uses_in: str | None, start: str | None, end: str
) -> None:
    """Open a campaign that rewards the uses which these GATEWAYs settle. Nobody can change it; it is empty at first.

    Whether a use is real cannot be told on the chain. Name gateways that know who pays them.

    \b
    Example:
      ape run incentive open 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC --reward USDC --end "90 days" --account sponsor
    """
    pot, now = session.book.address(reward), session.now
    terms = Campaign(
        reward=pot,
        token=session.book.address(uses_in) if uses_in else pot,
        gateways=incentive_campaign.gateways_of(gateways),
        start=parse_until(start, now) if start else now,
        end=parse_until(end, now),
    )
    incentive_campaign.open_campaign(session, terms)


@cli.command(cls=SuiteCommand, short_help="Put something into a campaign's pot.")
@sending()
@_CAMPAIGN
@click.argument("amount")
def fund(session: Session, campaign: int, amount: str) -> None:
    """Put AMOUNT into the pot of CAMPAIGN before its end. Anybody may; it comes back only if no use counts.

    \b
    Example:
      ape run incentive fund 1 "1000 USDC" --account sponsor
    """
    incentive_campaign.fund(session, campaign, amount)


@cli.command(cls=SuiteCommand, short_help="Enter a settled batch.")
@sending(relay=False)
@_CAMPAIGN
@click.argument("voucher", type=_FILE)
@click.argument("log", type=_FILE)
def enter(session: Session, *, campaign: int, voucher: Path, log: Path) -> None:
    """Enter the settled batch of VOUCHER in CAMPAIGN. Anybody may; what is entered already is passed over.

    The statements are rebuilt from the use LOG, which has to be exactly what the payer signed for.

    \b
    Example:
      ape run incentive enter 1 voucher.json uses.jsonl --account label
    """
    signed = SignedVoucher.read(voucher)
    signed.check_for(session.client.domain("UsageLedger"))
    enter_batch(session, campaign, signed.voucher, log)


@cli.command(cls=SuiteCommand, short_help="Credit datasets their rewards.")
@sending(relay=False)
@_CAMPAIGN
@click.argument("datasets", nargs=-1, type=DATASET, metavar="[DATASET]...")
def credit(session: Session, campaign: int, datasets: tuple[int, ...]) -> None:
    """Credit DATASETs their parts of a closed CAMPAIGN's pot, all of them unless told. Anybody may.

    \b
    Example:
      ape run incentive credit 1 --account label
    """
    incentive_reward.credit(session, campaign, datasets)


@cli.command(cls=SuiteCommand, short_help="Return what was put in, where nothing counted.")
@sending(relay=False)
@_CAMPAIGN
@click.option("--funder", metavar="ADDRESS", help="Whose money; yours unless given.")
def refund(session: Session, campaign: int, funder: str | None) -> None:
    """Return what you put into a closed CAMPAIGN in which nothing counted. Anybody may, for any funder.

    \b
    Example:
      ape run incentive refund 1 --account sponsor
    """
    incentive_reward.refund(session, campaign, to_address(funder) if funder else session.me)


@cli.command(cls=SuiteCommand, short_help="Show campaigns.")
@viewing
@click.argument("campaign", type=click.IntRange(1), required=False)
def show(session: Session, campaign: int | None) -> None:
    """Show CAMPAIGN: its terms, its pot, and what datasets weigh in it so far; or all campaigns, in a line each.

    \b
    Example:
      ape run incentive show 1 --json
    """
    session.result(*(show_campaign(session, campaign) if campaign else show_all(session)))
