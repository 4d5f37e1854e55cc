"""`audiera networks`: the chains that are known to have the contracts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from audiera.cli.terminal.output import print_json, print_lines, print_table
from audiera.client import Audiera
from audiera.client.chain import Node, connect
from audiera.client.deployment import FOLDER, SHIPPED, Deployment, predict
from audiera.errors import ChainError
from audiera.text import Json

__all__ = ["networks"]

_NAMES: Final = {
    1: "Ethereum",
    10: "OP Mainnet",
    137: "Polygon",
    8_453: "Base",
    31_337: "a private chain",
    42_161: "Arbitrum One",
    80_002: "Polygon Amoy",
    84_532: "Base Sepolia",
    421_614: "Arbitrum Sepolia",
    11_155_111: "Sepolia",
    11_155_420: "OP Sepolia",
}


@dataclass(frozen=True, slots=True)
class _Known:
    """What a file says of a chain."""

    deployment: Deployment
    source: str

    @property
    def name(self) -> str:
        return _NAMES.get(self.deployment.chain_id, "-")

    @property
    def owner(self) -> str:
        return "this release's" if self.deployment.addresses == predict() else "others'"

    def to_json(self) -> dict[str, Json]:
        deployment = self.deployment
        return {
            "chainId": deployment.chain_id,
            "name": _NAMES.get(deployment.chain_id),
            "block": deployment.block,
            "ours": deployment.addresses == predict(),
            "from": self.source,
        }


@click.command(short_help="List the chains that are known to have the contracts.")
@click.option("--node", metavar="URL", help="Say, too, whether they are on this node's chain.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on standard output.")
def networks(*, node: str | None, as_json: bool) -> None:
    """List the chains that this release, and deployments/ here, know to have the contracts.

    A file is only a note of where to begin to read: the addresses of this release follow from its code, and its code is
    checked on the chain before it is used. So a chain that is not listed may have it as well; --node asks.

    \b
    Example:
      audiera networks --node http://127.0.0.1:8545
    """
    known = [*_known(SHIPPED, "this release"), *_known(FOLDER, f"{FOLDER}/")]
    chain = connect(node) if node else None
    there = chain is not None and _is_there(chain)
    if as_json:
        asked: dict[str, Json] = {"asked": {"chainId": chain.chain_id, "found": there}} if chain else {}
        print_json({"networks": [it.to_json() for it in known], **asked})
        return
    if known:
        rows = [(it.deployment.chain_id, it.name, it.deployment.block, it.owner, it.source) for it in known]
        print_table(
            ("chain", "name", "since block", "contracts", "from"), rows, right=("chain", "since block"), err=False
        )
    else:
        print_lines(f"Neither this release nor {FOLDER}/ lists a chain yet.")
    if chain:
        print_lines(f"Chain {chain.chain_id} {'has' if there else 'does not have'} the contracts.")


def _known(folder: Path, source: str) -> list[_Known]:
    files = sorted(it for it in folder.glob("*.json") if it.stem.isdecimal())
    found = (Deployment.find(int(it.stem), folder) for it in files)
    return sorted((_Known(it, source) for it in found if it), key=lambda it: it.deployment.chain_id)


def _is_there(node: Node) -> bool:
    try:
        Audiera.connect(node.web3)
    except ChainError:
        return False
    return True
