"""`audiera usage check`: whether a gateway may serve on a voucher."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from eth_typing import ChecksumAddress

from audiera.cli.terminal.output import print_json, print_lines, say
from audiera.cli.usage.ledger import Ledger, chain_options, open_ledger
from audiera.cli.usage.show import many
from audiera.errors import InputError, SignatureError
from audiera.metering import PricedUse, SignedVoucher, read_log, rebuild
from audiera.operations import objections
from audiera.protocol import to_address
from audiera.text import Json, shown

__all__ = ["check"]


@click.command(short_help="Check a signed voucher, as its gateway.")
@click.argument("voucher", type=click.Path(dir_okay=False, path_type=Path))
@click.argument("log", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--payer", required=True, metavar="ADDRESS", help="Who has to be the payer.")
@click.option("--gateway", metavar="ADDRESS", help="Who has to be the gateway; anybody unless told.")
@chain_options(
    "It is asked for the payer's signers, the balance, whether the batch is settled, and what the licences allow."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def check(
    voucher: Path,
    log: Path,
    *,
    payer: str,
    gateway: str | None,
    chain_id: int | None,
    node: str | None,
    as_json: bool,
) -> None:
    """Check a signed VOUCHER against the LOG of what was served, as its gateway should before it serves on.

    The head is computed from the log, and the signature has to be the payer's, in the one form that the ledger takes.
    Ends with exit code 1 and a list if anything is wrong.

    \b
    Example:
      audiera usage check voucher.json uses.jsonl --payer 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --chain-id 1
    """
    ledger = open_ledger(chain_id, node)
    signed, uses = SignedVoucher.read(voucher), tuple(read_log(log))
    expected = (to_address(payer), to_address(gateway) if gateway else signed.voucher.gateway)
    signer, problems = _look(signed, uses, ledger, expected)
    if as_json:
        print_json(_document(signed, signer, problems))
    elif problems:
        print_lines(f"{shown(str(voucher))} is not good to serve on:")
        for problem in problems:
            print_lines(f"  {problem}")
    else:
        head = signed.voucher
        amount, fee = (ledger.of_value(it, head.token) for it in (head.amount, head.fee))
        print_lines(
            f"{shown(str(voucher))} is good: {signer} signed for {many(head.calls, 'call')} in "
            f"{many(head.statements, 'statement')}, {amount} and a fee of {fee}."
        )
    if ledger.asked is None:
        say("No node was asked for balance, licences and signers; name one with --node URL.")
    if problems:
        raise click.exceptions.Exit(1)


def _look(
    signed: SignedVoucher, uses: Sequence[PricedUse], ledger: Ledger, expected: tuple[str, str]
) -> tuple[ChecksumAddress | None, list[str]]:
    """Return who signed, if anybody did, and all that is wrong."""
    problems: list[str] = []
    head = signed.voucher
    for who, stated, due in zip(("payer", "gateway"), (head.payer, head.gateway), expected, strict=True):
        if stated != due:
            problems.append(f"The {who} is {stated}, and not {due}; ask for a voucher of that channel.")
    with _noted(problems):
        signed.check_for(ledger.domain)
    with _noted(problems):
        rebuild(head, uses)
    try:
        signer = signed.signer()
    except SignatureError as error:
        return None, [*problems, str(error)]
    if ledger.asked is None:
        if signer != head.payer:
            problems.append(
                f"{signer} signed, and not the payer {head.payer}; ask for the payer's signature, or name --node URL, "
                "which knows whom the payer lets sign."
            )
    elif not problems:  # else the chain would be asked about another batch than this
        asked = ledger.asked
        problems += objections(asked.client, asked.book, head, signer, uses)
    return signer, problems


@contextmanager
def _noted(problems: list[str]) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        problems.append(str(error))


def _document(signed: SignedVoucher, signer: str | None, problems: Sequence[str]) -> dict[str, Json]:
    voucher = signed.document()["voucher"]
    return {"good": not problems, "signer": signer, "voucher": voucher, "objections": list(problems)}
