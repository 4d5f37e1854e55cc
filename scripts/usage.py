"""`ape run usage`: deposits, settled batches, recorded uses."""

from __future__ import annotations

from pathlib import Path

import click

from audiera.cli.terminal.options import sending, viewing, whose
from audiera.cli.terminal.parse import DATASET
from audiera.cli.terminal.session import Session
from audiera.cli.terminal.words import parse_ref
from audiera.cli.usage import batch as usage_batch
from audiera.cli.usage import channel as usage_channel
from audiera.cli.usage import channels as usage_channels
from audiera.cli.usage import show as usage_show
from audiera.metering import SignedVoucher
from audiera.protocol import parse_right, to_address
from scripts._command import SuiteCommand, SuiteGroup

__all__ = ["cli"]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(cls=SuiteGroup, short_help="Deposits, batches of metered use, and records of use.")
def cli() -> None:
    """Pay for use: deposit with a gateway, settle and collect what vouchers say, or record a use directly.

    A VOUCHER is a JSON file with the payer's signature, a LOG the uses that it is for; docs/formats.md has both.
    """


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("gateway")
@click.argument("amount")
@click.option(
    "--payer", metavar="ADDRESS", help="Who owns the channel and can take the deposit back; you unless given."
)
def deposit(session: Session, gateway: str, amount: str, payer: str | None) -> None:
    """Deposit AMOUNT with GATEWAY, which may settle signed vouchers against it. Only the payer can take the rest back.

    \b
    Example:
      ape run usage deposit 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC "10 USDC" --account developer
    """
    owner = to_address(payer) if payer else session.me
    usage_channel.deposit(session, owner, to_address(gateway), session.book.amount(amount))


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("gateway")
@click.argument("token")
@click.option(
    "--start",
    metavar="AMOUNT",
    help="Start a withdrawal of AMOUNT, or of all, which can be taken a day later; it replaces one that was started.",
)
def withdraw(session: Session, gateway: str, token: str, start: str | None) -> None:
    """Take your unspent deposit in TOKEN back from GATEWAY: start it, and take it a day later.

    \b
    Example:
      ape run usage withdraw 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC USDC --start "4 USDC" --account developer
      ape run usage withdraw 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC USDC --account developer
    """
    if start is None:
        usage_channel.withdraw(session, to_address(gateway), session.book.address(token))
    else:
        usage_channel.start_withdrawal(session, to_address(gateway), session.book.address(token), start)


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("payer")
@click.argument("amount")
def refund(session: Session, payer: str, amount: str) -> None:
    """Give AMOUNT of what PAYER has deposited with you back at once, as its gateway. No signer of yours can.

    \b
    Example:
      ape run usage refund 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 "4 USDC" --account gateway
    """
    usage_channel.refund(session, to_address(payer), session.book.amount(amount))


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("license_id", metavar="LICENSE", type=click.IntRange(1))
@click.argument("dataset", type=DATASET)
@click.argument("right")
@click.argument("units", type=click.IntRange(1))
@click.option("--ref", default="", help="What the use was for: up to 32 bytes of text, or 0x and 64 digits.")
def record(session: Session, *, license_id: int, dataset: int, right: str, units: int, ref: str) -> None:
    """Record that you used UNITS of DATASET under LICENSE, as its RIGHT allows, and pay for them, without a gateway.

    Units are what the licence's terms count: calls, seconds or megabytes.

    \b
    Example:
      ape run usage record 7 1 Training 3600 --ref run-12 --account developer
    """
    usage_channel.record(session, license_id, dataset, parse_right(right), units=units, ref=parse_ref(ref))


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("voucher", type=_FILE)
def settle(session: Session, voucher: Path) -> None:
    """Settle the batch of VOUCHER, as its gateway: its amount and fee leave the payer's channel.

    \b
    Example:
      ape run usage settle voucher.json --account gateway
    """
    usage_batch.settle(session, _signed(session, voucher))


@cli.command(cls=SuiteCommand)
@sending(relay=False)
@click.argument("voucher", type=_FILE)
@click.argument("log", type=_FILE)
def collect(session: Session, voucher: Path, log: Path) -> None:
    """Credit every dataset with its part of a settled batch. Anybody may; what is collected already is passed over.

    The statements are rebuilt from the use LOG, which has to be exactly what the payer signed for.

    \b
    Example:
      ape run usage collect voucher.json uses.jsonl --account gateway
    """
    usage_batch.collect_batch(session, _signed(session, voucher).voucher, log)


@cli.command(cls=SuiteCommand)
@sending()
@click.argument("voucher", type=_FILE)
def fee(session: Session, voucher: Path) -> None:
    """Pay the gateway its fee, once every statement of the batch is collected. Anybody may.

    \b
    Example:
      ape run usage fee voucher.json --account gateway
    """
    usage_batch.release_fee(session, _signed(session, voucher).voucher)


@cli.command("list", cls=SuiteCommand)
@viewing
@click.argument("address", required=False)
def list_(session: Session, address: str | None) -> None:
    """List the channels that ADDRESS has as payer or as gateway, or you: balance, what is settled, how long it lasts.

    How long a balance lasts follows from what was settled of it in the last thirty days, once the channel is a day old.
    What was served and is not settled yet, the chain does not know.

    \b
    Example:
      ape run usage list --account developer
    """
    usage_channels.list_channels(session, whose(session, address))


@cli.command(cls=SuiteCommand)
@viewing
@click.argument("what", type=click.Choice(["dataset", "license", "channel", "batch"]))
@click.argument("name", nargs=-1, required=True)
def show(session: Session, what: str, name: tuple[str, ...]) -> None:
    """Show the use of a dataset or licence by its number, a channel, or a batch by its id or voucher.

    \b
    Example:
      ape run usage show dataset 1
      ape run usage show channel PAYER GATEWAY USDC
      ape run usage show batch voucher.json --json
    """
    session.result(*usage_show.show(session, what, name))


def _signed(session: Session, path: Path) -> SignedVoucher:
    signed = SignedVoucher.read(path)
    signed.check_for(session.client.domain("UsageLedger"))
    return signed
