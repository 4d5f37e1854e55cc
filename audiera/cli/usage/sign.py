"""`audiera usage sign`: the payer's promise for a use log that it has counted itself."""

from __future__ import annotations

from pathlib import Path

import click

from audiera.cli.terminal.keys import key_option, open_key
from audiera.cli.terminal.output import ask, print_json, print_lines, say
from audiera.cli.usage.head import head_block, write_file
from audiera.cli.usage.ledger import node_option, open_ledger
from audiera.client import NoSignerError
from audiera.metering import Head, SignedVoucher, read_log, rebuild
from audiera.protocol import SignerScope
from audiera.text import shown

__all__ = ["sign"]


@click.command(short_help="Sign a head as its payer.")
@click.argument("head", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("log", type=click.Path(dir_okay=False, path_type=Path))
@key_option
@node_option("A node of the chain: knows the payer's signers, and tokens by their decimals.")
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where the voucher is written."
)
@click.option("--yes", is_flag=True, help="Do not ask before signing.")
@click.option("--json", "as_json", is_flag=True, help="Print the voucher as its file has it.")
def sign(
    head: Path, log: Path, *, keystore: Path | None, node: str | None, out: Path, yes: bool, as_json: bool
) -> None:
    """Sign a HEAD as its payer, having computed it from your own LOG of the uses.

    A head that your log does not make is refused, whoever computed it. Once it is signed, the gateway can take amount
    and fee from your deposit.

    \b
    Example:
      audiera usage sign head.json uses.jsonl --keystore payer.json --out voucher.json
    """
    found = Head.read(head)
    ledger = open_ledger(found.chain_id, node)
    found.check_for(ledger.domain)
    rebuild(found.voucher, read_log(log))
    say(*head_block(f"To sign for {shown(str(log))}", ledger, found))
    signer = open_key(keystore)
    payer = found.voucher.payer
    if signer.address != payer:
        if ledger.asked is None:
            raise NoSignerError(
                f"The key is that of {signer.address}, and the payer is {payer}; sign with the payer's key, or name "
                "--node URL, which knows whom the payer lets sign."
            )
        if not ledger.asked.client.licenses.is_signer(payer, signer.address, SignerScope.Pay):
            raise NoSignerError(
                f"The key is that of {signer.address}, which may not pay for {payer}; sign with the payer's key, or "
                "let it with `ape run license signer`."
            )
    if not yes:
        ask("Sign it?")
    signature = signer.sign_struct(found.domain, found.voucher)
    voucher = SignedVoucher(found.chain_id, found.ledger, found.voucher, signature)
    write_file(out, voucher.to_json())
    if as_json:
        print_json(voucher.document())
    else:
        print_lines(f"Signed by {signer.address}; the voucher is in {shown(str(out))}.")
