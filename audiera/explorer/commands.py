"""Commands that a page prints to be pasted: of the chain that it shows, with blanks for what only the reader knows."""

from __future__ import annotations

from typing import Final

__all__ = ["NETWORKS", "ape", "blanks"]

_WIDE: Final = 88
"""Letters of a line that is read without scrolling."""
_NODE: Final = "NODE"
_ALIAS: Final = "ALIAS"

NETWORKS: Final = {
    1: "ethereum:mainnet:node",
    10: "optimism:mainnet:node",
    137: "polygon:mainnet:node",
    8_453: "base:mainnet:node",
    42_161: "arbitrum:mainnet:node",
    43_113: "avalanche:fuji:node",
    43_114: "avalanche:mainnet:node",
    80_002: "polygon:amoy:node",
    84_532: "base:sepolia:node",
    421_614: "arbitrum:sepolia:node",
    11_155_111: "ethereum:sepolia:node",
    11_155_420: "optimism:sepolia:node",
}
"""What Ape calls chains, without a plugin."""


def ape(chain_id: int, words: str, *options: str, acts: bool = False) -> str:
    """Return a command of `ape run` on a chain, in as many lines as it takes, each but the last ended by a backslash.

    Args:
        chain_id: of the index.
        words: the command and its arguments.
        options: of its own, each in one piece.
        acts: whether somebody has to sign, whom it then leaves a blank for.
    """
    pieces = [*options, f"--network {NETWORKS.get(chain_id, _NODE)}", *([f"--account {_ALIAS}"] if acts else [])]
    lines = [f"ape run {words}"]
    for piece in pieces:
        if len(lines[-1]) + 1 + len(piece) <= _WIDE:
            lines[-1] += f" {piece}"
        else:
            lines.append(f"  {piece}")
    return " \\\n".join(lines)


def blanks(command: str, chain_id: int) -> str:
    """Return where such a command is run, and what has to be put into its blanks."""
    told = ["In the checkout of Audiera"]
    if f"--network {_NODE}" in command:
        told.append(f"{_NODE} is the URL of a node of chain {chain_id}")
    if f"--account {_ALIAS}" in command:
        told.append(f"{_ALIAS} is your account in Ape")
    return f"{'; '.join(told)}."
