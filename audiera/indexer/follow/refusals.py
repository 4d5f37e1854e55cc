"""What can go wrong with a node, by what is to be done about it.

    ChainError
    ├── RetryError              what was asked is asked again, after a pause
    │   ├── RefusedError        the node answers with an error of JSON-RPC
    │   ├── TooMuchError        for fewer blocks
    │   └── OddError            a few times: a node that goes on like this is not believed
    │       ├── DeepError       blocks that cannot be taken back are not on its chain
    │       └── HiddenError     a log that there must be does not come
    └── StoppedError            following ends here, with a sentence that says what to do

Nodes do not agree on numbers of errors, so their words are looked at, too: those of Geth, Erigon, Besu and Nethermind,
and of the large providers.
"""

from __future__ import annotations

import re
from typing import Final

from audiera.errors import ChainError

__all__ = [
    "DeepError",
    "HiddenError",
    "OddError",
    "RefusedError",
    "RetryError",
    "StoppedError",
    "TooMuchError",
    "refused",
]

_LONGEST: Final = 300  # letters of what a node says
_TOO_OFTEN: Final = re.compile(
    r"rate|too many requests|per second|/sec|throttl|quota|credits|capacity|compute units|request (limit|count)",
    re.IGNORECASE,
)
_BUSY: Final = {429, -32029}
_NOT_YET: Final = re.compile(r"beyond|not found|cannot be found|unknown block|future", re.IGNORECASE)


class RetryError(ChainError):
    """A node did not answer, or not with what was asked for: asking again may help."""

    pause: float | None = None
    """Seconds that it asks to be left alone for; None if it says nothing of that."""


class RefusedError(RetryError):
    """A node has an error for an answer: its own, or that of a contract that was called."""


class TooMuchError(RetryError):
    """A node gives no answer as large as this."""


class OddError(RetryError):
    """A node answered what none can that has the chain: logs that were not asked for, or that contradict each other."""


class DeepError(OddError):
    """A node's chain has none of the blocks that can still be taken back."""


class HiddenError(OddError):
    """A node keeps a log back that others cannot be without."""


class StoppedError(ChainError):
    """Following cannot go on by itself; nothing that was read is lost."""


def refused(node: str, method: str, error: object) -> RetryError:
    """Return what an error object of JSON-RPC means.

    Fewer blocks are tried whenever logs are refused and neither haste nor blocks to come are the reason: many providers
    refuse ranges, and each in words and numbers of its own.
    """
    fields = error if isinstance(error, dict) else {"message": error}
    code, text = fields.get("code"), str(fields.get("message"))[:_LONGEST].rstrip(".")
    said = f"{node} refused {method}: {text}."
    if method != "eth_getLogs" or code in _BUSY or _TOO_OFTEN.search(text) or _NOT_YET.search(text):
        return RefusedError(said)
    return TooMuchError(said)
