"""`audiera usage head`: what the payer of a use log is to sign."""

from __future__ import annotations

from pathlib import Path

import click

from audiera.cli.terminal.output import block, print_json, print_lines
from audiera.cli.terminal.texts import write_file
from audiera.cli.usage.ledger import Ledger, chain_options, open_ledger
from audiera.cli.usage.show import voucher_rows
from audiera.metering import Batch, Head, read_log
from audiera.protocol import to_address
from audiera.text import hex_of, shown

__all__ = ["head", "head_block"]


@click.command(short_help="Sum a use log up into what its payer signs.")
@click.argument("log", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--payer", required=True, metavar="ADDRESS", help="Who pays, and holds the licences.")
@click.option("--gateway", required=True, metavar="ADDRESS", help="Who serves, and settles.")
@click.option("--token", required=True, metavar="TOKEN", help="What is paid in: ETH, or the address of an ERC-20.")
@click.option(
    "--batch", required=True, type=click.IntRange(0, 2**64 - 1), help="A number that the channel has not settled yet."
)
@click.option(
    "--fee",
    default="0",
    show_default=True,
    metavar="AMOUNT",
    help="The gateway's, on top: a whole number of the token's smallest unit, or an amount such as 0.1 ETH.",
)
@chain_options("It knows tokens by name, and their decimals.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the head to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print the head as its file has it.")
def head(
    log: Path,
    *,
    payer: str,
    gateway: str,
    token: str,
    batch: int,
    fee: str,
    chain_id: int | None,
    node: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Sum a use LOG up: amount, calls, statements and root, which is what its payer signs.

    Whoever has the same uses in the same order computes the same head.

    \b
    Example:
      audiera usage head uses.jsonl --payer 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 \\
        --gateway 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC --token ETH --batch 1 --chain-id 1 --out head.json
    """
    ledger = open_ledger(chain_id, node)
    paid_in = ledger.token(token)
    voucher = (
        Batch()
        .extend(read_log(log))
        .voucher(
            payer=to_address(payer),
            gateway=to_address(gateway),
            token=paid_in,
            batch=batch,
            fee=ledger.value(fee, paid_in),
        )
    )
    voucher.struct_hash()  # refuses numbers that do not fit
    found = Head(ledger.domain.chain_id, ledger.domain.contract, voucher)
    if out:
        write_file(out, found.to_json().encode())
    if as_json:
        print_json(found.document())
    else:
        print_lines(*head_block(f"Head of {shown(str(log))}", ledger, found))


def head_block(title: str, ledger: Ledger, found: Head) -> list[str]:
    """Return a head line by line."""
    rows = voucher_rows(ledger.of_value, found.voucher)
    return block(title, {**rows, "root": hex_of(found.voucher.root), "chain": found.chain_id, "ledger": found.ledger})
