"""`audiera run sign`: the licensee's word for a run."""

from __future__ import annotations

from pathlib import Path

import click

from audiera.cli.terminal.keys import key_option, open_key
from audiera.cli.terminal.output import ask, print_json, print_lines, say
from audiera.protocol import TrainingRun
from audiera.runs import RunFolder
from audiera.text import hex_of, shown

__all__ = ["sign"]


@click.command(short_help="Sign a run as its licensee.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="RUN")
@key_option
@click.option("--yes", is_flag=True, help="Do not ask before signing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def sign(folder: Path, *, keystore: Path | None, yes: bool, as_json: bool) -> None:
    """Sign RUN as its licensee, or with a key that the licensee lets make accesses (`ape run license signer`).

    \b
    Example:
      audiera run sign run --keystore licensee.json
    """
    kept = RunFolder(folder)
    run, signer = kept.run(), open_key(keystore)
    names = ", ".join(sorted({str(it.dataset) for it in run.datasets}, key=int))
    say(
        f"To sign: {run.count:,} items of dataset {names}, used for {run.right.name} by {run.licensee}; "
        f"SHA-256 {hex_of(run.digest())}."
    )
    if signer.address != run.licensee:
        say(f"The key is that of {signer.address}; `audiera run verify --node` says whether it may act.")
    if not yes:
        ask("Sign it?", "Nothing was signed.")
    signature = signer.sign_struct(run.domain, TrainingRun(run.digest()))
    kept.sign(signature)
    if as_json:
        print_json({"ref": hex_of(run.digest()), "signer": signer.address, "signature": hex_of(signature)})
        return
    print_lines(f"Signed by {signer.address}; the signature is in {shown(str(folder / 'run.sig'))}.")
