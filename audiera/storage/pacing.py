"""The body of an answer, for as long as it comes fast enough to be worth waiting for."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import TYPE_CHECKING, Final

from audiera.storage.objects import BLOCK

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

__all__ = ["PATIENCE", "paced"]

PATIENCE: Final = 60.0
"""Seconds, for a connection, for the head of an answer, and for a body that has not begun."""

_SLOWEST: Final = 1 << 13  # bytes a second of a body, after that


def paced(answer: BaseHTTPResponse, size: int) -> Iterator[bytes]:
    """Give the first bytes of a body, in blocks.

    Raises:
        TimeoutError: they come too slowly.
    """
    block, done, waited = bytearray(), 0, 0.0
    while done < size:
        begun = monotonic()
        data = answer.read1(min(BLOCK - len(block), size - done), decode_content=False)
        waited += monotonic() - begun
        if not data:
            break
        block += data
        done += len(data)
        if len(block) == BLOCK:
            yield bytes(block)
            block.clear()
        if done < (waited - PATIENCE) * _SLOWEST:
            raise TimeoutError
    if block:
        yield bytes(block)
