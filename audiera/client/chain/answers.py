"""What nodes answer, read strictly: of the form that is due and no larger than it can be, or refused in a sentence."""

from __future__ import annotations

import re
from binascii import a2b_hex
from collections.abc import Mapping
from reprlib import repr as brief
from typing import Final

from eth_typing import BlockNumber, ChecksumAddress
from hexbytes import HexBytes
from web3.types import LogReceipt, TxReceipt, Wei

from audiera.errors import ChainError
from audiera.protocol import to_address

__all__ = ["address_of", "bytes_of", "hash_of", "listed", "log_of", "number_of", "object_of", "receipt_of"]

_SMALL: Final = (1 << 63) - 1
_QUANTITY: Final = re.compile(r"0x[0-9a-fA-F]{1,64}")


def number_of(answer: object, most: int = _SMALL) -> int:
    """Return a number: of blocks, seconds, gas and transactions unless told.

    Raises:
        ChainError: if it is none, or is more than `most`.
    """
    if isinstance(answer, str) and _QUANTITY.fullmatch(answer) and (number := int(answer, 16)) <= most:
        return number
    raise _odd("a number", answer)


def bytes_of(answer: object) -> bytes:
    """Return bytes.

    Raises:
        ChainError: if it is no hex.
    """
    if isinstance(answer, str) and answer.startswith("0x"):
        try:
            return a2b_hex(answer[2:])
        except ValueError:
            pass
    raise _odd("hex", answer)


def hash_of(answer: object) -> bytes:
    """Return the 32 bytes of a hash.

    Raises:
        ChainError: if it is none.
    """
    found = bytes_of(answer)
    if len(found) != 32:
        raise _odd("a hash", answer)
    return found


def address_of(answer: object) -> ChecksumAddress:
    """Return an address.

    Raises:
        ChainError: if it is none.
    """
    found = bytes_of(answer)
    if len(found) != 20:
        raise _odd("an address", answer)
    return to_address(f"0x{found.hex()}")


def object_of(answer: object) -> Mapping[str, object]:
    """Return a JSON object.

    Raises:
        ChainError: if it is none.
    """
    if not isinstance(answer, Mapping):
        raise _odd("an object", answer)
    return answer


def listed(answer: object) -> list[object]:
    """Return a list.

    Raises:
        ChainError: if it is none.
    """
    if not isinstance(answer, list):
        raise _odd("a list", answer)
    return answer


def receipt_of(answer: object, transaction: bytes) -> TxReceipt:
    """Return a transaction's receipt: what is read of it, no more.

    Raises:
        ChainError: if it is none, or another one's.
    """
    fields = object_of(answer)
    if hash_of(fields.get("transactionHash")) != transaction:
        raise _odd(f"the receipt of 0x{transaction.hex()}", fields.get("transactionHash"))
    creates = fields.get("to") is None
    return {  # type: ignore[typeddict-item]  # no more is read
        "transactionHash": HexBytes(transaction),
        "from": address_of(fields.get("from")),
        "to": address_of(fields.get("contractAddress") if creates else fields.get("to")),
        "status": number_of(fields.get("status"), 1),
        "blockNumber": BlockNumber(number_of(fields.get("blockNumber"))),
        "gasUsed": Wei(number_of(fields.get("gasUsed"))),
        "effectiveGasPrice": Wei(number_of(fields.get("effectiveGasPrice", "0x0"))),
        "logs": [log_of(it) for it in listed(fields.get("logs"))],
    }


def log_of(answer: object) -> LogReceipt:
    """Return a log: what is read of it, no more.

    Raises:
        ChainError: if it is none.
    """
    fields = object_of(answer)
    return {  # type: ignore[typeddict-item]  # no more is read
        "address": address_of(fields.get("address")),
        "topics": [HexBytes(hash_of(it)) for it in listed(fields.get("topics"))],
        "data": HexBytes(bytes_of(fields.get("data"))),
        "blockNumber": BlockNumber(number_of(fields.get("blockNumber"))),
        "transactionHash": HexBytes(hash_of(fields.get("transactionHash"))),
        "logIndex": number_of(fields.get("logIndex")),
    }


def _odd(due: str, answer: object) -> ChainError:
    return ChainError(f"The node answered {brief(answer)} where {due} was due; check that the URL is a node's.")
