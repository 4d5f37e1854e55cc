"""Signed calls: what an account signs, so that anybody can carry it out and pay the gas."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from eth_typing import ChecksumAddress

from audiera.client.contracts.suite import Suite
from audiera.errors import InputError
from audiera.protocol import Call, to_address
from audiera.text import as_int, as_object, as_text, read_json

__all__ = ["SignedCall"]

_LARGEST: Final = 1 << 17
"""The most bytes of call and signature together: nodes pass on no larger transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCall:
    """A call with its account's signature. Whoever holds it can carry it out until the deadline, once."""

    chain_id: int
    contract: str
    """Name of the contract."""
    address: ChecksumAddress
    """Where the contract is."""
    call: Call
    signature: bytes

    def to_json(self) -> str:
        """Return it as one line of JSON; numbers beyond 2^53 are strings, as JSON readers need them."""
        return json.dumps(
            {
                "chainId": self.chain_id,
                "contract": self.contract,
                "address": self.address,
                "account": self.call.account,
                "data": f"0x{self.call.data.hex()}",
                "nonce": str(self.call.nonce),
                "deadline": self.call.deadline,
                "signature": f"0x{self.signature.hex()}",
            }
        )

    @classmethod
    def from_json(cls, text: str) -> SignedCall:
        """Read what `to_json` wrote.

        Raises:
            InputError: if it is something else.
        """
        try:
            fields = as_object(read_json(text, most=3 * _LARGEST))
            call = Call(
                account=to_address(as_text(fields["account"])),
                data=_bytes(fields["data"]),
                nonce=_decimal(as_text(fields["nonce"])),
                deadline=as_int(fields["deadline"]),
            )
            call.struct_hash()  # refuses numbers that do not fit
            signature = _bytes(fields["signature"])
            if len(call.data) + len(signature) > _LARGEST:
                raise ValueError(f"it has more than {_LARGEST:,} bytes")
            return cls(
                chain_id=as_int(fields["chainId"]),
                contract=as_text(fields["contract"]),
                address=to_address(as_text(fields["address"])),
                call=call,
                signature=signature,
            )
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"This is not a signed call ({error}); give the JSON as it was printed.") from error

    def check_for(self, suite: Suite) -> None:
        """Return if the call is meant for a contract of this suite on this chain.

        Raises:
            InputError: if it is for another chain or address.
        """
        contract = suite[self.contract]
        if self.chain_id != contract.chain_id:
            raise InputError(
                f"The call is signed for chain {self.chain_id}; connect to it and not to {contract.chain_id}."
            )
        if self.address != contract.address:
            raise InputError(
                f"The call is signed for {self.contract} at {self.address}; here it is at {contract.address}."
            )


def _bytes(text: object) -> bytes:
    return bytes.fromhex(as_text(text).removeprefix("0x"))


def _decimal(digits: str) -> int:
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"{digits!r} is not a number")
    return int(digits)
