"""What strangers write, wherever they write: it tries to act on a terminal, to forge a line, and to have no end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from eth_abi.abi import encode

from audiera.text import is_plain
from tests.client.proxy import Rule

__all__ = ["FAULTS", "HOSTILE", "MEGABYTE", "bad_lines"]

FORGED: Final = "Dataset 1: verified"
HOSTILE: Final = f"a\x1b[2J\x9b2J\u202e\u200f\u2028\n{FORGED}\n[bold]Album {{2021}}[/nothing] {'w' * 300}"
MEGABYTE: Final = f"{HOSTILE}{'m' * (1 << 20)}"
_LONGEST: Final = 120_000  # letters of a line: 10,000, each of them escaped


def bad_lines(printed: str) -> list[str]:
    """Return the beginnings of lines that act on a terminal, are forged, or have no end."""
    return [
        it[:200]
        for it in printed.split("\n")
        if not is_plain(it) or it.strip().startswith(FORGED) or len(it) > _LONGEST
    ]


def _answering(method: str, answer: object) -> Rule:
    def rule(asked: str, _: list[Any]) -> object:
        return answer if asked == method else None

    return rule


def _reverting(data: bytes) -> Rule:
    return _answering("eth_estimateGas", {"code": 3, "message": MEGABYTE, "data": f"0x{data.hex()}"})


FAULTS: Final[Mapping[str, Rule]] = {
    "calls are refused": _answering("eth_call", MEGABYTE),
    "estimates are refused": _answering("eth_estimateGas", MEGABYTE),
    "a contract refuses in words": _reverting(bytes.fromhex("08c379a0") + encode(["string"], [MEGABYTE])),
    "a contract refuses in bytes": _reverting(MEGABYTE.encode()),
    "transactions are refused": _answering("eth_sendRawTransaction", f"nonce too high {MEGABYTE}"),
    "blocks are words": _answering("eth_getBlockByNumber", [MEGABYTE]),
    "nonces are words": _answering("eth_getTransactionCount", [MEGABYTE]),
    "logs are refused in no words": _answering("eth_getLogs", {"code": MEGABYTE, "message": {"of": [MEGABYTE]}}),
    "code is refused": _answering("eth_getCode", MEGABYTE),
}
"""What a node answers, by what goes wrong by that."""
