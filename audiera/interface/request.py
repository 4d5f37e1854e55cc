"""Asking for a licence that nobody offers: the request, the owner's answer, and both as they are kept, signed."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from audiera.errors import SignatureError
from audiera.interface.fields import LINE, LINES, Account, Bytes, Hash, Number, RightName
from audiera.interface.model import Model
from audiera.protocol import (
    ENDLESS,
    ZERO_WORD,
    Domain,
    LicenseAnswer,
    LicenseRequest,
    check_signer,
    to_address,
)

__all__ = [
    "AnswerStruct",
    "KeptRequest",
    "RequestPage",
    "RequestStruct",
    "RequestTaken",
    "SignedAnswer",
    "SignedRequest",
]

_Line = Annotated[str, Field(min_length=1, max_length=200, pattern=LINE)]
_Lines = Annotated[str, Field(min_length=1, max_length=2_000, pattern=LINES)]


class RequestStruct(Model):
    """What an account would like to use, and what for (docs/formats.md, section 1)."""

    gateway: Account
    asker: Account
    dataset: Number = Field(lt=1 << 32)
    rights: list[RightName] = Field(min_length=1, max_length=10)
    purpose: _Lines = Field(description="What for.")
    extent: _Line = Field(description="How much: units, items, or how long.")
    who: _Line
    contact: _Line = Field(description="How the owner reaches who asks.")
    at: Number = Field(lt=1 << 64, description="Unix seconds.")
    nonce: Hash = Field(description="Random.")

    @classmethod
    def of(cls, struct: LicenseRequest) -> Self:
        """Return a request as it travels."""
        rights = [bit for bit in range(16) if struct.rights >> bit & 1]
        return cls.model_validate({**struct.abi(), "rights": rights})

    def struct(self) -> LicenseRequest:
        """Return it as it is signed."""
        told = self.model_dump(mode="python")
        return LicenseRequest(**{**told, "rights": sum(1 << bit for bit in set(self.rights))})


class SignedRequest(Model):
    """A request, and the asker's signature of it."""

    request: RequestStruct
    signature: Bytes


class AnswerStruct(Model):
    """What the owner says: an offer that was made to the asker alone, or no and why (docs/formats.md, section 1)."""

    request: Hash = Field(description="`hashStruct` of the request.")
    owner: Account
    terms: Hash = Field(description="Id of the terms of the offer; zero: no.")
    price: Number = Field(lt=1 << 128, description="Of a licence, in the smallest unit of the terms' token.")
    count: Number = Field(lt=ENDLESS, description="How many licences and renewals may be taken.")
    reason: Annotated[str, Field(max_length=2_000, pattern=LINES)] = Field(
        description="Of a no; else whatever is said."
    )
    at: Number = Field(lt=1 << 64, description="Unix seconds.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.terms == ZERO_WORD:
            if not self.reason or self.price or self.count:
                raise ValueError("a no has a reason, and neither price nor count")
        elif not self.count:
            raise ValueError("an offer has a count")
        return self

    @property
    def is_offer(self) -> bool:
        """Whether it is one."""
        return self.terms != ZERO_WORD

    def struct(self) -> LicenseAnswer:
        """Return it as it is signed."""
        return LicenseAnswer(**self.model_dump(mode="python"))


class SignedAnswer(Model):
    """An answer, and the owner's signature of it."""

    answer: AnswerStruct
    signature: Bytes


class RequestTaken(Model):
    """A request that is on the record."""

    number: Number
    id: Hash


class KeptRequest(Model):
    """A request as the gateway has it, with its answer: whoever holds it can show who said what."""

    number: Number
    """Of this gateway's."""
    id: Hash
    """`hashStruct` of the request."""
    chainId: Number  # noqa: N815  # as files have it
    registry: Account
    request: RequestStruct
    signature: Bytes
    """The asker's."""
    answer: SignedAnswer | None
    """None: there is none yet."""

    @property
    def domain(self) -> Domain:
        """What the signatures are good for."""
        return Domain("LicenseRegistry", self.chainId, to_address(self.registry))

    def check(self) -> None:
        """Return if all that it says was signed by whom it names. Whose the dataset was, the chain tells.

        Raises:
            SignatureError: it was not.
        """
        request = self.request.struct()
        if self.id != request.struct_hash():
            raise SignatureError(f"Request {self.number} has another hash than its id; ask the gateway for it again.")
        check_signer(self.domain.digest(request), self.signature, request.asker)
        if self.answer is None:
            return
        answer = self.answer.answer.struct()
        if answer.request != self.id:
            raise SignatureError(
                f"The answer to request {self.number} is to another one; ask the gateway for it again."
            )
        check_signer(self.domain.digest(answer), self.answer.signature, answer.owner)


class RequestPage(Model):
    """Some requests, the newest first."""

    requests: list[KeptRequest]
    next: str | None = None
    """The cursor of the page after it; none: it is the last."""
