"""`audiera usage sign`: the payer's promise for a use log that it has counted itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from audiera.cli.terminal.keys import key_option, open_key
from audiera.cli.terminal.output import ask, print_json, print_lines, say
from audiera.cli.terminal.texts import write_file
from audiera.cli.usage.head import head_block
from audiera.cli.usage.ledger import Asked, node_option, open_ledger
from audiera.client import NoSignerError
from audiera.errors import InputError
from audiera.metering import Head, PricedUse, SignedVoucher, read_log, rebuild
from audiera.operations import license_objections
from audiera.protocol import SignerScope, Voucher
from audiera.text import shown

__all__ = ["sign"]


@click.command(short_help="Sign a head as its payer.")
@click.argument("head", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("log", type=click.Path(dir_okay=False, path_type=Path))
@key_option
@node_option("A node of the chain: knows what the licences allow, the payer's signers, and tokens by their decimals.")
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where the voucher is written."
)
@click.option("--yes", is_flag=True, help="Do not ask before signing.")
@click.option("--json", "as_json", is_flag=True, help="Print the voucher as its file has it.")
def sign(
    head: Path, log: Path, *, keystore: Path | None, node: str | None, out: Path, yes: bool, as_json: bool
) -> None:
    """Sign a HEAD as its payer, having computed it from your own LOG of the uses.

    A head that your log does not make is refused, whoever computed it, and so is one for uses that the licences do not
    allow, as a node says. Once it is signed, the gateway can take amount and fee from your deposit.

    \b
    Example:
      audiera usage sign head.json uses.jsonl --keystore payer.json --out voucher.json
    """
    found = Head.read(head)
    ledger = open_ledger(found.chain_id, node)
    found.check_for(ledger.domain)
    uses = tuple(read_log(log))
    rebuild(found.voucher, uses)
    if ledger.asked:
        _refuse_unlicensed(ledger.asked, log, found.voucher, uses)
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
        ask("Sign it?", "Nothing was signed.")
    signature = signer.sign_struct(found.domain, found.voucher)
    voucher = SignedVoucher(found.chain_id, found.ledger, found.voucher, signature)
    write_file(out, voucher.to_json().encode())
    if as_json:
        print_json(voucher.document())
    else:
        print_lines(f"Signed by {signer.address}; the voucher is in {shown(str(out))}.")


def _refuse_unlicensed(asked: Asked, log: Path, voucher: Voucher, uses: Sequence[PricedUse]) -> None:
    if refused := tuple(license_objections(asked.client, asked.book, voucher, uses)):
        raise InputError(f"{shown(str(log))} is not to be signed for; correct it, and sum it up anew:", *refused)
